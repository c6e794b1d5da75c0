"""The embedded Airflow of a checkout: one at a time, started or shared, and stopped by the command that started it.

The command that holds the lock on `instance.lock` owns the Airflow. The kernel releases the lock when the process ends.
`instance.json` names the owner and its address. A command that finds an `up` shares its Airflow. One that finds an
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

    owner: the process of its command. purpose: the name of that command. results: where its runs publish. ready:
    whether it answers and knows the DAG.
    """

    owner: Identity
    purpose: str
    url: str
    results: str
    ready: bool = False


@dataclass(frozen=True, slots=True)
class Running:
    """What a command works with: the instance, a logged-in client, and a check that its processes live.

    alive raises EngineError that names the component and its log if a component has died.
    """

    instance: Instance
    client: Client
    password: str
    alive: Callable[[], None]


def read_instance(site: Site) -> Instance | None:
    """The instance in `instance.json`, if its owner still lives."""
    try:
        found = json.loads((site.home / "instance.json").read_text())
        instance = Instance(**{**found, "owner": Identity(**found["owner"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return instance if instance.owner.lives() else None


@contextlib.contextmanager
def airflow(site: Site, purpose: str, log_line: Callable[[str], None], port: int | None = None) -> Iterator[Running]:
    """An Airflow that is ready: the one that is up, or a new one that is stopped at the end, whatever happens.

    port: the port of a new one; None for the first free port.
    """
    site.prepare()
    with site.writing():
        opened = site.lock.open("a")
    with opened as lock:
        found = _lock_or_find(site, lock, log_line)
        with _shared(site, found) if found else _own(site, purpose, log_line, port) as running:
            yield running


def in_use(site: Site) -> bool:
    """Whether a command of this checkout owns an Airflow or is about to, even if `instance.json` does not name it.

    Raises StorageError if the lock belongs to another user.
    """
    try:
        with site.writing(), site.lock.open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except BlockingIOError:
        return True
    return False


def _lock_or_find(site: Site, lock: IO[str], log_line: Callable[[str], None]) -> Instance | None:
    """None if this command now holds the lock, or the ready `up` that holds it."""
    announced, began = "", time.monotonic()
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            found = read_instance(site)
        else:
            return None
        if found and found.purpose == UP and found.ready:
            return found
        # A command that has just taken the lock has not written its name yet; after a second we wait for it unnamed.
        if found or time.monotonic() - began > _NAMELESS:
            who = f"`{found.purpose}` (process {found.owner.pid})" if found else "another command"
            if announced != who:
                announced = who
                log_line(f"Waiting for {who}, which uses this checkout's Airflow")
        time.sleep(0.3)


@contextlib.contextmanager
def _shared(site: Site, instance: Instance) -> Iterator[Running]:
    def alive() -> None:
        if read_instance(site) != instance:
            raise EngineError("The shared Airflow of `up` has been stopped")

    keys = environment.load_secrets(site)
    with contextlib.closing(Client(instance.url, keys["password"])) as client:
        if not client.health():
            raise EngineError(
                f"The Airflow of `up` (process {instance.owner.pid}) does not answer at {instance.url}",
                advice=f"Run `{typed('down')}` and try again.",
            )
        yield Running(instance, client, keys["password"], alive)


@contextlib.contextmanager
def _own(site: Site, purpose: str, log_line: Callable[[str], None], wanted: int | None) -> Iterator[Running]:
    with environment.reserved_port(wanted) as port, _started(site, purpose, port, log_line) as running:
        yield running


@contextlib.contextmanager
def _started(site: Site, purpose: str, port: int, log_line: Callable[[str], None]) -> Iterator[Running]:
    if not (site.dags / f"{flow.DAG}.py").is_file():
        raise EngineError(f"The DAG is missing: {site.dags / flow.DAG}.py")
    sweep(site.home)  # a killed command may have left processes
    repair.mend(site, log_line)
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
            raise _ended(f"Airflow's {name} has ended unexpectedly", components, name)

    try:
        with site.writing():
            _record(site, instance)
            _migrate(site, components, log_line)
            log_line("Starting Airflow")
            started = time.monotonic()
            components.start_together(_COMPONENTS)
        with contextlib.closing(Client(instance.url, keys["password"])) as client:
            wait_until_ready(client, alive, started, log_line)
            instance = replace(instance, ready=True)
            _record(site, instance)
            log_line(f"Airflow is ready at {instance.url} ({time.monotonic() - started:.0f} s)")
            yield Running(instance, client, keys["password"], alive)
    except EngineError:
        repair.room(site)  # if the disk is full, that is the reason, which no log could record
        raise
    finally:
        log_line("Stopping Airflow")
        left = components.stop()
        (site.home / "instance.json").unlink(missing_ok=True)
        log_line("Airflow has stopped" if not left else f"These processes could not be stopped: {left}")


def _myself() -> Identity:
    found = identity_of(os.getpid())
    if found is None:
        raise EngineError("This process cannot read its own start time", advice="Make /proc readable.")
    return found


def _record(site: Site, instance: Instance) -> None:
    environment.write_private(site.home / "instance.json", json.dumps(asdict(instance)))


def _ended(what: str, components: Components, name: str) -> EngineError:
    return EngineError(f"{what}: {components.last_words(name)}", advice=f"Its log is {components.log(name)}")


def _migrate(site: Site, components: Components, log_line: Callable[[str], None]) -> None:
    """Bring the database to the installed Airflow's schema, once for each version."""
    stamp: Path = site.home / "database-version"
    version = importlib.metadata.version("apache-airflow-core")
    known = stamp.read_text(errors="replace") if stamp.exists() and (site.home / database.FILE).exists() else None
    if known == version:
        return
    if known is None:  # a migration did not finish, and half a schema cannot be upgraded
        database.remove(site.home)
    log_line("Preparing Airflow's database")
    components.start("db-migrate", "db", "migrate")
    if components.wait("db-migrate") != 0:
        raise _ended("Airflow's database cannot be prepared", components, "db-migrate")
    environment.write_private(stamp, version)
