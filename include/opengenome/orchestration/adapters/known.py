"""The runs of our DAG that Airflow's database knows. Only for the api-server: a task has no database."""

from __future__ import annotations

from airflow.models.dagrun import DagRun as Row
from airflow.models.dagrun import DagRunNote
from airflow.utils.session import create_session
from sqlalchemy import select

from opengenome import flow
from opengenome.orchestration.past import DagRun
from opengenome.orchestration.telling import without_markdown


def dag_runs(most: int, run_id: str | None = None) -> list[DagRun]:
    """The newest runs, or the one with this id."""
    columns = (Row.run_id, Row.state, Row.start_date, Row.run_after, Row.conf, DagRunNote.content)
    query = select(*columns).outerjoin(DagRunNote, DagRunNote.dag_run_id == Row.id).where(Row.dag_id == flow.DAG)
    if run_id is not None:
        query = query.where(Row.run_id == run_id)
    with create_session() as session:
        rows = session.execute(query.order_by(Row.run_after.desc()).limit(most)).all()
    return [
        DagRun(
            run,
            str(state),
            (started or after).isoformat(timespec="seconds"),
            _source(conf),
            without_markdown(note or ""),
        )
        for run, state, started, after, conf, note in rows
    ]


def _source(conf: object) -> str:
    return str(conf.get("source") or "") if isinstance(conf, dict) else ""
