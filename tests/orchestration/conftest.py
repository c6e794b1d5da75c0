"""A run without Airflow and Spark: the functions behind the tasks, with batches counted in this process."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from opengenome.core.alphabet import CODONS
from opengenome.errors import OpenGenomeError
from opengenome.flow import TASKS
from opengenome.io import batches, table_schemas
from opengenome.io.batches import read_spec
from opengenome.io.ranges import Attempt, assemble, count_range, tasks_of
from opengenome.io.store import LATEST_ADHOC, sealed
from opengenome.orchestration import committed, discovery, inputs, recounting, reporting, results
from opengenome.orchestration.discovery import Occasion
from opengenome.orchestration.mending import mend_shards
from opengenome.orchestration.runs import Run
from opengenome.parameters import PARAMETERS
from opengenome.report.material import Material

# As many places as views may have.
SMALL_VIEWS = ("report.html", "pipeline_info/execution_trace.txt")


def small_view(name: str, material: Material, _: object) -> dict[str, bytes]:
    """A view that tells of what it was made."""
    return {name: f"{name}: {material.proof.sha256}".encode()}


Records = list[tuple[str, str]]

DEFAULTS: dict[str, Any] = {name: parameter.default for name, parameter in PARAMETERS.items()}


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
        columns = [pa.array([record[k] for record in records], pa.string()) for k in (0, 1)]
        pq.write_table(pa.table(columns, names=["seq_id", "sequence"]), path)
    elif path.suffix == ".gz":
        path.write_bytes(gzip.compress(text))
    else:
        path.write_bytes(text)
    return path


def ingested(run_id: str, groups: list[dict[str, Any]]) -> list[Any]:
    """What the tasks of `ingest` return for what `discover` returned."""
    return [inputs.ingest_files(run_id, group) for group in groups]


def planned(house: House, run_id: str = "r", **asked: Any) -> list[dict[str, Any]]:
    """What `plan` returns, after the tasks before it."""
    return list(inputs.plan(run_id, ingested(run_id, house.discover(run_id, **asked))))


@dataclass
class House:
    """A temporary project folder: data/ for inputs, store/, results/."""

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

    def discover(self, run_id: str, *, kind: str = "manual", run_after: str = "", **asked: Any) -> list[dict[str, Any]]:
        return discovery.discover(run_id, DEFAULTS | asked, asked, Occasion(kind, run_after))

    def work(self, run_id: str, **asked: Any) -> Work:
        return Work(self, run_id, asked)

    def counted(self, run_id: str, **asked: Any) -> Counted:
        """A run up to its counted batches."""
        work = self.work(run_id, **asked)
        for _ in range(4):
            work.step()
        return work.counted()

    def proven(self, run_id: str, **asked: Any) -> Counted:
        work = self.work(run_id, **asked)
        for _ in work:
            pass
        return work.counted()


@dataclass
class Work:
    """A run, task by task; `handed` holds what each task returned, as Airflow passes it on."""

    house: House
    run_id: str
    asked: dict[str, Any]
    handed: list[Any] = field(default_factory=list)

    def __iter__(self) -> Iterator[None]:
        while len(self.handed) < len(TASKS):
            yield self.step()

    def step(self) -> None:
        names = ("discover", "ingest", "plan", "count", "aggregate", "validate", "report", "publish")
        tasks = [getattr(self, f"_{name}") for name in names]
        self.handed.append(tasks[len(self.handed)]())

    def counted(self) -> Counted:
        return Counted(Run.of(self.run_id), self.run_id, list(self.handed[2]), list(self.handed[3]))

    def _discover(self) -> Any:
        return self.house.discover(self.run_id, **self.asked)

    def _ingest(self) -> Any:
        return ingested(self.run_id, self.handed[0])

    def _plan(self) -> Any:
        return inputs.plan(self.run_id, self.handed[1])

    def _count(self) -> Any:
        return [count_or_reuse(self.run_id, planned) for planned in self.handed[2]]

    def _aggregate(self) -> Any:
        return results.aggregate(self.run_id, self.handed[3])

    def _validate(self) -> Any:
        return results.validate(self.run_id, self.handed[4])

    def _report(self) -> Any:
        return results.report(self.run_id, self.handed[5]["sha256"])

    def _publish(self) -> Any:
        return results.publish(self.run_id, self.handed[6]["validation"], self.handed[6]["views"])


def count_or_reuse(run_id: str, planned: dict[str, Any]) -> dict[str, Any]:
    """What the task of a batch does."""
    reused, _ = committed.reusable(planned)
    if not reused:
        try:
            count_here(planned)
        except OpenGenomeError:
            if not mend_shards(run_id, planned):
                raise
            count_here(planned)
    elif planned["recount"]:
        again = recounting.place(run_id, planned)
        count_here(planned | {"output": str(again)}, "try1-again")
        recounting.compare(planned, again)
        reused = False
    return committed.outcome(planned, reused=reused)


def count_here(planned: dict[str, Any], attempt: str = "try1-here") -> None:
    """What the Spark submit of a batch does, with a list for the map."""
    spec = read_spec(Path(planned["spec"]), planned["spec_sha256"])
    output = Path(planned["output"])
    results = [count_range(task) for task in tasks_of(spec, output, attempt)]
    batches.commit(output, assemble(spec, results, Attempt(attempt)))


@dataclass
class Counted:
    """A run with counted batches, and methods to tamper with them before or after aggregate."""

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

    def is_whole(self) -> bool:
        """Whether every batch is committed with all of its parts, even if the run's own folder is missing."""
        folders = [self.folder(number) for number in range(len(self.planned))]
        manifests = [batches.load_manifest(folder / batches.MANIFEST)[0] for folder in folders]
        return not any(map(batches.damaged_part, manifests, folders))

    def edit_manifest(
        self, edit: Callable[[dict[str, Any]], None], batch: int = 0, *, forge_report: bool = False
    ) -> None:
        """forge_report: whether the task's report is forged too, so that the digest fits again."""
        path = self.folder(batch) / batches.MANIFEST
        manifest = json.loads(path.read_text(encoding="utf-8"))
        manifest.pop("seal")
        edit(manifest)
        path.write_text(json.dumps(sealed(manifest)), encoding="utf-8")
        if forge_report:
            self.reports[batch] = committed.outcome(self.planned[batch], reused=False)

    def edit_rows(
        self,
        changes: Iterable[tuple[int, str, int]],
        batch: int = 0,
        *,
        rehash: bool = False,
        forge_report: bool = False,
    ) -> None:
        """Add to cells (row, column, how much) of the per-sequence table. rehash: update its digest in the manifest."""
        path = self.part(batch)
        columns = pq.read_table(path).to_pydict()
        for row, column, more in changes:
            columns[column][row] += more
        pq.write_table(pa.Table.from_pydict(columns, schema=table_schemas.per_sequence_schema()), path)
        if rehash:
            facts = {"bytes": path.stat().st_size, "sha256": batches.sha256_of(path)}
            self.edit_manifest(lambda manifest: manifest["parts"][0].update(facts), batch, forge_report=forge_report)


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_place: None) -> House:
    root = tmp_path.resolve()
    for name, folder in (("STORE", "store"), ("RESULTS", "results"), ("LANDING", "landing"), ("SOURCE_ROOTS", "data")):
        monkeypatch.setenv(f"OPENGENOME_{name}", str(root / folder))
    for name in ("OPENGENOME_SPARK_SLOTS", "OPENGENOME_DRIVER_MEMORY"):
        monkeypatch.delenv(name, raising=False)
    (root / "data").mkdir()
    # The real views take a second for each run, and have tests of their own.
    monkeypatch.setattr(reporting, "MAKERS", {name: partial(small_view, name) for name in SMALL_VIEWS})
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
