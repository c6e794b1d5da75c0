"""The few calls of Airflow's REST API (v2) that the command needs."""

from __future__ import annotations

import contextlib
import json
import random
import ssl
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import httpx

from opengenome import flow
from opengenome.cli.environment import USER
from opengenome.errors import EngineError, UsageError, printable

_PAGE = 100  # the API's own limit


_PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 15.0, 15.0)  # seconds before each repeat


class Client:
    """One login to the Airflow at `url`. Calls raise EngineError where it does not answer or does not agree."""

    def __init__(self, url: str, password: str, user: str = USER) -> None:
        # Never through a proxy: this is the loopback interface, and the first request carries the password. The context
        # is our own, because httpx's looks for files that the environment names before it knows that it needs none.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_default_certs()
        self._http = httpx.Client(base_url=url, timeout=30.0, trust_env=False, verify=context)
        self._login_as = {"username": user, "password": password}

    def close(self) -> None:
        """Let go of the connection."""
        self._http.close()

    def health(self) -> dict[str, Any]:
        """Status and last heartbeat of every component; {} as long as nothing answers."""
        try:
            answer = self._http.get(f"{flow.API}/monitor/health", timeout=5.0)
            return dict(answer.json()) if answer.is_success else {}
        except (httpx.HTTPError, ValueError):
            return {}

    def prepare_for_tasks(self) -> None:
        """Have Airflow make its interface for tasks, which takes two seconds at the first request to it."""
        with contextlib.suppress(httpx.HTTPError):  # the first task would wait for it instead
            self._http.get("/execution/health", timeout=30.0)

    def parsed(self) -> datetime | None:
        """When the DAG was last read from its file; None while Airflow does not know it."""
        found = self._get(flow.DAG_PATH, missing={})
        return datetime.fromisoformat(found["last_parsed_time"]) if found.get("last_parsed_time") else None

    def import_errors(self) -> list[dict[str, Any]]:
        """Files that Airflow cannot import: filename, stack_trace, timestamp."""
        return list(self._get(f"{flow.API}/importErrors")["import_errors"])

    def trigger(self, run: str, conf: dict[str, Any]) -> None:
        """Start a run under a new name. Raises UsageError with Airflow's words where it refuses the parameters."""
        body = {"dag_run_id": run, "logical_date": None, "conf": conf}
        answer, repeated = self._insist("POST", flow.RUNS_PATH, body)
        if answer.status_code == httpx.codes.BAD_REQUEST:
            words = _detail(answer).partition("\n")[0]  # what follows is the schema
            raise UsageError(f"Airflow refuses the parameters: {words.rstrip('.')}")
        if repeated and answer.status_code == httpx.codes.CONFLICT:
            return  # an earlier attempt was carried out, and its answer lost
        _check(answer)

    def run_state(self, run: str) -> str:
        """queued, running, success or failed. Raises UsageError for a run that is unknown."""
        found = self._get(flow.run_path(run), missing={})
        if not found:
            raise UsageError(f"Airflow knows no run {run}")
        return str(found["state"])

    def unfinished_runs(self) -> list[str]:
        """Ids of the runs that are queued or running."""
        query = {"state": ["queued", "running"], "limit": _PAGE}
        return [found["dag_run_id"] for found in self._get(flow.RUNS_PATH, query)["dag_runs"]]

    def fail_run(self, run: str) -> None:
        """Record a run as failed; Airflow ends its tasks."""
        _check(self._insist("PATCH", flow.run_path(run), {"state": "failed"}, _PAUSES[:3])[0])

    def clear(self, run: str, tasks: list[str | tuple[str, int]], *, downstream: bool = True) -> list[tuple[str, int]]:
        """Let tasks of a run run again: a name alone means all map indexes of that task, (name, map index) just one.

        downstream: with the tasks that follow. A run that has ended is queued again, its other tasks stay as they are.
        Returns the (name, map index) of all that was cleared, -1 where a task is not mapped. Raises UsageError for a
        run that is unknown and for a task that is running.
        """
        body = {
            "dag_run_id": run,
            "task_ids": tasks,
            "include_downstream": downstream,
            "only_failed": False,  # this and dry_run are true by default
            "dry_run": False,
            "reset_dag_runs": True,
            "prevent_running_task": True,
        }
        answer, _ = self._insist("POST", f"{flow.DAG_PATH}/clearTaskInstances", body)
        if answer.status_code == httpx.codes.NOT_FOUND:
            raise UsageError(f"Airflow knows no run {run}")
        if answer.status_code == httpx.codes.CONFLICT:
            raise UsageError(f"A task that is to run again in {run} is running", advice="Wait until it has ended.")
        return [(found["task_id"], found["map_index"]) for found in _check(answer).json()["task_instances"]]

    def task_instances(self, run: str) -> Iterator[dict[str, Any]]:
        """Every task instance of a run, mapped ones each on their own, read page by page."""
        path, offset = f"{flow.run_path(run)}/taskInstances", 0
        while True:
            page = self._get(path, {"limit": _PAGE, "offset": offset, "order_by": "map_index"})
            yield from page["task_instances"]
            offset += _PAGE
            if offset >= page["total_entries"]:
                return

    def xcom_value(self, run: str, task: str, map_index: int, key: str) -> Any:
        """A task's XCom as it was pushed; None where there is none."""
        path = f"{flow.run_path(run)}/taskInstances/{task}/xcomEntries/{key}"
        return _decoded(self._get(path, {"map_index": map_index}, missing={}).get("value"))

    def log(self, run: str, task: str, map_index: int, attempt: int) -> list[dict[str, Any]]:
        """The log of one attempt of a task, an entry for each line; [] where there is none."""
        path = f"{flow.run_path(run)}/taskInstances/{task}/logs/{attempt}"
        found = self._get(path, {"map_index": map_index, "full_content": True}, missing={})
        return [entry for entry in found.get("content", []) if isinstance(entry, dict)]

    def _get(
        self, path: str, query: dict[str, Any] | None = None, *, missing: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        answer = self._send("GET", path, query=query)
        if missing is not None and answer.status_code == httpx.codes.NOT_FOUND:
            return missing
        return dict(_check(answer).json())

    def _insist(
        self, method: str, path: str, body: dict[str, Any], pauses: Sequence[float] = _PAUSES
    ) -> tuple[httpx.Response, bool]:
        """As _send, but repeated where Airflow fails or does not answer; and whether it was repeated.

        For requests that do no harm when an earlier attempt was carried out after all. `database` says why the embedded
        Airflow refuses some.
        """
        for tried, pause in enumerate(pauses):
            try:
                answer = self._send(method, path, body)
                if not answer.is_server_error:
                    return answer, tried > 0
                reason = f"it answered {answer.status_code}, {_detail(answer)}"
            except EngineError as error:
                reason = error.message
            print(
                f"Airflow did not take the request: {printable(reason)}. It is repeated in a moment",
                file=sys.stderr,
                flush=True,
            )
            time.sleep(pause * random.uniform(0.5, 1))  # noqa: S311  (commands that collided must not repeat in step)
        return self._send(method, path, body), True

    def _send(
        self, method: str, path: str, body: dict[str, Any] | None = None, query: dict[str, Any] | None = None
    ) -> httpx.Response:
        try:
            if "Authorization" not in self._http.headers:
                self._login()
            answer = self._http.request(method, path, json=body, params=query)
            if answer.status_code == httpx.codes.UNAUTHORIZED:  # a token lives for a day, a run may live longer
                self._login()
                answer = self._http.request(method, path, json=body, params=query)
        except httpx.HTTPError as error:
            raise EngineError(f"Airflow does not answer: {error}") from error
        return answer

    def _login(self) -> None:
        self._http.headers.pop("Authorization", None)
        answer = _check(self._http.post("/auth/token", json=self._login_as))
        self._http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"


def _check(answer: httpx.Response) -> httpx.Response:
    if not answer.is_success:
        raise EngineError(
            f"Airflow answered {answer.status_code} to {answer.request.method} {answer.request.url.path}: "
            f"{_detail(answer)}"
        )
    return answer


def _detail(answer: httpx.Response) -> str:
    try:
        detail = answer.json()["detail"]
        # What its database refuses comes with a number to look for in its log, and much that it hides.
        return str(detail["reason"] if isinstance(detail, dict) else detail)
    except (ValueError, KeyError, TypeError):
        return answer.text[:200]


def _decoded(value: Any) -> Any:
    """The API hands some values out as JSON text and others decoded."""
    if isinstance(value, str) and value.startswith(('"', "{", "[")):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value
