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


def test_a_folder_of_ncbis_ftp_is_counted_once():
    parts = ("genomic.fna.gz", "genomic.gff.gz", "genomic.gbff.gz", "cds_from_genomic.fna.gz", "rna.fna.gz")
    files = [f"GCF_000146045.2_R64_{part}" for part in parts]
    found = arranged(*files)
    assert units(found) == [("genbank", files[2])]
    assert over(found) == said(files[2], *files[:2], *files[3:])


@pytest.mark.parametrize("endings", [("gbff", "ffn", "fna", "gff3"), ("gbk", "ffn", "fna", "fsa", "gff")])
def test_what_bakta_and_prokka_write_is_counted_once(endings):
    genbank, *others = (f"x.{ending}" for ending in endings)
    found = arranged(genbank, *others, embedded=["x.gff", "x.gff3"])
    assert units(found) == [("genbank", genbank)]
    assert over(found) == said(genbank, *others)
    gff = others[-1]
    assert units(arranged("x.ffn", "x.fna", gff)) == [("gff3", gff, "x.fna")]
