"""`up` and `down`: the web interface on this machine, until it is stopped."""

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


def up(given: argparse.Namespace, say: Callable[[str], None]) -> None:
    """Start Airflow and stay until SIGINT, SIGTERM or `down`, which end in KeyboardInterrupt.

    Raises EngineError when a component dies, UsageError where it cannot listen on --port.
    """
    site = Site.of_checkout()
    found = read_instance(site)
    if found and found.purpose == UP:
        if given.port and not found.url.endswith(f":{given.port}"):
            raise UsageError(
                f"Airflow is up already at {found.url}, not on port {given.port}",
                advice=f"`{typed('down')}` stops it.",
            )
        password = environment.load_secrets(site)["password"]
        print(f"Already up at {found.url} · user {environment.USER} · password {password}", flush=True)
        return
    _make_landing(say)
    with airflow(site, UP, say, given.port) as running:
        print(f"{running.instance.url} · user {environment.USER} · password {running.password}", flush=True)
        print(f"Ctrl-C or `{typed('down')}` stops it", flush=True)
        while True:
            running.alive()
            time.sleep(1)


def _make_landing(say: Callable[[str], None]) -> None:
    """The folder of the daily run, so that it is there for who wants to put something into it."""
    landing = settings.load().landing
    try:
        landing.mkdir(parents=True, exist_ok=True)
    except OSError as error:  # Airflow is of use without it
        say(f"The landing folder {landing} cannot be made: {error.strerror}")


def down(_: argparse.Namespace, say: Callable[[str], None]) -> None:
    """Stop the `up` of this checkout and wait until it is gone. Raises EngineError when it does not go."""
    site = Site.of_checkout()
    instance = read_instance(site)
    if instance is None:
        if in_use(site):
            raise EngineError(
                f"A command uses this checkout's Airflow, but {site.home / 'instance.json'} does not say which",
                advice="Try again; if that does not help, end it in its own terminal.",
            )
        say("Nothing is up in this checkout")
    elif instance.purpose != UP:
        say(f"Nothing is up; `{instance.purpose}` (process {instance.owner.pid}) runs and stops its Airflow itself")
    else:
        say(f"Stopping the Airflow of process {instance.owner.pid}")
        with contextlib.suppress(ProcessLookupError):
            os.kill(instance.owner.pid, signal.SIGTERM)
        _wait(instance.owner)
        say(f"Stopped the Airflow at {instance.url} (process {instance.owner.pid})")


def _wait(owner: Identity) -> None:
    deadline = time.monotonic() + _STOPPING
    while owner.lives():
        if time.monotonic() > deadline:
            raise EngineError(f"The Airflow of process {owner.pid} is still stopping after {_STOPPING:.0f} s")
        time.sleep(0.1)
