"""The key of a batch and the size of its chunks. Imports no numpy, because Spark's driver needs only this of a plan."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

from opengenome.core.model import Chunk, CountingParameters

# A chunk is also the range of one Spark task. It is large, so that starting a task costs little in comparison, and
# small enough that the cores of a batch finish together.
CHUNK_BASES = 32 << 20


def batch_key(chunks: Iterable[Chunk], parameters: CountingParameters, engine: str) -> str:
    """The name of a batch's output: a digest of its input, counting parameters and engine. 64 hex digits.

    Paths are not included, so a moved file keeps its key. The digest is taken over JSON, which marks where each field
    ends, so different contents always give different texts.
    """
    content = {
        "engine": engine,
        "frame": parameters.frame,
        "per_sequence": parameters.per_sequence,
        "chunks": [chunk.content for chunk in chunks],
        **({"codon_pairs": True} if parameters.codon_pairs else {}),  # so that other keys are what they were before
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
