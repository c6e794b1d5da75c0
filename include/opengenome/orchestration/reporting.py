"""Make the views of a run: report.html, and what other programs read."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from opengenome.flow import MULTIQC_GENERAL, PIPELINE_INFO, REPORT_PAGE, RO_CRATE
from opengenome.io import published
from opengenome.orchestration import rerun, trace
from opengenome.orchestration.runs import Run, parameters_of
from opengenome.report.material import Material

log = logging.getLogger(__name__)

Views = Mapping[str, bytes]  # content by name


def report(run: Run) -> str:
    """Write all views beside the proven files. Returns the SHA-256 of the list of them.

    A view that cannot be made does not hold up the proven table: the list names it, with the reason.
    """
    inputs = run.inputs()
    command = rerun.command(parameters_of(inputs), run.settings.landing, inputs.mode)
    material = Material(run.report, trace.read(run), command)
    views: dict[str, bytes] = {}
    missing: dict[str, str] = {}
    for name, make in MAKERS.items():
        try:
            views |= make(material, views)
        except Exception as error:
            log.exception(f"{name} could not be made, and the run goes on without it")
            missing[name] = f"{type(error).__name__}: {error}"
    log.info("Made " + ", ".join(f"{name} ({len(data):,} bytes)" for name, data in views.items()))
    return published.write_views(run.report, views, missing)


# The makers import what the other tasks do not need: pandas, Altair, a renderer of templates.


def _page(material: Material, _: Views) -> Views:
    from opengenome.report.figures import figures
    from opengenome.report.page import page

    return {REPORT_PAGE: page(material, figures(material))}


def _multiqc(material: Material, _: Views) -> Views:
    from opengenome.report.multiqc import multiqc

    return multiqc(material)


def _pipeline_info(material: Material, _: Views) -> Views:
    from opengenome.report.pipeline_info import pipeline_info

    return pipeline_info(material)


def _ro_crate(material: Material, made: Views) -> Views:
    from opengenome.report.ro_crate import ro_crate

    return ro_crate(material, made)


# What makes views, by the name in an error. Each gets the views made before it; the last one describes them all.
MAKERS: dict[str, Callable[[Material, Views], Views]] = {
    REPORT_PAGE: _page,
    MULTIQC_GENERAL: _multiqc,
    PIPELINE_INFO: _pipeline_info,
    RO_CRATE: _ro_crate,
}
