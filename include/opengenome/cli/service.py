"""`up` and `down`: the web interface on this machine, until it is stopped."""

from __future__ import annotations

import argparse
import contextlib
import time
from collections.abc import Callable

import psutil

from opengenome.cli import environment
from opengenome.cli.embedded import UP, airflow, read_instance
from opengenome.cli.environment import Site
from opengenome.errors import EngineError

_STOPPING = 60.0  # seconds that `down` waits


def up(_: argparse.Namespace, say: Callable[[str], None]) -> None:
    """Start Airflow and stay until SIGINT, SIGTERM or `down`, which end in KeyboardInterrupt.

    Raises EngineError when a component dies.
    """
    site = Site.of_checkout()
    found = read_instance(site)
    if found and found.purpose == UP:
        password = environment.load_secrets(site)["password"]
        print(f"Already up at {found.url} · user {environment.USER} · password {password}", flush=True)
        return
    with airflow(site, UP, say) as running:
        print(f"{running.instance.url} · user {environment.USER} · password {running.password}", flush=True)
        print("Ctrl-C or `./opengenome down` stops it", flush=True)
        while True:
            running.alive()
            time.sleep(1)


def down(_: argparse.Namespace, say: Callable[[str], None]) -> None:
    """Stop the `up` of this checkout and wait until it is gone. Raises EngineError when it does not go."""
    instance = read_instance(Site.of_checkout())
    if instance is None:
        say("Nothing is up in this checkout")
    elif instance.purpose != UP:
        say(f"Nothing is up; `{instance.purpose}` (process {instance.pid}) runs and stops its Airflow itself")
    else:
        with contextlib.suppress(psutil.NoSuchProcess):
            owner = psutil.Process(instance.pid)
            if abs(owner.create_time() - instance.created) < 1.0:  # not another process that got the same number
                owner.terminate()
                _wait(owner)
        say(f"Stopped the Airflow at {instance.url} (process {instance.pid})")


def _wait(owner: psutil.Process) -> None:
    try:
        owner.wait(_STOPPING)
    except psutil.TimeoutExpired as error:
        raise EngineError(f"The Airflow of process {owner.pid} is still stopping after {_STOPPING:.0f} s") from error
