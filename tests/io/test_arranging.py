"""Which files are counted in which mode, which belong together, and what is said of the others."""

from types import SimpleNamespace

import pytest

from opengenome.core.model import Mode, PassedOver, SourceFile
from opengenome.errors import InputError
from opengenome.io.arranging import arrange
from opengenome.io.formats import FORMATS
from opengenome.io.search import Found, NothingFoundError

# A name tells the format here, as the first bytes do for a search.
FORMS = {"gb": "genbank", "gbk": "genbank", "gbff": "genbank", "gff": "gff3", "gff3": "gff3", "parquet": "parquet"}
SUFFIXES = {"genbank": (".gb", ".gbk", ".gbff"), "gff3": (".gff", ".gff3")}


@pytest.fixture(autouse=True)
def formats(monkeypatch):
    for name, suffixes in SUFFIXES.items():
        monkeypatch.setitem(FORMATS, name, SimpleNamespace(SUFFIXES=suffixes))


def of(name, cds=""):
    path = name if name.startswith("/") else f"/in/{name}"
    unpacked = name.removesuffix(".gz").removesuffix(".xz").removesuffix(".zst")
    form = FORMS.get(unpacked.rpartition(".")[2].lower(), "fasta")
    packed = {".gz": "gzip", ".xz": "xz", ".zst": "zstd"}.get(name[len(unpacked) :], "")
    ncbi = cds or ("ncbi" if "cds_from_genomic" in name else "")
    return SourceFile(path, form, packed, 10, 1, 1, 1, 1, ncbi)


def arranged(*files, mode="auto", named=(), embedded=(), copies=()):
    """files: names below /in, or files. embedded: names of GFF3 with a ##FASTA section. copies: compressed ones."""
    found = tuple(of(file) if isinstance(file, str) else file for file in files)
    inside = {of(name).path for name in embedded}
    return arrange(
        Found(found, (), frozenset(of(name).path for name in named)),
        Mode(mode),
        lambda file: file.path in inside,
        lambda packed, _: packed.path in {of(name).path for name in copies},
    )


def never(packed, plain):
    pytest.fail(f"{packed.path} was compared with {plain.path}")


def units(arrangement):
    """Each unit as its reader and the names of its files."""
    names = iter(file.path.removeprefix("/in/") for file in arrangement.files)
    found = [(unit.reader, *(next(names) for _ in range(unit.files))) for unit in arrangement.units]
    assert not list(names)
    return found


def over(arrangement):
    return {one.path.removeprefix("/in/"): one.why for one in arrangement.passed_over}


@pytest.mark.parametrize(
    ("files", "mode", "reason"),
    [
        (["a.fa", "b.parquet"], "sequences", "no annotated sequences were found"),
        (["a.fa"], "sequences", "no annotated sequences were found"),
        (["genome.fa", "braker.gff3"], "sequences", "no GFF3 has a FASTA of its name"),
        (["a.gb"], "cds", "the file is GenBank"),
        (["a.gb", "b.gbk", "c.gbff.gz", "d.fa", "e.fa"], "cds", "3 of 5 files are GenBank"),
        (["a.fa", "a.gff3", "b.gb", "c.gb"], "cds", "2 of 4 files are GenBank, 1 is GFF3 with its sequences"),
        (["GCF_1_cds_from_genomic.fna"], "cds", "the file is FASTA of coding sequences from NCBI"),
        ([of("a.cds.all.fa", "ensembl")], "sequences", "no annotated sequences were found"),
    ],
)
def test_the_files_decide_the_mode_and_the_reason_is_told_in_words(files, mode, reason):
    found = arranged(*files)
    assert (found.mode, found.reason) == (mode, reason)


def test_a_mode_that_was_asked_for_is_the_mode():
    assert arranged("a.gb", mode="sequences").mode == Mode.SEQUENCES
    assert arranged("a.gb", mode="cds").reason == "it was asked for"


def test_mode_sequences_has_no_units_and_keeps_all_fasta_and_parquet_in_their_order():
    files = ["b.fa", "a.fa.gz", "GCF_1_cds_from_genomic.fna", "t.parquet", "GCF_1_genomic.fna"]
    found = arranged(*files, mode="sequences")
    assert [file.path for file in found.files] == [f"/in/{name}" for name in files]
    assert (found.units, found.passed_over) == ((), ())


