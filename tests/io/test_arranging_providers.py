"""Folders as Ensembl, NCBI, Bakta and Prokka fill them: each assembly is counted once, and the rest is said."""

import pytest

from opengenome.core.model import Mode
from opengenome.io import naming
from tests.io.test_arranging import arranged, of, over, units

HUMAN = "Homo_sapiens.GRCh38"
YEAST = "Saccharomyces_cerevisiae.R64-1-1"
RICE = "Oryza_sativa.IRGSP-1.0"  # with a point in the name of its assembly


def said(name, *files):
    return dict.fromkeys(files, f"{name} of the same assembly is counted")


@pytest.mark.parametrize("assembly", [HUMAN, YEAST, RICE, "Gallus_gallus.bGalGal1.mat.broiler.GRCg7b"])
@pytest.mark.parametrize("genome", ["dna.toplevel", "dna.primary_assembly", "dna_sm.toplevel", "dna_rm.toplevel"])
@pytest.mark.parametrize("gff", [".115.gff3.gz", ".115.chr.gff3.gz", ".115.abinitio.gff3.gz", ".gff3"])
def test_ensembls_gff3_is_paired_with_the_genome_of_its_assembly(assembly, genome, gff):
    fasta = f"{assembly}.{genome}.fa.gz"
    assert units(arranged(fasta, assembly + gff)) == [("gff3", assembly + gff, fasta)]


@pytest.mark.parametrize("order", [1, -1])
def test_the_whole_folder_of_an_assembly_of_ensembl_is_counted_once_and_from_the_best_files(order):
    gff, fasta = f"{HUMAN}.115.gff3.gz", f"{HUMAN}.dna.toplevel.fa.gz"
    others = [
        *(f"{HUMAN}.{kind}.fa.gz" for kind in ("dna.primary_assembly", "dna_sm.toplevel", "dna_rm.toplevel", "ncrna")),
        *(f"{HUMAN}.115.{kind}.gff3.gz" for kind in ("chr", "abinitio", "chr_patch_hapl_scaff", "chromosome.1")),
        *(f"{HUMAN}.{kind}.fa.gz" for kind in ("cdna.all", "cdna.abinitio", "dna.chromosome.1", "dna.nonchromosomal")),
        f"{HUMAN}.114.gff3.gz",
    ]
    found = arranged(*[gff, fasta, of(f"{HUMAN}.cds.all.fa.gz", "ensembl"), *others][::order])
    assert units(found) == [("gff3", gff, fasta)]
    assert over(found) == said(gff, f"{HUMAN}.cds.all.fa.gz", *others)


def test_chromosomes_in_files_of_their_own_are_all_counted_each_with_its_own_gff3():
    fasta = [f"{HUMAN}.dna.chromosome.{name}.fa" for name in ("1", "2", "MT")]
    gff = [f"{HUMAN}.115.chromosome.{name}.gff3" for name in ("1", "2", "MT")]
    pairs = [("gff3", *pair) for pair in zip(gff, fasta, strict=True)]
    assert sorted(units(arranged(*fasta, *gff))) == sorted(pairs)
    found = arranged(*fasta, *gff, f"{HUMAN}.dna_sm.chromosome.2.fa", f"{HUMAN}.115.abinitio.gff3", embedded=[
        f"{HUMAN}.115.abinitio.gff3"])  # fmt: skip
    assert sorted(units(found)) == sorted(pairs)
    assert over(found)[f"{HUMAN}.dna_sm.chromosome.2.fa"] == f"{gff[1]} of the same assembly is counted"


def test_a_gff3_of_the_whole_genome_is_not_paired_with_one_chromosome():
    found = arranged(f"{HUMAN}.dna.chromosome.1.fa", f"{HUMAN}.115.gff3")
    assert found.mode == Mode.SEQUENCES
    assert over(found)[f"{HUMAN}.115.gff3"].startswith("GFF3 with neither a FASTA")


