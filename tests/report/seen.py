"""A page as a reader of HTML sees it, and runs and figures to make pages of."""

from __future__ import annotations

import base64
import gzip
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import pandas as pd

from opengenome.orchestration import results
from opengenome.report.figures import Figure
from opengenome.report.material import Material
from tests.orchestration.annotated_runs import Row, cds_run
from tests.orchestration.conftest import Counted, House, some_records, write_input

_EMPTY = {"meta", "link", "input", "br", "img"}  # elements without an end


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    parts: list[Element | str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(part if isinstance(part, str) else part.text for part in self.parts)

    @property
    def words(self) -> str:
        return " ".join(self.text.split())

    def all(self, tag: str = "", of: str = "") -> list[Element]:
        """Those within with this tag and this class."""
        inner = [part for part in self.parts if isinstance(part, Element)]
        found = [one for one in inner if tag in ("", one.tag) and (not of or of in one.attributes["class"].split())]
        return [*found, *(deeper for one in inner for deeper in one.all(tag, of))]

    def by_id(self, name: str) -> Element:
        return next(one for one in self.all() if one.attributes["id"] == name)

    def rows(self, caption: str) -> list[list[str]]:
        """The cells of the table whose caption begins so, without its head."""
        table = next(one for one in self.all("table") if one.all("caption")[0].words.startswith(caption))
        return [
            [cell.words for cell in row.parts if isinstance(cell, Element)] for row in table.all("tbody")[0].all("tr")
        ]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open = [Element("", _with_defaults({}))]

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        element = Element(tag, _with_defaults({name: value or "" for name, value in attrs}))
        self.open[-1].parts.append(element)
        if tag not in _EMPTY:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _EMPTY:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop().tag == tag, f"</{tag}> closes another element"

    def handle_data(self, data: str) -> None:
        self.open[-1].parts.append(data)


def _with_defaults(attributes: dict[str, str]) -> dict[str, str]:
    return {"id": "", "class": "", **attributes}


def seen(page: bytes) -> Element:
    reader = _Reader()
    reader.feed(page.decode())
    assert len(reader.open) == 1, f"<{reader.open[-1].tag}> is not closed"
    return reader.open[0]


def unpacked(text: str) -> str:
    return gzip.decompress(base64.b64decode(text)).decode()


def figure(name: str, csv: str = "x,y\n1,2\n", **texts: str) -> Figure:
    """A figure of points, with its data as `figures` has it."""
    spec = {
        "data": {"name": "d", "values": csv, "format": {"type": "csv", "parse": {"x": "number", "y": "number"}}},
        "mark": "point",
        "encoding": {axis: {"field": axis, "type": "quantitative"} for axis in ("x", "y")},
        "width": "container",
    }
    return Figure(name, texts.get("title", name), texts.get("text", f"What {name} shows."), spec, pd.DataFrame())


def proven(run: Counted, **further: Any) -> Material:
    """The material of a counted run."""
    results.validate(run.run_id, run.aggregate())
    return Material(run.run.report, **further)


def changed(material: Material, **documents: dict[str, Any]) -> Material:
    """With some values of its `summary`, `provenance` or `validation` replaced."""
    for name, values in documents.items():
        material.__dict__[name] = getattr(material, name) | values
    return material


def few_sequences(house: House, **asked: Any) -> Material:
    """A run in mode `sequences` over one file."""
    write_input(house.data / "some.fasta", some_records(7))
    asked = {"source": str(house.data / "some.fasta"), "require_all_codons": "never"} | asked
    return proven(house.counted("r", **asked))


def coding_run(house: House, rows: list[Row], file: str = "genome.fasta", **asked: Any) -> Material:
    """A run in mode `cds`, grouped by organism."""
    asked = {"group_by": "organism", "require_all_codons": "never"} | asked
    return proven(cds_run(house, "c", {file: rows}, **asked))
