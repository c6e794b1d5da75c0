"""Hypothesis without a deadline (its first example may be the one that compiles), and a run without Airflow."""

import gc
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import settings

import opengenome
from opengenome.core.counting import count_naive
from opengenome.core.model import CountingParameters
from opengenome.core.planning import Limits, plan_batches

settings.register_profile("opengenome", deadline=None)
settings.load_profile("opengenome")

# pytest's own `pythonpath` reaches this process alone; the processes that tests start find the package as well.
os.environ["PYTHONPATH"] = os.pathsep.join(
    filter(None, [str(Path(opengenome.__file__).parents[1]), os.environ.get("PYTHONPATH")])
)


def pytest_addoption(parser):
    parser.addoption("--faults", action="store_true", help="the long form of tests/faults")
    parser.addoption("--stack", action="store_true", help="the containers of tests/stack, which need a docker engine")
    parser.addoption("--fault-seed", type=int, help="repeat the faults of a printed seed")


class Pipeline:
    """Ingest, plan and count one file as the tasks do."""

    def __init__(self, folder):
        from opengenome.io.store import Store  # noqa: PLC0415  (not needed by most tests)

        self.folder, self.store = folder, Store(folder / "store")

    def write(self, data, name="in.fa"):
        path = self.folder / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return path

    def naive(self, records, frame=0):
        """The rows that `count` has to give for these (id, sequence), by the specification."""
        counted = [(name, *count_naive(sequence, frame)) for name, sequence in records]
        return [(name, list(counts.values()), *rest) for name, counts, *rest in counted]

    def ingest(self, path):
        from opengenome.io import ingest, sources  # noqa: PLC0415
        from opengenome.io.schemas import Material  # noqa: PLC0415

        self.file = sources.fingerprint(path)
        self.manifest, self.proof = ingest.ingest(Material((self.file,)), self.store, lambda _: None)
        return self.manifest

    def batches(self, path, **limits):
        return self.batches_of(self.ingest(path), **limits)

    def batches_of(self, manifest, batch_size=5000, max_batch_bases=10**12):
        from opengenome.io.records import read_spans  # noqa: PLC0415

        runs = read_spans(manifest, self.store.ingest(manifest.key))
        return list(plan_batches(runs, Limits(batch_size, max_batch_bases), CountingParameters(), "1"))

    def count(self, path, frame=0, **limits):
        return [row for batch in self.batches(path, **limits) for row in self.rows(batch, frame)]

    def count_entry(self, manifest):
        return [row for batch in self.batches_of(manifest) for row in self.rows(batch)]

    def rows(self, batch, frame=0):
        """[(id, 64 counts, ambiguous, skipped, trailing)] of a batch, in order."""
        from opengenome.io.clock import Clock  # noqa: PLC0415
        from opengenome.io.parts import count_chunk  # noqa: PLC0415

        return [
            (name, row[:64].tolist(), int(row[64]), int(skipped), int(trailing))
            for chunk in batch.chunks
            for group in count_chunk(chunk, CountingParameters(frame), Clock())
            for name, row, skipped, trailing in zip(group.ids, group.counts, group.skipped, group.trailing, strict=True)
        ]

    @property
    def known(self):
        """What shows that a known file is as it was: its stat, where the disk of the tests keeps that promise."""
        from opengenome.io import ingest  # noqa: PLC0415
        from opengenome.io.identity import FileSystems  # noqa: PLC0415

        proven = FileSystems().stat_is_proof(Path(self.file.path), self.file.ctime_ns)
        return ingest.BY_STAT if proven else ingest.BY_CONTENT

    def left(self):
        """Every file and folder of the store, but for the two that hold ingests."""
        known = (self.store.root, self.store.root / "ingest")
        return [path for path in self.folder.rglob("store/**/*") if path not in known]


@pytest.fixture
def in_place(monkeypatch):
    """The files of tests are read where they lie, as large ones are; a test of small ones says so."""
    monkeypatch.setattr("opengenome.core.bundling.SMALL_BYTES", 0)


@pytest.fixture
def pipeline(tmp_path, in_place):
    return Pipeline(tmp_path)


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 1 MB; skips where none can be mounted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if not shutil.which("mount") or os.geteuid():
        pytest.skip("only root can mount a small file system")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no small file system: {mounted.stderr.strip()}")
    yield folder
    gc.collect()  # a file that failed may be open until then: from Python 3.13 on a cycle of its error holds it
    subprocess.run(["umount", folder], check=True)
