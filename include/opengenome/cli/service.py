"""`up` and `down`: start and stop Airflow with its web interface on this machine."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import time
from collections.abc import Callable

from opengenome.cli import environment
from opengenome.cli.called import typed
from opengenome.cli.embedded import UP, airflow, in_use, read_instance
from opengenome.cli.environment import Site
from opengenome.cli.identity import Identity
from opengenome.errors import EngineError, UsageError
from opengenome.orchestration import settings

_STOPPING = 60.0  # seconds that `down` waits


def up(given: argparse.Namespace, log_line: Callable[[str], None]) -> None:
    """Start Airflow and stay until SIGINT, SIGTERM or `down`, which raise KeyboardInterrupt.

    Raises EngineError if a component dies, UsageError if it cannot listen on --port.
    """
    site = Site.of_checkout()
    found = read_instance(site)
    if found and found.purpose == UP:
        if given.port and not found.url.endswith(f":{given.port}"):
            raise UsageError(
                f"Airflow is already up at {found.url}, not on port {given.port}",
                advice=f"`{typed('down')}` stops it.",
            )
        password = environment.load_secrets(site)["password"]
        print(f"Already up at {found.url} · user {environment.USER} · password {password}", flush=True)
        return
    _make_landing(log_line)
    with airflow(site, UP, log_line, given.port) as running:
        print(f"{running.instance.url} · user {environment.USER} · password {running.password}", flush=True)
        print(f"Ctrl-C or `{typed('down')}` stops it", flush=True)
        while True:
            running.alive()
            time.sleep(1)


def _make_landing(log_line: Callable[[str], None]) -> None:
    """Create the input folder of the daily run, so that users can put files into it."""
    landing = settings.load().landing
    try:
        landing.mkdir(parents=True, exist_ok=True)
    except OSError as error:  # Airflow is useful without it
        log_line(f"The landing folder {landing} cannot be created: {error.strerror}")


def down(_: argparse.Namespace, log_line: Callable[[str], None]) -> None:
    """Stop the `up` of this checkout and wait for its end. Raises EngineError if it does not end."""
    site = Site.of_checkout()
    instance = read_instance(site)
    if instance is None:
        if in_use(site):
            raise EngineError(
                f"A command uses this checkout's Airflow, but {site.home / 'instance.json'} does not say which",
                advice="Try again. If that does not help, stop the command in its own terminal.",
            )
        log_line("Nothing is up in this checkout")
    elif instance.purpose != UP:
        log_line(
            f"Nothing is up; `{instance.purpose}` (process {instance.owner.pid}) runs and stops its Airflow itself"
        )
    else:
        log_line(f"Stopping the Airflow of process {instance.owner.pid}")
        with contextlib.suppress(ProcessLookupError):
            os.kill(instance.owner.pid, signal.SIGTERM)
        _wait(instance.owner)
        log_line(f"Stopped the Airflow at {instance.url} (process {instance.owner.pid})")


def _wait(owner: Identity) -> None:
    deadline = time.monotonic() + _STOPPING
    while owner.lives():
        if time.monotonic() > deadline:
            raise EngineError(f"The Airflow of process {owner.pid} is still stopping after {_STOPPING:.0f} s")
        time.sleep(0.1)
