"""Which files a results folder may have, and which it has. Names are relative to it, as validation.json lists them."""

from __future__ import annotations

import contextlib
from collections.abc import Collection
from pathlib import Path

from opengenome.errors import ContractError
from opengenome.flow import (
    BY_GROUP_CSV,
    BY_GROUP_PARQUET,
    CODON_PAIRS_CSV,
    CODON_PAIRS_PARQUET,
    DROPPED,
    MEASURES_BY_GROUP,
    ORDINATION,
    ORDINATION_CODONS,
    PER_SEQUENCE,
    PIPELINE_INFO,
    VIEWS,
    is_per_sequence_part,
    is_view,
    per_sequence_part,
)
from opengenome.io.tables import REPORT, VALIDATION

# Of each set all or none.
_TOGETHER = ({BY_GROUP_CSV, BY_GROUP_PARQUET, MEASURES_BY_GROUP}, {CODON_PAIRS_CSV, CODON_PAIRS_PARQUET})
_ALONE = {DROPPED, ORDINATION, ORDINATION_CODONS}  # each depends on no other
FOLDERS = (PER_SEQUENCE, PIPELINE_INFO)  # the folders inside a results folder


def is_ours(name: str) -> bool:
    """Whether a results folder may have a file of this name."""
    return is_proven(name) or is_view(name) or name in (VALIDATION, VIEWS)


def is_proven(name: str) -> bool:
    """Whether a proof may list a file of this name."""
    return name in REPORT or name in _ALONE.union(*_TOGETHER) or is_per_sequence_part(name)


def folder_of(name: str) -> str:
    """The folder of a published file inside the results folder; empty if it lies at the top."""
    return name.rpartition("/")[0]


def check_listed(names: Collection[str], path: Path) -> None:
    """Check the names that the proof in the file `path` lists. Raises ContractError for a missing or another name."""
    listed = set(names)
    expected = {*REPORT, *map(per_sequence_part, range(sum(map(is_per_sequence_part, listed))))}
    expected |= (listed & _ALONE).union(*(names for names in _TOGETHER if listed & names))
    if missing := sorted(expected - listed):
        raise ContractError(f"{VALIDATION} does not list {missing[0]}", file=path)
    if others := sorted(listed - expected):
        raise ContractError(f"{VALIDATION} lists {others[0]!r}, which is not a file of results", file=path)


def entries(folder: Path) -> set[str]:
    """The names in a folder and in its FOLDERS. Any other folder is one name that ends in "/". Raises OSError."""
    found = _names(folder)
    for inner in {f"{name}/" for name in FOLDERS} & found:
        found = found - {inner} | {inner + name for name in _names(folder / inner)}
    return found


def _names(folder: Path) -> set[str]:
    with contextlib.suppress(FileNotFoundError):
        return {f"{path.name}/" if path.is_dir() else path.name for path in folder.iterdir()}
    return set()


def ours(folder: Path) -> set[str]:
    """The files in a folder whose names are those of published files. Raises OSError."""
    return set(filter(is_ours, entries(folder)))


def unlisted(folder: Path, listed: Collection[str]) -> list[str]:
    """Files of ours that a proof does not list, and everything else in per_sequence but hidden files.

    Programs that read the dataset would read these too. They pass over hidden files. Raises ContractError.
    """
    try:
        there = entries(folder)
    except OSError as error:
        raise ContractError(f"The folder cannot be read: {error.strerror}", file=folder) from error
    found = {name for name in there if is_ours(name) or _in_the_dataset(name)}
    return sorted(found - {*listed, VALIDATION})


def _in_the_dataset(name: str) -> bool:
    return name.startswith(f"{PER_SEQUENCE}/") and not name.startswith(f"{PER_SEQUENCE}/.")


def name_of(path: Path) -> str:
    """The name of a published file, for messages."""
    return f"{path.parent.name}/{path.name}" if path.parent.name in FOLDERS else path.name
