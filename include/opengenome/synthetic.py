"""A synthetic, clearly labelled collection with the size and shape of OpenGenome2's organelles, and its exact counts.

`python -m opengenome.synthetic PATH --scale 1.0` writes 32,240 records and 2,816,827,506 nt and prints the ledger. The
counts come from the letters as they are drawn (reshape and bincount), not from the pipeline that they check.

The bytes are the same on every machine: raw PCG64 words, whose stream NumPy keeps fixed (NEP 19), and integers only.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from opengenome.core.alphabet import AMBIGUITY_CODES, BASES, CODONS
from opengenome.errors import StorageError, UsageError
from opengenome.io.store import write_atomically

TOTAL_BASES = 2_816_827_506  # of the real collection
LARGEST = 11_300_000  # the largest mitochondrial genome known, of a flowering plant (Silene conica), in nt
SEED = 20_250_219
SCALES = (0.001, 4.0)

_LINE = 80
_BLOCK = 240 * 1024  # bases in memory at once: whole lines, whole codons and whole 8-byte words; fits a core's cache
_UNKNOWN = 4  # the digit of every letter other than ACGT
_LETTER_OF = BASES.encode().ljust(256)  # digit to letter

Digits = npt.NDArray[np.uint8]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of record. bases: of all its records at scale 1. composition: weights of A, C, G, T, in 256ths."""

    label: str
    records: int
    bases: int
    composition: tuple[int, int, int, int]


# Records and mean lengths of the real collection; compositions near those of the real genomes (GC 37, 35, 14, 24 %).
KINDS = (
    Kind("plastid", 14_608, 14_608 * 153_039, (79, 48, 47, 82)),
    Kind("mitochondrion", 17_613, 17_613 * 32_964, (86, 50, 40, 80)),
    Kind("apicoplast", 17, 17 * 35_000, (110, 18, 17, 111)),
    Kind("kinetoplast", 2, TOTAL_BASES - 14_608 * 153_039 - 17_613 * 32_964 - 17 * 35_000, (98, 24, 38, 96)),
)
RECORDS = sum(kind.records for kind in KINDS)


@dataclass(frozen=True, slots=True)
class SyntheticLedger:
    """What a correct pipeline must find in frame 0.

    counts: 64, codons alphabetical. ambiguous_letters: letters other than ACGT. ambiguous_codons: codons that hold one.
    trailing: bases after the last whole codon, over all records. largest: bases of the longest record.
    """

    records: int
    bases: int
    largest: int
    ambiguous_letters: int
    ambiguous_codons: int
    trailing: int
    counts: tuple[int, ...]

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def write_organelle_like(path: Path, *, scale: float, progress: Callable[[str], None] | None = None) -> SyntheticLedger:
    """Write the collection as FASTA, 80 columns, upper case; `path` appears only when it is complete.

    scale: 0.001 to 4. It scales the length of each record, not their number; the total is the real one times scale,
    rounded. progress: receives a line of text every thousand records. Raises UsageError for another scale, StorageError
    where the file cannot be written.
    """
    if not SCALES[0] <= scale <= SCALES[1]:
        raise UsageError(f"A scale of {scale} is not between {SCALES[0]} and {SCALES[1]}")
    ledgers: list[SyntheticLedger] = []
    total, report = round(TOTAL_BASES * scale), progress or (lambda _: None)
    write_atomically(path, lambda out: ledgers.append(_write(out, total, report)))
    return ledgers.pop()


def _write(out: BinaryIO, total: int, progress: Callable[[str], None]) -> SyntheticLedger:
    source = np.random.PCG64(SEED)
    lengths, kinds = _plan(source, total)
    dice = source.random_raw((RECORDS, 4)).tolist()
    digits_of = [_digits_by_byte(kind.composition) for kind in KINDS]
    tally = _Tally()
    for number, (length, kind, rolls) in enumerate(zip(lengths.tolist(), kinds.tolist(), dice, strict=True), start=1):
        out.write(f">SYNTH_{number:06d} synthetic {KINDS[kind].label}-like, not a real genome\n".encode())
        edits = _ambiguities(rolls, length)
        for start, digits in _draw(source, length, digits_of[kind]):
            letters = _translated(digits, _LETTER_OF)
            _apply(edits, start, digits, letters)
            tally.add(digits)
            out.write(_wrapped(letters))
        if number % 1000 == 0 or number == RECORDS:
            progress(f"{number:,} of {RECORDS:,} records, {tally.bases / 1e6:,.0f} of {total / 1e6:,.0f} Mnt")
    return SyntheticLedger(
        records=RECORDS,
        bases=tally.bases,
        largest=int(lengths.max()),
        ambiguous_letters=tally.ambiguous_letters,
        ambiguous_codons=tally.ambiguous_codons,
        trailing=tally.trailing,
        counts=tuple(tally.counts.tolist()),
    )


class _Tally:
    """The exact counts, added up from the digits of each block. Blocks begin at a codon's first base."""

    def __init__(self) -> None:
        self.bases = self.ambiguous_letters = self.ambiguous_codons = self.trailing = 0
        self.counts = np.zeros(len(CODONS), dtype=np.int64)

    def add(self, digits: Digits) -> None:
        whole = digits[: digits.size - digits.size % 3]
        # Computing the index at every position and taking every third is 4x as fast as three strided columns.
        index = (whole[:-2] * 16 + whole[1:-1] * 4 + whole[2:])[::3]
        unknown = int(np.count_nonzero(digits == _UNKNOWN))
        if unknown:
            clear = (whole[::3] | whole[1::3] | whole[2::3]) < _UNKNOWN
            self.ambiguous_codons += clear.size - int(np.count_nonzero(clear))
            index = index[clear]
        self.counts += np.bincount(index, minlength=len(CODONS))
        self.ambiguous_letters += unknown
        self.bases += digits.size
        self.trailing += digits.size % 3