def test_coding_sequences_of_ensembl_are_counted_where_no_genome_lies_beside_the_gff3():
    cds = of(f"{HUMAN}.cds.all.fa.gz", "ensembl")
    found = arranged(cds, f"{HUMAN}.115.gff3.gz", f"{HUMAN}.cdna.all.fa.gz", mode="cds")
    assert units(found) == [("cds_fasta", f"{HUMAN}.cds.all.fa.gz")]
    assert over(found) == said(f"{HUMAN}.cds.all.fa.gz", f"{HUMAN}.115.gff3.gz", f"{HUMAN}.cdna.all.fa.gz")


def test_predictions_without_evidence_are_the_last_that_are_counted():
    guess, fasta, cds = f"{HUMAN}.115.abinitio.gff3", f"{HUMAN}.dna.toplevel.fa", f"{HUMAN}.cds.all.fa"
    found = arranged(guess, fasta, of(cds, "ensembl"), mode="cds")
    assert units(found) == [("cds_fasta", cds)]
    assert over(found) == said(cds, guess, fasta)


def test_two_assemblies_of_ensembl_in_one_folder_are_two_pairs():
    assemblies = (HUMAN, "Homo_sapiens.GRCh37", YEAST)
    found = arranged(*(f"{name}{rest}" for name in assemblies for rest in (".dna.toplevel.fa", ".9.gff3")))
    assert len(found.units) == 3
    assert not found.passed_over


def test_a_release_in_the_name_of_both_files_is_read_as_in_older_ensembl_genomes():
    files = ["A_thaliana.TAIR10.26.dna.toplevel.fa", "A_thaliana.TAIR10.26.gff3"]
    assert units(arranged(*files)) == [("gff3", *files[::-1])]


def test_genbank_of_ensembl_is_of_the_assembly_that_its_name_says():
    files = [f"{YEAST}.115.chromosome.I.gbk", f"{YEAST}.dna.chromosome.I.fa", f"{YEAST}.115.chromosome.I.gff3"]
    found = arranged(*files)
    assert units(found) == [("genbank", files[0])]
    assert over(found) == said(files[0], *files[1:])


@pytest.mark.parametrize("gff", ["sample.2.gff3", "sample.chr.gff3", "sample.dna.gff3", "x.dna.toplevel.y.gff3"])
def test_names_that_only_resemble_those_of_ensembl_are_not_paired(gff):
    found = arranged("sample.fa", "sample.dna.fa.gz", "x.dna.toplevel.v2.fa", gff, "x.v2.fa")
    if gff == "sample.dna.gff3":
        assert units(found) == [("gff3", gff, "sample.dna.fa.gz")]
    else:
        assert not found.units


def test_protein_of_ensembl_is_known_by_its_name():
    for name in (f"{HUMAN}.pep.all.fa.gz", f"{HUMAN}.pep.abinitio.fa", "GCF_1_protein.faa.gz", "x.faa"):
        assert naming.says_other(name) == "protein or quality, by its name"


NCBI = [f"GCF_1.2_ASM3v4_{part}" for part in ("cds_from_genomic.fna.gz", "genomic.fna.gz", "genomic.gbff.gz",
        "genomic.gff.gz", "rna.fna.gz", "rna.gbff.gz", "rna_from_genomic.fna.gz")]  # fmt: skip


@pytest.mark.parametrize("order", [1, -1])
def test_the_files_of_one_assembly_are_counted_once_genbank_before_gff3_before_cds_fasta(order):
    cds, fna, gbff, gff, *others = NCBI
    found = arranged(*NCBI[::order])
    assert units(found) == [("genbank", gbff)]
    assert over(found) == dict.fromkeys([cds, fna, gff, *others], f"{gbff} of the same assembly is counted")
    found = arranged(*[cds, fna, gff][::order])
    assert units(found) == [("gff3", gff, fna)]
    assert over(found) == {cds: f"{gff} of the same assembly is counted"}
    found = arranged(*[cds, fna][::order])
    assert units(found) == [("cds_fasta", cds)]
    assert over(found) == {fna: f"{cds} of the same assembly is counted"}
    assert units(arranged(cds)) == [("cds_fasta", cds)]


