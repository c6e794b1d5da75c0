"""Where every base went, and which coding sequences were dropped."""

from __future__ import annotations

import csv
import heapq
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, groupby
from operator import itemgetter
from typing import Any, NamedTuple

from opengenome import flow
from opengenome.annotation.rules import REASONS
from opengenome.errors import number_of
from opengenome.report.material import Material

FLAGS = {
    "artificial_location": "its location was adjusted, as to bridge a frameshift",
    "both_strands": "it is joined from both strands",
    "codon_start": "its first whole codon begins with its second or third base",
    "exception": "the annotation names an exception, such as RNA editing",
    "open_within": "a part within it goes on beyond its own end",
    "order": "the annotation does not say whether its parts are joined",
    "out_of_order": "its parts stand in another order in the record, as round the origin of a circle",
    "overlap": "two of its parts overlap",
    "parent_noncoding": "its transcript is a non-coding RNA",
    "partial_3": "it goes on beyond its 3' end",
    "partial_5": "it goes on beyond its 5' end",
    "phases_disagree": "its phases contradict the lengths of its parts",
    "pseudo": "it, or its gene, is a pseudogene",
    "repeated_row": "a row of it stands twice in the file",
    "ribosomal_slippage": "the ribosome changes its frame within",
    "trans_splicing": "it is joined from several transcripts",
    "transl_except": "the annotation translates a codon in its own way, as a completed stop or selenocysteine",
    "uncertain_end": "the annotation is not sure of an end",
}
_UNCLEAR = "with a letter other than A, C, G, T and U"
BAR = 1000  # the width of a bar, in its own units
_THINNEST = 3  # of a part that is not empty
_CONTRIBUTORS = 5  # records named for each reason


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a bar. kind: of its colour. left, width: in the units of BAR."""

    kind: str
    title: str
    meaning: str
    number: int
    left: float
    width: float


def ledger(found: Mapping[str, int]) -> list[Part]:
    """The bases of a ledger, as parts of a bar."""
    counted, ambiguous = found["counted"], found["ambiguous"]
    rows = [
        ("counted", "Counted", number_of(counted, "codon"), 3 * counted),
        ("ambiguous", "Ambiguous", f"{number_of(ambiguous, 'codon')} {_UNCLEAR}", 3 * ambiguous),
        ("trailing", "Trailing", "the 0 to 2 bases at the end of each sequence", found["trailing"]),
        ("skipped", "Skipped", "the bases before the first codon of each sequence", found["offset"]),
    ]
    return list(_placed(rows, found["bases"]))


def _placed(rows: Iterable[tuple[str, str, str, int]], whole: int) -> Iterator[Part]:
    """Widths in proportion, but no part that is not empty vanishes."""
    rows = list(rows)
    wide = [max(_THINNEST, BAR * number / whole) if number else 0.0 for *_, number in rows]
    squeeze, left = BAR / (sum(wide) or BAR), 0.0
    for row, width in zip(rows, wide, strict=True):
        yield Part(*row, round(left, 2), round(width * squeeze, 2))
        left += width * squeeze


class Record(NamedTuple):
    """A record that loses CDS. cds: how many. organism: of the first one; "" if unknown."""

    cds: int
    file: str
    record: str
    organism: str


@dataclass
class Dropped:
    """The CDS of one reason. records: how many have some. most: those that lose most."""

    reason: str
    number: int
    records: int = 0
    most: list[Record] = field(default_factory=list)

    @property
    def meaning(self) -> str:
        return REASONS.get(self.reason, "")


def dropped(material: Material) -> list[Dropped]:
    """By reason, the most frequent one first; empty if nothing was dropped, or in another mode."""
    numbers: dict[str, int] = (material.summary.get("cds") or {}).get("dropped", {})
    made = {reason: Dropped(reason, number) for reason, number in numbers.items()}
    if made and material.has(flow.DROPPED):
        with material.opened_csv(flow.DROPPED) as file:
            _name_records(csv.reader(file), made)  # DictReader would make a dictionary of each row
    return sorted(made.values(), key=lambda one: (-one.number, one.reason))


def _name_records(rows: Iterator[list[str]], reasons: Mapping[str, Dropped]) -> None:
    """Fill in the records. The rows of a record are neighbours, so memory is that of one record and of those named."""
    heaps: dict[str, list[tuple[int, int, Record]]] = {reason: [] for reason in reasons}
    head = next(rows)
    of_record, reason_of = itemgetter(head.index("file"), head.index("record")), itemgetter(head.index("reason"))
    organism_of = itemgetter(head.index("organism"))
    for place, (where, of_one) in enumerate(groupby(rows, key=of_record)):
        first = next(of_one)
        found = Counter(map(reason_of, chain([first], of_one)))
        texts = tuple(map(unguarded, (*where, organism_of(first))))
        for reason, number in found.items():
            reasons[reason].records += 1
            keep(heaps[reason], (number, -place, Record(number, *texts)), _CONTRIBUTORS)
    for reason, heap in heaps.items():
        reasons[reason].most = [record for *_, record in sorted(heap, reverse=True)]


def keep(heap: list[Any], one: Any, most: int) -> None:
    """Keep the greatest ones of all that are offered."""
    if len(heap) < most:
        heapq.heappush(heap, one)
    else:
        heapq.heappushpop(heap, one)


def unguarded(text: str) -> str:
    """A text of a CSV without the apostrophe that guards it from spreadsheets, see `csv_text`."""
    return text.removeprefix("'")
