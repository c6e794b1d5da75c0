"""The CDS of a gene, of which the rule `isoform` counts the longest."""

from __future__ import annotations

import sys
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from operator import attrgetter
from typing import NamedTuple

from opengenome.annotation.cds import Cds
from opengenome.annotation.insdc import read_location
from opengenome.annotation.location import Segment
from opengenome.annotation.reading import Spliced
from opengenome.annotation.rules import Drop, Reason, Rules, judged
from opengenome.errors import InputError
from opengenome.io.coding.interface import Found

_Judged = Iterable[tuple[Spliced, Drop | None]]
_Name = tuple[str, str]


class _Gene(NamedTuple):
    """Where its CDS lie, and which of them stays, the first of the longest: its bases, its place among all, its id."""

    begin: int
    end: int
    bases: int
    place: int
    seq_id: str


_Genes = dict[_Name, list[_Gene]]  # those of one name, in the order of the record; no two overlap


def judge(record: Found, rules: Rules) -> _Judged:
    """Each CDS of a record with the reason why it is not counted, if any. With `isoform`, one of a gene is counted."""
    if Reason.ISOFORM not in rules.reasons:
        return judged(record.cds, rules)
    if record.again:
        return _without_isoforms(judged(record.cds, rules), _genes(judged(record.again(), rules)))
    kept = list(judged(record.cds, rules))
    return _without_isoforms(kept, _genes(kept))


def _genes(found: _Judged) -> _Genes:
    """The genes of the CDS that are not dropped."""
    genes: _Genes = {}
    for place, (spliced, drop) in enumerate(found):
        if drop or not (told := _place(spliced.cds)):
            continue
        name, begin, end = told
        same = genes.setdefault(name, [])
        there = _overlapping(same, begin, end)
        parts = [*same[there], _Gene(begin, end, len(spliced.text), place, spliced.cds.seq_id)]
        stays = min(parts, key=lambda gene: (-gene.bases, gene.place))
        same[there] = [stays._replace(begin=min(one.begin for one in parts), end=max(one.end for one in parts))]
    return genes


def _without_isoforms(found: _Judged, genes: _Genes) -> Iterator[tuple[Spliced, Drop | None]]:
    for place, (spliced, drop) in enumerate(found):
        if not drop and (told := _place(spliced.cds)):
            name, begin, end = told
            (gene,) = genes[name][_overlapping(genes[name], begin, end)]
            if gene.place != place:
                detail = f"{gene.seq_id} of the same gene has {gene.bases} bases, and it has {len(spliced.text)}"
                yield spliced, Drop(Reason.ISOFORM, detail)
                continue
        yield spliced, drop


def _overlapping(genes: list[_Gene], begin: int, end: int) -> slice:
    first = bisect_right(genes, begin, key=attrgetter("end"))
    return slice(first, max(first, bisect_left(genes, end, key=attrgetter("begin"))))


def _place(cds: Cds) -> tuple[_Name, int, int] | None:
    """What isoforms share, and the place that they overlap in; None if nothing tells.

    A name alone is not enough: the two copies of an inverted repeat have the same names.
    """
    if sure := cds.gene_id or cds.locus_tag:
        return ("", sure), 0, sys.maxsize
    if not cds.gene:
        return None
    ends = [end for one in _segments(cds) for end in (one.start, one.end)]  # one that goes round a circle ends before
    return (cds.record, cds.gene), min(ends, default=0), max(ends, default=sys.maxsize)


def _segments(cds: Cds) -> tuple[Segment, ...]:
    """Those of its location, which is only a text if its letters were spliced before; none if nobody can read it."""
    try:
        return cds.location.segments or read_location(cds.location.text).segments
    except InputError:
        return ()
