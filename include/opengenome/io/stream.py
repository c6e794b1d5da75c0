"""Record batches that are read in pieces of other sizes, so that two streams can be read side by side."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

from opengenome.errors import ContractError, number_of

if TYPE_CHECKING:
    import pyarrow as pa

A = TypeVar("A")
B = TypeVar("B")

ROWS_AT_ONCE = 1 << 14
_THREADS = 2


def mapped(function: Callable[[A], B], items: Iterable[A]) -> Iterator[B]:
    """As `map`, but two threads work ahead: numpy lets both run. Memory: four items or results."""
    with ThreadPoolExecutor(_THREADS) as pool:
        waiting: deque[Future[B]] = deque()
        try:
            for item in items:
                waiting.append(pool.submit(function, item))
                if len(waiting) > _THREADS:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)


class Stream:
    """A stream of record batches of one schema. Memory: a piece and one record batch."""

    def __init__(self, batches: Iterable[pa.RecordBatch]) -> None:
        self._batches = iter(batches)
        self._rest: Any = ()

    def take(self, rows: int) -> pa.RecordBatch:
        """The next rows, in one piece; rows: at least 1. Raises ContractError if fewer are left."""
        import pyarrow as pa

        pieces, wanted = [], rows
        while wanted:
            if self.is_at_its_end():
                raise ContractError(f"A table of the store lacks {wanted:,} of {number_of(rows, 'sequence')}")
            pieces.append(self._rest[:wanted])
            self._rest = self._rest[wanted:]
            wanted -= pieces[-1].num_rows
        return pieces[0] if len(pieces) == 1 else pa.concat_batches(pieces)

    def skip(self, rows: int) -> None:
        """Pass over rows. Raises as `take`."""
        while rows:
            rows -= self.take(min(rows, ROWS_AT_ONCE)).num_rows

    def is_at_its_end(self) -> bool:
        """Whether no row is left."""
        while not len(self._rest):
            following = next(self._batches, None)
            if following is None:
                return True
            self._rest = following
        return False