def test_two_assemblies_in_a_folder_are_both_counted_each_in_its_best_form():
    found = arranged(
        *("GCF_1_genomic.fna", "GCF_1_genomic.gbff", "GCF_1_genomic.gff"),
        *("GCF_2_cds_from_genomic.fna", "GCF_2_genomic.fna", "GCF_2_genomic.gff"),
    )
    assert units(found) == [("genbank", "GCF_1_genomic.gbff"), ("gff3", "GCF_2_genomic.gff", "GCF_2_genomic.fna")]
    assert over(found) == {
        "GCF_1_genomic.fna": "GCF_1_genomic.gbff of the same assembly is counted",
        "GCF_1_genomic.gff": "GCF_1_genomic.gbff of the same assembly is counted",
        "GCF_2_cds_from_genomic.fna": "GCF_2_genomic.gff of the same assembly is counted",
    }


def test_versions_of_an_assembly_and_parts_of_it_are_not_the_same():
    files = ["GCF_1.1_genomic.gbff", "GCF_1.2_genomic.gbff", "GCF_1.2_chr1.gbff", "GCF_1.2_chr2.gbff", "GCF_12_x.gb"]
    assert units(arranged(*files)) == [("genbank", name) for name in files]


def test_an_accession_is_the_same_assembly_in_every_folder():
    found = arranged("a/GCF_1_x_genomic.gbff", "b/GCF_1_x_genomic.fna", "b/GCF_1_x_genomic.gff")
    assert units(found) == [("genbank", "a/GCF_1_x_genomic.gbff")]
    assert len(over(found)) == 2


def test_the_folders_of_ncbi_datasets_are_assemblies():
    first, second = "data/GCF_1/", "data/GCF_2/"
    found = arranged(
        *(f"{first}GCF_1_ASM_genomic.fna", f"{first}cds_from_genomic.fna", f"{first}genomic.gff", f"{first}rna.fna"),
        *(f"{second}GCF_2_ASM_genomic.fna", f"{second}genomic.gbff", f"{second}genomic.gff"),
    )
    assert units(found) == [
        ("gff3", f"{first}genomic.gff", f"{first}GCF_1_ASM_genomic.fna"),
        ("genbank", f"{second}genomic.gbff"),
    ]
    assert over(found) == {
        f"{first}cds_from_genomic.fna": "genomic.gff of the same assembly is counted",
        f"{first}rna.fna": "genomic.gff of the same assembly is counted",
        f"{second}GCF_2_ASM_genomic.fna": "genomic.gbff of the same assembly is counted",
        f"{second}genomic.gff": "genomic.gbff of the same assembly is counted",
    }


def test_genomic_gff_beside_the_fasta_of_two_assemblies_belongs_to_neither():
    found = arranged("GCF_1_genomic.fna", "GCF_2_genomic.fna", "genomic.gff")
    assert found.mode == Mode.SEQUENCES
    assert list(over(found)) == ["genomic.gff"]


@pytest.mark.parametrize("endings", [("gbff", "ffn", "fna", "gff3"), ("gbk", "ffn", "fna", "fsa", "gff")])
def test_what_bakta_and_prokka_write_is_counted_once(endings):
    genbank, *others = (f"x.{ending}" for ending in endings)
    found = arranged(genbank, *others, embedded=["x.gff", "x.gff3"])
    assert units(found) == [("genbank", genbank)]
    assert over(found) == said(genbank, *others)
    gff = others[-1]
    assert units(arranged("x.ffn", "x.fna", gff)) == [("gff3", gff, "x.fna")]
