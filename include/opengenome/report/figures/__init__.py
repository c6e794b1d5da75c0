"""The figures of the report: each made of published tables."""

from __future__ import annotations

from altair.utils.schemapi import debug_mode

from opengenome.report.figures.by_group import by_group
from opengenome.report.figures.distributions import distributions
from opengenome.report.figures.figure import Figure
from opengenome.report.figures.largest import groups
from opengenome.report.figures.ordination import ordinations
from opengenome.report.figures.scatter import scatter_plots
from opengenome.report.figures.sequences import sequences
from opengenome.report.figures.usage import usage
from opengenome.report.material import Material

__all__ = ["Figure", "figures"]


def figures(material: Material) -> list[Figure]:
    """The figures of a run, in the order of the page. The same material gives the same figures.

    The tests check them by the schema of Vega-Lite. A run does not, because that takes a tenth of the whole report.
    """
    by = groups(material)
    found = sequences(material, by)
    with debug_mode(False):
        return [
            *usage(material),
            *by_group(material, by),
            *scatter_plots(found, by),
            *ordinations(material, by),
            *distributions(found),
        ]
