"""Recognise table folders (Delta, Hudi, Iceberg …): their files also hold rows that were removed or never committed."""

from __future__ import annotations

import json
from pathlib import Path

from opengenome.errors import InputError
from opengenome.io.paths import shown


def is_unfinished(name: str) -> bool:
    """Whether this is the name of a folder for unfinished writes of Spark or Hadoop.

    The S3A committers use `__magic`; Hadoop 3.4 adds the job to the name (HADOOP-18797).
    """
    return name in ("_temporary", "__magic") or name.startswith("__magic_job-")


class Lakes:
    """Remembers which folders are tables, for one search."""

    def __init__(self) -> None:
        self._known: dict[Path, str] = {}

    def refuse(self, file: Path, root: Path) -> None:
        """Raise InputError for a Parquet file anywhere below a table's folder; folders above `root` are not read."""
        for folder in file.parents:
            if not folder.is_relative_to(root):
                return
            if folder not in self._known:
                self._known[folder] = _kind(folder)
            if kind := self._known[folder]:
                raise InputError(
                    f"{shown(folder)} is {kind}: its files also hold rows that are no longer in the table",
                    file=file,
                    advice="Export its current rows as Parquet or FASTA, and give that file.",
                )


def _kind(folder: Path) -> str:
    return next((kind for kind, is_one in _KINDS.items() if is_one(folder)), "")


def _is_paimon(folder: Path) -> bool:
    return any(folder.glob("snapshot/snapshot-*")) and ((folder / "manifest").is_dir() or any(folder.glob("bucket-*")))


def _has_uncommitted(folder: Path) -> bool:
    """Whether the commit markers of Databricks show that files beside them were removed, or a write is unfinished.

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
        return True  # an unreadable marker may remove any file


_KINDS = {
    "a Delta Lake table": lambda folder: (folder / "_delta_log").is_dir(),
    "a Hudi table": lambda folder: (folder / ".hoodie").is_dir(),
    "a table that Spark streams into": lambda folder: (folder / "_spark_metadata").is_dir(),
    "an Iceberg table": lambda folder: any(folder.glob("metadata/*.metadata.json*")),
    "a Paimon table": _is_paimon,
    "a Databricks table with removed or uncommitted files": _has_uncommitted,
}
