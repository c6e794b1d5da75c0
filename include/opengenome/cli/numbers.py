"""Numbers on the command line: readers whose errors state the bounds."""

from __future__ import annotations

import re
from collections.abc import Callable

from opengenome.errors import UsageError, readable

_LONGEST = 30  # digits


def whole(option: str, least: int, most: int, unit: str) -> Callable[[str], int]:
    """A reader for a whole number. It raises UsageError that states the bounds."""

    def read(text: str) -> int:
        if not re.fullmatch(r"[+-]?[0-9]+", text):
            problem = "which is not a whole number in digits" + (", without commas" if "," in text else "")
        elif len(text) <= _LONGEST and least <= int(text) <= most:
            return int(text)
        else:
            problem = "which is out of bounds"
        raise UsageError(
            f"{option} is {readable(text, _LONGEST)}, {problem}",
            advice=f"It takes {least:,} to {most:,} {unit}".rstrip() + ".",
        )

    return read


def between(option: str, least: float, most: float) -> Callable[[str], float]:
    """A reader for a number that may have decimals. It raises UsageError that states the bounds."""

    def read(text: str) -> float:
        if re.fullmatch(r"[0-9]*\.?[0-9]+", text) and least <= float(text) <= most:
            return float(text)
        raise UsageError(f"{option} is {readable(text, _LONGEST)}, which is not a number from {least:g} to {most:g}")

    return read
