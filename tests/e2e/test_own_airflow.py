"""The package in another user's Airflow: a plain `airflow standalone` without this checkout."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import importlib.util
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import time
import venv
from pathlib import Path

import httpx
import pytest

from opengenome.cli.client import Client
from opengenome.core.alphabet import CODONS
from opengenome.errors import EngineError
from opengenome.orchestration.settings import CONNECTION, POOL
from opengenome.orchestration.telling import in_markdown

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs" / "own-airflow.md").read_text(encoding="utf-8")
STARTS, RUNS = 180, 180  # seconds, on a busy machine
AFTER = "after_codon_usage"  # the DAG of the guide that follows ours
LINEAGE = "lineage.jsonl"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder for everything: the wheel, a Python with it and the locked packages, Airflow's home."""
    home = tmp_path_factory.mktemp("own").resolve()
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", home]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    [wheel] = home.glob("*.whl")
    venv.create(home / "venv", symlinks=True)
    [packages] = home.glob("venv/lib/*/site-packages")
    # The locked packages, which are installed already. Their scripts would start the Python that they came with.
    (packages / "locked.pth").write_text(f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n")
    airflow = home / "venv" / "bin" / "airflow"
    airflow.write_text(f"#!{home}/venv/bin/python\nfrom airflow.__main__ import main\nmain()\n")
    airflow.chmod(0o755)
    install = [sys.executable, "-m", "pip", "--python", home / "venv", "install", "--no-deps", "--no-index", wheel]
    subprocess.run(install, check=True, capture_output=True)
    return home


def free_ports(count):
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


def surroundings(home, ports):
    """The environment of another user's shell, without our variables."""
    kept = {name: os.environ[name] for name in ("LANG", "JAVA_HOME", "TMPDIR") if name in os.environ}
    api, *logs = map(str, ports)
    return kept | {
        "PATH": os.pathsep.join([str(home / "venv" / "bin"), os.defpath, str(Path(shutil.which("java")).parent)]),
        "HOME": str(home),
        "AIRFLOW_HOME": str(home / "airflow"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{api}/execution/",
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": api,
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{api}/",
        "OPENLINEAGE__TRANSPORT": json.dumps({"type": "file", "log_file_path": str(home / LINEAGE), "append": True}),
        "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": logs[0],
        "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": logs[1],
    }


class Standalone:
    """A running `airflow standalone` and its REST API, which the command's own client calls."""

    def __init__(self, home, environment):
        self.home, self.environment, self.log = home / "airflow", environment, home / "standalone.txt"
        self.url = environment["AIRFLOW__API__BASE_URL"].rstrip("/")
        with self.log.open("w") as log:
            command = [home / "venv" / "bin" / "airflow", "standalone"]
            self._process = subprocess.Popen(
                command, env=environment, cwd=home, stdout=log, stderr=log, start_new_session=True
            )
        password = self._until(self._password, STARTS)
        self.client = Client(self.url, password)
        self._until(lambda: self.client.health() and self.client.parsed(), STARTS)

    def _password(self):
        with contextlib.suppress(OSError, ValueError):
            return json.loads((self.home / "simple_auth_manager_passwords.json.generated").read_text())["admin"]

    def _until(self, ask, seconds):
        deadline = time.monotonic() + seconds
        while not (found := self._asked(ask)):
            assert self._process.poll() is None, self.log.read_text()[-4000:]
            assert time.monotonic() < deadline, self.log.read_text()[-4000:]
            time.sleep(0.3)
        return found

    def _asked(self, ask):
        with contextlib.suppress(EngineError):  # on SQLite the api-server may keep a request waiting for too long
            return ask()

    def call(self, method, path, body=None):
        answer, _ = self.client._insist(method, path, body)
        assert answer.is_success, answer.text
        return answer.json()

    def run(self, name, **conf):
        """The state in which a run ends."""
        self.client.trigger(name, conf)
        ended = ("success", "failed")
        return self._until(lambda: (state := self.client.run_state(name)) in ended and state, RUNS)

    def stop(self):
        self._process.send_signal(signal.SIGINT)  # after SIGTERM it would leave its children
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(10)  # its scheduler waits a minute or more for an api-server that ended before it
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


@pytest.fixture
def airflow(home):
    """An Airflow with the two DAG files of the guide, and nothing else of ours; a new one if the test runs again."""
    (home / "airflow" / "dags").mkdir(parents=True)
    ours, after = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
    (home / "airflow" / "dags" / "codons.py").write_text(ours)
    (home / "airflow" / "dags" / "after.py").write_text(after)
    started = Standalone(home, surroundings(home, free_ports(3)))
    yield started
    started.stop()
    (home / "airflow").rename(home / f"airflow-{time.monotonic_ns()}")  # a killed child may write still
    (home / LINEAGE).unlink(missing_ok=True)


def test_the_metadata_asks_for_what_was_tested(home):
    [wheel] = home.glob("*.whl")
    own = next(home.glob("venv/lib/*/site-packages/opengenome-*.dist-info"))
    assert wheel.name.split("-")[1] == own.name.removesuffix(".dist-info").split("-")[1]
    from packaging.requirements import Requirement  # noqa: PLC0415

    wanted = [Requirement(text) for text in importlib.metadata.Distribution.at(own).requires]
    assert {one.name: one.specifier.contains(importlib.metadata.version(one.name)) for one in wanted} == {
        one.name: True for one in wanted
    }


def starts_the_dag_that_follows(airflow, results):
    """Once, after the run that published: neither after the skipped one nor after the one that failed."""
    path = f"/api/v2/dags/{AFTER}/dagRuns"

    def ended():
        found = airflow.call("GET", path)["dag_runs"]
        return found if found and {run["state"] for run in found} <= {"success", "failed"} else None

    [followed] = airflow._until(ended, RUNS)
    assert followed["state"] == "success"
    answer = airflow.call("GET", f"{path}/{followed['dag_run_id']}/taskInstances/look/xcomEntries/return_value")
    [extra] = answer["value"] if isinstance(answer["value"], list) else json.loads(answer["value"])
    table = hashlib.sha256((results / "codon_usage.csv").read_bytes()).hexdigest()
    assert (extra["run"], extra["results"], extra["table"]) == ("whole", str(results), table)
    assert (extra["changed"], extra["source"], extra["codons"], extra["counted"]) == (True, "", 67, 1)


def publishes_again_without_a_second_event(airflow):
    """A run that is cleared and publishes the same table starts no other DAG."""
    airflow.client.clear("whole", ["publish"])
    ended = {("publish", "success", 2)}
    airflow._until(
        lambda: (
            ended <= {(ti["task_id"], ti["state"], ti["try_number"]) for ti in airflow.client.task_instances("whole")}
        ),
        RUNS,
    )
    assert airflow.client.xcom_value("whole", "publish", -1, "return_value")["changed"] is False
    events = airflow.call("GET", "/api/v2/assets/events")["asset_events"]
    assert [(event["uri"], event["source_run_id"]) for event in events] == [
        ("opengenome://codon_usage/latest", "whole")
    ]
    assert airflow.call("GET", f"/api/v2/dags/{AFTER}/dagRuns")["total_entries"] == 1


def says_what_it_read_and_wrote(log, source, results):
    """The events of OpenLineage's file transport; only if its provider is installed."""
    if importlib.util.find_spec("airflow.providers.openlineage") is None:
        return
    events = [json.loads(line) for line in log.read_text().splitlines()]
    [publish] = [one for one in events if one["job"]["name"].endswith(".publish") and one["eventType"] == "COMPLETE"]
    [batch] = [one for one in events if one["job"]["name"].endswith(".count_codons") and one["outputs"]]
    assert [one["name"] for one in publish["inputs"]] == [str(source)]
    assert [one["name"] for one in publish["outputs"]] == [str(results)]
    assert [one["name"] for one in batch["inputs"]] == [str(source)]  # and not its copy in the store
    assert Path(batch["outputs"][0]["name"], "manifest.json").is_file()


def test_a_plain_airflow_takes_the_package_says_what_it_lacks_and_then_publishes(airflow, home):
    """One test: an Airflow takes half a minute to start, and each step needs the one before."""
    client = airflow.client
    assert client.import_errors() == []
    assert airflow.call("GET", f"/api/v2/pools/{POOL}")["slots"] >= 1  # the plugin of the package made it
    for dag in (AFTER, "codon_usage"):
        airflow.call("PATCH", f"/api/v2/dags/{dag}", {"is_paused": False})

    assert airflow.run("lacking") == "failed"
    assert {ti["task_id"]: ti["state"] for ti in client.task_instances("lacking")}["ingest"] == "upstream_failed"
    sentence = client.xcom_value("lacking", "discover", -1, "failure")["sentence"]
    assert airflow.call("GET", "/api/v2/dags/codon_usage/dagRuns/lacking")["note"] == in_markdown(sentence)
    airflow._until(lambda: not client.unfinished_runs(), RUNS)  # the run of the schedule, which lacks the same
    assert sentence.startswith(f"This Airflow has no connection {CONNECTION}")
    assert (command := f"airflow connections add {CONNECTION} --conn-type spark --conn-host 'local[*]'") in sentence
    assert command in GUIDE

    body = {"connection_id": CONNECTION, "conn_type": "spark", "host": "local[*]"}
    airflow.call("POST", "/api/v2/connections", body)
    landing = airflow.home / "opengenome" / "data" / "landing"
    assert airflow.run("empty") == "success"
    assert {ti["state"] for ti in client.task_instances("empty")} == {"skipped"}
    assert [line["event"] for line in client.log("empty", "discover", -1, 1) if str(landing) in line["event"]]

    landing.mkdir(parents=True)
    (landing / "first.fasta").write_text(f">all\n{''.join(CODONS)}\n>more\nACGACGACG\n")
    assert airflow.run("whole") == "success", [
        (ti["task_id"], ti["state"], client.xcom_value("whole", ti["task_id"], ti["map_index"], "failure"))
        for ti in client.task_instances("whole")
    ]
    assert airflow.call("GET", "/api/v2/dags/codon_usage/dagRuns/whole")["note"] == (
        "1 file · 2 sequences · 67 codons · 1 batch counted · proven"
    )
    published = airflow.home / "opengenome" / "results" / "latest"
    starts_the_dag_that_follows(airflow, published.resolve())
    says_what_it_read_and_wrote(home / LINEAGE, landing / "first.fasta", published.resolve())
    publishes_again_without_a_second_event(airflow)
    assert len((published / "codon_usage.csv").read_text().splitlines()) == 65
    assert json.loads((published / "summary.json").read_text())["sequences"] == 2
    verify = [home / "venv" / "bin" / "python", "-m", "opengenome.cli", "verify", published]
    assert subprocess.run(verify, env=airflow.environment, cwd=home, check=False, capture_output=True).returncode == 0

    [said] = [line for line in client.log("whole", "discover", -1, 1) if "1 input file, " in line["event"]]
    assert said["logger"].startswith("opengenome.")  # not the capture of standard output, which is too late
    links = airflow.call("GET", "/api/v2/dags/codon_usage/dagRuns/whole/taskInstances/count_codons/links?map_index=0")
    link = links["extra_links"]["Batch output"]
    assert link == "/opengenome/dags/codon_usage/runs/whole/batches/0"
    page = client._send("GET", link)
    assert page.status_code == httpx.codes.OK
    assert "<h1>Batch 1 of 1</h1>" in page.text  # the package has its templates
    report = client._send("GET", "/opengenome/dags/codon_usage/runs/whole/report")
    assert report.text == (published / "report.html").read_text()
    assert all(codon in report.text for codon in CODONS)  # the package has the report's templates too
    result = client._send("GET", "/opengenome/dags/codon_usage/runs/whole/table")
    assert result.status_code == httpx.codes.OK
    assert result.text.count('<tr><th scope="row">') >= len(CODONS)
