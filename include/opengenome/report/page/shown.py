"""How the page writes text and numbers. Whatever a template prints is one line, printable and escaped."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import cache
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from opengenome.errors import number_of, printable, readable
from opengenome.io.paths import path_of, shown
from opengenome.report import heatmap
from opengenome.report.rounding import rounded

_FIRST_LETTER = re.compile(r"[a-z]")


@cache
def environment() -> Environment:
    """The templates of this package."""
    made = Environment(
        loader=ChoiceLoader([PackageLoader(__package__, "files"), heatmap.templates()]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
    )
    made.filters |= {"name": readable, "path": path, "whole": whole, "bytes": size, "seconds": seconds, "share": share}
    made.filters |= {"sentence": sentence, "moment": moment, "of": number_of, "rounded": rounded}
    return made


def _finalize(value: Any) -> Any:
    if isinstance(value, Markup):
        return value
    return printable(value if isinstance(value, str) else str(value))


def path(text: str) -> str:
    """A recorded path."""
    return readable(shown(path_of(text)))


def whole(number: int) -> str:
    """`1,234,567`."""
    return f"{number:,}"


def sentence(text: str) -> str:
    """The text with a capital at its begin."""
    return _FIRST_LETTER.sub(lambda found: found[0].upper(), text, count=1) if text[:1].islower() else text


def size(number: int) -> str:
    """Bytes in a unit that suits: `1.23 MB`, powers of 1,000."""
    value, units = float(number), ["bytes", "kB", "MB", "GB", "TB"]
    while value >= 999.5 and len(units) > 1:
        value /= 1000
        del units[0]
    return f"{value:,.0f} {units[0]}" if value >= 99.5 else f"{value:.3g} {units[0]}"


def seconds(number: float) -> str:
    """A length of time: `0.52 s`, `12.3 s`, `4 min 05 s`, `2 h 03 min`."""
    if number < 59.95:
        return f"{number:.2f} s" if number < 9.995 else f"{number:.1f} s"
    minutes, rest = divmod(round(number), 60)
    return f"{minutes} min {rest:02d} s" if minutes < 60 else f"{minutes // 60:,} h {minutes % 60:02d} min"


def share(part: int, of: int) -> str:
    """A part as per cent. It says 0 % and 100 % only of nothing and of all."""
    if not of:
        return "0 %"
    text = f"{100 * part / of:.2f}"
    if part and text == "0.00":
        return "< 0.01 %"
    return "> 99.99 %" if part < of and text == "100.00" else f"{text.rstrip('0').rstrip('.')} %"


def moment(text: str | float) -> str:
    """A recorded time, ISO 8601 or seconds since 1970, as `2026-11-26 09:09:30 UTC`."""
    when = datetime.fromtimestamp(text, UTC) if isinstance(text, float) else datetime.fromisoformat(text)
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