@pytest.mark.parametrize("fasta", ["x.fa", "x.fasta", "x.fna", "x.fas", "x.fsa", "x.mfa", "x.seq", "x.FA"])
@pytest.mark.parametrize("packed", ["", ".gz", ".xz", ".zst"])
def test_gff3_is_paired_with_the_fasta_of_its_name_however_either_is_packed(fasta, packed):
    for gff in ("x.gff", "x.gff3.gz", "x.GFF3"):
        assert units(arranged(fasta + packed, gff)) == [("gff3", gff, fasta + packed)]


@pytest.mark.parametrize("mode", ["auto", "sequences", "cds"])
def test_a_compressed_copy_beside_its_plain_file_is_counted_once_and_another_file_is_not_taken_for_it(mode):
    found = arranged("a.fa", "a.fa.gz", "b.fa", "b.fa.xz", mode=mode, copies=["a.fa.gz"], named=["a.fa", "a.fa.gz"])
    assert [file.path for file in found.files] == ["/in/a.fa", "/in/b.fa", "/in/b.fa.xz"]
    assert over(found) == {"a.fa.gz": "a compressed copy of a.fa, which is counted"}


def test_the_same_name_in_two_folders_is_two_pairs():
    found = arranged("a/x.fa", "a/x.gff", "b/x.fa", "b/x.gff")
    assert units(found) == [("gff3", "a/x.gff", "a/x.fa"), ("gff3", "b/x.gff", "b/x.fa")]


def test_a_fasta_in_another_folder_is_no_pair():
    found = arranged("a/x.gff", "b/x.fa")
    assert found.mode == Mode.SEQUENCES
    assert over(found) == {"a/x.gff": "GFF3 with neither a FASTA of its name beside it nor a ##FASTA section"}


def test_names_that_differ_in_case_are_not_the_same():
    assert units(arranged("X.fa", "X.gff", "x.fa", "x.gff")) == [("gff3", "X.gff", "X.fa"), ("gff3", "x.gff", "x.fa")]


def test_gff3_with_its_own_sequences_needs_no_fasta():
    assert units(arranged("x.gff", "y.fa", embedded=["x.gff"])) == [("gff3", "x.gff")]


def test_a_fasta_file_wins_over_the_sequences_inside_gff3():
    assert units(arranged("x.gff", "x.fa", embedded=["x.gff"])) == [("gff3", "x.gff", "x.fa")]


def test_gff3_is_not_searched_for_sequences_where_a_fasta_lies_beside_it_or_none_are_wanted():
    found = Found((of("x.gff"), of("x.fa")), ())
    for mode in Mode:
        arrange(found, mode, lambda file: pytest.fail(f"{file.path} was read"), never)


def test_of_two_gff3_of_one_fasta_the_first_is_counted():
    found = arranged("x.fa", "x.gff", "x.gff3")
    assert units(found) == [("gff3", "x.gff", "x.fa")]
    assert over(found) == {"x.gff3": "x.gff of the same assembly is counted"}


def test_of_two_fasta_of_one_gff3_one_is_read():
    found = arranged("x.fa", "x.fa.gz", "x.gff")
    assert units(found) == [("gff3", "x.gff", "x.fa")]
    assert over(found) == {"x.fa.gz": "x.gff of the same assembly is counted"}


def test_fasta_of_genes_is_not_taken_for_the_genome_of_a_gff3():
    found = arranged("x.ffn", "x.fna", "x.gff")
    assert units(found) == [("gff3", "x.gff", "x.fna")]
    assert arranged("x.ffn", "x.gff").mode == Mode.SEQUENCES
    assert arranged(of("x.fa", "ncbi"), "x.gff").mode == Mode.CDS
    assert units(arranged(of("x.fa", "ncbi"), "x.gff")) == [("cds_fasta", "x.fa")]


def test_plain_fasta_and_parquet_in_a_folder_of_annotated_files_are_passed_over_and_said():
    found = arranged("a.gb", "other.fa", "t.parquet", "alone.gff")
    assert units(found) == [("genbank", "a.gb")]
    assert over(found) == {
        "other.fa": "no annotation belongs to it; mode sequences counts it",
        "t.parquet": "Parquet has no annotation; mode sequences counts it",
        "alone.gff": "GFF3 with neither a FASTA of its name beside it nor a ##FASTA section",
    }


def test_parquet_of_the_same_name_is_never_taken_for_a_form_of_the_assembly():
    assert over(arranged("a.gb", "a.parquet")) == {"a.parquet": "Parquet has no annotation; mode sequences counts it"}


