"""Tables in whose folders lie more rows than they have: those that were removed or replaced, or are not finished."""

from __future__ import annotations

import json
from pathlib import Path

from opengenome.errors import InputError
from opengenome.io.paths import shown


def is_unfinished(name: str) -> bool:
    """Whether a folder of this name is where Spark or Hadoop writes what is not finished.

    `__magic` is that of the S3A committers; Hadoop 3.4 adds the job to its name (HADOOP-18797).
    """
    return name in ("_temporary", "__magic") or name.startswith("__magic_job-")


class Lakes:
    """Remembers which folders are tables, for one search."""

    def __init__(self) -> None:
        self._known: dict[Path, str] = {}

    def refuse(self, file: Path, root: Path) -> None:
        """Raise InputError for a Parquet file that lies in a table or below; folders above `root` are not looked at."""
        for folder in file.parents:
            if not folder.is_relative_to(root):
                return
            if folder not in self._known:
                self._known[folder] = _kind(folder)
            if kind := self._known[folder]:
                raise InputError(
                    f"{shown(folder)} is {kind}: its files also hold rows that are no longer in the table",
                    file=file,
                    advice="Export the rows that it has now as Parquet or FASTA, and give those.",
                )


def _kind(folder: Path) -> str:
    return next((kind for kind, is_one in _KINDS.items() if is_one(folder)), "")


def _is_paimon(folder: Path) -> bool:
    return any(folder.glob("snapshot/snapshot-*")) and ((folder / "manifest").is_dir() or any(folder.glob("bucket-*")))


def _has_uncommitted(folder: Path) -> bool:
    """Whether the markers of Databricks' commits disown files that lie beside them, or tell of an unfinished write.

    A transaction leaves `_started_<id>`, then `_committed_<id>`: JSON that lists the files `added` and `removed`.
    Source: https://docs.databricks.com/en/archive/legacy/dbio-commit.html.
    """
    names = {path.name for path in folder.glob("_*")}
    started = {name.removeprefix("_started_") for name in names if name.startswith("_started_")}
    committed = {name.removeprefix("_committed_") for name in names if name.startswith("_committed_")}
    if started - committed:
        return True
    try:
        markers = [json.loads((folder / f"_committed_{one}").read_bytes()) for one in committed]
        return any((folder / Path(name).name).exists() for marker in markers for name in marker.get("removed", ()))
    except (ValueError, AttributeError, TypeError):
        return True  # nobody knows which files such a marker disowns


_KINDS = {
    "a Delta Lake table": lambda folder: (folder / "_delta_log").is_dir(),
    "a Hudi table": lambda folder: (folder / ".hoodie").is_dir(),
    "a table that Spark streams into": lambda folder: (folder / "_spark_metadata").is_dir(),
    "an Iceberg table": lambda folder: any(folder.glob("metadata/*.metadata.json*")),
    "a Paimon table": _is_paimon,
    "a table of Databricks with files that were removed, or never committed": _has_uncommitted,
}
