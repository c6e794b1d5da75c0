"""Remember the output folder of each run for `retry`, in a small private file below .airflow."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from opengenome.cli.environment import Site, write_private
from opengenome.io.paths import path_of, text_of
from opengenome.io.store import run_slug

_KEPT = 300  # notes; limited by number, because ages change when the clock is set


def remember(site: Site, run: str, output: Path) -> None:
    """Note where to copy a run's results; remove the oldest notes beyond _KEPT."""
    site.prepare()
    note = _note(site, run)
    write_private(note, json.dumps({"run": run, "output": text_of(output)}))
    with contextlib.suppress(OSError):  # another command may remove them too
        others = sorted((path for path in note.parent.glob("*.json") if path != note), key=_age)
        for old in others[: max(0, len(others) + 1 - _KEPT)]:
            old.unlink(missing_ok=True)


def recall(site: Site, run: str) -> Path | None:
    """Where to copy a run's results; None for a run that no command started or whose note was removed."""
    try:
        found = json.loads(_note(site, run).read_text())
        return path_of(found["output"]) if found["run"] == run else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _note(site: Site, run: str) -> Path:
    return site.home / "outputs" / f"{run_slug(run)}.json"


def _age(path: Path) -> int:
    return path.stat().st_mtime_ns
