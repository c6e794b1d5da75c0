"""Compile the loops of counting and measuring into NUMBA_CACHE_DIR, for all that the pipeline hands to them."""

import numpy as np

from opengenome.core.counting import SequenceCounter
from opengenome.core.measuring import FastaMeasurer, hash_strings, measure_strings

TEXT = np.frombuffer(b">a\nACG\n", dtype=np.uint8)
READ_ONLY = (TEXT, TEXT.copy())  # numba compiles for each: blocks are writable, mapped memory is not
LETTERS, OFFSETS = np.frombuffer(b"ACG", dtype=np.uint8), np.array([0, 3], dtype=np.int64)


def main() -> None:
    for block in READ_ONLY:
        counter = SequenceCounter(0)
        list(counter.feed_fasta(block))
        list(counter.finish())
        FastaMeasurer().step(block, 0)
        FastaMeasurer().step(block, 0, np.zeros(8, dtype=np.uint8), 0)
    for letters in (LETTERS, LETTERS.copy()):
        list(SequenceCounter(0).feed_strings(["a"], letters, OFFSETS, np.zeros(1, dtype=np.uint8)))
        measure_strings(letters, OFFSETS)
        hash_strings(letters, OFFSETS)


if __name__ == "__main__":
    main()
