"""An Airflow in a process of its own, driven by lines of JSON, because its settings must exist before its first import.

`AirflowProcess` is the side of the tests. airflow_served.py is the program that it drives.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
DAG_FILE = ROOT / "dags" / "codon_usage.py"


def environment(home: Path) -> dict[str, str]:
    """Airflow, its database and our store below `home`, whatever the caller's own settings are."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "OPENGENOME_"))}
    return kept | {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "AIRFLOW__CORE__DAGS_FOLDER": str(DAG_FILE.parent),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "reader:viewer,stranger:",
        "AIRFLOW__API_AUTH__JWT_SECRET": "of no value outside this test, and as long as its algorithm wants it",
        "AIRFLOW__API__ENABLE_SWAGGER_UI": "False",  # as in ours
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
        "AIRFLOW_CONN_SPARK_DEFAULT": json.dumps({"conn_type": "spark", "host": "local[*]"}),
        "OPENGENOME_STORE": str(home / "store"),
        "OPENGENOME_RESULTS": str(home / "results"),
        "OPENGENOME_LANDING": str(home / "landing"),
        "OPENGENOME_SOURCE_ROOTS": "/",
        "OPENGENOME_SPARK_SLOTS": "3",
        "OPENGENOME_TASK_SECONDS": "43200",
        "PYTHONPATH": str(ROOT / "include"),
        "SPARK_LOCAL_IP": "127.0.0.1",
    }


class AirflowProcess:
    """`ask` sends one request and returns its answer; `stop` ends the process. What it printed is in home/log.txt."""

    def __init__(self, home: Path) -> None:
        self.home = home.resolve()
        self._log = (self.home / "log.txt").open("w")
        self._process = subprocess.Popen(
            [sys.executable, Path(__file__).with_name("airflow_served.py")],
            env=environment(self.home),
            cwd=self.home,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )

    def ask(self, what: str, **arguments: Any) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"what": what, "arguments": arguments}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        answer = json.loads(line) if line else {"error": "it ended"}
        if "error" in answer:
            raise AssertionError(f"{answer['error']}\n{(self.home / 'log.txt').read_text()[-4000:]}")
        return answer["value"]

    def stop(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.kill()  # it has nothing to save, and Airflow takes seconds to end
        self._process.wait()
        self._log.close()
