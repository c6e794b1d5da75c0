"""The program that `AirflowProcess` drives: each line asks for a method of `Served`, and gets its answer as a line."""

from __future__ import annotations

import json
import os
import sys
import threading
import traceback
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

from airflow_process import DAG_FILE


class Served:
    """Airflow is imported by the methods, so that each test pays for what it uses."""

    def __init__(self) -> None:
        from airflow.utils.db import initdb  # noqa: PLC0415

        initdb()
        self._client: Any = None

    def describe(self) -> dict[str, Any]:
        """The DAG as Airflow parsed it."""
        from airflow.sdk.definitions.mappedoperator import MappedOperator  # noqa: PLC0415

        bag, dag = self._parsed()
        tasks = {
            task.task_id: {
                "next": sorted(task.downstream_task_ids),
                "mapped": isinstance(task, MappedOperator),
                "classes": [kind.__name__ for kind in getattr(task, "operator_class", type(task)).__mro__],
                "rule": task.trigger_rule.value,
                "pool": task.pool,
                "retries": task.retries,
                "backoff": task.retry_exponential_backoff,
                "timeout": task.execution_timeout and task.execution_timeout.total_seconds(),
                "label": getattr(task, "map_index_template", None),
                "inlets": [asset.name for asset in task.inlets],
                "outlets": [asset.name for asset in task.outlets],
                "links": [link.name for link in task.operator_extra_links],
                "owner": task.owner,
                "doc": task.doc_md,
            }
            for task in dag.tasks
        }
        return {
            "errors": bag.import_errors,
            "dags": list(bag.dags),
            "tasks": tasks,
            "schedule": dag.schedule,
            "catchup": dag.catchup,
            "doc": dag.doc_md,
            "tags": sorted(dag.tags),
            "runs": dag.max_active_runs,
            "deadline": bool(dag.deadline),
            "params": {
                name: {"value": param.value, "description": param.description, "schema": param.schema}
                for name, param in ((name, dag.params.get_param(name)) for name in dag.params)
            },
        }

    def accepts(self, name: str, values: list[Any]) -> list[bool]:
        """Which of the values the form accepts."""
        from airflow.sdk.exceptions import ParamValidationError  # noqa: PLC0415

        param, taken = self._parsed()[1].params.get_param(name), []
        for value in values:
            try:
                param.resolve(value)
                taken.append(True)
            except ParamValidationError:
                taken.append(False)
        return taken

    def _parsed(self) -> tuple[Any, Any]:
        """Parse the DAG again, because `dag.test` leaves the parameters of its run in the DAG object."""
        from airflow.dag_processing.dagbag import DagBag  # noqa: PLC0415

        bag = DagBag(dag_folder=str(DAG_FILE.parent))
        return bag, bag.dags["codon_usage"]

    def routes(self) -> list[tuple[str, str]]:
        """Method and path of every route of the api-server, except those for tasks."""

        def below(routes: Any, prefix: str) -> Iterator[tuple[str, str]]:
            for route in routes:
                yield from ((method, prefix + route.path) for method in getattr(route, "methods", None) or ())
                if not hasattr(route, "endpoint"):
                    yield from below(getattr(route.app, "routes", None) or (), prefix + route.path)

        return sorted(below(self._served().app.routes, ""))

    def request(self, method: str, path: str, token: str = "", **more: Any) -> dict[str, Any]:
        headers = ({"Authorization": f"Bearer {token}"} if token else {}) | more.pop("headers", {})
        answer = self._served().request(method, path, headers=headers, **more)
        return {"status": answer.status_code, "text": answer.text, "headers": dict(answer.headers)}

    def _served(self) -> Any:
        from airflow.api_fastapi.app import create_app  # noqa: PLC0415
        from fastapi.testclient import TestClient  # noqa: PLC0415

        if self._client is None:
            self._client = TestClient(create_app(), follow_redirects=False).__enter__()  # run the startup handlers
        return self._client

    def starting(self, component: str) -> None:
        """Tell the listeners that a component starts, as Airflow does."""
        from airflow.jobs.job import Job  # noqa: PLC0415
        from airflow.listeners.listener import get_listener_manager  # noqa: PLC0415

        get_listener_manager().hook.on_starting(component=Job() if component == "Job" else object())

    def pool(self, name: str, slots: int | None = None) -> int | None:
        """The slots of a pool, after setting them if `slots` is given."""
        from airflow.models.pool import Pool  # noqa: PLC0415

        if slots is not None:
            Pool.create_or_update_pool(name, slots, "changed by hand", include_deferred=False)
        found = Pool.get_pool(name)
        return found.slots if found else None

    def serialized_links(self) -> dict[str, list[str]]:
        """The links of each task as the api-server reads them from its database."""
        from airflow.serialization.serialized_objects import DagSerialization  # noqa: PLC0415

        dag = DagSerialization.from_dict(DagSerialization.to_dict(self._parsed()[1]))
        return {task.task_id: sorted(task.operator_extra_link_dict) for task in dag.tasks}

    def our_routes(self) -> list[str]:
        """The path of every route of ours."""
        from opengenome import flow  # noqa: PLC0415
        from opengenome.orchestration.adapters.routes import application  # noqa: PLC0415

        return [flow.PAGES + route.path for route in application().routes]

    def views(self) -> list[dict[str, str]]:
        """The pages that the UI shows in its navigation and in tabs."""
        from airflow.plugins_manager import _get_ui_plugins  # noqa: PLC0415

        return _get_ui_plugins()[0]

    def link(self, run_id: str, map_index: int, base_url: str | None = None, kind: str = "BatchOutputLink") -> str:
        """The link of a task. base_url: the address of Airflow. kind: the class of the link."""
        from airflow.models.taskinstancekey import TaskInstanceKey  # noqa: PLC0415

        from opengenome.orchestration.adapters import links  # noqa: PLC0415

        key = TaskInstanceKey("codon_usage", "count_codons", run_id, 1, map_index)
        operator: Any = None
        with patch.dict(os.environ, {"AIRFLOW__API__BASE_URL": base_url} if base_url else {}):
            return getattr(links, kind)().get_link(operator, ti_key=key)

    def lacking(self, without: str = "", requirements: list[str] | None = None) -> str:
        """The error of the first task's check. without: the connection or the plugin; requirements: of our package."""
        from airflow.sdk.listener import get_listener_manager  # noqa: PLC0415

        from opengenome.errors import OpenGenomeError  # noqa: PLC0415
        from opengenome.orchestration.adapters import pool, surroundings  # noqa: PLC0415

        listeners = get_listener_manager()
        with patch.dict(os.environ), patch("importlib.metadata.requires", lambda name: requirements):
            if without == "connection":
                del os.environ["AIRFLOW_CONN_SPARK_DEFAULT"]
            if without == "plugin":
                listeners.pm.unregister(pool)
            try:
                surroundings.check()
            except OpenGenomeError as error:
                return str(error)
            finally:
                listeners.add_listener(pool)
        return ""

    def noted(self, run_id: str, by_a_person: str = "") -> str:
        """The note on a run after its end, as Airflow tells the listeners of it. by_a_person: written before."""
        from airflow.models.dagrun import DagRun  # noqa: PLC0415
        from airflow.utils.session import create_session  # noqa: PLC0415
        from sqlalchemy import select  # noqa: PLC0415

        with create_session() as session:
            run = session.scalars(select(DagRun).where(DagRun.run_id == run_id)).one()
            if by_a_person:
                run.dag_run_note.content, run.dag_run_note.user_id = by_a_person, "ada"  # as Airflow's API does it
            run.notify_dagrun_state_changed(msg="")
            return str(run.note)

    def leave_failed(self, run_id: str, note: str, source: str = "") -> None:
        """A run that failed before it left any file."""
        import pendulum  # noqa: PLC0415
        from airflow.models.dagrun import DagRun  # noqa: PLC0415
        from airflow.utils.session import create_session  # noqa: PLC0415

        with create_session() as session:
            now = pendulum.now("UTC")
            run = DagRun("codon_usage", run_id, run_after=now, start_date=now, run_type="manual", state="failed")
            run.conf = {"source": source}
            session.add(run)
            run.note = note

    def run(
        self, conf: dict[str, Any], trouble: dict[str, str] | None = None, timeout: dict[str, float] | None = None
    ) -> dict[str, Any]:
        """Run the DAG. trouble: a function of troubles.py that runs meanwhile, with its argument.

        timeout: seconds by task, instead of its own; such a task is tried once.
        """
        import pendulum  # noqa: PLC0415
        import troubles  # noqa: PLC0415  (it lies beside this program)
        from airflow.models.asset import AssetEvent  # noqa: PLC0415
        from airflow.models.xcom import XComModel  # noqa: PLC0415
        from airflow.utils.session import create_session  # noqa: PLC0415
        from sqlalchemy import select  # noqa: PLC0415

        _, dag = self._parsed()
        for task in dag.tasks:
            if task.task_id == "count_codons":  # the test is about retrying, not about the delay
                task.partial_kwargs["retry_delay"] = pendulum.duration(seconds=0.1)
            if timeout and task.task_id in timeout:
                task.execution_timeout = pendulum.duration(seconds=timeout[task.task_id])
                task.retries = 0
        over = threading.Event()
        meanwhile = [
            threading.Thread(target=getattr(troubles, name), args=(over, of)) for name, of in (trouble or {}).items()
        ]
        for thread in meanwhile:
            thread.start()
        try:
            run = dag.test(run_conf=conf)
        finally:
            over.set()
        with create_session() as session:
            stored = session.scalars(select(XComModel).where(XComModel.run_id == run.run_id)).all()
            emitted = session.scalars(select(AssetEvent).where(AssetEvent.source_run_id == run.run_id)).all()
            events = [{"asset": event.asset.uri, "extra": event.extra} for event in emitted]
            xcoms = [{"task": x.task_id, "index": x.map_index, "key": x.key, "value": x.value} for x in stored]
            tasks = [
                {
                    "task": ti.task_id,
                    "index": ti.map_index,
                    "state": ti.state,
                    "try": ti.try_number,
                    "label": ti.rendered_map_index,
                }
                for ti in run.get_task_instances(session=session)
            ]
        return {
            "run_id": run.run_id,
            "state": run.state,
            "tasks": tasks,
            "xcoms": xcoms,
            "events": events,
        }


def serve() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what Airflow prints goes to the log
    served: Served | None = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            served = served or Served()
            answer = {"value": getattr(served, request["what"])(**request["arguments"])}
        except Exception:  # reported to the test
            answer = {"error": traceback.format_exc()}
        print(json.dumps(answer, default=str), file=answers, flush=True)


if __name__ == "__main__":
    serve()
