"""Remove the embedded Airflow's old logs and history, even while that Airflow is running."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from opengenome import flow
from opengenome.cli import database
from opengenome.cli.embedded import in_use
from opengenome.cli.environment import Site
from opengenome.errors import StorageError
from opengenome.io.store import remove_in_place
from opengenome.orchestration.garbage import Garbage, newest, size

# What is removed, as SQL. Foreign keys remove everything that belongs to a run. The newest scheduled run stays, because
# Airflow computes the next one from it.
_OLD = {
    "runs": "dag_run WHERE state IN ('success', 'failed') AND end_date < :before AND id NOT IN"
    " (SELECT max(id) FROM dag_run WHERE run_type <> 'manual' GROUP BY dag_id)",
    "events": "log WHERE dttm < :before",
    "asset events": "asset_event WHERE timestamp < :before",
    "starts": "job WHERE latest_heartbeat < :before",
    "import errors": "import_error WHERE timestamp < :before",
}


@dataclass(frozen=True, slots=True)
class History:
    """One cleaning of a site. before: seconds since 1970; whatever changed later is young. dry: remove nothing."""

    site: Site
    before: float
    dry: bool = False

    def garbage(self) -> Iterator[Garbage]:
        """Yield old logs, then old rows of the database, each after it was removed (unless dry).

        Raises StorageError if something cannot be removed or the database cannot be used.
        """
        with self.site.writing():
            logs, using = self.site.home / "logs", in_use(self.site)
            unfinished = self._unfinished()
            for path in sorted(logs.glob("*/*")):
                if path.name in unfinished or (using and path.parent.name == "components" and path.suffix == ".log"):
                    continue
                why = "the log of an old run" if path.parent.name == flow.run_logs("").parent.name else "an old log"
                yield from self._unless_young(path, why)
            for path in sorted(self.site.home.glob("*.damaged")):
                yield from self._unless_young(path, "it was damaged and set aside")
            yield from self._rows(using)

    def _unless_young(self, path: Path, why: str) -> Iterator[Garbage]:
        if newest(path) >= self.before:
            return
        garbage = Garbage(path, size(path), why)
        if not self.dry:
            with contextlib.suppress(FileNotFoundError):  # gone meanwhile
                remove_in_place(path)
        yield garbage

    def _unfinished(self) -> frozenset[str]:
        """The names of the log folders of unfinished runs, however old their last line is."""
        with self._database() as found:
            if not found:
                return frozenset()
            runs = found.execute("SELECT run_id FROM dag_run WHERE state NOT IN ('success', 'failed')")
            return frozenset(flow.run_logs(run).name for (run,) in runs)

    def _rows(self, using: bool) -> Iterator[Garbage]:
        moment = datetime.fromtimestamp(self.before, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
        with self._database() as found:
            if not found:
                return
            found.execute("PRAGMA foreign_keys = ON")
            free = _free(found)
            found.execute("BEGIN IMMEDIATE")
            removed = {
                name: found.execute(f"DELETE FROM {rows}", {"before": moment}).rowcount  # noqa: S608  (ours, above)
                for name, rows in _OLD.items()
            }
            freed = _free(found) - free
            found.execute("ROLLBACK" if self.dry else "COMMIT")
            if not any(removed.values()):
                return
            if not (self.dry or using):  # a running Airflow reuses the free pages of the file
                found.execute("VACUUM")
        counts = ", ".join(f"{name}: {number:,}" for name, number in removed.items() if number)
        yield Garbage(self.site.home / database.FILE, freed, f"old in Airflow's history ({counts})")

    @contextlib.contextmanager
    def _database(self) -> Iterator[sqlite3.Connection | None]:
        """The database, without Python's implicit transactions; None if it is missing or empty."""
        path = self.site.home / database.FILE
        if not path.is_file() or not path.stat().st_size:
            yield None
            return
        try:
            with contextlib.closing(database.opened(self.site.home)) as connection:
                connection.isolation_level = None
                yield connection
        except sqlite3.Error as error:
            raise StorageError(
                f"Airflow's history cannot be cleaned: {error}",
                file=path,
                advice="Make it writable. If it is damaged, the next start makes a new one.",
            ) from error


def _free(connection: sqlite3.Connection) -> int:
    """Unused bytes in the database file."""
    (pages,), (each,) = (connection.execute(f"PRAGMA {name}").fetchone() for name in ("freelist_count", "page_size"))
    return int(pages) * int(each)
