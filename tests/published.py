"""A folder of published files without a run: small, proven, and different for each seed."""

from __future__ import annotations

import random
from itertools import chain, product
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from opengenome.core.alphabet import CODONS
from opengenome.core.coding import WITH_OTHERS
from opengenome.core.genetic_code import genetic_code
from opengenome.core.measures.codon_pairs import PairReference
from opengenome.core.model import Ledger
from opengenome.core.usage import codon_table, summarize
from opengenome.flow import (
    BY_GROUP_CSV,
    BY_GROUP_PARQUET,
    CODON_PAIRS_CSV,
    CODON_PAIRS_PARQUET,
    DROPPED,
    MEASURES_BY_GROUP,
    ORDINATION,
    ORDINATION_CODONS,
    PER_SEQUENCE,
    PIPELINE_INFO,
    REPORT_PAGE,
    VIEWS,
    per_sequence_part,
)
from opengenome.io import tables
from opengenome.io.pair_tables import write_pairs
from opengenome.io.published import write_views
from opengenome.io.store import sha256_of

PARTS = 3
FURTHER = (
    BY_GROUP_CSV,
    BY_GROUP_PARQUET,
    MEASURES_BY_GROUP,
    DROPPED,
    ORDINATION,
    ORDINATION_CODONS,
    CODON_PAIRS_CSV,
    CODON_PAIRS_PARQUET,
    *map(per_sequence_part, range(PARTS)),
)  # files of some runs
VIEWS_OF_IT = (REPORT_PAGE, f"{PIPELINE_INFO}/execution_trace.txt")
PROVEN = (*tables.PUBLISHED, *FURTHER)
EVERY = (*PROVEN, VIEWS, *VIEWS_OF_IT)


def contents(folder: Path) -> dict[str, bytes]:
    """The content of every file below a folder, by its name relative to it."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def write_published(folder: Path, seed: int = 1, *, further: bool = False, with_others: int = 0) -> Path:
    """Published files in `folder`, as validate and publish leave them. The run is called `r<seed>`.

    further: with FURTHER and views as well. with_others: how many input files have a code with other amino acids.
    """
    folder.mkdir(parents=True, exist_ok=True)
    drawn = random.Random(seed)  # noqa: S311  (test data)
    counts = [drawn.randint(1, 1000) for _ in range(64)]
    ledger = Ledger(sequences=1, bases=3 * sum(counts), counted=sum(counts))
    files = tables.write_codon_table(folder, codon_table(counts, genetic_code(1)).columns())
    duplicates = {"ids": 0, "records": 0, "examples": []}
    summary = summarize(counts, ledger, genetic_code(1)) | {"duplicate_ids": duplicates}
    if with_others:
        summary["genetic_code"][WITH_OTHERS] = with_others
    files[tables.SUMMARY] = tables.write_document(folder / tables.SUMMARY, summary)
    files[tables.PROVENANCE] = tables.write_document(folder / tables.PROVENANCE, provenance(seed))
    if further:
        files |= write_further(folder, counts, seed)
    laws = [{"law": "1 ledger", "holds": True, "detail": "holds"}]
    tables.write_document(folder / tables.VALIDATION, {"proven": True, "laws": laws, "files": files})
    if further:
        write_views(folder, {name: f"{name} of r{seed}\n".encode() for name in VIEWS_OF_IT}, {})
    return folder


def provenance(seed: int) -> dict[str, object]:
    """As of a run that read one file in two batches, one of which it had counted before."""
    return {
        "run": f"r{seed}",
        "source": "/in",
        "started": f"2026-11-0{seed % 9 + 1}T10:00:00+00:00",
        "inputs": [{"path": "/in/a.fasta"}],
        "passed_over": [],
        "batches": [{"batch": 0, "reused": True}, {"batch": 1, "reused": False}],
    }


def write_further(folder: Path, counts: list[int], seed: int = 1) -> dict[str, str]:
    """FURTHER in `folder`, for the totals `counts`; the SHA-256 of each by name. Nothing is written in place."""
    for name in FURTHER:
        (folder / name).unlink(missing_ok=True)
    shares = [[count // PARTS + (part < count % PARTS) for count in counts] for part in range(PARTS)]
    (folder / PER_SEQUENCE).mkdir(exist_ok=True)
    for part, share in enumerate(shares):
        rows = zip((count // 2 for count in share), (count - count // 2 for count in share), strict=True)
        columns = {codon: pa.array(two, pa.int64()) for codon, two in zip(CODONS, rows, strict=True)}
        ids = [f"seq{2 * part}", f"seq{2 * part + 1}"]
        pq.write_table(pa.table({"seq_id": ids, **columns}), folder / per_sequence_part(part))
    names, codons = zip(*product((f"group, {number}" for number in range(PARTS)), CODONS), strict=True)
    by_group = {"group": names, "genetic_code": [1] * len(names), "codon": codons, "amino_acid": ["X"] * len(names)}
    measures = {name: [0.5] * len(names) for name in ("fraction", "per_thousand", "rscu")}
    by_group = pa.table(by_group | {"count": [*chain(*shares)]} | measures)
    pq.write_table(by_group, folder / BY_GROUP_PARQUET)
    pyarrow.csv.write_csv(by_group, folder / BY_GROUP_CSV)
    (folder / MEASURES_BY_GROUP).write_text(f"group,genetic_code,codons,gc\ngroup,1,{sum(counts)},0.5\n")
    (folder / ORDINATION_CODONS).write_text(f"codon,amino_acid,ca1,pca1\nAAA,K,0.5,0.{seed}\n")
    pairs = np.diag(np.array(counts))  # each codon stands beside itself, as often as it can
    write_pairs(folder, PairReference(pairs.ravel(), np.array(counts)), genetic_code(1))
    (folder / ORDINATION).write_text(f"seq_id,ca1,pca1\nseq{seed},0.5,0.25\n")
    (folder / DROPPED).write_text(f"record,gene,protein_id,location,reason,detail\nr{seed},,,1..9,pseudo,\n")
    return {name: sha256_of(folder / name) for name in FURTHER}
