"""A batch as its page shows it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from opengenome.core.genetic_code import GeneticCode, genetic_code
from opengenome.core.model import Batch, BatchManifest, rate, spark_seconds
from opengenome.errors import ContractError, OpenGenomeError
from opengenome.io import batches, schemas
from opengenome.orchestration.pages.files import Download, download
from opengenome.orchestration.past import Stamps, newest_folders, stamps
from opengenome.orchestration.runs import INPUTS, PLAN, Run, run_code

_RAW = 256 << 10  # letters of a manifest that are shown; a longer one can be downloaded
_RUNS = 200  # the newest runs, in whose plans a batch is looked for
_PLAN_BYTES = 16 << 20  # a longer plan is not looked into
_KEYS = re.compile(rb'"number": \d+, "key": "([^"]+)"')  # as `store.json_bytes` writes a plan
_RUN = re.compile(rb'^ "run": (".*"),$', re.MULTILINE)


@dataclass(frozen=True)
class BatchView:
    """planned: None if there is no such batch. of: how many batches the run has. manifest: None if not committed.

    sha256: of the manifest. code: the run's genetic code. users: ids of other runs whose plans have this batch, the
    newest first.
    """

    number: int
    folder: Path
    of: int = 0
    planned: Batch | None = None
    manifest: BatchManifest | None = None
    sha256: str = ""
    code: GeneticCode | None = None
    users: tuple[str, ...] = ()

    @property
    def rate(self) -> int | None:
        """Bases per second in Spark; None if nobody knows."""
        return rate(self.manifest.ledger.bases, spark_seconds(self.manifest.timings)) if self.manifest else None

    @property
    def tries(self) -> int:
        """How many attempts have left parts in the store."""
        place = self.folder / "attempts"
        return sum(path.is_dir() for path in place.iterdir()) if place.is_dir() else 0

    @property
    def raw(self) -> str:
        """The manifest as indented JSON; "" if it is long."""
        if not self.manifest or (self.folder / batches.MANIFEST).stat().st_size > _RAW:
            return ""
        return json.dumps(self.manifest.as_dict(), indent=1, ensure_ascii=False)

    @property
    def files(self) -> dict[str, str]:
        """The SHA-256 of each file that can be downloaded, by name."""
        if not self.manifest:
            return {}
        return {batches.MANIFEST: self.sha256, **{part.name: part.sha256 for part in self.manifest.parts}}

    def open(self, name: str) -> Download:
        """One of the files. Raises ContractError if the manifest does not list it, or it is not where it should be."""
        if name not in self.files:
            raise ContractError(f"This batch has no file {name}")
        called = f"{self.folder.name[:12]}-{Path(name).name}"
        return download(self.folder, name, self.files[name], called)


def batch_view(run: Run, number: int) -> BatchView:
    """A batch of a run. number: from 0; any number may be asked for."""
    nothing = BatchView(number, run.folder)
    try:
        planned = _plan(run.plan_file, stamps(run.folder, PLAN)).batches
    except ContractError:
        return nothing
    if not 0 <= number < len(planned):
        return nothing
    batch = planned[number]
    folder = run.store.batch(batch.key)
    code, users = _code(run.inputs_file, stamps(run.folder, INPUTS)), tuple(_users(run, batch.key))
    try:
        manifest, sha256 = batches.load_manifest(folder / batches.MANIFEST)
    except ContractError:
        return BatchView(number, folder, len(planned), batch, code=code, users=users)
    return BatchView(number, folder, len(planned), batch, manifest, sha256, code, users)


@lru_cache(4)
def _plan(file: Path, _: Stamps) -> schemas.Plan:
    return schemas.read_plan(file)


@lru_cache(64)
def _code(file: Path, _: Stamps) -> GeneticCode:
    try:
        return run_code(schemas.read_run_inputs(file))
    except OpenGenomeError:  # the counts are the same under any code
        return genetic_code(1)


def _users(run: Run, key: str) -> list[str]:
    found = []
    for folder in newest_folders(run.store.root / "runs", _RUNS):
        user, keys = _planned_in(folder / PLAN, stamps(folder, PLAN))
        if user and key in keys and folder.name != run.slug:
            found.append(user)
    return found


@lru_cache(4 * _RUNS)
def _planned_in(file: Path, _: Stamps) -> tuple[str, frozenset[str]]:
    """The run of a plan, and the keys of its batches. Looked for in the text, because parsing takes long."""
    try:
        text = file.read_bytes() if file.stat().st_size <= _PLAN_BYTES else b""
        run = _RUN.search(text)
        return (str(json.loads(run[1])) if run else "", frozenset(key.decode() for key in _KEYS.findall(text)))
    except (OSError, ValueError):
        return "", frozenset()


def batches_of(run: Run) -> tuple[tuple[Batch, bool], ...]:
    """The planned batches of a run, and whether each is committed."""
    try:
        planned = _plan(run.plan_file, stamps(run.folder, PLAN)).batches
        return tuple((batch, batches.is_committed(run.store.batch(batch.key))) for batch in planned)
    except OpenGenomeError:
        return ()
