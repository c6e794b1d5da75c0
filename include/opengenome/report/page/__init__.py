"""report.html: one file that needs no network and, for all but the figures, no JavaScript."""

from __future__ import annotations

from importlib import resources

from markupsafe import Markup

from opengenome.core.coding import code_of_table
from opengenome.io.coding.interface import CODE_SOURCES
from opengenome.io.samplesheet import CALLED
from opengenome.report import heatmap, policy
from opengenome.report.described import title
from opengenome.report.figures import Figure
from opengenome.report.figures.theme import theme
from opengenome.report.material import Material
from opengenome.report.page import account, amino_acids, charts, facts, groups, timeline, vega
from opengenome.report.page import pairs as codon_pairs
from opengenome.report.page.shown import environment


def page(material: Material, drawn: list[Figure]) -> bytes:
    """The page of a run, UTF-8. drawn: the figures, in their order.

    Raises ContractError if a published file is damaged, ValueError if a figure is no JSON.
    """
    style, script, library = _file("page.css") + heatmap.style(), _file("page.js"), vega.script()
    table = material.codon_table
    batches = timeline.batches(material)
    shown_figures, tables = charts.charts(drawn)
    made = environment().get_template("page.html").render(
        policy=Markup(policy.stated([library, script], style)),  # noqa: S704  (made of digests)
        style=Markup(style),  # noqa: S704  (these three are files of this package)
        script=Markup(script),  # noqa: S704
        library=Markup(library),  # noqa: S704
        title=title(material),
        run={"mode_reason": ""} | material.provenance,
        summary={"cds": None, "groups": None, "reference": None} | material.summary,
        warnings=facts.warnings(material),
        signal=facts.signal(material),
        measured=list(facts.measured(material)),
        laws=facts.laws(material),
        codes=facts.codes(material),
        frame=facts.frame(material),
        files=facts.files(material),
        formats=CALLED,
        published=facts.published(material),
        command=material.command,
        bar=account.BAR,
        ledger=account.ledger(material.summary["ledger"]),
        dropped=account.dropped(material),
        flags=account.FLAGS,
        code_sources=CODE_SOURCES,
        heat=heatmap.heat_map(table, code_of_table(material.summary)),
        amino_acids=amino_acids.amino_acids(table),
        pairs=codon_pairs.pairs(material),
        pairs_fewest=codon_pairs.FEWEST,
        groups=groups.groups(material),
        charts=shown_figures,
        tables=tables,
        themes={"light": theme(dark=False), "dark": theme(dark=True)},
        batches=batches,
        drawing=timeline.drawing(material, batches),
        width=timeline.WIDTH,
        lane=timeline.LANE,
        rows=facts.ROWS,
    )  # fmt: skip
    return made.encode()


def _file(name: str) -> str:
    return (resources.files(__package__) / "files" / name).read_text(encoding="utf-8")
