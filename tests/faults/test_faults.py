"""Whatever fails at whatever moment, the table equals that of an undisturbed run, and no process is left over.

The short form has one fault of some kinds; `./opengenome test --faults` has every kind several times. To repeat a
printed seed, use `--fault-seed N` or OPENGENOME_FAULT_SEED=N; for one fault of it, add `-k` with its number and kind.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import secrets
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from fault_airflow import OwnAirflow
from fault_kinds import BATCH_SIZE, KINDS, MissedError, Scene
from fault_processes import left_over, submits
from stranger import Stranger, endpoints

from opengenome.cli.processes import belonging
from opengenome.core.alphabet import CODONS
from opengenome.io.store import sha256_of

pytestmark = pytest.mark.e2e

_ROUNDS = 3  # of the long form
_SHORT = (
    "SIGKILL worker",
    "SIGKILL supervisor",
    "manifest half-written",
    "disk full",
    "input changed through memory",
    "record table damaged",
    "two runs at once",
)
_PATIENCE = 8.0  # seconds until all processes of a finished run must have ended
_COLUMNS = ("injections", "by itself", "by a retry", "differences", "orphans")


def pytest_generate_tests(metafunc):
    if "kind" not in metafunc.fixturenames:
        return
    config = metafunc.config
    kinds = list(KINDS) * _ROUNDS if config.getoption("--faults") else list(_SHORT)
    random.Random(_seed(config)).shuffle(kinds)  # noqa: S311
    metafunc.parametrize(
        ("number", "kind"), list(enumerate(kinds)), ids=[f"{n}-{k}".replace(" ", "-") for n, k in enumerate(kinds)]
    )


def _seed(config):
    if not hasattr(config, "fault_seed"):
        chosen = config.getoption("--fault-seed")
        config.fault_seed = int(os.environ.get("OPENGENOME_FAULT_SEED") or secrets.randbelow(10**6))
        config.fault_seed = config.fault_seed if chosen is None else chosen
    return config.fault_seed


class Account:
    """Each fault and its result: a line for each, and a table at the end."""

    def __init__(self, config):
        self.seed = _seed(config)
        self._reporter = config.pluginmanager.getplugin("terminalreporter")
        self._capture = config.pluginmanager.getplugin("capturemanager")
        self.kinds: dict[str, Counter[str]] = {}
        self.tell(f"\nFaults of the seed {self.seed}")

    def tell(self, line):
        with self._capture.global_and_fixture_disabled():
            self._reporter.write_line(line)

    def add(self, kind, **told):
        self.kinds.setdefault(kind, Counter()).update({name.replace("_", " "): n for name, n in told.items()})

    def table(self):
        rows = [*sorted(self.kinds.items()), ("all", sum(self.kinds.values(), Counter()))]
        self.tell(f"\n{f'seed {self.seed}':28}" + "".join(f"{column:>13}" for column in _COLUMNS))
        for kind, told in rows:
            self.tell(f"{kind:28}" + "".join(f"{told[column]:>13}" for column in _COLUMNS))


@pytest.fixture(scope="module")
def account(request):
    account = Account(request.config)
    yield account
    account.table()


@dataclass
class Stage:
    """The Airflow, the input of all runs, and the table of an undisturbed run."""

    airflow: OwnAirflow
    source: Path
    undisturbed: bytes = b""


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        for name in ("STORE", "RESULTS", "LANDING", "SOURCE_ROOTS"):
            patch.setenv(f"OPENGENOME_{name}", "")  # so that the Airflow's settings are undone afterwards
        work = tmp_path_factory.mktemp("faults")
        airflow = OwnAirflow(work)
        try:
            airflow.ready()
            stage = Stage(airflow, write_input(work / "input.fasta"))
            run = airflow.trigger(stage.source, BATCH_SIZE)
            assert airflow.wait(run) == "success"
            assert len(list(airflow.store.glob("batches/*/manifest.json"))) == 4
            stage.undisturbed = (airflow.results / run / "codon_usage.csv").read_bytes()
            yield stage
        finally:
            airflow.close()


LISTENERS = {"api-server", "JVM", "driver", "daemon"}
# The answers of our programs to somebody without their secret; all others are silent. docs/operations.md lists them.
REFUSALS = {
    "api-server": r"HTTP/1\.1 400 Bad Request\r\n"  # not an HTTP request
    r"|HTTP/1\.1 200 OK\r\n(?s:.)*<!doctype html>",  # its answers to requests: tests/dags/test_without_login.py
    "JVM": r"!xsAuthentication error: unexpected command|!zspy4j\.Py4JException: Unknown command received"
    r"|(?s:.)*(Unknown challenge message|Expected SaslMessage)"  # to a call
    r"|(?s:.)*(Stream '/files/count_batch\.py' was not found|NumberFormatException: For input string)",
    "daemon": r"(?s:....)(\0\0\0\x03err)?$",  # the id of a process that ends at once, and the refusal
}


class DriversHeld:
    """A thread that stops each driver as soon as its daemon exists; else a small batch is over before anybody looks."""

    def __init__(self, home):
        self._home = home
        self._over = threading.Event()
        self._held, self._seen = [], set()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()
        self._let_go(len(self._held))

    def _watch(self):
        while not self._over.wait(0.05):
            for one in submits(self._home):
                for driver in one.members["driver"] if one.members["daemon"] else ():
                    if driver.pid not in self._seen:
                        with contextlib.suppress(psutil.NoSuchProcess):
                            driver.suspend()
                        self._seen.add(driver.pid)
                        self._held.append(driver)

    @contextlib.contextmanager
    def looked_at(self):
        """The endpoints of this moment. Those of held drivers' daemons are among them. Lets these drivers go after."""
        number = len(self._held)
        found, deadline = endpoints(self._home), time.monotonic() + 10
        while number and not any(one.program == "daemon" for one in found) and time.monotonic() < deadline:
            time.sleep(0.1)  # it does not listen yet
            found = endpoints(self._home)
        try:
            yield found
        finally:
            self._let_go(number)

    def _let_go(self, number):
        for driver in self._held[:number]:
            with contextlib.suppress(psutil.NoSuchProcess):
                driver.resume()
        del self._held[:number]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_another_user_of_this_machine_gets_only_refusals(stage):
    """Tries each port and unix socket of every process while a run counts, and all files and processes."""
    airflow = stage.airflow
    airflow.ready()
    held = [*json.loads((airflow.home / "secrets.json").read_text()).values()]
    shown, heard, files = set(), {}, {}
    with (
        contextlib.closing(Stranger([airflow.home, airflow.disk, airflow.results])) as stranger,
        DriversHeld(airflow.home) as drivers,
    ):
        Scene(airflow, stage.source, random.Random(0)).forget(2)  # noqa: S311
        run = airflow.trigger(stage.source, BATCH_SIZE)
        for _ in airflow.watch(run):
            with drivers.looked_at() as found:
                for one in found - heard.keys():
                    heard[one] = stranger.ask("words", *one.place, 0.5)
                for process in belonging(airflow.home):
                    shown |= {(process.pid, name) for name in stranger.ask("process", process.pid, held)}
        port = next(int(one.address) for one in heard if one.program == "api-server")
        ours = "/opengenome/dags/codon_usage/runs"
        paths = ("/", "/docs", "/redoc", f"/api/v2/dags/codon_usage/dagRuns/{run}", f"{ours}/{run}/batches/0")
        answers = stranger.ask("requests", "127.0.0.1", port, [("GET", path) for path in paths])
        for number, folder in enumerate(("home", "store", "results")):
            files[folder] = stranger.ask("files", number, held)
    assert {one.program for one in heard} >= LISTENERS
    wrong = [
        f"{one} to {question}: {answer[:300]!r}"
        for one, answers in heard.items()
        for question, answer in answers.items()
        if not re.match(REFUSALS.get(one.program, "never"), answer)
    ]
    assert not wrong, "\n".join(wrong)
    assert answers[0] == answers[1] == answers[2]  # the page that loads the interface, and no other
    assert [status for status, *_ in answers] == [200, 200, 200, 401, 401]
    assert {one.host.removeprefix("::ffff:") for one in heard} <= {"127.0.0.1", "::1", ""}
    assert shown == set()
    assert files["home"] == [0, []]  # logs and the database too
    assert [name for _, holding in files.values() for name in holding] == []
    assert airflow.wait(run) == "success"
    assert airflow.tries(run) == 1  # no question disturbed it
    assert not [*_differences(airflow, run, stage.undisturbed)]


