"""Where the output of each run goes, kept for `retry`: one small private file for a run, below .airflow."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from opengenome.cli.environment import Site, write_private
from opengenome.io.paths import path_of, text_of
from opengenome.io.store import run_slug

_KEPT = 300  # notes; by their number and not by their age, which a clock that is set would change


def remember(site: Site, run: str, output: Path) -> None:
    """Note where a run's results are to be copied; the oldest notes beyond a few hundred go."""
    site.prepare()
    note = _note(site, run)
    write_private(note, json.dumps({"run": run, "output": text_of(output)}))
    with contextlib.suppress(OSError):  # another command removes them as well
        others = sorted((path for path in note.parent.glob("*.json") if path != note), key=_age)
        for old in others[: max(0, len(others) + 1 - _KEPT)]:
            old.unlink(missing_ok=True)


def recall(site: Site, run: str) -> Path | None:
    """Where a run's results are to be copied; None for a run that no command started, or whose note is gone."""
    try:
        found = json.loads(_note(site, run).read_text())
        return path_of(found["output"]) if found["run"] == run else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _note(site: Site, run: str) -> Path:
    return site.home / "outputs" / f"{run_slug(run)}.json"


def _age(path: Path) -> int:
    return path.stat().st_mtime_ns
