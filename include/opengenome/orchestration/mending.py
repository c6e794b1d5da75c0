"""Find shards of the store that were damaged after they were written, and make them again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from opengenome.core.model import Chunk, CountingParameters
from opengenome.errors import ContractError, InputError
from opengenome.io import ingest
from opengenome.io.batches import read_spec
from opengenome.io.clock import Clock
from opengenome.io.parts import count_chunk
from opengenome.io.paths import path_of
from opengenome.io.store import remove_folder
from opengenome.orchestration.runs import Run


def mend_shards(run_id: str, batch: Mapping[str, Any]) -> list[Path]:
    """Ingest those entries again whose shards are damaged for this batch. Returns their folders, if any.

    batch: what `plan` returned for it. Reads the batch's shards. Raises InputError if an input of such an entry has
    changed.
    """
    run = Run.of(run_id)
    inputs = run.inputs()
    spec = read_spec(Path(batch["spec"]), batch["spec_sha256"])
    mended = []
    for entry in inputs.entries:
        folder = run.store.ingest(entry.key)
        chunks = [chunk for chunk in spec.batch.chunks if path_of(chunk.path).parent == folder]
        if _are_whole(chunks):
            continue
        remove_folder(folder)
        ingest.ingest(inputs.material(entry), run.store, print)
        if not _are_whole(chunks):
            raise ContractError("A damaged entry of the store cannot be repaired", file=folder)
        mended.append(folder)
    return mended


def _are_whole(chunks: Iterable[Chunk]) -> bool:
    """Whether these chunks hold what was planned. Counting them checks every letter."""
    try:
        for chunk in chunks:
            for _ in count_chunk(chunk, CountingParameters(), Clock()):
                pass
    except (InputError, ContractError):
        return False
    return True
