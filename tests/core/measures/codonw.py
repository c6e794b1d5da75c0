"""codonW and its own example, 111 genes of yeast, for tests that compare with it."""

import shutil
import subprocess
from pathlib import Path

import numpy as np

from opengenome.core.alphabet import CODONS
from opengenome.core.genetic_code import genetic_code
from opengenome.core.measures.adaptation import optimal_codons, relative_adaptiveness

EXAMPLE = Path("/usr/share/doc/codonw/examples/input.dat")
CODE = genetic_code(1)
# codonW's number of a codon: 16 × first base, then 4 × third base, then second base, in the order T, C, A, G.
CODONW_NUMBERS = [a + b + c for a in "TCAG" for c in "TCAG" for b in "TCAG"]


def installed():
    return bool(shutil.which("codonw") and EXAMPLE.exists())


def counts_of(path):
    """The counts of each sequence of a FASTA file, (genes, 64), and the names."""
    genes = [record.partition("\n") for record in path.read_text().split(">")[1:]]
    table = np.zeros((len(genes), 64), dtype=int)
    for row, (_, _, lines) in zip(table, genes, strict=True):
        sequence = "".join(lines.split()).upper().replace("U", "T")
        for at in range(0, len(sequence) - 2, 3):
            if sequence[at : at + 3] in CODONS:
                row[CODONS.index(sequence[at : at + 3])] += 1
    return table, [header for header, _, _ in genes]


def codonw(folder, *options):
    """The lines of codonW's index file and of its bulk file, each split at blanks."""
    shutil.copy(EXAMPLE, folder / "genes.dat")
    command = ["codonw", "genes.dat", "indices", "bulk", *options, "-nomenu", "-nowarn", "-silent", "-machine"]
    subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=60)
    return [[line.split() for line in (folder / name).read_text().splitlines()] for name in ("indices", "bulk")]


def well_expressed(genes):
    """Five well expressed genes together. Some codons do not occur in them, and some tie for the most used."""
    counts, names = genes
    chosen = [name.split()[0] in ("PGK1", "CRY1", "PDI1", "CIT2", "LEU2") for name in names]
    assert sum(chosen) == 5
    return counts[chosen].sum(axis=0)


def in_codonw_order(values):
    return [values[CODONS.index(codon)] for codon in CODONW_NUMBERS]


def indices(reference, folder):
    """What codonW says of each gene with a reference: column to values as printed."""
    w = in_codonw_order(np.nan_to_num(relative_adaptiveness(reference, CODE), nan=1.0))
    (folder / "w").write_text("\n".join(f"{value:.9f}" for value in w))
    optimal = in_codonw_order(np.where(optimal_codons(reference, CODE), 3, 2))
    (folder / "optimal").write_text("\n".join(map(str, optimal)))
    files = ["-cai_file", "w", "-cbi_file", "optimal", "-fop_file", "optimal"]
    (header, *rows), _ = codonw(folder, "-all_indices", *files)
    # A title may hold blanks; the columns are counted from the right.
    return {name: [row[at] for row in rows] for at, name in enumerate(header[1:], start=1 - len(header))}


def coordinates(path):
    """The names and coordinates of a file of its correspondence analysis."""
    rows = [line.split() for line in path.read_text().splitlines()[1:]]
    return [row[0] for row in rows], np.array([[float(x) for x in row[-4:]] for row in rows])