def _plan(source: np.random.PCG64, total: int) -> tuple[Integers, npt.NDArray[np.intp]]:
    """The length and the kind (index into KINDS) of each record, in the shuffled order of the file."""
    full = np.concatenate([_full_lengths(source, kind) for kind in KINDS])
    kinds = np.repeat(np.arange(len(KINDS)), [kind.records for kind in KINDS])
    order = np.argsort(source.random_raw(RECORDS), kind="stable")
    return _apportion(full[order], total), kinds[order]


def _full_lengths(source: np.random.PCG64, kind: Kind) -> Integers:
    """Lengths at scale 1, which sum to `kind.bases`. Plastids: a bell of 118 to 188 knt; one in sixteen is halved.

    Mitochondria: 85 % a narrow bell around 16.5 knt; the others grow to several Mnt, and one is `LARGEST`.
    """
    n = kind.records
    bell = _uniform(source, n, 1000) + _uniform(source, n, 1000) + _uniform(source, n, 1000) + _uniform(source, n, 1000)
    if kind.label == "plastid":
        weights = (118_000_000 + 17_500 * bell) // 1000
        weights[_uniform(source, n, 16) == 0] //= 2  # parasites and algae that lost photosynthesis
        return _apportion(weights, kind.bases)
    if kind.label == "mitochondrion":
        weights = (14_500_000 + 1_000 * bell) // 1000
        tail = 2_612
        weights[:tail] = 20_000 + 48_800_000 // (np.arange(tail) + 10)
        weights[-1] = 0
        lengths = _apportion(weights, kind.bases - LARGEST)
        lengths[-1] = LARGEST
        return lengths
    return _apportion(30_000 + 2 * bell, kind.bases)


def _apportion(weights: Integers, total: int) -> Integers:
    """Integers in proportion to `weights` that sum to `total` exactly. The first records take the remainder."""
    shares: Integers = weights * total // int(weights.sum())
    shares[np.flatnonzero(weights)[: total - int(shares.sum())]] += 1
    return shares


def _uniform(source: np.random.PCG64, n: int, below: int) -> Integers:
    """Integers in [0, below). The remainder is portable; its bias, below 2⁻⁴⁰, does not matter here."""
    integers: Integers = (source.random_raw(n) % np.uint64(below)).astype(np.int64)
    return integers


def _digits_by_byte(composition: tuple[int, int, int, int]) -> bytes:
    """The table that turns a random byte into a base's digit."""
    return bytes(digit for digit, weight in enumerate(composition) for _ in range(weight))


def _draw(source: np.random.PCG64, length: int, digits_of: bytes) -> Iterator[tuple[int, Digits]]:
    """The record's digits in blocks, each with its offset. Every block but the last uses whole random words."""
    for start in range(0, length, _BLOCK):
        size = min(_BLOCK, length - start)
        words = source.random_raw(-(-size // 8)).astype("<u8", copy=False)
        yield start, _translated(words.view(np.uint8)[:size], digits_of)


def _ambiguities(rolls: list[int], length: int) -> list[tuple[int, int, int]]:
    """Ambiguous letters as (start, stop, letter): a single one in 1 of 16 records, a stretch of N in 1 of 64."""
    choice, place, letter, stretch = rolls
    edits = []
    if choice % 16 == 0:
        start = place % length
        edits.append((start, start + 1, ord(AMBIGUITY_CODES[letter % len(AMBIGUITY_CODES)])))
    if choice % 64 == 1:
        start = place % length
        edits.append((start, min(length, start + 1 + stretch % 100), ord("N")))
    return edits


def _apply(edits: list[tuple[int, int, int]], offset: int, digits: Digits, letters: Digits) -> None:
    for start, stop, letter in edits:
        here = slice(max(0, start - offset), max(0, stop - offset))
        digits[here] = _UNKNOWN
        letters[here] = letter


def _wrapped(letters: Digits) -> bytes:
    """Lines of 80 letters. A block holds whole lines, so only a record's last line may be shorter."""
    whole = letters.size // _LINE
    lines = np.full((whole, _LINE + 1), ord("\n"), dtype=np.uint8)
    lines[:, :_LINE] = letters[: whole * _LINE].reshape(whole, _LINE)
    rest = letters[whole * _LINE :].tobytes()
    return lines.tobytes() + (rest + b"\n" if rest else b"")


def _translated(values: Digits, table: bytes) -> Digits:
    """Translate each byte by a table of 256, into a new array: three times as fast as indexing in NumPy."""
    return np.frombuffer(bytearray(values).translate(table), dtype=np.uint8)


def main(arguments: list[str] | None = None) -> int:
    """Write the collection and print its ledger as JSON; progress goes to standard error."""
    parser = argparse.ArgumentParser(prog="python -m opengenome.synthetic", description="Write a synthetic collection.")
    parser.add_argument("path", type=Path, metavar="PATH")
    parser.add_argument("--scale", type=float, default=1.0, help="share of the real collection's bases (default 1.0)")
    chosen = parser.parse_args(arguments)
    try:
        ledger = write_organelle_like(
            chosen.path, scale=chosen.scale, progress=lambda line: print(line, file=sys.stderr)
        )
    except UsageError as error:
        parser.error(str(error))
    except StorageError as error:
        sys.exit(f"error: {error}")
    print(json.dumps(ledger.as_dict(), indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
