"""Trouble that happens to a run, in a thread of its own."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from pathlib import Path
from typing import Any

import psutil


def kill(over: threading.Event, name: str) -> None:
    """Kill the first of our descendants with `name` in its command line, one second after it is seen."""
    if found := java(over, name):
        time.sleep(1)
        found.kill()


def halt(over: threading.Event, name: str) -> None:
    """Stop the process, as if it hung."""
    if found := java(over, name):
        found.suspend()


def java(over: threading.Event, name: str) -> Any:
    """The JVM with `name` in its command line; the JVM that builds this command line has it too."""
    while not over.wait(0.05):
        for child in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                command = child.cmdline() if child.name() == "java" else []
                if name in command and "org.apache.spark.launcher.Main" not in command:
                    return child
    return None


def change(over: threading.Event, path: str) -> None:
    """Change three letters of a file, not its size, as soon as there is a new plan."""
    plans = Path(os.environ["OPENGENOME_STORE"], "runs")
    known = set(plans.glob("*/plan.json"))
    while not over.wait(0.05):
        if set(plans.glob("*/plan.json")) - known:
            text = Path(path).read_bytes()
            Path(path).write_bytes(text.replace(b"ACG", b"TTT", 1))
            return
