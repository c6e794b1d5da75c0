"""The routes of our pages. Only the api-server loads this module, at its first request for one of them.

Every route asks whether the user may read the runs of our DAG, whatever DAG its path names.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from airflow.api_fastapi.core_api.security import requires_access_dag
from fastapi import Depends, FastAPI, Header, Query, Request
from fastapi.responses import HTMLResponse, Response, StreamingResponse

from opengenome import flow
from opengenome.errors import ContractError, OpenGenomeError
from opengenome.orchestration import settings
from opengenome.orchestration.adapters.known import dag_runs
from opengenome.orchestration.adapters.links import below_airflow
from opengenome.orchestration.comparison import TITLES, Comparison
from opengenome.orchestration.pages import listing, rendering
from opengenome.orchestration.pages.batch import batch_view, batches_of
from opengenome.orchestration.pages.files import Download
from opengenome.orchestration.pages.report import policy_of, read_page
from opengenome.orchestration.pages.result import Result, result
from opengenome.orchestration.runs import Run

_OTHER_DAG = f"Only the DAG {flow.DAG} has such pages."
_COLUMNS = {
    **{"codon": "Codon", "amino_acid": "Amino acid", "count": "Count"},
    **{"per_thousand": "Per thousand", "fraction": "Fraction", "rscu": "RSCU"},
}
_WITHOUT = {  # a report: why, by the state of the run
    "failed": "This run failed, so it has no report. The log of the task that failed says more.",
    "skipped": "This run was skipped, because it found nothing to count.",
    "removed": "The results of this run were removed.",
}
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"}
_may_see_runs = Depends(requires_access_dag("GET", DagAccessEntity.RUN, flow.DAG))


def _framed(sec_fetch_dest: str = Header("")) -> bool:
    """Whether Airflow may show the page in its own: links to Airflow would open it inside itself.

    Its frame lets no link leave it, and without a script a page cannot see that it is framed. Browsers send the header
    to https and to this machine only; from another host over http the link is missing, and the Back button does it.
    """
    return sec_fetch_dest != "document"


def _ours(request: Request) -> None:
    if request.path_params.get("dag_id") != flow.DAG:
        raise ContractError(_OTHER_DAG)


_in_frame = Depends(_framed)


@cache
def application() -> FastAPI:
    """The FastAPI application. Whoever adds a route here cannot forget the permission: it belongs to all of them."""
    app = FastAPI(
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,  # a redirection is sent without a login
        dependencies=[_may_see_runs, Depends(_ours)],
    )
    app.add_exception_handler(OpenGenomeError, _trouble)
    app.get(flow.RUNS_PAGE)(_runs)
    app.get(flow.COMPARE_PAGE)(_compare)
    app.get(flow.RESULT_PAGE)(_result)
    app.get(flow.TABLE_PAGE)(_table)
    app.get(flow.REPORT_FRAME)(_report)
    app.get(flow.RESULT_PAGE + flow.FILES + "{name:path}")(_file)
    app.get(flow.BATCH_PAGE)(_batch)
    app.get(flow.BATCH_PAGE + flow.FILES + "{name:path}")(_batch_file)
    return app


def _runs(page: int = 1, framed: bool = _in_frame) -> Response:
    return _listed(page, framed=framed)


def _listed(page: int, *, framed: bool, said: str = "") -> Response:
    found = listing.listing(settings.load(), dag_runs(listing.MOST), page)
    rows = [(run, _to(run.run)["run"], listing.input_of(run)) for run in found.runs]
    return _page("runs.html", 400 if said else 200, to=_to(), framed=framed, listing=found, rows=rows, said=said)


def _compare(run: list[str] = Query([]), framed: bool = _in_frame) -> Response:  # noqa: B008  (FastAPI's way)
    if len(run) != 2:
        return _listed(1, framed=framed, said=f"Select two runs to compare, not {len(run)}.")
    both = [(letter, _table_of(one), _to(one)["table"]) for letter, one in zip("AB", run, strict=True)]
    compared = Comparison.of(*(table for _, table, _ in both))
    rows = compared.by_difference
    clear = sum(row["low"] > 0 or row["high"] < 0 for row in rows)
    return _page(
        "compare.html", to=_to(), framed=framed, both=both, compared=compared, rows=rows, clear=clear, titles=TITLES
    )


def _table_of(run_id: str) -> Any:
    found = result(Run.of(run_id), run_id)
    if not found or not found.table:
        raise ContractError(f"The run {run_id} has no proven table", advice=found.trouble if found else "")
    return found.table


def _result(run_id: str, framed: bool = _in_frame) -> Response:
    found = result(Run.of(run_id), run_id)
    if found and found.has_page:
        return _page("report.html", **_about(run_id, found), framed=framed)
    return _table(run_id, framed=framed)


def _table(run_id: str, by: str = "codon", down: bool = False, framed: bool = _in_frame) -> Response:
    found = result(Run.of(run_id), run_id)
    values = _about(run_id, found, by, down=down)
    return _page("run.html", 200 if values["run"] else 404, **values, framed=framed)


def _about(run_id: str, found: Result | None, by: str = "codon", *, down: bool = False) -> dict[str, Any]:
    """What the pages of a run show."""
    run = Run.of(run_id)
    in_airflow = dag_runs(1, run_id)
    known, planned = listing.one(run, run_id, in_airflow), batches_of(run)
    return {
        "to": _to(run_id),
        "run_id": run_id,
        "run": known,
        "input": listing.input_of(known) if known else "",
        "result": found,
        "has_page": bool(found and found.has_page),
        "no_page": _no_page(found, known.state if known else ""),
        "notes": [one.note for one in in_airflow if one.note and not (found and found.published)],
        "rows": found.rows(by, down=down) if found else [],
        "columns": _COLUMNS,
        "sorting": {"by": by, "down": down},
        "batches": planned,
    }


def _no_page(found: Result | None, state: str) -> str:
    if not state:
        return f"Nobody knows a run of this name: it has left no files, and Airflow has no run {flow.DAG} like it."
    if found and found.published:
        return "This run was published without a report. Its table and its verdict are below."
    return _WITHOUT.get(state, "This run has no report yet. It is made when the table is proven.")


def _report(run_id: str) -> Response:
    page = read_page(_of(run_id))
    return HTMLResponse(page, headers=_HEADERS | {"Content-Security-Policy": policy_of(page)})


def _file(run_id: str, name: str) -> Response:
    return _sent(_of(run_id).open(name))


def _of(run_id: str) -> Result:
    found = result(Run.of(run_id), run_id)
    if not found:
        raise ContractError("This run has published nothing")
    return found


def _batch(run_id: str, batch: int, framed: bool = _in_frame) -> Response:
    found = batch_view(Run.of(run_id), batch)
    users = [(user, _to(user)["run"]) for user in found.users]
    to = _to(run_id) | {"files": _address(flow.BATCH_PAGE, run_id=run_id, batch=batch) + flow.FILES}
    status = 200 if found.manifest else 404
    return _page("batch.html", status, to=to, framed=framed, run_id=run_id, batch=found, users=users)


def _batch_file(run_id: str, batch: int, name: str) -> Response:
    return _sent(batch_view(Run.of(run_id), batch).open(name))


def _sent(download: Download) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{download.name}"', "Content-Length": str(download.size)}
    headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    headers["Content-Encoding"] = "identity"  # else Airflow would compress what is compressed, and omit the size
    return StreamingResponse(download.blocks(), media_type="application/octet-stream", headers=_HEADERS | headers)


def _trouble(request: Request, error: Exception) -> Response:
    framed = _framed(request.headers.get("sec-fetch-dest", ""))
    status = 404 if isinstance(error, ContractError) else 500
    return _page("missing.html", status, to=_to(), framed=framed, said=str(error))


def _page(template: str, status: int = 200, **values: Any) -> Response:
    headers = _HEADERS | {"Content-Security-Policy": rendering.policy()}
    return HTMLResponse(rendering.render(template, values), status, headers)


def _to(run_id: str = "") -> dict[str, str]:
    """Where the links of a page lead."""
    run = _address(flow.RESULT_PAGE, run_id=run_id)
    return {
        "runs": _address(flow.RUNS_PAGE),
        "compare": _address(flow.COMPARE_PAGE),
        "run": run,
        "frame": _address(flow.REPORT_FRAME, run_id=run_id),
        "table": _address(flow.TABLE_PAGE, run_id=run_id),
        "files": run + flow.FILES,
        "batches": _address(flow.BATCH_PAGE, run_id=run_id, batch=""),
        "airflow": below_airflow(flow.run_page(run_id)) if run_id else "",
    }


def _address(page: str, **named: object) -> str:
    return below_airflow(flow.our_page(page, dag_id=flow.DAG, **named))
