"""Our pages as Airflow's plugin registers them: the application, the entry in the navigation, the tab of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opengenome import flow
from opengenome.orchestration.adapters.links import below_airflow

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping


async def _serve(
    scope: MutableMapping[str, Any],
    receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
    send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
) -> None:
    # Every Airflow process loads plugins, but only the api-server answers requests: the others need not load FastAPI.
    from opengenome.orchestration.adapters.routes import application

    await application()(scope, receive, send)


REGISTRATION = {"name": "opengenome", "app": _serve, "url_prefix": flow.PAGES}
# Airflow shows the tab under the runs of every DAG. It puts the ids in the place of the braces.
_TAB = flow.RESULT_PAGE.format(dag_id="{DAG_ID}", run_id="{RUN_ID}")
VIEWS = [
    {
        "name": "Codons",  # a longer name is cut off there
        "href": below_airflow(flow.our_page(flow.RUNS_PAGE, dag_id=flow.DAG)),
        "destination": "nav",
        "url_route": "codon-usage",
    },
    {
        "name": "Report",
        "href": below_airflow(flow.PAGES + _TAB),
        "destination": "dag_run",
        "url_route": "codon-usage-report",
    },
]
