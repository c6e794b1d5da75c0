"""How a number is rounded for people: never so that something looks like nothing, or a part like the whole."""

from __future__ import annotations


def rounded(value: float, digits: int, whole: float | None = None) -> str:
    """A number with so many digits after the point; a whole number is written in full.

    `< 0.01` stands for what would be rounded to 0, and `> 0.99` for what would be rounded to `whole` from below.
    """
    if isinstance(value, int):
        return f"{value:,}"
    text, step = f"{value:,.{digits}f}", 10**-digits
    if value > 0 and text == f"{0:.{digits}f}":
        return f"< {step:.{digits}f}"
    if whole is not None and value < whole and text == f"{whole:,.{digits}f}":
        return f"> {whole - step:,.{digits}f}"
    return text
