"""Register with Airflow: the page behind "Batch output", the link to it, the pool, and the note on a run."""

from __future__ import annotations

from airflow.plugins_manager import AirflowPlugin

from opengenome.orchestration.adapters import pool, run_note, web
from opengenome.orchestration.adapters.links import BatchOutputLink


class OpenGenomePlugin(AirflowPlugin):
    name = "opengenome"
    fastapi_apps = [web.REGISTRATION]  # noqa: RUF012  (Airflow's own convention)
    operator_extra_links = [BatchOutputLink()]  # noqa: RUF012
    listeners = [pool, run_note]  # noqa: RUF012
