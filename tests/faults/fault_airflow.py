"""A separate Airflow for the fault tests, started as by `./opengenome up`, with its own home, store and results."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from opengenome.cli.embedded import Running, airflow
from opengenome.cli.environment import Site
from opengenome.cli.retry import unsuccessful
from opengenome.cli.watch import TaskState
from opengenome.errors import EngineError
from opengenome.flow import DAG
from opengenome.orchestration import settings

_LIMIT = 400.0  # seconds for a run on a busy machine, faults included
_DISK = "64m"
OVER = ("success", "failed")


class OwnAirflow:
    """Started once for many faults, and again, as its user would, when a component has died."""

    def __init__(self, work: Path) -> None:
        self.home, self.disk = work / "airflow", work / "disk"
        self.store, self.results = self.disk / "store", work / "results"
        self.disk.mkdir()
        self.no_disk = _mount(self.disk)  # why the store is not on a small disk; "" if it is
        self.starts = 0
        self._stack = contextlib.ExitStack()
        self._running: Running | None = None
        os.environ |= {
            "OPENGENOME_STORE": str(self.store),
            "OPENGENOME_RESULTS": str(self.results),
            "OPENGENOME_LANDING": str(work / "landing"),
            "OPENGENOME_SOURCE_ROOTS": str(work),
        }

    @property
    def client(self) -> Any:
        """The login of the running Airflow."""
        assert self._running
        return self._running.client

    def ready(self) -> None:
        """Start it, or restart it if one of its components has ended."""
        if self._running:
            try:
                self._running.alive()
            except EngineError:
                self.stop()
            else:
                return
        root = settings.project_root()
        site = Site(root, self.home, root / "dags", root / "plugins")
        self._running = self._stack.enter_context(airflow(site, "faults", lambda _: None))
        self.starts += 1

    def stop(self) -> None:
        self._stack.close()
        self._running = None

    def close(self) -> None:
        """Stop it, and unmount the disk."""
        self.stop()
        if not self.no_disk:
            subprocess.run(["umount", self.disk], check=True)

    def trigger(self, source: Path, batch_size: int) -> str:
        run = f"fault-{secrets.token_hex(4)}"
        self.client.trigger(run, {"source": str(source), "batch_size": batch_size})
        return run

    def watch(self, run: str) -> Iterator[str]:
        """Yield the state of a run until it is over. Fails if that takes too long."""
        deadline = time.monotonic() + _LIMIT
        while time.monotonic() < deadline:
            self.ready()
            try:
                state = self.client.run_state(run)
            except EngineError:
                time.sleep(1)  # it is ending
                continue
            yield state
            if state in OVER:
                return
            time.sleep(0.3)
        states = {(t["task_id"], t["map_index"]): t["state"] for t in self.client.task_instances(run)}
        raise AssertionError(f"{run} is not over after {_LIMIT:.0f} s: {states}")

    def wait(self, run: str) -> str:
        """How a run ended: success or failed."""
        return list(self.watch(run))[-1]

    def failed(self, run: str) -> list[tuple[str, int, int]]:
        """The failed tasks of a run: name, map index, tries."""
        found = self.client.task_instances(run)
        return [(t["task_id"], t["map_index"], t["try_number"]) for t in found if t["state"] == "failed"]

    def tries(self, run: str) -> int:
        """The highest number of tries of a task of the run."""
        return max(t["try_number"] for t in self.client.task_instances(run))

    def retry(self, run: str) -> None:
        """Retry the run as `./opengenome retry` does."""
        tasks = tuple(map(TaskState.of, self.client.task_instances(run)))
        self.client.clear(run, unsuccessful(run, tasks))

    def clear_running(self, run: str, index: int) -> None:
        """Clear one batch while it runs."""
        body = {"dag_run_id": run, "task_ids": [["count_codons", index]], "only_failed": False, "dry_run": False}
        self._ask("POST", f"/api/v2/dags/{DAG}/clearTaskInstances", body | {"include_downstream": True})

    def mark_failed(self, run: str, index: int) -> None:
        """Mark one batch as failed while it runs."""
        path = f"/api/v2/dags/{DAG}/dagRuns/{run}/taskInstances/count_codons/{index}"
        self._ask("PATCH", path, {"new_state": "failed"})

    def _ask(self, method: str, path: str, body: dict[str, Any]) -> None:
        answer: httpx.Response = self.client._send(method, path, body)
        assert answer.is_success, f"{answer.status_code} {answer.text}"


def _mount(folder: Path) -> str:
    """Mount a small disk at `folder`. Returns why that is not possible, or ""."""
    if not shutil.which("mount") or os.geteuid():
        return "only root can mount a small file system"
    options = ["-t", "tmpfs", "-o", f"size={_DISK}", "tmpfs"]
    done = subprocess.run(["mount", *options, folder], capture_output=True, text=True, check=False)
    return done.stderr.strip() if done.returncode else ""
