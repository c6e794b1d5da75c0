"""The input files that a batch was made of, even if it is counted from shards in the store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from opengenome.io.entries import MANIFEST
from opengenome.io.schemas import read_ingest_manifest
from opengenome.orchestration.runs import Run


def origins(run: Run, batch: Mapping[str, Any]) -> list[str]:
    """The input files that sequences of a batch come from, in the order of the run.

    batch: what `plan` returned for it. Of files that belong together, such as GFF3 and its FASTA, all are named. Raises
    ContractError if an entry of the store cannot be read.
    """
    first, stop, begin = batch["first"], batch["first"] + batch["sequences"], 0
    inputs, found = run.inputs(), []
    for entry in inputs.entries:
        if begin >= stop:
            break
        counts = read_ingest_manifest(run.store.ingest(entry.key) / MANIFEST).sequences
        at = 0
        for together in [unit.files for unit in entry.units] or [1] * entry.count:
            end = begin + sum(counts[at : at + together])
            if max(begin, first) < min(end, stop):
                found += [file.path for file in inputs.files[entry.first + at : entry.first + at + together]]
            begin, at = end, at + together
    return found
