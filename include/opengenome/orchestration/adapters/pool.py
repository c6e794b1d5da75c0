"""A listener that creates the pool of Spark submits before the first task, wherever our plugin is loaded."""

from __future__ import annotations

import logging
from typing import Any

from airflow.listeners import hookimpl

from opengenome.orchestration import settings

log = logging.getLogger(__name__)


@hookimpl
def on_starting(component: Any) -> None:
    """Create the pool when a component with a database starts. An existing pool keeps its slots."""
    if type(component).__name__ != "Job":  # task runners start too, but have no database
        return
    from airflow.models.pool import Pool

    if Pool.get_pool(settings.POOL) is None:
        slots = settings.load().spark_slots
        Pool.create_or_update_pool(
            settings.POOL, slots, "Spark submits of OpenGenome at one time, all runs together", include_deferred=False
        )
        log.info("Created pool %s with %d slots", settings.POOL, slots)
