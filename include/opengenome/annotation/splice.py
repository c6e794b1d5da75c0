"""The spliced letters of a feature, from the letters of its record."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from opengenome.annotation.location import Location, Segment

# NC-IUB's complements, in either case; U reads as T, so its complement is A. Every other byte stays.
_COMPLEMENT = bytes.maketrans(b"ACGTUMRWSYKVHDBacgtumrwsykvhdb", b"TGCAAKYWSRMBDHVtgcaakywsrmbdhv")


@dataclass(frozen=True)
class Molecule:
    """What a location is held against: its record's length, whether that is a circle, and all names that it goes by."""

    length: int
    circular: bool = False
    names: frozenset[str] = frozenset()


class Placed(NamedTuple):
    """Segments that lie in the record, in biological order; or none, and the fault of the location in words."""

    segments: tuple[Segment, ...] = ()
    fault: str = ""

    @property
    def bases(self) -> int:
        return sum(segment.end - segment.start for segment in self.segments)


def place(location: Location, molecule: Molecule) -> Placed:
    """The location's segments in this record. On a circle, a range that ends before it starts goes round the origin."""
    if location.unclear:
        return Placed(fault=location.unclear)
    placed: list[Segment] = []
    for segment in location.segments:
        if 0 <= segment.start < segment.end <= molecule.length and not segment.record:
            placed.append(segment)
            continue
        if segment.record and segment.record not in molecule.names:
            return Placed(fault=f"it lies in another record, {segment.record}")
        if segment.start < 0:
            return Placed(fault="it starts before base 1")
        if max(segment.start + 1, segment.end) > molecule.length:
            last = max(segment.start + 1, segment.end)
            return Placed(fault=f"base {last} lies outside the sequence, which has {molecule.length}")
        if segment.end > segment.start:
            placed.append(segment)
        elif molecule.circular:
            placed += _round_the_origin(segment, molecule.length)
        else:
            return Placed(fault=f"it ends at base {segment.end}, before its start at {segment.start + 1}")
    return Placed(tuple(placed)) if placed else Placed(fault="it has no bases")


def splice(letters: bytes | bytearray, segments: Iterable[Segment]) -> bytes:
    """The letters of placed segments, joined 5' to 3'; those of strand -1 as their reverse complement."""
    parts = [
        letters[start:end] if strand > 0 else letters[start:end].translate(_COMPLEMENT)[::-1]
        for start, end, strand, *_ in segments
    ]
    return b"".join(parts)


def reverse_complement(letters: bytes | bytearray) -> bytes:
    """The other strand, 5' to 3': IUPAC letters in their case; U reads as T."""
    return bytes(letters.translate(_COMPLEMENT)[::-1])


def offsets(segments: Iterable[Segment], base: int) -> list[int]:
    """Where a base of the record (0-based) stands in the spliced letters: once for each segment that has it."""
    found, before = [], 0
    for segment in segments:
        if segment.start <= base < segment.end:
            found.append(before + (base - segment.start if segment.strand > 0 else segment.end - 1 - base))
        before += segment.end - segment.start
    return found


def _round_the_origin(segment: Segment, length: int) -> list[Segment]:
    before, after = segment._replace(end=length), segment._replace(start=0)
    if segment.strand > 0:
        parts = [before._replace(open_3=False), after._replace(open_5=False)]
    else:
        parts = [after._replace(open_3=False), before._replace(open_5=False)]
    return [part for part in parts if part.end > part.start]
