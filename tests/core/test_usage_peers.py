"""Measures agree with codonW, cusp and codon-bias, and distinguish real genomes from their coding sequences."""

import gzip
import os
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from opengenome.core import usage
from opengenome.core.alphabet import CODONS
from opengenome.core.genetic_code import genetic_code
from opengenome.core.measures import effective_number
from opengenome.core.measures.arrays import sense_families
from opengenome.core.measures.synonymous import rscu

COMPLEMENT = str.maketrans("ACGT", "TGCA")
NCBI_CODE_OF_CODONW = {0: 1, 1: 2, 2: 3, 3: 4, 4: 5, 5: 6, 6: 10, 7: 9}
CODONW_ORDER = [a + b + c for a in "TCAG" for c in "TCAG" for b in "TCAG"]


def named(counts):
    return dict(zip(CODONS, np.asarray(counts).tolist(), strict=True))


def table_of(**counts):
    return np.array([counts.get(codon, 0) for codon in CODONS])


def random_table(seed, low=5):
    return np.random.default_rng(seed).integers(low, 400, 64)


def fasta_of(counts, folder):
    path = folder / "codons.fasta"
    path.write_text(">codons\n" + "".join(codon * int(n) for codon, n in named(counts).items()) + "\n")
    return path


@pytest.mark.skipif(not shutil.which("codonw"), reason="codonw is not installed")
@pytest.mark.parametrize("codonw_code", NCBI_CODE_OF_CODONW)
@pytest.mark.parametrize("seed", [6, 7])
def test_codonw_agrees_on_rscu_enc_and_gc3s_in_each_of_its_codes(codonw_code, seed, tmp_path):
    code, counts = genetic_code(NCBI_CODE_OF_CODONW[codonw_code]), random_table(seed)
    fasta_of(counts, tmp_path)
    options = "-rscu -enc -gc3s -nomenu -nowarn -silent -machine -code".split()  # noqa: SIM905
    subprocess.run(
        ["codonw", "codons.fasta", "indices", "bulk", *options, str(codonw_code)],
        cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    theirs = [float(x) for line in (tmp_path / "bulk").read_text().splitlines() for x in line.split()[:16]]
    assert named(rscu(counts, code)) == pytest.approx(dict(zip(CODONW_ORDER, theirs, strict=True)), abs=0.00051)
    _, enc, gc3s = (tmp_path / "indices").read_text().splitlines()[1].split()
    assert effective_number.enc_wright(counts, code) == pytest.approx(float(enc), abs=0.0051)
    assert usage.gc_content(counts, code)["gc3s"] == pytest.approx(float(gc3s), abs=0.00051)


@pytest.mark.skipif(not shutil.which("cusp"), reason="cusp is not installed")
def test_cusp_agrees_on_fraction_and_per_thousand(tmp_path):
    code, counts = genetic_code(1), random_table(8)
    subprocess.run(
        ["cusp", "-sequence", fasta_of(counts, tmp_path), "-outfile", "codons.cusp"],
        cwd=tmp_path, capture_output=True, check=True, timeout=60,
    )  # fmt: skip
    rows = [line.split() for line in (tmp_path / "codons.cusp").read_text().splitlines()]
    rows = {row[0]: row[1:] for row in rows if row and row[0] in CODONS}
    table = usage.codon_table(counts, code)
    assert [rows[codon][0] for codon in CODONS] == list(table.amino_acid)
    assert [float(rows[codon][1]) for codon in CODONS] == pytest.approx(table.fraction, abs=0.00051)
    assert [float(rows[codon][2]) for codon in CODONS] == pytest.approx(table.per_thousand, abs=0.00051)
    assert [int(rows[codon][3]) for codon in CODONS] == list(table.count)


@pytest.mark.parametrize("table_id", [1, 2, 5, 11])
def test_codon_bias_agrees_on_enc(table_id, monkeypatch):
    scores = pytest.importorskip("codonbias.scores", reason="codon-bias is not installed")
    code, counts = genetic_code(table_id), random_table(9, low=1)
    sequence = "".join(codon * int(n) for codon, n in named(counts).items())

    wright = scores.EffectiveNumberOfCodons(robust=False, pseudocount=0, mean="unweighted", genetic_code=table_id)
    assert effective_number.enc_wright(counts, code) == pytest.approx(wright.get_score(sequence), abs=1e-9)
    # Its Sun keeps 6- and 8-fold families whole; with ours kept whole too, the rest of the formula must agree.
    monkeypatch.setattr(effective_number, "boxes", sense_families)
    sun = scores.EffectiveNumberOfCodons(genetic_code=table_id)
    assert effective_number.enc_sun(counts, code) == pytest.approx(sun.get_score(sequence), abs=1e-9)


@pytest.mark.parametrize("table_id", [1, 2, 5, 11])
def test_codon_bias_agrees_on_rscu(table_id):
    scores = pytest.importorskip("codonbias.scores", reason="codon-bias is not installed")
    counts = random_table(10)
    model = scores.RelativeSynonymousCodonUsage(genetic_code=table_id, ignore_stop=False)
    theirs = model.get_weights("".join(codon * int(n) for codon, n in named(counts).items()))
    # It adds one to each count, and its reference is empty without that.
    assert named(rscu(counts + 1, genetic_code(table_id))) == pytest.approx(theirs.droplevel("aa").to_dict(), abs=1e-9)


# --- real genomes ---------------------------------------------------------------------------------------------------


def real_genomes():
    """(identifier, code, counts of the whole genome, counts of its CDS) for each record."""
    seqio = pytest.importorskip("Bio.SeqIO")
    with gzip.open(Path(os.environ["OPENGENOME_REAL_DATA"]) / "organelles.gb.gz", "rt") as handle:
        for record in seqio.parse(handle, "genbank"):
            coding = [feature for feature in record.features if feature.type == "CDS"]
            code = genetic_code(int(coding[0].qualifiers.get("transl_table", ["1"])[0]))
            genes = sum((counted(str(gene.extract(record.seq))) for gene in coding), Counter())
            yield record.id, code, table_of(**counted(str(record.seq))), table_of(**genes)


def counted(sequence):
    return Counter(sequence[i : i + 3] for i in range(0, len(sequence) - 2, 3))


@pytest.mark.skipif("OPENGENOME_REAL_DATA" not in os.environ, reason="OPENGENOME_REAL_DATA is unset: no real genomes")
def test_real_genomes_and_their_coding_sequences_are_distinguished():
    seen = 0
    for identifier, code, genome, genes in real_genomes():
        whole, coding = usage.coding_signal(genome, code), usage.coding_signal(genes, code)
        assert (identifier, whole["looks_like"]) == (identifier, "whole genomes")
        assert (identifier, coding["looks_like"]) == (identifier, "coding sequence")
        mirrored = table_of(**{codon.translate(COMPLEMENT)[::-1]: n for codon, n in named(genes).items()})
        assert usage.coding_signal(mirrored, code)["looks_like"] == "out of frame"
        if code.id == 5:  # TGA is tryptophan here and a stop in code 1
            assert usage.coding_signal(genes, genetic_code(1))["looks_like"] == "out of frame"
        seen += 1
    assert seen
