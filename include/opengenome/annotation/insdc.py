"""The location language of GenBank, EMBL and DDBJ.

    location = complement(location) | join(location, …) | order(location, …) | one-of(location, …) | [record:] place
    place    = base | base..base | base.base | base^base
    base     = n | <n | >n | (base.base) | one-of(n, …)

Source: the INSDC Feature Table Definition, section 3.4; its older versions have n.m and one-of. Where an end is one of
several bases, a range begins with the lowest and ends with the highest, as in Biopython.
"""

from __future__ import annotations

import re
from typing import NamedTuple, NoReturn

from opengenome.annotation.location import Location, Segment
from opengenome.errors import InputError, quoted

_RANGE = r"[0-9]{1,18}\.\.[0-9]{1,18}"
# Nearly all locations are one range or a join of some, or the complement of either.
_JOIN = re.compile(rf"join\(({_RANGE}(?:,\s*{_RANGE})*)\)")
_SHORT = 20  # characters of a range
_TOKEN = re.compile(
    r"\s*(?:(?P<record>[A-Za-z0-9_][\w.|*/+-]*)\s*:(?=\s*(?:[0-9<>(]|one-of))"
    r"|(?P<token>[0-9]{1,18}|\.\.|[a-z]+(?:-of)?|[().,^<>])|(?P<other>\S))"
)
_DEEPEST = 20  # brackets in brackets; real locations have three
_SHOWN = 200  # characters of a text in an error


def read_location(text: str) -> Location:
    """The location that a feature's text describes. Raises InputError, with the text, where it describes none."""
    complement = text.startswith("complement(") and text.endswith(")")
    strand = -1 if complement else 1
    inner = text[len("complement(") : -1] if complement else text
    first, _, last = inner.partition("..")
    if first.isdecimal() and last.isdecimal() and inner.isascii() and len(inner) <= _SHORT:
        return Location(text, (Segment(int(first) - 1, int(last), strand),))
    if joined := _JOIN.fullmatch(inner):
        ends = [one.split("..") for one in joined[1].split(",")]
        segments = [Segment(int(first) - 1, int(last), strand) for first, last in ends[::strand]]
        return Location("".join(text.split()), tuple(segments))
    return _Parser(text).location()


class _Base(NamedTuple):
    """A base, 1-based, or the lowest and highest of those that it may be; fuzzy: `<` or `>` where it has one."""

    lowest: int
    highest: int
    fuzzy: str = ""


class _Parser:
    """Recursive descent. A token that ends in a colon names a record."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[str] = []
        self.at = 0
        self.uncertain = False
        self.unclear = ""
        for match in _TOKEN.finditer(text):
            if match["other"]:
                self.refuse(f"{quoted(match['other'])} has no meaning there")
            self.tokens.append(match["token"] or f"{match['record']}:")

    def location(self) -> Location:
        segments = tuple(self.element(0))
        if self.peek():
            self.refuse(f"it goes on with {quoted(self.peek())}")
        return Location("".join(self.text.split()), segments, self.uncertain, self.unclear)

    def refuse(self, why: str) -> NoReturn:
        raise InputError(f"The location {quoted(' '.join(self.text.split()), _SHOWN)} cannot be read: {why}")

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def took(self, *tokens: str) -> str:
        """The next token, passed, if it is one of these; else ""."""
        found = self.peek()
        if found not in tokens:
            return ""
        self.at += 1
        return found

    def expect(self, token: str) -> None:
        if not self.took(token):
            self.refuse(f"{token!r} is missing {f'before {quoted(self.peek())}' if self.peek() else 'at its end'}")

    def element(self, depth: int) -> list[Segment]:
        if depth > _DEEPEST:
            self.refuse("its brackets are nested too deep")
        if self.took("complement"):
            self.expect("(")
            inner = self.element(depth + 1)
            self.expect(")")
            return [segment.complement() for segment in reversed(inner)]
        if self.peek() == "one-of" and not self.is_base_choice():
            self.unclear = self.unclear or "one-of() leaves open which of several locations it is"
        elif self.peek() not in ("join", "order"):
            return self.place()
        self.at += 1
        self.expect("(")
        segments = self.element(depth + 1)
        while self.took(","):
            segments += self.element(depth + 1)
        self.expect(")")
        return segments

    def is_base_choice(self) -> bool:
        """Whether the one-of() that follows lists bases, and not locations."""
        after = self.tokens[self.at + 2 :]
        inside = after[: after.index(")")] if ")" in after else after
        return all(one == "," or one.isdecimal() for one in inside)

    def place(self) -> list[Segment]:
        record = self.peek()[:-1] if self.peek().endswith(":") else ""
        self.at += bool(record)
        first = self.base()
        link = self.took("..", ".", "^")
        last = self.base() if link else first
        if link == "^":
            if last.lowest not in (first.highest + 1, 1):  # 1: round the origin
                self.refuse(f"bases {first.highest} and {last.lowest} are no neighbours")
            return []
        if link == "." or (not link and first.lowest != first.highest):
            self.unclear = (
                self.unclear or f"one base of {first.lowest} to {last.highest} is meant, and nobody knows which"
            )
        self.uncertain |= first.lowest != first.highest or last.lowest != last.highest
        open_5 = bool(first.fuzzy) if link else first.fuzzy == "<"
        open_3 = bool(last.fuzzy) if link else last.fuzzy == ">"
        return [Segment(first.lowest - 1, last.highest, 1, record, open_5, open_3)]

    def base(self) -> _Base:
        if self.took("one-of"):
            self.expect("(")
            bases = [self.number()]
            while self.took(","):
                bases.append(self.number())
            self.expect(")")
            return _Base(min(bases), max(bases))
        if self.took("("):
            fuzzy, first = self.took("<", ">"), self.number()
            self.expect(".")
            fuzzy, last = self.took("<", ">") or fuzzy, self.number()
            self.expect(")")
            return _Base(first, last, fuzzy)
        fuzzy, number = self.took("<", ">"), self.number()
        return _Base(number, number, fuzzy)

    def number(self) -> int:
        found = self.peek()
        if not found.isdecimal():
            what = "a gap has no letters" if found == "gap" else f"a base is missing before {found!r}"
            self.refuse(what if found else "a base is missing at its end")
        self.at += 1
        return int(found)
