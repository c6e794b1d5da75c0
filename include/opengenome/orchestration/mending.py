"""Shards of the store that were damaged after they were written: found when they are counted, and made again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from opengenome.errors import ContractError
from opengenome.io import ingest
from opengenome.io.store import remove_folder
from opengenome.io.verification import read_spec
from opengenome.orchestration.runs import Run


def mend_shards(run_id: str, batch: Mapping[str, Any]) -> list[Path]:
    """Make the entries again whose shards a batch could not be counted from. Returns their folders, if any.

    batch: what `plan` returned for it. Raises InputError where the input is not what it was any more.
    """
    run = Run.of(run_id)
    inputs = run.inputs()
    spec = read_spec(Path(batch["spec"]), batch["spec_sha256"])
    entries = {run.store.ingest(entry.key): entry for entry in inputs.entries}
    read = {Path(chunk.path) for chunk in spec.batch.chunks}
    mended = []
    for folder in sorted({path.parent for path in read} & entries.keys()):
        if not ingest.damaged_shards(folder, read):
            continue
        entry = entries[folder]
        remove_folder(folder)
        ingest.ingest(inputs.files[entry.first : entry.first + entry.count], run.store, print)
        if ingest.committed(folder) is None:
            raise ContractError("A damaged entry of the store cannot be made again", file=folder)
        mended.append(folder)
    return mended