def test_names_without_an_accession_may_have_ncbis_parts():
    found = arranged("x_cds_from_genomic.fna", "x_genomic.fna", "x_genomic.gbff", "x_rna.gb")
    assert units(found) == [("genbank", "x_genomic.gbff"), ("genbank", "x_rna.gb")]


@pytest.mark.parametrize(
    ("name", "mode", "said"),
    [
        ("other.fa", "auto", r"Mode cds \(1 of 2 files is GenBank\) cannot count this file: no annotation belongs"),
        ("other.fa", "cds", r"Mode cds \(it was asked for\) cannot count this file: no annotation belongs"),
        ("t.parquet", "cds", "cannot count this file: Parquet has no annotation.*Leave it out"),
        ("alone.gff", "auto", "neither a FASTA of its name.*Give its FASTA too"),
        ("alone.gff", "sequences", "GFF3 is annotation"),
    ],
)
def test_a_file_that_was_named_and_cannot_be_counted_is_refused(name, mode, said):
    with pytest.raises(InputError, match=said) as caught:
        arranged("a.gb", name, mode=mode, named=[name])
    assert caught.value.where["file"] == f"/in/{name}"
    assert name in over(arranged("a.gb", name, mode=mode, named=["a.gb"]))


def test_named_files_of_one_assembly_are_counted_once_as_a_shell_names_all_of_a_folder():
    found = arranged("x.fa", "x.gb", "x.gff", named=["x.fa", "x.gb", "x.gff"])
    assert units(found) == [("genbank", "x.gb")]


def test_mode_cds_reads_each_fasta_as_coding_sequences_if_nothing_is_annotated():
    found = arranged("a.fa", "b.fna.gz", "t.parquet", mode="cds")
    assert units(found) == [("cds_fasta", "a.fa"), ("cds_fasta", "b.fna.gz")]
    assert list(over(found)) == ["t.parquet"]


def test_mode_cds_does_not_read_a_fasta_as_coding_sequences_if_it_may_be_the_genome_of_a_gff3():
    with pytest.raises(NothingFoundError, match=r"nothing to count in mode cds.*/in/anno\.gff: GFF3 with neither"):
        arranged("anno.gff", "genome.fa", mode="cds")


def test_ensembl_fasta_is_read_as_coding_sequences_in_mode_cds():
    ensembl = of("e.fa", "ensembl")
    assert units(arranged("a.gb", ensembl)) == [("genbank", "a.gb"), ("cds_fasta", "e.fa")]
    assert units(arranged(ensembl, "plain.fa", mode="cds")) == [("cds_fasta", "e.fa")]


def test_mode_sequences_counts_genbank_and_paired_fasta_and_passes_gff3_over():
    found = arranged("a.gb", "x.fa", "x.gff", mode="sequences")
    assert [file.path for file in found.files] == ["/in/a.gb", "/in/x.fa"]
    assert over(found) == {"x.gff": "GFF3 is annotation; mode cds reads it"}


def test_mode_sequences_counts_a_genome_once_if_it_is_there_as_genbank_and_as_fasta():
    found = arranged("d/GCF_1_x_genomic.fna", "d/genomic.gbff", "x.fa", "x.gb", "y.ffn", "y.gb", mode="sequences")
    assert [file.path for file in found.files] == ["/in/d/GCF_1_x_genomic.fna", "/in/x.fa", "/in/y.ffn", "/in/y.gb"]
    assert over(found) == {
        "d/genomic.gbff": "GCF_1_x_genomic.fna of the same assembly is counted",
        "x.gb": "x.fa of the same assembly is counted",
    }


NCBI = "GCF_000005845.2_ASM584v2"


@pytest.mark.parametrize(
    ("files", "named"),
    [
        ([f"{NCBI}_genomic.fna.gz", f"{NCBI}_cds_from_genomic.fna.gz"], "{0} and {1} are"),
        ([f"a/{NCBI}_genomic.fna", f"b/{NCBI}_rna_from_genomic.fna"], "{0} and {1} are"),
        (["d/GCF_1_x_genomic.fna", "d/cds_from_genomic.fna", "d/rna.fna", "d/x.fa"], "{0}, {1} and {2} are"),
        (["x.fna", "x.ffn", "x.fsa", "x.frn", "x.fas"], "{0}, {1}, {2} and 2 more are"),
        (["y.ffn", "y.gb"], "{0} and {1} are"),
        (["Homo.GRCh38.dna.toplevel.fa", "Homo.GRCh38.cds.all.fa"], "{0} and {1} are"),
        (["Homo.GRCh38.dna.toplevel.fa", "Homo.GRCh38.dna.chromosome.1.fa"], "{0} and {1} are"),
        (["Homo.GRCh38.dna.chromosome.1.fa", "Homo.GRCh38.dna_sm.chromosome.1.fa"], "{0} and {1} are"),
        (["a.fna", "a.ffn", "b.fna", "c.fna", "c.ffn", "d.ffn", "d.fna"],
         "{0} and {1} are files of one assembly, and so are files of 2 more assemblies:"),
    ],
)  # fmt: skip
def test_mode_sequences_warns_of_files_of_one_assembly_because_their_bases_count_again(files, named):
    found = arranged(*files, mode="sequences")
    (warning,) = found.warnings
    assert warning.startswith(named.format(*(name.rpartition("/")[2] for name in files)))
    assert len(found.files) == len(files)


