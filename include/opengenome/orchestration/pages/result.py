"""A run as its pages show it: what it published, or what its tasks have left in the store so far."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from opengenome.errors import ContractError, OpenGenomeError
from opengenome.flow import REPORT_PAGE, VIEWS
from opengenome.io import published, tables
from opengenome.io.published import Proof
from opengenome.io.table_schemas import CODON_TABLE_COLUMNS
from opengenome.io.usage_tables import UsageTable, proven_table
from opengenome.orchestration.pages.files import Download, download
from opengenome.orchestration.past import Stamps, results_folders, stamps
from opengenome.orchestration.runs import Run

_READ = (tables.VALIDATION, *tables.REPORT, VIEWS)  # VIEWS lists the report
_KEPT = 16  # results that a process keeps until their files change


@dataclass(frozen=True)
class Result:
    """The files of a run. published: whether they are; else they are in the store.

    proof: of the files; None if there is none, and `trouble` says why. Only the small files that are shown are compared
    with it; a download compares its own. laws, warnings: what `validate` wrote, also if a law is broken. columns: of
    the codon table, as it was published.
    """

    folder: Path
    published: bool
    proof: Proof | None = None
    trouble: str = ""
    laws: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    summary: dict[str, Any] = field(default_factory=dict)
    provenance: dict[str, Any] = field(default_factory=dict)
    columns: dict[str, list[Any]] = field(default_factory=dict)
    table: UsageTable | None = None

    @property
    def files(self) -> dict[str, str]:
        """The SHA-256 of each file that can be downloaded, by name."""
        return {**self.proof.files, tables.VALIDATION: self.proof.sha256} if self.proof else {}

    @property
    def has_page(self) -> bool:
        return REPORT_PAGE in self.files

    def open(self, name: str) -> Download:
        """One of the files. Raises ContractError if the proof does not list it, or it is not where it should be."""
        if name not in self.files:
            raise ContractError(f"This run has no file {name}")
        return download(self.folder, name, self.files[name], f"{self._run}-{name}")

    @property
    def _run(self) -> str:
        return self.folder.name if self.published else self.folder.parent.name

    def rows(self, by: str, *, down: bool) -> list[dict[str, Any]]:
        """The rows of the codon table, sorted by a column; missing values last.

        by: a column; another name sorts by codon. Rows with the same value stay in the order of their codons.
        """
        rows = [dict(zip(self.columns, row, strict=True)) for row in zip(*self.columns.values(), strict=True)]
        by = by if by in CODON_TABLE_COLUMNS else "codon"
        told = [row for row in rows if row[by] is not None]
        return sorted(told, key=lambda row: row[by], reverse=down) + [row for row in rows if row[by] is None]


def result(run: Run, run_id: str) -> Result | None:
    """The published files of a run, else those in the store; None if it has got neither.

    Files that are not what was proven are not shown: then only `trouble` is told.
    """
    for folder, is_published in _places(run):
        if folder.is_dir() and any((folder / name).exists() for name in _READ):
            found = _read(folder, stamps(folder, *_READ))
            if found.proof and found.provenance["run"] != run_id:
                return Result(folder, is_published, trouble="The files in the folder of this run are another run's.")
            return replace(found, published=is_published)
    return None


def _places(run: Run) -> Iterator[tuple[Path, bool]]:
    yield from ((folder / run.slug, True) for folder in results_folders(run.store, (run.settings.results,)))
    yield run.report, False


@lru_cache(_KEPT)
def _read(folder: Path, _: Stamps) -> Result:
    found = Result(folder, published=False)
    if os.path.realpath(folder) != str(folder):
        return replace(found, trouble="The folder of this run is a link to another place, which is not followed.")
    try:
        verdict = tables.read_document(folder / tables.VALIDATION)
        found = replace(found, laws=list(verdict["laws"]), warnings=list(map(str, verdict.get("warnings", ()))))
        proof = published.read_proof(folder)
        summary = published.proven_document(folder, proof, tables.SUMMARY)
        provenance = published.proven_document(folder, proof, tables.PROVENANCE)
        warnings = list(dict.fromkeys([*map(str, summary.get("warnings", ())), *found.warnings]))
        table, columns = proven_table(folder, proof), tables.read_codon_table(folder)
    except OpenGenomeError as error:
        return replace(found, trouble=str(error))
    except (KeyError, TypeError) as error:
        return replace(found, trouble=f"{tables.VALIDATION} is damaged: {error!r}")
    return replace(
        found,
        proof=proof,
        summary=summary,
        provenance=provenance,
        warnings=warnings,
        columns=columns,
        table=table,
    )
