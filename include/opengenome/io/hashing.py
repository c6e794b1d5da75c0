"""A file that keeps only the SHA-256 of what is written into it."""

from __future__ import annotations

import hashlib
import io
from typing import Any


class HashedFile(io.BufferedIOBase):
    """Open for writing. digest: of all bytes so far."""

    def __init__(self) -> None:
        self.digest = hashlib.sha256()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.digest.update(data)
        return memoryview(data).nbytes
