"""Other programs and printed tables, and how far our measures agree with each: the rows of `agreement.py`.

A row is made only if it holds: a peer that differs by more raises AssertionError.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from unittest.mock import patch

import numpy as np
from Bio.Data.IUPACData import protein_letters_3to1
from Bio.SeqUtils import GC123
from Bio.SeqUtils.ProtParam import ProteinAnalysis

from opengenome.core import comparing
from opengenome.core.alphabet import CODONS
from opengenome.core.genetic_code import GeneticCode, genetic_code
from opengenome.core.measures import effective_number, ordination
from opengenome.core.measures.arrays import sense_families
from opengenome.core.measures.table import MEASURES
from tests.core.measures import codonw, published
from tests.core.measures.test_codon_bias import spelled, tables, tai_and_theirs
from tests.core.measures.test_codon_pairs import codonbias_scores
from tests.core.measures.test_codonw_example import COLUMN_AND_DIGITS

EMBOSS_TABLES = Path("/usr/share/EMBOSS/data/CODONS")
GENES = "its 111 genes of yeast"
SINGLE = 3e-7  # codonW computes in float32
CODE = genetic_code(1)


@dataclass(frozen=True)
class Row:
    """One line of the table. values: how many were compared."""

    measures: tuple[str, ...]
    peer: str
    on: str
    values: int
    agree: str

    def __str__(self) -> str:
        names = ", ".join(f"`{name}`" for name in self.measures)
        return f"| {names} | {self.peer} | {self.on} | {self.values:,} | {self.agree} |"


def printed(mine: object, theirs: object, digits: int, slack: float = 1e-9) -> tuple[int, str]:
    """How many values agree to each of so many printed decimals; missing is missing in both."""
    return _close(mine, theirs, 0.5 * 10**-digits + slack), f"each printed digit ({digits} decimals)"


def within(mine: object, theirs: object, bound: float) -> tuple[int, str]:
    """How many values agree within a bound."""
    return _close(mine, theirs, bound), f"within {bound:.0e}".replace("e-0", "e-")


def _close(mine: object, theirs: object, bound: float) -> int:
    ours, others = np.asarray(mine, dtype=float).ravel(), np.asarray(theirs, dtype=float).ravel()
    np.testing.assert_allclose(ours, others, rtol=0, atol=bound)
    return len(ours)


# --- codonW ---------------------------------------------------------------------------------------------------------


def of_codonw(folder: Path) -> Iterator[Row]:
    genes = codonw.counts_of(codonw.EXAMPLE)
    counts, reference = genes[0], codonw.well_expressed(genes)
    peer = "codonW 1.4.4"
    theirs = codonw.indices(reference, _new(folder))
    for name, (column, digits) in COLUMN_AND_DIGITS.items():
        mine = MEASURES[name](counts, code=CODE, reference=reference)
        yield Row((name,), peer, GENES, *printed(mine, [float(x) for x in theirs[column]], digits, SINGLE))
    (_, *rows), _ = codonw.codonw(_new(folder), "-cai")
    mine = MEASURES["cai"](counts, code=CODE, reference=published.as_counts(published.SHARP_LI_E_COLI))
    on = f"{GENES}, with the `w` of Sharp & Li 1987 for *E. coli*"
    yield Row(("cai",), peer, on, *printed(mine, [float(row[-1]) for row in rows], 3, SINGLE))

    order = [CODONS.index(codon) for codon in codonw.CODONW_NUMBERS]
    _, lines = codonw.codonw(_new(folder), "-rscu")
    theirs = [float(number) for line in lines for number in line[:16]]
    mine = np.nan_to_num(MEASURES["rscu"](counts, code=CODE))[:, order]  # it prints 0 for an empty family
    yield Row(("rscu",), peer, GENES, *printed(mine, theirs, 3, 1e-6))
    _, (header, *lines) = codonw.codonw(_new(folder), "-raau")
    letters = [protein_letters_3to1.get(name) for name in header[-21:]]
    ours = [letter for letter in CODE.families if letter != "*"]
    theirs = [[float(x) for x, letter in zip(line[-21:], letters, strict=True) if letter] for line in lines]
    mine = MEASURES["amino_acid_usage"](counts, code=CODE)[:, [ours.index(letter) for letter in letters if letter]]
    yield Row(("amino_acid_usage",), peer, GENES, *printed(mine, theirs, 4))

    for option in ("counts", "rscu"):
        here = _new(folder)
        codonw.codonw(here, {"counts": "-coa_cu", "rscu": "-coa_rscu"}[option])
        found = getattr(ordination, f"correspondence_of_{option}")(counts, CODE)
        names, of_codons = codonw.coordinates(here / "codon.coa")
        of_codons = of_codons[[names.index(CODONS[i].replace("T", "U")) for i in found.codons]]
        _, of_genes = codonw.coordinates(here / "genes.coa")
        signs = np.sign(of_codons[0] * found.of_codons[0])  # of no meaning
        mine = np.concatenate([found.of_codons * signs, found.of_sequences * signs])
        on = f"{GENES}: four axes, genes and codons"
        yield Row(
            (f"correspondence_of_{option}",), peer, on, *within(mine, np.concatenate([of_codons, of_genes]), 2e-6)
        )


# --- EMBOSS ---------------------------------------------------------------------------------------------------------

_ROW = re.compile(r"^([ACGT]{3})\s+(\S)\s+(\S+)\s+(\S+)\s+(\d+)\s*$", re.MULTILINE)


def of_emboss(folder: Path) -> Iterator[Row]:
    peer, texts = "EMBOSS 6.6 tables", [path.read_text(errors="replace") for path in EMBOSS_TABLES.glob("*.cut")]
    read = [{codon: row for codon, *row in _ROW.findall(text)} for text in texts]
    assert all(set(rows) == set(CODONS) for rows in read)
    counts = np.array([[int(rows[codon][3]) for codon in CODONS] for rows in read])
    theirs = np.array([[float(rows[codon][2]) for codon in CODONS] for rows in read])
    mine = MEASURES["per_thousand"](counts)
    # Old tables have two decimals; written with three, they end in 0.
    sound = np.abs(mine - theirs).max(axis=1) <= 0.005 + 1e-9
    on = f"{sound.sum()} of the {len(read)} tables; in the others the counts contradict the frequencies beside them"
    yield Row(("per_thousand",), peer, on, *printed(mine[sound], theirs[sound], 2))
    mine, theirs, gc, printed_gc = [], [], [], []
    for rows, row, text, is_sound in zip(read, counts, texts, sound, strict=True):
        code = GeneticCode(0, "", "".join(rows[codon][0] for codon in CODONS))
        if is_sound:
            mine.append(np.nan_to_num(MEASURES["fraction"](row, code=code)))  # they print 0 for an empty family
            theirs.append([float(rows[codon][1]) for codon in CODONS])
        if shares := re.findall(r"GC ([\d.]+)%", text):
            gc.append([100 * MEASURES[name](row) for name in ("gc", "gc1", "gc2", "gc3")])
            printed_gc.append([float(share) for share in shares])
    yield Row(("fraction",), peer, f"the same {sound.sum()} tables, each under its own code", *printed(mine, theirs, 2))
    on = f"the {len(gc)} tables that give them"
    yield Row(("gc", "gc1", "gc2", "gc3"), peer, on, *printed(gc, printed_gc, 2))
    shutil.copy(codonw.EXAMPLE, folder / "genes")
    line = ["chips", "-seqall", "genes", "-nosum", "-outfile", "out"]
    subprocess.run(line, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, check=True, timeout=60)
    theirs = [float(number) for number in re.findall(r"Nc = (\S+)", (folder / "out").read_text())]
    mine = MEASURES["enc_wright"](codonw.counts_of(codonw.EXAMPLE)[0], code=CODE)
    yield Row(("enc_wright",), "EMBOSS 6.6 chips", "codonW's 111 genes of yeast", *printed(mine, theirs, 3))


# --- Python packages ------------------------------------------------------------------------------------------------


def of_codon_bias(_: Path) -> Iterator[Row]:
    from codonbias import scores  # noqa: PLC0415  (it may be missing)

    peer, codes = "codon-bias 0.5", (1, 2, 5, 11)
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in ("rscu", "enc_wright", "enc_sun", "cai")}
    for table_id in codes:
        code = genetic_code(table_id)
        counts, reference = tables(1, False, code), tables(2, True, code)[0]
        weights = scores.RelativeSynonymousCodonUsage(genetic_code=table_id, ignore_stop=False)
        wright = scores.EffectiveNumberOfCodons(robust=False, pseudocount=0, mean="unweighted", genetic_code=table_id)
        sun = scores.EffectiveNumberOfCodons(genetic_code=table_id)
        cai = scores.CodonAdaptationIndex([spelled(reference)], genetic_code=table_id)
        for row in tables(3, True, code):
            theirs = weights.get_weights(spelled(row)).droplevel("aa")
            mine = MEASURES["rscu"](row + 1, code=code)  # it adds one to each count
            found["rscu"] += [(mine[i], theirs[codon]) for i, codon in enumerate(CODONS)]
            found["enc_wright"].append((MEASURES["enc_wright"](row, code=code), wright.get_score(spelled(row))))
            with patch.object(effective_number, "boxes", sense_families):  # it keeps families of six whole
                found["enc_sun"].append((MEASURES["enc_sun"](row, code=code), sun.get_score(spelled(row))))
        mine = MEASURES["cai"](counts, code=code, reference=reference + 1)
        found["cai"] += zip(mine.tolist(), (cai.get_score(spelled(row)) for row in counts), strict=True)
    notes = {
        "rscu": "counts + 1",
        "enc_wright": '`robust=False, pseudocount=0, mean="unweighted"`',
        "enc_sun": "families of six and eight kept whole",
        "cai": "reference + 1, no families of one codon",
    }
    for name, pairs in found.items():
        on = f"random tables in codes 1, 2, 5 and 11; {notes[name]}"
        yield Row((name,), peer, on, *within(*zip(*pairs, strict=True), 1e-9))
    yield Row(("tai",), peer, "random tables without Met", *within(*tai_and_theirs(scores), 1e-9))
    mine, theirs = codonbias_scores(scores, 1)
    yield Row(("codon_pair_scores",), peer, "random genes; pairs + 1", *within(mine, theirs, 1e-9))


def of_biopython(_: Path) -> Iterator[Row]:

    counts = tables(4, True, CODE)
    proteins = [
        ProteinAnalysis(
            "".join(letter * int(n) for letter, n in zip(CODE.amino_acids, row, strict=True) if letter != "*")
        )
        for row in counts
    ]
    on = "random tables"
    theirs = [protein.gravy() for protein in proteins]
    yield Row(("gravy",), "Biopython", on, *within(MEASURES["gravy"](counts, code=CODE), theirs, 1e-9))
    theirs = [protein.aromaticity() for protein in proteins]
    yield Row(("aromaticity",), "Biopython", on, *within(MEASURES["aromaticity"](counts, code=CODE), theirs, 1e-9))
    letters = [family[0] for family in sense_families(CODE)]
    theirs = [
        [protein.count_amino_acids()[CODE.amino_acids[i]] / protein.length for i in letters] for protein in proteins
    ]
    mine = MEASURES["amino_acid_usage"](counts, code=CODE)
    yield Row(("amino_acid_usage",), "Biopython", on, *within(mine, theirs, 1e-9))
    mine = [[100 * MEASURES[name](row) for name in ("gc", "gc1", "gc2", "gc3")] for row in counts]
    yield Row(
        ("gc", "gc1", "gc2", "gc3"), "Biopython", on, *within(mine, [GC123(spelled(row)) for row in counts], 1e-9)
    )


def of_scipy(_: Path) -> Iterator[Row]:
    from scipy import stats  # noqa: PLC0415  (it may be missing)
    from scipy.spatial import distance  # noqa: PLC0415  (it may be missing)

    rows = tables(5, True, CODE).astype(float) + 1
    pairs = list(pairwise(rows))
    peers: dict[str, Callable[[np.ndarray, np.ndarray], float]] = {
        "pearson": lambda a, b: stats.pearsonr(a, b)[0],
        "spearman": lambda a, b: stats.spearmanr(a, b)[0],
        "cosine": lambda a, b: 1 - distance.cosine(a, b),
        "kullback_leibler": lambda a, b: stats.entropy(a, b, base=2),
        "jensen_shannon": lambda a, b: distance.jensenshannon(a, b, base=2) ** 2,
    }
    mine = [getattr(comparing, name)(a, b) for name in peers for a, b in pairs]
    theirs = [peer(a, b) for peer in peers.values() for a, b in pairs]
    yield Row(tuple(peers), "SciPy", "random tables", *within(mine, theirs, 1e-9))


# --- the literature -------------------------------------------------------------------------------------------------


def of_sharp_and_li(_: Path) -> Iterator[Row]:
    peer, species = "Sharp & Li 1987, table 1", "*E. coli* and yeast"
    usage = (published.SHARP_LI_RSCU_E_COLI, published.SHARP_LI_RSCU_YEAST)
    adaptiveness = (published.SHARP_LI_E_COLI, published.SHARP_LI_YEAST)
    codons = list(published.SHARP_LI_E_COLI)
    at = [CODONS.index(codon) for codon in codons]
    theirs = [[table[codon] for codon in codons] for table in adaptiveness]
    mine = [MEASURES["w"](published.as_counts(table), code=CODE)[at] for table in usage]
    # An RSCU of three decimals gives a w that is off by 0.0005 more at most.
    yield Row(("w",), peer, f"its RSCU of {species}", *within(mine, theirs, 1e-3))
    mine = [MEASURES["rscu"](published.as_counts(table), code=CODE)[at] for table in usage]
    yield Row(
        ("rscu",),
        peer,
        f"its RSCU of {species}, as counts",
        *within(mine, [[t[c] for c in codons] for t in usage], 1e-3),
    )
    counts = np.zeros(64, dtype=int)
    for start in range(0, len(published.RPSU), 3):
        counts[CODONS.index(published.RPSU[start : start + 3])] += 1
    mine = MEASURES["cai"](counts, code=CODE, reference=published.as_counts(published.SHARP_LI_E_COLI))
    yield Row(("cai",), "Sharp & Li 1987, page 1285", "*rpsU* of *E. coli*", *printed(mine, 0.726, 3))


def _new(folder: Path) -> Path:
    return Path(tempfile.mkdtemp(dir=folder))
