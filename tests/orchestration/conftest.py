"""A run without Airflow and without Spark: the functions behind the tasks, and batches counted in this process."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from opengenome.core.alphabet import CODONS
from opengenome.core.model import BatchManifest, Ledger
from opengenome.io import batches, schemas
from opengenome.io.store import LATEST_ADHOC, sealed
from opengenome.orchestration import committed, inputs, results
from opengenome.orchestration.runs import Run
from opengenome.spark.ranges import RangeResult, RangeTask, count_range

Records = list[tuple[str, str]]

DEFAULTS: dict[str, Any] = {
    "source": None,
    "batch_size": 5000,
    "max_batch_bases": 1_000_000_000,
    "frame": 0,
    "genetic_code": 1,
    "require_all_codons": True,
    "per_sequence": True,
}


def some_records(count: int, seed: int = 7) -> Records:
    """Records of every length modulo 3, a few ambiguous letters; the first one holds all 64 codons."""
    source = random.Random(seed)  # noqa: S311  (test data)
    letters = ["".join(source.choices("ACGT", k=source.randint(30, 120))) for _ in range(count)]
    letters[0] = "".join(CODONS)
    letters[-1] = letters[-1][:9] + "NRY" + letters[-1][12:]
    return [(f"seq{number}", sequence) for number, sequence in enumerate(letters)]


def write_input(path: Path, records: Records) -> Path:
    """The same records as plain FASTA, gzip or Parquet, by the name of the file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(f">{name} described\n{sequence}\n" for name, sequence in records).encode()
    if path.suffix == ".parquet":
        pq.write_table(pa.table({"seq_id": [r[0] for r in records], "sequence": [r[1] for r in records]}), path)
    elif path.suffix == ".gz":
        path.write_bytes(gzip.compress(text))
    else:
        path.write_bytes(text)
    return path


@dataclass
class House:
    """One project folder in a temporary place: data/ for inputs, store/, results/."""

    root: Path

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def results(self) -> Path:
        return self.root / "results"

    @property
    def latest(self) -> Path:
        """The pointer to the newest run that was given a source, as most of these are."""
        return self.results / LATEST_ADHOC

    def discover(self, run_id: str, *, scheduled: bool = False, **asked: Any) -> list[dict[str, Any]]:
        return inputs.discover(run_id, DEFAULTS | asked, asked, scheduled=scheduled)

    def counted(self, run_id: str, **asked: Any) -> Counted:
        """A run up to its counted batches."""
        for group in self.discover(run_id, **asked):
            inputs.ingest_files(run_id, group)
        counted = Counted(Run.of(run_id), run_id)
        for planned in inputs.plan(run_id):
            reused, _ = committed.reusable(planned)
            if not reused:
                count_here(planned)
            counted.planned.append(planned)
            counted.reports.append(committed.outcome(planned, reused=reused))
        return counted

    def proven(self, run_id: str, **asked: Any) -> Counted:
        counted = self.counted(run_id, **asked)
        aggregated = counted.aggregate()
        proof = results.validate(run_id, aggregated)
        results.publish(run_id, proof["sha256"])
        return counted


def count_here(planned: dict[str, Any], attempt: str = "try1-here") -> None:
    """What the Spark submit of a batch does, in this process."""
    spec = schemas.read_batch_spec(Path(planned["spec"]))
    output = planned["output"]
    found: list[RangeResult] = []
    for number, chunk in enumerate(spec.batch.chunks):
        result = count_range(RangeTask(chunk, spec.parameters, output, f"attempts/{attempt}/part-{number:05d}.parquet"))
        if isinstance(result, Exception):
            raise result
        found.append(result)
    totals = np.array([result.totals for result in found], dtype=np.int64).sum(axis=0)
    manifest = BatchManifest(
        key=spec.batch.key,
        parameters=spec.parameters,
        chunks=spec.batch.chunks,
        parts=tuple(result.part for result in found if result.part),
        totals=tuple(totals.tolist()),
        ledger=sum((result.ledger for result in found), Ledger()),
        versions={"engine": spec.engine},
        attempt=attempt,
    )
    batches.commit(Path(output), manifest)


@dataclass
class Counted:
    """A run whose batches are counted, and the means to tamper with them before or after they are added up."""

    run: Run
    run_id: str
    planned: list[dict[str, Any]] = field(default_factory=list)
    reports: list[dict[str, Any]] = field(default_factory=list)

    def aggregate(self) -> dict[str, Any]:
        return results.aggregate(self.run_id, self.reports)

    def folder(self, batch: int = 0) -> Path:
        return Path(self.planned[batch]["output"])

    def part(self, batch: int = 0) -> Path:
        return next(iter(sorted(self.folder(batch).rglob("part-*.parquet"))))

    def edit_manifest(self, edit: Callable[[dict[str, Any]], None], batch: int = 0, *, tell: bool = False) -> None:
        """tell: whether the task's report is forged too, so that the digest fits again."""
        path = self.folder(batch) / batches.MANIFEST
        manifest = json.loads(path.read_text(encoding="utf-8"))
        manifest.pop("seal")
        edit(manifest)
        path.write_text(json.dumps(sealed(manifest)), encoding="utf-8")
        if tell:
            self.reports[batch] = committed.outcome(self.planned[batch], reused=False)

    def edit_rows(
        self, changes: Iterable[tuple[int, str, int]], batch: int = 0, *, rehash: bool = False, tell: bool = False
    ) -> None:
        """Add to cells (row, column, how much) of the per-sequence table. rehash: the manifest gets its new digest."""
        path = self.part(batch)
        columns = pq.read_table(path).to_pydict()
        for row, column, more in changes:
            columns[column][row] += more
        pq.write_table(pa.Table.from_pydict(columns, schema=schemas.per_sequence_schema()), path)
        if rehash:
            facts = {"bytes": path.stat().st_size, "sha256": batches.sha256_of(path)}
            self.edit_manifest(lambda manifest: manifest["parts"][0].update(facts), batch, tell=tell)


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    root = tmp_path.resolve()
    for name, folder in (("STORE", "store"), ("RESULTS", "results"), ("LANDING", "landing"), ("SOURCE_ROOTS", "data")):
        monkeypatch.setenv(f"OPENGENOME_{name}", str(root / folder))
    for name in ("OPENGENOME_SPARK_SLOTS", "OPENGENOME_DRIVER_MEMORY"):
        monkeypatch.delenv(name, raising=False)
    (root / "data").mkdir()
    return House(root)


@pytest.fixture
def write() -> Callable[[Path, Records], Path]:
    return write_input


@pytest.fixture
def records() -> Callable[..., Records]:
    return some_records


@pytest.fixture
def count() -> Callable[..., None]:
    return count_here
