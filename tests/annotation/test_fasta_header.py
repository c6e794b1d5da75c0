"""What the header of a CDS in FASTA says, in NCBI's and Ensembl's conventions and in none."""

import pytest

from opengenome.annotation.cds import Cds
from opengenome.annotation.fasta_header import ENSEMBL, NCBI, convention, read_header
from opengenome.annotation.location import Location
from opengenome.annotation.transl_except import read_transl_except
from opengenome.errors import InputError

THRL = (
    "lcl|NC_000913.3_cds_NP_414542.1_1 [gene=thrL] [locus_tag=b0001] [db_xref=UniProtKB/Swiss-Prot:P0AD86] "
    "[protein=thr operon leader peptide] [protein_id=NP_414542.1] [location=190..255] [gbkey=CDS]"
)
TRDD1 = (
    "ENST00000415118.1 cds chromosome:GRCh38:14:22438547:22438554:-1 gene:ENSG00000223997.1 "
    "gene_biotype:TR_D_gene transcript_biotype:TR_D_gene gene_symbol:TRDD1 "
    "description:T cell receptor delta diversity 1 [Source:HGNC Symbol;Acc:HGNC:12254]"
)


def ncbi(*values, name="lcl|NC_1.1_cds_P_1"):
    return read_header(" ".join((name, *(f"[{value}]" for value in values))))


def test_ncbis_header_tells_the_record_the_gene_the_protein_and_the_place():
    assert read_header(THRL, 11, "parameter") == Cds(
        seq_id="lcl|NC_000913.3_cds_NP_414542.1_1",
        record="NC_000913.3",
        location=Location("190..255"),
        gene="thrL",
        locus_tag="b0001",
        product="thr operon leader peptide",
        protein_id="NP_414542.1",
        genetic_code=11,
        code_source="parameter",
        gene_id="NC_000913.3 b0001",
    )


def test_ensembls_header_tells_the_region_the_gene_and_its_description():
    assert read_header(TRDD1) == Cds(
        seq_id="ENST00000415118.1",
        record="14",
        location=Location("chromosome:GRCh38:14:22438547:22438554:-1"),
        gene="TRDD1",
        locus_tag="ENSG00000223997.1",
        product="T cell receptor delta diversity 1",
        gene_id="ENSG00000223997.1",
    )


@pytest.mark.parametrize("header", ["gene1", "gene1 from a [gene=x] paper", "gene1\twith a tab", " gene1", "gene1 "])
def test_a_plain_header_tells_the_identifier_alone(header):
    assert read_header(header) == Cds("gene1", "", Location(""))


def test_an_empty_header_has_no_identifier():
    assert read_header("") == Cds("", "", Location(""))


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (THRL, NCBI),
        ("lcl|CP1.1_cds_7", NCBI),
        (TRDD1, ENSEMBL),
        ("EBT1 cds:known supercontig:ASM1:Chromosome:1:9:1 gene:b1", ENSEMBL),
        ("ENST1 cdna chromosome:GRCh38:14:1:9:1 gene:ENSG1", ""),
        ("NC_000913.3 Escherichia coli, complete genome", ""),
        ("lcl|NC_000913.3_trna_1 [gbkey=tRNA]", ""),
        ("lcl|NC_000913.3_prot_NP_414542.1_1 [gene=thrL]", ""),
        ("my_cds_1", ""),
        ("x cds of my gene", ""),
        ("", ""),
    ],
)
def test_only_the_header_of_a_cds_says_that_it_is_one(header, expected):
    assert convention(header) == expected


@pytest.mark.parametrize(
    "name",
    [
        "glutamate dehydrogenase [NADP+]",
        "[NiFe] hydrogenase [large] subunit",
        "Na(+)/H(+) antiporter, ends with ]",
        "[citrate [pro-3S]-lyase] ligase",
        "a=b [c] d=e",
        "5'-nucleotidase",
    ],
)
def test_a_value_may_contain_brackets(name):
    cds = ncbi("gene=g", f"protein={name}", "protein_id=P", "location=1..9")
    assert (cds.gene, cds.product, cds.protein_id, cds.location.text) == ("g", name, "P", "1..9")
    assert ncbi(f"protein={name}").product == name


