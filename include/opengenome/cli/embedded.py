"""The embedded Airflow of a checkout: one at a time, started or shared, and stopped with whoever started it.

Who holds the lock on `instance.lock` owns the Airflow. The kernel lets go of it when that process ends, however it
ends; `instance.json` says who it is and where it listens. A command that finds an `up` shares it; one that finds an
`analyze` or `demo` waits, because that Airflow stops with its owner.
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib.metadata
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

import psutil

from opengenome.cli import environment
from opengenome.cli.client import DAG, Client
from opengenome.cli.environment import Site
from opengenome.cli.processes import Components, adopt_orphans, sweep
from opengenome.cli.readiness import wait_until_ready
from opengenome.errors import EngineError
from opengenome.orchestration import settings

UP = "up"


@dataclass(frozen=True, slots=True)
class Instance:
    """A running Airflow. pid, created: its owner and when that process started (seconds since 1970).

    purpose: the command that owns it. results: where its runs publish. ready: it answers and knows the DAG.
    """

    pid: int
    created: float
    purpose: str
    url: str
    results: str
    ready: bool = False


@dataclass(frozen=True, slots=True)
class Running:
    """What a command works with: the instance, a client that is logged in, and a check that its processes live.

    alive raises EngineError, naming the component and its log, when one has died.
    """

    instance: Instance
    client: Client
    password: str
    alive: Callable[[], None]


def read_instance(site: Site) -> Instance | None:
    """The owner that `instance.json` names, if that very process still lives."""
    try:
        instance = Instance(**json.loads((site.home / "instance.json").read_text()))
        same = abs(psutil.Process(instance.pid).create_time() - instance.created) < 1.0
    except (OSError, ValueError, TypeError, psutil.Error):
        return None
    return instance if same else None


@contextlib.contextmanager
def airflow(site: Site, purpose: str, say: Callable[[str], None]) -> Iterator[Running]:
    """An Airflow that is ready: the one that is up, or an own one that is stopped at the end, whatever happens."""
    site.prepare()
    with (site.home / "instance.lock").open("a") as lock:
        found = _lock_or_find(site, lock, say)
        with _shared(site, found) if found else _own(site, purpose, say) as running:
            yield running


def _lock_or_find(site: Site, lock: IO[str], say: Callable[[str], None]) -> Instance | None:
    """None with the lock held, or the `up` that holds it and is ready."""
    told = 0
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            found = read_instance(site)
        else:
            return None
        if found and found.purpose == UP and found.ready:
            return found
        if found and told != found.pid:
            told = found.pid
            say(f"Waiting for `{found.purpose}` (process {found.pid}), which uses this checkout's Airflow")
        time.sleep(0.3)


@contextlib.contextmanager
def _shared(site: Site, instance: Instance) -> Iterator[Running]:
    def alive() -> None:
        if read_instance(site) != instance:
            raise EngineError("The Airflow that was up has been stopped")

    keys = environment.load_secrets(site)
    with contextlib.closing(Client(instance.url, keys["password"])) as client:
        if not client.health():
            raise EngineError(
                f"The Airflow of `up` (process {instance.pid}) does not answer at {instance.url}",
                advice="Run `./opengenome down` and try again.",
            )
        yield Running(instance, client, keys["password"], alive)


@contextlib.contextmanager
def _own(site: Site, purpose: str, say: Callable[[str], None]) -> Iterator[Running]:
    with environment.reserved_port() as port, _started(site, purpose, port, say) as running:
        yield running


@contextlib.contextmanager
def _started(site: Site, purpose: str, port: int, say: Callable[[str], None]) -> Iterator[Running]:
    if not (site.dags / f"{DAG}.py").is_file():
        raise EngineError(f"The DAG is missing: {site.dags / DAG}.py")
    adopt_orphans()
    sweep(site.home)  # what a command that was killed may have left
    keys = environment.load_secrets(site)
    components = Components(site.home, environment.build(site, port, keys, schedule=purpose == UP))
    myself = psutil.Process()
    instance = Instance(
        pid=myself.pid,
        created=myself.create_time(),
        purpose=purpose,
        url=f"http://{environment.HOST}:{port}",
        results=str(settings.load().results),
    )

    def alive() -> None:
        if name := components.dead():
            raise EngineError(f"Airflow's {name} has ended by itself", advice=f"Its log is {components.log(name)}")

    try:
        _record(site, instance)
        _migrate(site, components, say)
        say("Starting Airflow")
        started = time.time()
        components.start("api-server", "api-server")  # the slowest first
        components.start("dag-processor", "dag-processor")
        components.start("scheduler", "scheduler", "--skip-serve-logs")  # its log server would listen on all interfaces
        with contextlib.closing(Client(instance.url, keys["password"])) as client:
            wait_until_ready(client, alive, started)
            instance = Instance(**{**asdict(instance), "ready": True})
            _record(site, instance)
            say(f"Airflow is ready at {instance.url} ({time.time() - started:.0f} s)")
            yield Running(instance, client, keys["password"], alive)
    finally:
        left = components.stop()
        (site.home / "instance.json").unlink(missing_ok=True)
        say("Airflow has stopped" if not left else f"These processes could not be ended: {left}")


def _record(site: Site, instance: Instance) -> None:
    environment.write_private(site.home / "instance.json", json.dumps(asdict(instance)))


def _migrate(site: Site, components: Components, say: Callable[[str], None]) -> None:
    """Bring the database to the installed Airflow's schema, once for each version."""
    stamp: Path = site.home / "database-version"
    database = site.home / "airflow.db"
    version = importlib.metadata.version("apache-airflow-core")
    known = stamp.read_text() if stamp.exists() and database.exists() else None
    if known == version:
        return
    if known is None:  # never finished: half a schema cannot be upgraded
        database.unlink(missing_ok=True)
    say("Preparing Airflow's database")
    components.start("db-migrate", "db", "migrate")
    if components.wait("db-migrate") != 0:
        raise EngineError("Airflow's database cannot be prepared", advice=f"The log is {components.log('db-migrate')}")
    environment.write_private(stamp, version)
