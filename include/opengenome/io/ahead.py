"""Read ahead: a thread reads the next blocks of a file while the caller works on the current one."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import BinaryIO

_BLOCKS = 2  # being read or waiting, besides the caller's current one


class ReadAhead:
    """`readinto` for a file whose reads are slow, as decompressing is. An error is raised where its block would come.

    igzip_threaded of isal 1.9 is not used: its reader takes the end of its thread for the end of the file, and silently
    loses the blocks that are still waiting.
    """

    def __init__(self, file: BinaryIO, size: int) -> None:
        self.name = getattr(file, "name", None)
        self._file, self._size = file, size
        self._pool = ThreadPoolExecutor(1)
        self._waiting: deque[Future[bytes]] = deque()
        self._left = memoryview(b"")

    def __enter__(self) -> ReadAhead:
        for _ in range(_BLOCKS):
            self._ask()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(cancel_futures=True)

    def _ask(self) -> None:
        self._waiting.append(self._pool.submit(self._file.read, self._size))

    def readinto(self, buffer: memoryview) -> int:
        """Copy at most one block into the buffer. Returns the number of bytes, 0 at the end."""
        if not self._left:
            self._left = memoryview(self._waiting.popleft().result())
            self._ask()
        filled = min(len(buffer), len(self._left))
        buffer[:filled] = self._left[:filled]
        self._left = self._left[filled:]
        return filled
