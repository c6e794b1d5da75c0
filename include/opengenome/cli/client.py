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
    """One login to the Airflow at `url`. Calls raise EngineError if it does not answer or answers with an error."""

    def __init__(self, url: str, password: str, user: str = USER) -> None:
        # Never through a proxy: this is the loopback interface, and the first request carries the password. The SSL
        # context is our own, because httpx's would open certificate files that the environment names.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_default_certs()
        self._http = httpx.Client(base_url=url, timeout=30.0, trust_env=False, verify=context)
        self._login_as = {"username": user, "password": password}

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def health(self) -> dict[str, Any]:
        """Status and last heartbeat of every component; {} while nothing answers."""
        try:
            answer = self._http.get(f"{flow.API}/monitor/health", timeout=5.0)
            return dict(answer.json()) if answer.is_success else {}
        except (httpx.HTTPError, ValueError):
            return {}

    def prepare_for_tasks(self) -> None:
        """Make Airflow load its API for tasks, which takes two seconds at the first request."""
        with contextlib.suppress(httpx.HTTPError):  # the first task would then wait for it
            self._http.get("/execution/health", timeout=30.0)

    def parsed(self) -> datetime | None:
        """When the DAG's file was last parsed; None while Airflow does not know the DAG."""
        found = self._get(flow.DAG_PATH, missing={})
        return datetime.fromisoformat(found["last_parsed_time"]) if found.get("last_parsed_time") else None

    def import_errors(self) -> list[dict[str, Any]]:
        """Files that Airflow cannot import: filename, stack_trace, timestamp."""
        return list(self._get(f"{flow.API}/importErrors")["import_errors"])

    def trigger(self, run: str, conf: dict[str, Any]) -> None:
        """Start a run under a new name. Raises UsageError with Airflow's message if it refuses the parameters."""
        body = {"dag_run_id": run, "logical_date": None, "conf": conf}
        answer, repeated = self._insist("POST", flow.RUNS_PATH, body)
        if answer.status_code == httpx.codes.BAD_REQUEST:
            words = _detail(answer).partition("\n")[0]  # what follows is the schema
            raise UsageError(f"Airflow refuses the parameters: {words.rstrip('.')}")
        if repeated and answer.status_code == httpx.codes.CONFLICT:
            return  # an earlier attempt succeeded, but its answer was lost
        _check(answer)

    def run_state(self, run: str) -> str:
        """queued, running, success or failed. Raises UsageError for an unknown run."""
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
        """Clear tasks of a run: a name alone means all map indexes of that task, (name, map index) just one.

        downstream: also clear the tasks after them. A run that has ended is queued again; its other tasks keep their
        states. Returns the (name, map index) of each cleared task, with -1 for an unmapped task. Raises UsageError for
        an unknown run and for a running task.
        """
        body = {
            "dag_run_id": run,
            "task_ids": tasks,
            "include_downstream": downstream,
            "only_failed": False,  # this and dry_run default to true
            "dry_run": False,
            "reset_dag_runs": True,
            "prevent_running_task": True,
        }
        answer, _ = self._insist("POST", f"{flow.DAG_PATH}/clearTaskInstances", body)
        if answer.status_code == httpx.codes.NOT_FOUND:
            raise UsageError(f"Airflow knows no run {run}")
        if answer.status_code == httpx.codes.CONFLICT:
            raise UsageError(f"A task to be retried in {run} is still running", advice="Wait until it has ended.")
        return [(found["task_id"], found["map_index"]) for found in _check(answer).json()["task_instances"]]

    def task_instances(self, run: str) -> Iterator[dict[str, Any]]:
        """Every task instance of a run, one for each map index, read page by page."""
        path, offset = f"{flow.run_path(run)}/taskInstances", 0
        while True:
            page = self._get(path, {"limit": _PAGE, "offset": offset, "order_by": "map_index"})
            yield from page["task_instances"]
            offset += _PAGE
            if offset >= page["total_entries"]:
                return

    def xcom_value(self, run: str, task: str, map_index: int, key: str) -> Any:
        """A task's XCom as it was pushed; None if there is none."""
        path = f"{flow.run_path(run)}/taskInstances/{task}/xcomEntries/{key}"
        return _decoded(self._get(path, {"map_index": map_index}, missing={}).get("value"))

    def progress(self, run: str, task: str, map_index: int) -> int:
        """The bases that a batch has counted so far; 0 if Airflow does not know."""
        path = f"{flow.run_path(run)}/taskInstances/{task}/state-store/{flow.PROGRESS}"
        value = self._get(path, {"map_index": map_index}, missing={}).get("value")
        return value if isinstance(value, int) else 0

    def log(self, run: str, task: str, map_index: int, attempt: int) -> list[dict[str, Any]]:
        """The log of one attempt of a task, an entry for each line; [] if there is none."""
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
        """As _send, but repeated if Airflow fails or does not answer; also returns whether it was repeated.

        For requests that do no harm if an earlier attempt succeeded after all. The docstring of `database` explains why
        the embedded Airflow refuses some requests.
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
                f"Airflow did not accept the request: {printable(reason)}. Trying again",
                file=sys.stderr,
                flush=True,
            )
            time.sleep(pause * random.uniform(0.5, 1))  # noqa: S311  (so that colliding commands do not collide again)
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
        # A database error is a dictionary, of which only the reason is of use.
        return str(detail["reason"] if isinstance(detail, dict) else detail)
    except (ValueError, KeyError, TypeError):
        return answer.text[:200]


def _decoded(value: Any) -> Any:
    """Decode a value, because the API returns some values as JSON text."""
    if isinstance(value, str) and value.startswith(('"', "{", "[")):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value
