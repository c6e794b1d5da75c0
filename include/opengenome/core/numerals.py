"""Whole numbers in texts that anybody may have written."""

from __future__ import annotations

_MOST_DIGITS = 18  # such numbers fit into 64 bits; Python itself raises ValueError above 4,300 digits


def whole(text: str) -> int | None:
    """The number of a text of 1 to 18 decimal digits; None of any other text."""
    return int(text) if len(text) <= _MOST_DIGITS and text.isascii() and text.isdecimal() else None
