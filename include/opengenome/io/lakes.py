"""Tables in whose folders lie more rows than they have: those that were removed or replaced are still there."""

from __future__ import annotations

from pathlib import Path

from opengenome.errors import InputError
from opengenome.io.paths import shown


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
    if (folder / "_delta_log").is_dir():
        return "a Delta Lake table"
    if (folder / ".hoodie").is_dir():
        return "a Hudi table"
    if (folder / "_spark_metadata").is_dir():
        return "a table that Spark streams into"
    if any(folder.glob("metadata/*.metadata.json*")):
        return "an Iceberg table"
    return ""
