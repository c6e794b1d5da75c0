"""The largest groups of a run, and the colours of some of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from heapq import heappop, heappush, nlargest
from itertools import groupby
from operator import attrgetter

import altair as alt
import numpy as np
import pandas as pd

from opengenome import flow
from opengenome.core.alphabet import CODONS
from opengenome.core.counting import Ints
from opengenome.core.genetic_code import STOP
from opengenome.core.measures.arrays import Floats
from opengenome.errors import readable
from opengenome.io.columns import numbers
from opengenome.io.dataset import read_parts
from opengenome.report.figures.figure import safe, shortened
from opengenome.report.figures.theme import CATEGORIES, OTHER
from opengenome.report.material import Material

MOST = 100
NAMELESS = "(no value)"
_LEGEND = 21  # letters of a name, two of which fit beside each other on a phone
_COLUMNS = ["group", "genetic_code", "amino_acid", "count", "rscu"]


@dataclass(frozen=True, slots=True)
class Usage:
    """The codons of a group under one genetic code. codons: how many. amino_acids: of each codon, 64 letters.

    rscu: (64,), NaN where it says nothing: of empty families, of families of one codon, and of stops.
    """

    group: str
    code: int
    codons: int
    amino_acids: str
    rscu: Floats


@dataclass(frozen=True)
class Groups:
    """number: of all groups. rows: the same, but each with its genetic codes apart. by: the column.

    coloured: the groups that have a colour of their own, the largest first. largest: at most `MOST` rows, likewise.
    """

    number: int
    rows: int
    by: str
    coloured: tuple[str, ...]
    largest: tuple[Usage, ...]

    @property
    def others(self) -> str:
        """What the groups without a colour are called together; "" if there are none."""
        return "(other)" if self.number > len(self.coloured) else ""

    @property
    def said(self) -> str:
        """A sentence about the colours."""
        if not self.others:
            return f" Colours: {self.by}."
        grey = self.number - len(self.coloured)
        rest = f"The other {grey:,} are grey." if grey > 1 else "The other one is grey."
        return f" Colours: the {len(self.coloured)} groups with most codons. {rest}"

    def labelled(self, frame: pd.DataFrame) -> pd.DataFrame:
        """A table with a column `group`; those without a colour have one name and come first, to be drawn below."""
        names = {group: group or NAMELESS for group in self.coloured}
        labels = frame["group"].map(names).fillna(self.others)
        return frame.assign(group=labels).sort_values(
            "group", key=lambda group: group != self.others, kind="stable", ignore_index=True
        )

    def colour(self) -> alt.Color:
        domain = [safe(group) or NAMELESS for group in self.coloured] + ([self.others] if self.others else [])
        colours = [*CATEGORIES[: len(self.coloured)], *([OTHER] if self.others else [])]
        legend = alt.Legend(labelExpr=shortened(_LEGEND))
        return alt.Color("group:N", scale=alt.Scale(domain=domain, range=colours), title=self.by, legend=legend)


def groups(material: Material) -> Groups | None:
    """None if the run has no groups. Memory: `MOST` groups and the names of a record batch."""
    if not material.has(flow.BY_GROUP_PARQUET):
        return None
    number = rows = 0
    most: list[tuple[int, int, str]] = []

    def each() -> Iterator[Usage]:
        nonlocal number, rows
        for group, usages in groupby(_usages(material), key=attrgetter("group")):
            number, codons = number + 1, 0
            for usage in usages:
                rows, codons = rows + 1, codons + usage.codons
                yield usage
            heappush(most, (codons, -number, group))
            if len(most) > len(CATEGORIES):
                heappop(most)

    largest = nlargest(MOST, each(), key=attrgetter("codons"))
    coloured = tuple(dict.fromkeys(readable(group) for *_, group in sorted(most, reverse=True)))
    by = readable(str(material.summary.get("groups", {}).get("by", "group")))
    return Groups(number, rows, by, coloured, tuple(replace(usage, group=readable(usage.group)) for usage in largest))


def _usages(material: Material) -> Iterator[Usage]:
    """The rows of the table by group, 64 at a time: it is sorted by group and code, and each has all codons."""
    for rows in read_parts([material.folder / flow.BY_GROUP_PARQUET], _COLUMNS):
        shape = (-1, len(CODONS))
        counts: Ints = numbers(rows["count"]).reshape(shape)
        relative = np.asarray(rows["rscu"].to_numpy(zero_copy_only=False), dtype=np.float64).reshape(shape)
        letters = "".join(rows["amino_acid"].to_pylist())
        names, codes = rows["group"][:: len(CODONS)], numbers(rows["genetic_code"])[:: len(CODONS)]
        for k, (group, code) in enumerate(zip(names.to_pylist(), codes.tolist(), strict=True)):
            amino_acids = letters[k * len(CODONS) : (k + 1) * len(CODONS)]
            telling = np.where(synonymous(amino_acids), relative[k], np.nan)
            yield Usage(group, code, int(counts[k].sum()), amino_acids, telling)


@cache
def synonymous(amino_acids: str) -> tuple[bool, ...]:
    """Whether each codon has synonyms and is no stop. amino_acids: of each codon, 64 letters."""
    return tuple(letter != STOP and amino_acids.count(letter) > 1 for letter in amino_acids)
