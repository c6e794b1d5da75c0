"""Where a feature lies: segments of a record in biological order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Segment(NamedTuple):
    """A stretch of bases: 0-based start, end (exclusive), strand 1 or -1; record is "" where it is the feature's own.

    open_5, open_3: the feature goes on beyond that end (`<` or `>`); the ends are the biological ones.
    The numbers are as they were written. Whether a record has such bases is asked in `splice.place`.
    """

    start: int
    end: int
    strand: int = 1
    record: str = ""
    open_5: bool = False
    open_3: bool = False

    def complement(self) -> Segment:
        """The same bases on the other strand."""
        return Segment(self.start, self.end, -self.strand, self.record, self.open_3, self.open_5)


class Location(NamedTuple):
    """Segments from the biological 5' end to the 3' end. A site between two bases (n^m) has none.

    text: as it was written, without blanks. uncertain: an end is one of several bases, and the segments have the widest
    reading. unclear: why nobody can tell the letters, else "".
    """

    text: str
    segments: tuple[Segment, ...] = ()
    uncertain: bool = False
    unclear: str = ""

    @property
    def partial_5(self) -> bool:
        """Whether the feature begins before its first base."""
        return bool(self.segments) and self.segments[0].open_5

    @property
    def partial_3(self) -> bool:
        """Whether the feature ends after its last base."""
        return bool(self.segments) and self.segments[-1].open_3


def unreadable(text: str, why: str) -> Location:
    """The location of a feature whose letters nobody can tell. `splice.place` hands the reason on."""
    return Location("".join(text.split()), unclear=why)


def written(segments: Sequence[Segment]) -> str:
    """The segments as GenBank writes them; on the minus strand alone as complement(join(…))."""
    if len(segments) > 1 and all(segment.strand < 0 for segment in segments):
        return f"complement(join({','.join(map(_range, reversed(segments)))}))"
    parts = [_range(segment) if segment.strand > 0 else f"complement({_range(segment)})" for segment in segments]
    return parts[0] if len(parts) == 1 else f"join({','.join(parts)})"


def _range(segment: Segment) -> str:
    """The bases of a segment, without its strand."""
    record = f"{segment.record}:" if segment.record else ""
    low, high = (segment.open_5, segment.open_3)[:: segment.strand]
    first, last = "<" * low + str(segment.start + 1), ">" * high + str(segment.end)
    return f"{record}{first}..{last}" if segment.end != segment.start + 1 or high else record + first