def write_input(path):
    """Four batches of short records of every length modulo 3; the first record holds all codons."""
    drawn = random.Random(64)  # noqa: S311  (test data, always the same)
    records = ["".join(CODONS), *("".join(drawn.choices("ACGTacgtN", k=drawn.randint(200, 900))) for _ in range(3999))]
    path.write_text("".join(f">s{n}\n{sequence}\n" for n, sequence in enumerate(records)))
    return path


def test_the_table_equals_that_of_an_undisturbed_run(stage, account, number, kind):
    airflow = stage.airflow
    if kind == "disk full" and airflow.no_disk:
        pytest.skip(f"NO DISK WAS FILLED: {airflow.no_disk}")
    scene = Scene(airflow, stage.source, random.Random(f"{account.seed} {number} {kind}"))  # noqa: S311
    began = time.monotonic()
    _inject(kind, scene)
    account.add(kind, injections=scene.injections)
    states = {run: airflow.wait(run) for run in scene.runs}
    for run, state in states.items():
        if state == "failed":
            airflow.retry(run)
            assert airflow.wait(run) == "success", airflow.failed(run)
    retried = "failed" in states.values()
    left = left_over(airflow.home, airflow.store, _PATIENCE)
    wrong = [sentence for run in states for sentence in _differences(airflow, run, stage.undisturbed)]
    account.add(kind, differences=len(wrong), orphans=len(left) + len(scene.survivors))
    account.add(kind, **{"by_a_retry" if retried else "by_itself": scene.injections})
    tries = max(map(airflow.tries, states))
    how = f"recovered {'by a retry' if retried else 'by itself'}, {tries} tries"
    account.tell(f"{number:3} {kind} · {scene.said} · {how}, {time.monotonic() - began:.0f} s")
    assert not wrong
    assert not left
    assert not scene.survivors


