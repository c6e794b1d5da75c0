"""Numbers on the command line: what reads them says their bounds where they do not fit."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from opengenome.errors import UsageError
from opengenome.orchestration.words import PARAMETERS

_LONGEST = 30  # digits


def whole(option: str, least: int, most: int, unit: str) -> Callable[[str], int]:
    """What reads an option that is a number. It raises UsageError, a sentence with the bounds."""

    def read(text: str) -> int:
        if not re.fullmatch(r"[+-]?[0-9]+", text):
            problem = "which is no whole number in digits" + (", without commas" if "," in text else "")
        elif len(text) <= _LONGEST and least <= int(text) <= most:
            return int(text)
        else:
            problem = "which is out of bounds"
        raise UsageError(
            f"{option} is {_short(text)}, {problem}", advice=f"It takes {least:,} to {most:,} {unit}".rstrip() + "."
        )

    return read


def one_of(option: str, known: Iterable[int], what: str) -> Callable[[str], int]:
    """What reads an option that is one of some numbers. what: what they are. It raises UsageError, with all of them."""
    numbers = {str(number): number for number in known}

    def read(text: str) -> int:
        if text not in numbers:
            raise UsageError(f"{option} {_short(text)} is no {what}", advice=f"There are {', '.join(numbers)}.")
        return numbers[text]

    return read


def between(option: str, least: float, most: float) -> Callable[[str], float]:
    """What reads an option that is a number, also a broken one. It raises UsageError with the bounds."""

    def read(text: str) -> float:
        if re.fullmatch(r"[0-9]*\.?[0-9]+", text) and least <= float(text) <= most:
            return float(text)
        raise UsageError(f"{option} is {_short(text)}, which is no number from {least:g} to {most:g}")

    return read


def parameter(name: str) -> Callable[[str], int]:
    """What reads a parameter of the run that is a number."""
    words = PARAMETERS[name]
    return whole(words.option, words.least, words.most, words.unit)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
