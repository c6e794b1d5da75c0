"""The page behind "Batch output": a batch's manifest, for users who may see the DAG's runs."""

from __future__ import annotations

import json
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any

from opengenome import flow

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    from fastapi import FastAPI

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<style>body{{font-family:sans-serif;margin:2em;max-width:72em}} pre{{background:#8881;padding:1em;overflow:auto}}
td{{padding:.2em 1.2em .2em 0;vertical-align:top}}</style></head>
<body><h1>{title}</h1><table>{rows}</table>{rest}</body></html>
"""
_NOTHING = "This batch has no committed output yet. The log of its task says how far it is, or why it failed."


async def _serve(
    scope: MutableMapping[str, Any],
    receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
    send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
) -> None:
    # Every Airflow process loads plugins, but only the api-server answers requests: the others need not load FastAPI.
    await application()(scope, receive, send)


REGISTRATION = {"name": "opengenome", "app": _serve, "url_prefix": flow.PAGES}


@cache
def application() -> FastAPI:
    """The FastAPI application: one route, guarded by Airflow's own authentication and DAG permission."""
    from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
    from airflow.api_fastapi.core_api.security import requires_access_dag
    from fastapi import Depends, FastAPI
    from fastapi.responses import HTMLResponse

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    may_see_runs = Depends(requires_access_dag("GET", DagAccessEntity.RUN))

    @app.get(flow.BATCH_PAGE, dependencies=[may_see_runs])
    def batch_output(dag_id: str, run_id: str, batch: int) -> HTMLResponse:
        # Permission was checked for the DAG in the path, so only our DAG is served.
        found = _find(run_id, batch) if dag_id == flow.DAG else None
        headers = {
            "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
            "Cache-Control": "no-store",
        }
        page = _committed(run_id, batch, *found) if found else _page(batch, {"Run": run_id}, f"<p>{_NOTHING}</p>")
        return HTMLResponse(page, 200 if found else 404, headers)

    return app


def _find(run_id: str, number: int) -> tuple[str, dict[str, Any]] | None:
    """The folder and the manifest of a batch of a run; None if it has no committed output."""
    from opengenome.errors import ContractError
    from opengenome.io import batches
    from opengenome.orchestration.runs import Run

    run = Run.of(run_id)
    try:
        planned = run.plan().batches
        if not 0 <= number < len(planned):
            return None
        folder = run.store.batch(planned[number].key)
        manifest, _ = batches.load_manifest(folder / batches.MANIFEST)
    except ContractError:
        return None
    return str(folder), manifest.as_dict()


def _committed(run_id: str, number: int, folder: str, manifest: dict[str, Any]) -> str:
    ledger = manifest["ledger"]
    facts = {
        "Run": run_id,
        "Folder": folder,
        "Sequences": f"{ledger['sequences']:,}",
        "Bases": f"{ledger['bases']:,}",
        "Codons": f"{ledger['counted']:,}",
        "Ambiguous codons": f"{ledger['ambiguous']:,}",
        "Parts": f"{len(manifest['parts']):,}",
        "Seconds": ", ".join(f"{name} {seconds:.2f}" for name, seconds in manifest["timings"].items()),
    }
    text = json.dumps(manifest, indent=1, ensure_ascii=False)
    return _page(number, facts, f"<h2>Manifest</h2><pre>{escape(text)}</pre>")


def _page(number: int, facts: dict[str, str], rest: str) -> str:
    """facts: plain text. rest: HTML."""
    rows = "".join(f"<tr><td>{escape(name)}</td><td>{escape(value)}</td></tr>" for name, value in facts.items())
    return _PAGE.format(title=f"Batch {number + 1}", rows=rows, rest=rest)
