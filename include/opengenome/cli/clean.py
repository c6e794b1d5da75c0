"""`clean`: list and remove unused entries of the store, and Airflow's history of old runs."""

from __future__ import annotations

import argparse
import itertools
import re
import sys
import time
from collections.abc import Callable

from opengenome.cli.environment import Site
from opengenome.cli.history import History
from opengenome.cli.terminal import show
from opengenome.errors import UsageError, printable
from opengenome.io.paths import text_of
from opengenome.io.store import Store
from opengenome.orchestration import settings
from opengenome.orchestration.garbage import Cleaning

_MOST = 999_999
_SECONDS = {"d": 86_400, "h": 3_600, "m": 60}


def clean(given: argparse.Namespace, log_line: Callable[[str], None]) -> None:
    """`opengenome clean`. Raises UsageError for an invalid age, and the errors of Cleaning."""
    before = time.time() - age(given.older_than)
    current = settings.load()
    log_line(f"Keeping everything newer than {given.older_than}, and whatever newer or published runs need")
    things: list[dict[str, str | int]] = []
    given.answer.update(dry_run=given.dry_run, freed=0, things=things)
    cleaning = Cleaning(Store(current.store), current.results, before, given.dry_run)
    for garbage in itertools.chain(cleaning.garbage(), History(Site.of_checkout(), before, given.dry_run).garbage()):
        inside = garbage.path.is_relative_to(current.store)
        name = printable(str(garbage.path.relative_to(current.store) if inside else garbage.path))
        show([f"{amount(garbage.bytes):>10}  {name}: {garbage.why}"], sys.stdout)
        things.append({"path": text_of(garbage.path), "bytes": garbage.bytes, "why": garbage.why})
        given.answer["freed"] += garbage.bytes
    noun = "entry" if len(things) == 1 else "entries"
    print(f"{'would free' if given.dry_run else 'freed'} {amount(given.answer['freed'])} in {len(things):,} {noun}")


def age(text: str) -> int:
    """Seconds of an age such as 7d, 12h or 30m. Raises UsageError."""
    found = re.fullmatch(r"([0-9]{1,6})([dhm])", text)
    if not found or not int(found[1]):
        raise UsageError(
            f"--older-than is {printable(text)}, which is not an age",
            advice=f"An age is 1 to {_MOST:,} days, hours or minutes: 7d, 12h, 30m.",
        )
    return int(found[1]) * _SECONDS[found[2]]


def amount(number: int) -> str:
    """Bytes for people, in decimal units."""
    size = float(number)
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:,.1f} TB"
