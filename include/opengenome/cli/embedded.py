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
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import IO

from opengenome import flow
from opengenome.cli import database, environment, repair
from opengenome.cli.called import typed
from opengenome.cli.client import Client
from opengenome.cli.environment import Site
from opengenome.cli.identity import Identity, identity_of
from opengenome.cli.processes import Components, sweep
from opengenome.cli.readiness import wait_until_ready
from opengenome.errors import EngineError
from opengenome.orchestration import settings

UP = "up"
_NAMELESS = 1.0  # seconds
_COMPONENTS = {
    "api-server": ("api-server",),  # the slowest first
    "dag-processor": ("dag-processor",),
    "scheduler": ("scheduler", "--skip-serve-logs"),  # its log server would listen on all interfaces
}


@dataclass(frozen=True, slots=True)
class Instance:
    """A running Airflow.

    owner: the process of its command. purpose: which command that is. results: where its runs publish. ready: it
    answers and knows the DAG.
    """

    owner: Identity
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
        found = json.loads((site.home / "instance.json").read_text())
        instance = Instance(**{**found, "owner": Identity(**found["owner"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return instance if instance.owner.lives() else None


@contextlib.contextmanager
def airflow(site: Site, purpose: str, say: Callable[[str], None], port: int | None = None) -> Iterator[Running]:
    """An Airflow that is ready: the one that is up, or an own one that is stopped at the end, whatever happens.

    port: where an own one listens; None for the first that is free.
    """
    site.prepare()
    with site.writing():
        opened = site.lock.open("a")
    with opened as lock:
        found = _lock_or_find(site, lock, say)
        with _shared(site, found) if found else _own(site, purpose, say, port) as running:
            yield running


def in_use(site: Site) -> bool:
    """Whether a command of this checkout owns an Airflow, or is about to, also where it does not say which.

    Raises StorageError where that is somebody else's.
    """
    try:
        with site.writing(), site.lock.open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except BlockingIOError:
        return True
    return False


def _lock_or_find(site: Site, lock: IO[str], say: Callable[[str], None]) -> Instance | None:
    """None with the lock held, or the `up` that holds it and is ready."""
    told, began = "", time.monotonic()
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            found = read_instance(site)
        else:
            return None
        if found and found.purpose == UP and found.ready:
            return found
        # Who has only just taken the lock has not said yet who it is; after a second it is told without a name.
        if found or time.monotonic() - began > _NAMELESS:
            who = f"`{found.purpose}` (process {found.owner.pid})" if found else "another command"
            if told != who:
                told = who
                say(f"Waiting for {who}, which uses this checkout's Airflow")
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
                f"The Airflow of `up` (process {instance.owner.pid}) does not answer at {instance.url}",
                advice=f"Run `{typed('down')}` and try again.",
            )
        yield Running(instance, client, keys["password"], alive)


@contextlib.contextmanager
def _own(site: Site, purpose: str, say: Callable[[str], None], wanted: int | None) -> Iterator[Running]:
    with environment.reserved_port(wanted) as port, _started(site, purpose, port, say) as running:
        yield running


@contextlib.contextmanager
def _started(site: Site, purpose: str, port: int, say: Callable[[str], None]) -> Iterator[Running]:
    if not (site.dags / f"{flow.DAG}.py").is_file():
        raise EngineError(f"The DAG is missing: {site.dags / flow.DAG}.py")
    sweep(site.home)  # what a command that was killed may have left
    repair.mend(site, say)
    keys = environment.load_secrets(site)
    components = Components(site.home, environment.build(site, port, keys, schedule=purpose == UP))
    instance = Instance(
        owner=_myself(),
        purpose=purpose,
        url=f"http://{environment.HOST}:{port}",
        results=str(settings.load().results),
    )

    def alive() -> None:
        components.trim_logs()
        if name := components.dead():
            raise _ended(f"Airflow's {name} has ended by itself", components, name)

    try:
        with site.writing():
            _record(site, instance)
            _migrate(site, components, say)
            say("Starting Airflow")
            started = time.monotonic()
            components.start_together(_COMPONENTS)
        with contextlib.closing(Client(instance.url, keys["password"])) as client:
            wait_until_ready(client, alive, started, say)
            instance = replace(instance, ready=True)
            _record(site, instance)
            say(f"Airflow is ready at {instance.url} ({time.monotonic() - started:.0f} s)")
            yield Running(instance, client, keys["password"], alive)
    except EngineError:
        repair.room(site)  # a full disk is then the reason: SQLite cannot write, and neither can a log
        raise
    finally:
        say("Stopping Airflow")
        left = components.stop()
        (site.home / "instance.json").unlink(missing_ok=True)
        say("Airflow has stopped" if not left else f"These processes could not be ended: {left}")


def _myself() -> Identity:
    found = identity_of(os.getpid())
    if found is None:
        raise EngineError("This process cannot tell who it is", advice="/proc has to be readable.")
    return found


def _record(site: Site, instance: Instance) -> None:
    environment.write_private(site.home / "instance.json", json.dumps(asdict(instance)))


def _ended(what: str, components: Components, name: str) -> EngineError:
    return EngineError(f"{what}: {components.last_words(name)}", advice=f"Its log is {components.log(name)}")


def _migrate(site: Site, components: Components, say: Callable[[str], None]) -> None:
    """Bring the database to the installed Airflow's schema, once for each version."""
    stamp: Path = site.home / "database-version"
    version = importlib.metadata.version("apache-airflow-core")
    known = stamp.read_text(errors="replace") if stamp.exists() and (site.home / database.FILE).exists() else None
    if known == version:
        return
    if known is None:  # never finished: half a schema cannot be upgraded
        database.remove(site.home)
    say("Preparing Airflow's database")
    components.start("db-migrate", "db", "migrate")
    if components.wait("db-migrate") != 0:
        raise _ended("Airflow's database cannot be prepared", components, "db-migrate")
    environment.write_private(stamp, version)
