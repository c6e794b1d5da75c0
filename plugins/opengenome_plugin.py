"""Register with Airflow: our pages and where its interface shows them, links of tasks, the pool, the note on a run."""

from __future__ import annotations

from airflow.plugins_manager import AirflowPlugin

from opengenome.orchestration.adapters import pool, run_note, web
from opengenome.orchestration.adapters.links import LINKS


class OpenGenomePlugin(AirflowPlugin):
    name = "opengenome"
    fastapi_apps = [web.REGISTRATION]  # noqa: RUF012  (Airflow's own convention)
    external_views = web.VIEWS
    operator_extra_links = [link() for link in LINKS]  # noqa: RUF012
    listeners = [pool, run_note]  # noqa: RUF012
