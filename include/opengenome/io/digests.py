"""Digests of records and of chunks: BLAKE3, 256 bits, so that nobody can construct two records with the same digest."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from blake3 import blake3

from opengenome.core.model import Chunk
from opengenome.core.planning import DIGEST_BYTES, Digests, chunk_digest
from opengenome.errors import InputError


class RecordDigests:
    """Digests of records that arrive in order, each in one piece or several.

    Ingest and the counter both use this class, so that the counter sees whether it reads what was planned.
    """

    def __init__(self) -> None:
        self._hasher = blake3()  # reused, because creating one costs as much as hashing a short record
        self._open = False

    def feed(self, data: memoryview, begins: Sequence[int], names: Sequence[str] | None = None) -> Digests:
        """Take the next bytes, in which records begin at `begins`. Returns the digests of the records that ended.

        The bytes before the first of `begins` continue the open record. The last record stays open.
        names: (len(begins),) identifiers that are not in the bytes. Each is hashed before its record, with its length.
        """
        hasher, digests = self._hasher, []
        if self._open:
            hasher.update(data[: begins[0] if begins else len(data)])
        for k, (begin, end) in enumerate(pairwise([*begins, len(data)])):
            if self._open:
                digests.append(hasher.digest())
            hasher.reset()
            if names is not None:
                name = names[k].encode()
                hasher.update(len(name).to_bytes(8, "little") + name)
            hasher.update(data[begin:end])
            self._open = True
        return _table(digests)

    def finish(self) -> Digests:
        """Close the open record. Returns its digest: (1, 32), or (0, 32) if none is open."""
        closed = [self._hasher.digest()] if self._open else []
        self._open = False
        return _table(closed)


class ChunkDigest:
    """The digest of a chunk, computed while it is counted and compared with the planned one.

    unit: the unit of the chunk's start and stop.
    """

    def __init__(self, chunk: Chunk, unit: str) -> None:
        self._chunk, self._unit = chunk, unit
        self._records, self._digest = RecordDigests(), chunk_digest()

    def feed(self, data: memoryview, begins: Sequence[int], names: Sequence[str] | None = None) -> None:
        """As `RecordDigests.feed`."""
        self._digest.update(self._records.feed(data, begins, names).tobytes())

    def check(self) -> None:
        """Raises InputError if the records fed are not those that ingest saw."""
        self._digest.update(self._records.finish().tobytes())
        if self._digest.hexdigest() != self._chunk.digest:
            raise self.changed()

    def changed(self) -> InputError:
        """The error for a chunk that differs from what ingest saw."""
        chunk = self._chunk
        return InputError(
            f"The file changed after it was planned, between {self._unit} {chunk.start:,} and {chunk.stop:,}",
            file=chunk.path,
            advice="Restore its earlier content and retry, or start a new run, which counts only what changed.",
        )


def _table(digests: list[bytes]) -> Digests:
    return np.frombuffer(b"".join(digests), dtype=np.uint8).reshape(-1, DIGEST_BYTES)