@pytest.mark.parametrize(
    ("files", "mode"),
    [
        ([f"{NCBI}_genomic.fna", "GCF_000006945.2_ASM694v2_genomic.fna", "x.fa"], "sequences"),
        (["a/x.fa", "b/x.fa", "x.fa"], "sequences"),
        (["Homo.GRCh38.dna.chromosome.1.fa", "Homo.GRCh38.dna.chromosome.2.fa"], "sequences"),
        (["t.fa", "t.parquet"], "sequences"),
        ([f"{NCBI}_genomic.fna", f"{NCBI}_genomic.gbff", f"{NCBI}_genomic.gff"], "sequences"),
        ([f"{NCBI}_genomic.fna", f"{NCBI}_cds_from_genomic.fna", f"{NCBI}_rna_from_genomic.fna"], "auto"),
    ],
)
def test_nothing_is_warned_of_if_no_two_counted_files_are_of_one_assembly(files, mode):
    assert arranged(*files, mode=mode).warnings == ()


@pytest.mark.parametrize(
    ("files", "mode", "said"),
    [
        (["GCA_1.2_x_genomic.gbff", "GCF_1.2_y.gbff", "x.gb"], "cds", "GCA_1.2 and GCF_1.2 are one assembly"),
        (["GCA_1.2/genomic.gbff", "GCF_1.2/genomic.gbff"], "cds", "GCA_1.2 and GCF_1.2 are one assembly"),
        (["GCF_1.1_x.fna", "GCF_1.2_x.fna", "GCA_2.1.fa", "GCA_2.fa"], "sequences", "So it is with 1 more assembly."),
        (["GCF_1.1_x.fna", "GCF_1.1_x.gff", "GCA_1.1_x.fna", "GCA_1.1_x.gff"], "auto", "GCA_1.1 and GCF_1.1 are one"),
    ],
)
def test_accessions_with_the_same_digits_are_warned_of_if_they_are_all_counted(files, mode, said):
    (warning,) = arranged(*files, mode=mode).warnings
    assert said in warning


def test_nothing_is_warned_of_if_accessions_differ_in_their_digits_or_files_share_one_accession():
    assert arranged("GCF_1.1_a.gbff", "GCF_2.1_b.gbff", "GCF_3.1_chr1.gbff", "GCF_3.1_chr2.gbff").warnings == ()


@pytest.mark.parametrize(("name", "mode"), [("t.parquet", "cds"), ("a.gff", "sequences"), ("a.gff", "auto")])
def test_a_folder_without_a_file_that_can_be_counted_is_an_error_that_lists_what_was_passed_over(name, mode):
    with pytest.raises(NothingFoundError, match=rf"nothing to count in mode .*Passed over: /in/{name}"):
        arranged(name, mode=mode)


def test_what_the_search_passed_over_comes_first():
    before = PassedOver("/in/notes.txt", "text")
    found = arrange(Found((of("a.gb"), of("b.fa")), (before,)), Mode.AUTO, lambda _: False, never)
    assert [one.path for one in found.passed_over] == ["/in/notes.txt", "/in/b.fa"]


def test_the_names_of_links_tell_what_belongs_together_and_not_those_of_the_files_behind_them():
    files = (of("/annex/1.gff"), of("/annex/2.fna"), of("/annex/3.fna"))
    links = {"/annex/1.gff": "/in/x.gff", "/annex/2.fna": "/in/y.fna", "/annex/3.fna": "/in/x.fna"}
    found = arrange(Found(files, (), links=links), Mode.AUTO, lambda _: False, never)
    assert [file.path for file in found.files] == ["/annex/1.gff", "/annex/3.fna"]
