"""A folder of published files without a run: small, proven, and different for each seed."""

from __future__ import annotations

import random
from pathlib import Path

from opengenome.core.genetic_code import genetic_code
from opengenome.core.model import Ledger
from opengenome.core.usage import codon_table, summarize
from opengenome.io import tables


def write_published(folder: Path, seed: int = 1) -> Path:
    """Published files in `folder`, as validate and publish leave them. The run is called `r<seed>`."""
    folder.mkdir(parents=True, exist_ok=True)
    counts = [random.Random(seed).randint(1, 1000) for _ in range(64)]  # noqa: S311  (test data)
    ledger = Ledger(sequences=1, bases=3 * sum(counts), counted=sum(counts))
    files = tables.write_codon_table(folder, codon_table(counts, genetic_code(1)).columns())
    duplicates = {"ids": 0, "records": 0, "examples": []}
    summary = summarize(counts, ledger, genetic_code(1)) | {"duplicate_ids": duplicates}
    files[tables.SUMMARY] = tables.write_document(folder / tables.SUMMARY, summary)
    files[tables.PROVENANCE] = tables.write_document(folder / tables.PROVENANCE, provenance(seed))
    laws = [{"law": "1 ledger", "holds": True, "detail": "holds"}]
    tables.write_document(folder / tables.VALIDATION, {"proven": True, "laws": laws, "files": files})
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
