"""What a batch is known by, and how large its chunks are. Without numpy: Spark's drivers need no more of a plan."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

from opengenome.core.model import Chunk, CountingParameters

# A chunk is also the range of one Spark task: large enough that starting a task costs little, small enough that the
# cores of a batch finish together.
CHUNK_BASES = 32 << 20


def batch_key(chunks: Iterable[Chunk], parameters: CountingParameters, engine: str) -> str:
    """The name of a batch's output: a digest of what is read, how it is counted, and by which engine. 64 hex digits.

    Paths are no part of it: a file that was moved is still counted. JSON says where each field ends, so that two
    different contents are two different texts.
    """
    content = {
        "engine": engine,
        "frame": parameters.frame,
        "per_sequence": parameters.per_sequence,
        "chunks": [chunk.content for chunk in chunks],
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
