"""Make the views of a run: report.html, and what other programs read."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from opengenome.flow import REPORT_PAGE
from opengenome.io import published
from opengenome.orchestration import trace
from opengenome.orchestration.runs import Run
from opengenome.report.material import Material

log = logging.getLogger(__name__)

Views = Mapping[str, bytes]  # content by name


def report(run: Run) -> str:
    """Write all views beside the proven files. Returns the SHA-256 of the list of them.

    A view that cannot be made does not hold up the proven table: the list names it, with the reason.
    """
    material = Material(run.report, trace.read(run))
    views: dict[str, bytes] = {}
    missing: dict[str, str] = {}
    for name, make in MAKERS.items():
        try:
            views |= make(material)
        except Exception as error:
            log.exception(f"{name} could not be made, and the run goes on without it")
            missing[name] = f"{type(error).__name__}: {error}"
    log.info("Made " + ", ".join(f"{name} ({len(data) / 1e6:.1f} MB)" for name, data in views.items()))
    return published.write_views(run.report, views, missing)


def _page(material: Material) -> Views:
    # here: imports pandas and Altair, which the other tasks do not need
    from opengenome.report.figures import figures
    from opengenome.report.page import page

    return {REPORT_PAGE: page(material, figures(material))}


MAKERS: dict[str, Callable[[Material], Views]] = {REPORT_PAGE: _page}
