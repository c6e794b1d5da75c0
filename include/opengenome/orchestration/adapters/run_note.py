"""A listener that writes a note on a run at its end, wherever our plugin is loaded: the scheduler has a database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.listeners import hookimpl

from opengenome import flow

if TYPE_CHECKING:
    from airflow.models.dagrun import DagRun

_MOST = 1000  # characters of a note in Airflow


@hookimpl
def on_dag_run_success(dag_run: DagRun, msg: str) -> None:  # noqa: ARG001  (Airflow's signature)
    """What was published; nothing for a run that was skipped or marked."""
    from opengenome.orchestration.announcing import note

    if dag_run.dag_id == flow.DAG and (found := _values(dag_run, flow.RETURNED, flow.PUBLISH)):
        _write(dag_run, note(found[0]))


@hookimpl
def on_dag_run_failed(dag_run: DagRun, msg: str) -> None:  # noqa: ARG001
    """Why it failed: the sentence of the first task that failed."""
    from opengenome.orchestration.telling import in_markdown

    if dag_run.dag_id == flow.DAG and (found := _values(dag_run, flow.FAILURE)):
        others = len(found) - 1
        more = f" ({others:,} more {'task' if others == 1 else 'tasks'} failed)" if others else ""
        _write(dag_run, f"{in_markdown(found[0]['sentence'])}{more}")


def _values(dag_run: DagRun, key: str, task: str | None = None) -> list[dict[str, Any]]:
    """The XComs of a run with this key, the oldest first."""
    from airflow.models.xcom import XComModel
    from sqlalchemy.orm import object_session

    session = object_session(dag_run)  # the one that ends the run; it must not be committed here
    if session is None:
        return []
    query = XComModel.get_many(run_id=dag_run.run_id, key=key, task_ids=task, dag_ids=dag_run.dag_id)
    rows = session.scalars(query.order_by(None).order_by(XComModel.timestamp)).all()
    return [value for row in rows if isinstance(value := XComModel.deserialize_value(row), dict)]


def _write(dag_run: DagRun, text: str) -> None:
    """Write a note, unless a person wrote one."""
    written = dag_run.dag_run_note
    if not written or written.user_id is None:  # ours has no user
        dag_run.note = text if len(text) <= _MOST else f"{text[: _MOST - 1]}…"