@pytest.mark.parametrize(
    ("name", "record"),
    [
        ("lcl|NC_000913.3_cds_NP_414542.1_1", "NC_000913.3"),
        ("lcl|NC_000913.3_cds_b0240_233", "NC_000913.3"),
        ("lcl|MK1_cds_2", "MK1"),
        ("lcl|my_cds_cds_x_cds_1", "my"),
    ],
)
def test_the_record_is_what_comes_before_cds(name, record):
    assert ncbi(name=name).record == record


@pytest.mark.parametrize("frame", [1, 2, 3])
def test_the_frame_is_the_first_base_of_the_first_whole_codon(frame):
    assert ncbi(f"frame={frame}").codon_start == frame
    assert ncbi().codon_start == 1


@pytest.mark.parametrize(
    ("partial", "ends"),
    [("5'", (True, False)), ("3'", (False, True)), ("5',3'", (True, True)), (None, (False, False))],
)
def test_partial_names_the_open_ends(partial, ends):
    cds = ncbi(f"partial={partial}") if partial else ncbi()
    assert (cds.partial_5, cds.partial_3) == ends


@pytest.mark.parametrize(("value", "expected"), [("pseudo=true", True), ("pseudo=false", False), ("gene=pseudo", False),
                                                 ("pseudogene=unitary", True)])  # fmt: skip
def test_pseudo_is_what_the_header_says(value, expected):
    assert ncbi(value).pseudo is expected


@pytest.mark.parametrize("of", ["gene", "transcript"])
@pytest.mark.parametrize(
    ("biotype", "expected"),
    [("protein_coding", False), ("IG_V_pseudogene", True), ("polymorphic_pseudogene", True), ("pseudogene", True)],
)
def test_a_biotype_of_ensembl_that_names_a_pseudogene_makes_it_pseudo(of, biotype, expected):
    assert read_header(
        f"E1 cds chromosome:A:1:1:9:1 gene:G {of}_biotype:{biotype} description:a pseudogene"
    ).pseudo is (expected)


def test_ensembl_without_a_symbol_is_called_by_its_gene():
    cds = read_header("E1 cds chromosome:A:1:1:9:1 gene:G.1 gene_biotype:x")
    assert (cds.gene, cds.locus_tag, cds.product) == ("G.1", "G.1", "")


def test_a_description_does_not_tell_the_gene():
    cds = read_header("E1 cds chromosome:A:1:1:9:1 gene:G description:like gene:H gene_symbol:I [Source:S;Acc:1]")
    assert (cds.gene, cds.product) == ("G", "like gene:H gene_symbol:I")


def test_exceptions_are_read():
    one, two = "(pos:586..588,aa:Sec)", "(pos:9,aa:TERM)"
    assert ncbi(f"transl_except={one}").transl_except == read_transl_except(one)
    for values in ((f"transl_except={one},{two}",), (f"transl_except={one}", f"transl_except={two}")):
        assert ncbi(*values).transl_except == (*read_transl_except(one), *read_transl_except(two))
    assert ncbi("exception=RNA editing").explains_stops
    assert not ncbi("exception=ribosomal slippage").explains_stops


def test_isoforms_share_a_gene_within_their_record():
    a, b = (ncbi("locus_tag=g", name=f"lcl|{record}_cds_1").gene_id for record in ("A", "B"))
    assert a != b
    assert ncbi("gene=g").gene_id == ""


def test_the_location_is_told_as_written_and_never_spliced():
    text = "complement(join(<1..9,20..>30))"
    assert ncbi(f"location={text}").location == Location(text)


@pytest.mark.parametrize("value", ["frame=0", "frame=4", "frame=x", "frame=", "transl_except=Sec"])
def test_a_value_that_cannot_be_read_is_an_error_that_quotes_it(value):
    name, _, text = value.partition("=")
    with pytest.raises(InputError, match=rf"{name}='{text}'"):
        ncbi(value)
