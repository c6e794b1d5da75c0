"""Codon counting: the specification (`count_naive`) and the fast counter that must always agree with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from opengenome.core.alphabet import AMBIGUOUS_LETTERS, CODONS, WHITESPACE, byte_classes
from opengenome.core.codon_pairs import PairCounter, PairCounts
from opengenome.core.kernels import ERROR, NO_ERROR, PHASE, SKIP, SLOT, load_kernels, new_state
from opengenome.core.model import Ledger
from opengenome.errors import EngineError, InputError

Ints = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]

AMBIGUOUS_COLUMN = 64
_SLOTS = 2048  # rows of counts held at once: 1 MB


def count_naive(sequence: str, frame: int = 0) -> tuple[dict[str, int], int, int, int]:
    """Count the codons of one sequence in the obvious, slow way. `SequenceCounter` must give the same result.

    Returns the count of each of the 64 codons, the ambiguous codons, the bases skipped before the frame, and the
    trailing bases. Raises InputError for a character other than white space, IUPAC nucleotide letters and mask (X).
    """
    letters = "".join(letter for letter in sequence if letter not in WHITESPACE.decode()).upper().replace("U", "T")
    for letter in letters:
        if letter not in "ACGT" + AMBIGUOUS_LETTERS:
            raise InputError(f"{letter!r} is not an IUPAC nucleotide letter")
    counts = dict.fromkeys(CODONS, 0)
    ambiguous = 0
    in_frame = letters[frame:]
    whole = len(in_frame) // 3 * 3
    for start in range(0, whole, 3):
        codon = in_frame[start : start + 3]
        if codon in counts:
            counts[codon] += 1
        else:
            ambiguous += 1
    return counts, ambiguous, min(frame, len(letters)), len(in_frame) - whole


@dataclass(frozen=True, slots=True)
class CountedSequences:
    """Completely counted sequences, in input order.

    ids: identifiers. counts: (n, 65) int64, the 64 codons and the ambiguous ones. skipped: (n,) bases
    before the frame. trailing: (n,) bases after the last whole codon. pairs: those of codons, if they are counted.
    """

    ids: list[str]
    counts: Ints
    skipped: Ints
    trailing: Ints
    pairs: PairCounts | None = None

    @property
    def lengths(self) -> Ints:
        """(n,) int64: the bases of each sequence, computed from its counts."""
        lengths: Ints = self.skipped + 3 * self.counts.sum(axis=1) + self.trailing
        return lengths

    def ledger(self) -> Ledger:
        ambiguous = int(self.counts[:, AMBIGUOUS_COLUMN].sum())
        counted = int(self.counts.sum()) - ambiguous
        skipped, trailing = int(self.skipped.sum()), int(self.trailing.sum())
        bases = skipped + 3 * (counted + ambiguous) + trailing
        return Ledger(len(self.counts), bases, skipped, counted, ambiguous, trailing)


def identifier(header: bytes) -> str:
    """The first word of a header line without its '>'; "" for an empty header."""
    # Only a space or a tab ends it, as in the kernel that hashes identifiers; bytes.split takes more as white space.
    return decode(header.replace(b"\t", b" ").lstrip(b" ").partition(b" ")[0])


def identifiers(headers: Sequence[memoryview]) -> list[str]:
    """`identifier` of each header line."""
    joined = b"\n".join(headers).replace(b"\t", b" ")
    if not joined.isascii():
        return [identifier(header.tobytes()) for header in headers]
    return [header.lstrip(" ").partition(" ")[0] for header in joined.decode().split("\n")] if headers else []


def decode(text: bytes) -> str:
    """Decode UTF-8; bytes that are not UTF-8 are read as Latin-1, so that none is lost."""
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError:
        return text.decode("latin-1")


class SequenceCounter:
    """Counts a stream of sequences that arrives in blocks, in bounded memory.

    Feed blocks in order with one of the `feed_*` methods, then call `finish`. Each yields the sequences that are
    complete. A block is not kept after its call. Raises InputError for a byte that is not a nucleotide: ingest checked
    every byte, so such a byte means that the input changed. pairs: counts pairs of codons too, in strings only.
    """

    def __init__(self, frame: int, pairs: PairCounter | None = None) -> None:
        self._kernels = load_kernels()
        self._classes = byte_classes()
        self._frame = frame
        self._pairs = pairs
        self._state = new_state()
        self._counts = np.zeros((_SLOTS, AMBIGUOUS_COLUMN + 1), dtype=np.int64)
        self._skipped = np.zeros(_SLOTS, dtype=np.int64)
        self._trailing = np.zeros(_SLOTS, dtype=np.int64)
        self._headers = np.zeros((_SLOTS, 2), dtype=np.int64)
        self._ids: list[str] = []
        self.record_starts: list[int] = []  # where records begin in the block that feed_fasta was last given

    def feed_fasta(self, block: Bytes) -> Iterator[CountedSequences]:
        """Count FASTA text. A block must not end inside a header line; a sequence may continue in the next block."""
        if self._pairs:
            raise EngineError("Pairs of codons are counted in coding sequences, and these are copied into rows")
        at, text = 0, block.data
        self.record_starts = []
        while at < len(block):
            at = self._kernels.count_fasta(
                block, len(block), at, self._classes, self._frame, self._state, self._counts, _SLOTS, self._skipped,
                self._trailing, self._headers,
            )  # fmt: skip
            spans = self._headers[len(self._ids) : self._slot + 1].tolist()
            self.record_starts += [begin - 1 for begin, _ in spans]
            self._ids += identifiers([text[begin:end] for begin, end in spans])
            self._check(f"byte {at} of a block")
            yield from self._closed()

    def feed_strings(
        self, ids: Sequence[str], data: Bytes, offsets: Ints, continues: Bytes
    ) -> Iterator[CountedSequences]:
        """Count the strings data[offsets[k]:offsets[k+1]]; a string may continue the one before.

        ids: (n,), ignored for continuations. offsets: (n + 1,). continues: (n,), 1 for a continuation, else 0.
        """
        at = 0
        while at < len(ids):
            begin = at
            at = self._kernels.count_strings(
                data, len(data), offsets, len(offsets), continues, at, self._classes, self._frame, self._state,
                self._counts, _SLOTS, self._skipped, self._trailing,
            )  # fmt: skip
            self._ids += [ids[k] for k in range(begin, at) if not continues[k]]
            self._check(f"sequence {at} of a block")
            if self._pairs:
                self._pairs.feed_strings(data, offsets[begin : at + 1], continues[begin:at])
            yield from self._closed()

    def finish(self) -> Iterator[CountedSequences]:
        """Close the last sequence."""
        slot = self._slot
        if slot >= 0:
            self._skipped[slot] = self._frame - self._state[SKIP]
            self._trailing[slot] = self._state[PHASE]
            if self._pairs:
                self._pairs.finish()
            yield self._take(slot + 1)
        self._state = new_state()

    @property
    def _slot(self) -> int:
        return int(self._state[SLOT])

    def _check(self, where: str) -> None:
        if self._state[ERROR] != NO_ERROR:
            raise InputError(f"{where} is not a nucleotide")

    def _closed(self) -> Iterator[CountedSequences]:
        """Yield the complete rows and move the open one to slot 0."""
        slot = self._slot
        if slot > 0:
            yield self._take(slot)
            self._counts[0] = self._counts[slot]
            self._counts[slot] = 0
            self._state[SLOT] = 0

    def _take(self, rows: int) -> CountedSequences:
        taken = CountedSequences(
            self._ids[:rows], self._counts[:rows].copy(), self._skipped[:rows].copy(), self._trailing[:rows].copy(),
            self._pairs.take() if self._pairs else None,
        )  # fmt: skip
        self._counts[:rows] = 0
        del self._ids[:rows]
        return taken
