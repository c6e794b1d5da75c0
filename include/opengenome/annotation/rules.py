"""Which CDS is not counted, and why: the first reason that holds, in the order of `Reason`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from opengenome.annotation.reading import Spliced, search_stops, stops_in_frame, surely
from opengenome.annotation.transl_except import MET
from opengenome.errors import number_of

_LETTERS = 1 << 18  # in which stops are searched together
_OF_ONE = 256  # as which the rest of a CDS counts


class Reason(StrEnum):
    """Why a CDS is not counted."""

    PSEUDO = "pseudo"
    LOCATION = "location"
    LENGTH = "length"
    INTERNAL_STOP = "internal_stop"
    PARTIAL = "partial"
    NO_START = "no_start"
    NO_STOP = "no_stop"
    SHORT = "short"
    ISOFORM = "isoform"


NO_REASON = "none"
REASONS: dict[str, str] = {
    Reason.PSEUDO: "it, or its gene, is a pseudogene",
    Reason.LOCATION: "it lies in another record, or outside the sequence, or its place cannot be read",
    Reason.LENGTH: "its length is no multiple of 3, and the annotation does not explain it",
    Reason.INTERNAL_STOP: "it has a stop codon before its last codon, and the annotation does not explain it",
    Reason.PARTIAL: "it goes on beyond an end",
    Reason.NO_START: "it begins with no start codon",
    Reason.NO_STOP: "it ends with no stop codon",
    Reason.SHORT: "it has too few codons",
    Reason.ISOFORM: "another coding sequence of its gene is longer",
    NO_REASON: "count all but those with reason location",
}
"""What a user can choose, with its meaning."""


@dataclass(frozen=True)
class Rules:
    """The reasons that count; `location` always does. min_codons: whole codons below which a CDS is short."""

    reasons: frozenset[Reason] = frozenset({Reason.PSEUDO, Reason.LOCATION, Reason.LENGTH, Reason.INTERNAL_STOP})
    min_codons: int = 0

    @cached_property
    def checks(self) -> list[tuple[Reason, Callable[[Spliced, Rules], str]]]:
        """Each reason that counts, in order, with the function that says in words why it holds, or "" if not."""
        return [(reason, why) for reason, why in _CHECKS.items() if reason in {*self.reasons, Reason.LOCATION}]


@dataclass(frozen=True)
class Drop:
    """A reason, and in words what of this CDS it rests on."""

    reason: Reason
    detail: str


def dropped(spliced: Spliced, rules: Rules) -> Drop | None:
    """The first reason of the rules that holds for this CDS; None where it is counted. Isoforms need `longest`."""
    for reason, detail in rules.checks:
        if told := detail(spliced, rules):
            return Drop(reason, told)
    return None


def judged(cds: Iterable[Spliced], rules: Rules) -> Iterator[tuple[Spliced, Drop | None]]:
    """Each CDS with what `dropped` says of it. Memory: some hundred CDS, or one that is longer than all of them."""
    waiting: list[Spliced] = []
    letters = 0
    for spliced in cds:
        waiting.append(spliced)
        letters += len(spliced.text) + _OF_ONE
        if letters > _LETTERS:
            yield from _together(waiting, rules)
            waiting, letters = [], 0
    yield from _together(waiting, rules)


def _together(some: Sequence[Spliced], rules: Rules) -> Iterator[tuple[Spliced, Drop | None]]:
    if Reason.INTERNAL_STOP in rules.reasons:
        search_stops(some)
    for spliced in some:
        yield spliced, dropped(spliced, rules)


def _pseudo(spliced: Spliced, _: Rules) -> str:
    return "the annotation calls it, or its gene, a pseudogene" if spliced.cds.pseudo else ""


def _location(spliced: Spliced, _: Rules) -> str:
    if spliced.placed.fault:
        return spliced.placed.fault
    return (
        "" if spliced.text else f"it has {spliced.placed.bases} bases, and begins with base {spliced.cds.codon_start}"
    )


def _length(spliced: Spliced, _: Rules) -> str:
    if len(spliced.text) % 3 == 0 or spliced.cds.partial_3 or spliced.completed:
        return ""
    return f"its length from the first codon on, {number_of(len(spliced.text), 'base')}, is no multiple of 3"


def _internal_stop(spliced: Spliced, _: Rules) -> str:
    if not spliced.may_stop or spliced.cds.explains_stops:
        return ""
    last = (len(spliced.text) - 1) // 3
    stops = [at for at in stops_in_frame(spliced.text[: 3 * last], spliced.code) if at not in spliced.named]
    if not stops:
        return ""
    first = f"codon {stops[0] + 1} of {last + 1} is {spliced.text[3 * stops[0] : 3 * stops[0] + 3]}"
    others = f", and {len(stops) - 1} more are stops" if stops[1:] else ""
    return f"{first}, a stop in genetic code {spliced.code.id}{others}"


def _partial(spliced: Spliced, _: Rules) -> str:
    ends = [name for name, open_ in (("5'", spliced.cds.partial_5), ("3'", spliced.cds.partial_3)) if open_]
    return f"it goes on beyond its {' and '.join(ends)} end" if ends else ""


def _no_start(spliced: Spliced, _: Rules) -> str:
    if spliced.cds.partial_5:
        return "it begins before its 5' end"
    first = spliced.text[:3]
    if first in surely(spliced.code.starts) or spliced.named.get(0) == MET:
        return ""
    return f"its first codon, {first}, is no start in genetic code {spliced.code.id}"


def _no_stop(spliced: Spliced, _: Rules) -> str:
    if spliced.cds.partial_3:
        return "it goes on beyond its 3' end"
    last = spliced.text[3 * ((len(spliced.text) - 1) // 3) :]
    if last in surely(spliced.code.stops) or spliced.completed:
        return ""
    return f"its last codon, {last}, is no stop in genetic code {spliced.code.id}"


def _short(spliced: Spliced, rules: Rules) -> str:
    few = spliced.whole_codons < rules.min_codons
    return f"it has {spliced.whole_codons} codons, fewer than {rules.min_codons}" if few else ""


_CHECKS = {
    Reason.PSEUDO: _pseudo,
    Reason.LOCATION: _location,
    Reason.LENGTH: _length,
    Reason.INTERNAL_STOP: _internal_stop,
    Reason.PARTIAL: _partial,
    Reason.NO_START: _no_start,
    Reason.NO_STOP: _no_stop,
    Reason.SHORT: _short,
}
