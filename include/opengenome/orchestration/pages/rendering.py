"""HTML from templates. Every value is escaped; a page loads nothing, runs nothing, and has the one style."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from math import isinf, isnan
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from opengenome.core.coding import called
from opengenome.core.genetic_code import OWN, GeneticCode
from opengenome.core.usage import codon_table
from opengenome.errors import printable
from opengenome.report import heatmap
from opengenome.report.rounding import rounded

# One for all pages: forms lead to us, frames are ours, and nobody else may frame a page.
_POLICY = (
    "default-src 'none'; style-src 'sha256-{style}'; frame-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'self'"
)


def render(name: str, values: dict[str, Any]) -> str:
    """A page. name: of its template. values: plain data; a link is an address without host and port."""
    return _environment().get_template(name).render(values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=ChoiceLoader([PackageLoader("opengenome.orchestration.pages"), heatmap.templates()]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_printable,
    )
    environment.filters |= {"whole": _whole, "decimals": _decimals, "finite": _finite, "megabytes": _megabytes}
    environment.filters["in_folders"] = lambda names: [name for name in names if "/" in name]
    environment.globals |= {"style": Markup(style()), "heat": _heat}  # noqa: S704  (files of this package)
    return environment


def _printable(value: Any) -> Any:
    """What a template prints: no text turns the words around it."""
    return value if isinstance(value, Markup) else "\n".join(map(printable, str(value).split("\n")))


@cache
def style() -> str:
    return (files("opengenome.orchestration.pages") / "templates" / "style.css").read_text() + heatmap.style()


@cache
def policy() -> str:
    """The Content-Security-Policy of all pages but the report's own."""
    return _POLICY.format(style=base64.b64encode(hashlib.sha256(style().encode()).digest()).decode())


def _heat(counts: Sequence[int], code: GeneticCode) -> heatmap.HeatMap:
    known = f"{called(code.id)} ({code.name})" if code.id != OWN else ""  # a table as read does not say its number
    return heatmap.heat_map(codon_table(counts, code).columns(), known)


def _whole(value: int | None) -> str:
    return "–" if value is None else f"{value:,}"


def _decimals(value: float | None, digits: int = 3, whole: float | None = None) -> str:
    return "–" if value is None else rounded(value, digits, whole)


def _finite(value: float) -> str:
    return "infinite" if isinf(value) else "–" if isnan(value) else _decimals(value)


def _megabytes(value: int) -> str:
    return f"{value / 1e6:,.1f} MB"
