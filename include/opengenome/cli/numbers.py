"""Options that are numbers: in digits, within bounds, or refused in a sentence that says both."""

from __future__ import annotations

import re
from collections.abc import Callable

from opengenome.errors import UsageError
from opengenome.orchestration.words import PARAMETERS

_LONGEST_NUMBER = 30  # digits


def whole(option: str, least: int, most: int, unit: str) -> Callable[[str], int]:
    """What reads an option that is a number. It raises UsageError, a sentence with the bounds."""

    def read(text: str) -> int:
        if not re.fullmatch(r"[+-]?[0-9]+", text):
            problem = "which is no whole number in digits"
        elif len(text) <= _LONGEST_NUMBER and least <= int(text) <= most:
            return int(text)
        else:
            problem = "which is out of bounds"
        shown = text if len(text) <= _LONGEST_NUMBER else f"{text[:_LONGEST_NUMBER]}…"
        raise UsageError(f"{option} is {shown}, {problem}", advice=f"It takes {least:,} to {most:,} {unit}.")

    return read


def parameter(name: str) -> Callable[[str], int]:
    """What reads the option of a run's parameter."""
    words = PARAMETERS[name]
    return whole(words.option, words.least, words.most, words.unit)