def _inject(kind, scene):
    """Do a fault for certain: if a run ends before the moment of its fault, it is repeated."""
    for _ in range(5):
        scene.airflow.ready()
        scene.forget(2)
        scene.runs.clear()
        try:
            return KINDS[kind](scene)
        except MissedError:
            scene.said = ""
            for run in scene.runs:
                scene.airflow.wait(run)
    return pytest.fail(f"{kind}: five runs were over before it could be done")


def _differences(airflow, run, undisturbed):
    """Differences of a successful run to an undisturbed one, and to its committed files."""
    results = airflow.results / run
    if (results / "codon_usage.csv").read_bytes() != undisturbed:
        yield f"{run}: codon_usage.csv differs"
    if json.loads((results / "validation.json").read_text())["proven"] is not True:
        yield f"{run}: not proven"
    batches = json.loads((results / "provenance.json").read_text())["batches"]
    if len(batches) != 4 or not all(batch["per_sequence"] for batch in batches):
        yield f"{run}: not every batch names its parts"
    for batch in batches:
        manifest = json.loads(Path(batch["path"], "manifest.json").read_text())
        committed = {str(Path(batch["path"], part["name"])): part["sha256"] for part in manifest["parts"]}
        for part in batch["per_sequence"]:
            if committed.get(part) != sha256_of(Path(part)):
                yield f"{run}: {part} is not what is committed"
