"""What an Airflow must have before anything is submitted. The first task of a run checks it."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterable

from opengenome.errors import SetupError, UsageError
from opengenome.orchestration.adapters import pool
from opengenome.orchestration.settings import CONNECTION, POOL

# We use more of these than their public interfaces.
_SENSITIVE = ("apache-airflow-providers-apache-spark", "pyspark", "pyspark-client")


def check() -> None:
    """Raise UsageError or SetupError, with advice, if the plugin or connection is missing or a version does not fit.

    A task cannot look for the pool, but the plugin creates it when the scheduler starts.
    """
    _check_versions(_requirements())
    _check_plugin()
    check_connection()


def _requirements() -> Iterable[str]:
    """The requirements of our package; none if our folders were copied without installing the package."""
    try:
        return importlib.metadata.requires("opengenome") or ()
    except importlib.metadata.PackageNotFoundError:
        return ()


def _check_versions(requirements: Iterable[str]) -> None:
    from packaging.requirements import Requirement

    for requirement in map(Requirement, requirements):
        if requirement.name not in _SENSITIVE:
            continue
        found = importlib.metadata.version(requirement.name)
        if not requirement.specifier.contains(found, prereleases=True):
            raise UsageError(
                f"{requirement.name} {found} is installed, but opengenome needs {requirement.specifier}",
                advice=f"Run: pip install '{requirement}'",
            )


def _check_plugin() -> None:
    from airflow.sdk.listener import get_listener_manager

    if not get_listener_manager().pm.is_registered(pool):
        raise UsageError(
            f"This Airflow has not loaded the opengenome plugin, which creates the pool {POOL}: "
            "without the pool no batch would ever start",
            advice="Install the package, or put plugins/opengenome_plugin.py into Airflow's plugins folder; then "
            "restart the scheduler. `airflow plugins` lists the loaded plugins.",
        )


def check_connection() -> None:
    """Raise SetupError if no connection says where Spark runs."""
    from airflow.sdk import Connection
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        Connection.get(CONNECTION)
    except AirflowNotFoundException:
        raise SetupError(
            f"This Airflow has no connection {CONNECTION}, which says where Spark runs",
            advice=f"Run: airflow connections add {CONNECTION} --conn-type spark --conn-host 'local[*]' "
            "(on a cluster: --conn-host spark://HOST --conn-port 7077).",
        ) from None
