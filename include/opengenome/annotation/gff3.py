"""Which rows of a GFF3 file are one CDS.

    rows with one ID and the same Parents                      are one CDS
    rows without ID, or whose ID has several sets of Parents:
      those of each Parent that is a transcript                are one CDS; without a transcript, of each other Parent
    rows on one strand that each have an ID of their own:
      those of each Parent that is a transcript                are one CDS, unless they overlap or name two proteins
      those of another Parent, or of one that is not there     are one CDS if each goes on in the frame of the last
    any other row                                              is a CDS

A row that stands twice in a CDS counts once. Transcripts with the same rows, which have IDs, have one CDS.

Source: the GFF3 specification 1.26 of the Sequence Ontology, and what NCBI, Ensembl, GeneDB and Prodigal make of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

Attributes = Mapping[str, tuple[str, ...]]
CDS = "CDS"
_PROTEINS = ("polypeptide", "protein", "peptide")


class Row(NamedTuple):
    """A row as it was written, escapes decoded: start and end 1-based, inclusive; phase None where it is `.`."""

    seqid: str
    type: str
    start: int
    end: int
    strand: str
    phase: int | None
    attributes: Attributes
    line: int = 0

    @property
    def id(self) -> str:
        return first(self.attributes, "ID")

    @property
    def parents(self) -> tuple[str, ...]:
        return self.attributes.get("Parent", ())


@dataclass(frozen=True)
class Group:
    """The rows of one CDS as they stand in the file, and their ancestors, nearest first.

    repeated: whether one of the rows stood there twice.
    """

    rows: tuple[Row, ...]
    ancestors: tuple[Row, ...]
    repeated: bool = False


def first(attributes: Attributes, name: str) -> str:
    """The first value of an attribute; "" where it has none."""
    values = attributes.get(name)
    return values[0] if values else ""


def group_cds(rows: Iterable[Row]) -> Iterator[Group]:
    """The CDS among the rows of one file or of one sequence, in the order of their first rows."""
    coding: list[tuple[Row, str]] = []  # with their IDs
    known: dict[tuple[str, str], Row] = {}
    for row in rows:
        if row.type == CDS:
            coding.append((row, row.id))
        elif name := row.id:
            known[row.seqid, name] = row
    unlike = _with_several_parents(coding)
    by_key: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for number, (row, name) in enumerate(coding):
        if name and name not in unlike:
            by_key[row.seqid, name].append(row)
        else:
            parents = _spliced_parents(row, known)
            for parent in parents or [f"\t{number}"]:  # no ID has a tab
                by_key[row.seqid, name, parent].append(row)
    groups = [(members, _once(members)) for members in by_key.values()]
    repeated = {id(row) for members, once in groups if len(once) < len(members) for row in once}
    for members in _joined((once for _, once in groups), known):
        twice = bool(repeated) and any(id(row) in repeated for row in members)
        yield Group(tuple(members), tuple(_ancestors(members, known)), twice)


@lru_cache(maxsize=1024)
def is_transcript(kind: str) -> bool:
    """Whether a feature of this type is spliced: mRNA, tRNA, primary_transcript, C_gene_segment and their like."""
    return kind.endswith("RNA") or "transcript" in kind or "gene_segment" in kind


_Known = Mapping[tuple[str, str], Row]


def _with_several_parents(coding: Iterable[tuple[Row, str]]) -> set[str]:
    """The IDs whose rows have not all the same Parents."""
    parents: dict[tuple[str, str], tuple[str, ...]] = {}
    return {name for row, name in coding if parents.setdefault((row.seqid, name), row.parents) != row.parents}


def _spliced_parents(row: Row, known: _Known) -> list[str]:
    """The Parents that are transcripts; where there are none, those that are no proteins; else all."""
    kinds = {parent: known[row.seqid, parent].type if (row.seqid, parent) in known else "" for parent in row.parents}
    transcripts = [parent for parent, kind in kinds.items() if is_transcript(kind)]
    others = [parent for parent, kind in kinds.items() if not kind.lower().endswith(_PROTEINS)]
    return transcripts or others or list(kinds)


def _joined(groups: Iterable[list[Row]], known: _Known) -> Iterator[list[Row]]:
    """The groups, those of one row that are pieces of one CDS made one, at the place of the first."""
    found: dict[tuple[str, ...], list[list[Row]]] = defaultdict(list)
    shared = False  # whether a row has several transcripts
    for number, members in enumerate(groups):
        row = members[0]
        parents = _spliced_parents(row, known) if len(members) == 1 and row.id else []
        shared = shared or len(parents) > 1
        for name in parents or [f"\t{number}"]:
            found[row.seqid, row.strand, name].append(members)
    seen: set[tuple[int, ...]] = set()
    for (seqid, _, name), pieces in found.items():
        rows = [row for members in pieces for row in members]
        parent = known.get((seqid, name))
        spliced = len(pieces) > 1 and _one_protein(rows)
        whole = spliced and ((parent and is_transcript(parent.type)) or _go_on(rows))
        for some in [rows] if whole else pieces:
            key = tuple(map(id, some)) if shared and some[0].id else ()
            if not key or key not in seen:
                seen.add(key)
                yield some


def _once(rows: list[Row]) -> list[Row]:
    """The rows without those that repeat another in place, phase and attributes."""
    if len(rows) == 1 or len(rows) == len({(row.start, row.end, row.strand) for row in rows}):
        return rows
    found: dict[tuple[int, int, str], list[Row]] = defaultdict(list)  # a file may have one ID for all its CDS
    once = []
    for row in rows:
        there = found[row.start, row.end, row.strand]
        if all(row[:-1] != other[:-1] for other in there):
            there.append(row)
            once.append(row)
    return once


def _one_protein(rows: Sequence[Row]) -> bool:
    ascending = sorted(rows, key=lambda row: row.start)
    named = [{row.attributes[name] for row in rows if name in row.attributes} for name in ("protein_id", "locus_tag")]
    return all(a.end < b.start for a, b in pairwise(ascending)) and all(len(names) < 2 for names in named)


def _go_on(rows: Sequence[Row]) -> bool:
    """Whether each row of one strand begins in the codon in which the last one ends, and not all with a codon."""
    first, *others = sorted(rows, key=lambda row: row.start, reverse=rows[0].strand == "-")
    bases = first.end - first.start + 1 - (first.phase or 0)
    for row in others:
        if row.phase != -bases % 3:
            return False
        bases += row.end - row.start + 1
    return any(row.phase for row in others)


def _ancestors(rows: Sequence[Row], known: _Known) -> Iterator[Row]:
    seen: set[tuple[str, str]] = set()
    generation = {(row.seqid, parent): None for row in rows for parent in row.parents}
    while generation:
        seen.update(generation)
        found = [known[key] for key in generation if key in known]
        yield from found
        above = ((row.seqid, parent) for row in found for parent in row.parents)
        generation = {key: None for key in above if key not in seen}
