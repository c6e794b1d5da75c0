"""How far the counting of a batch is: a line of the driver's output, which the operator reads."""

from __future__ import annotations

import re

_LINE = re.compile(r"Counted so far: ([0-9]+) bases")


def line(bases: int) -> str:
    """bases: counted so far."""
    return f"Counted so far: {bases} bases"


def bases_of(text: str) -> int | None:
    """The bases in a line of `line`; None for any other."""
    found = _LINE.fullmatch(text.strip())
    return int(found[1]) if found else None
