"""The faults: each starts a run (or two) and disturbs it at a random moment. The test judges the result."""

from __future__ import annotations

import contextlib
import functools
import json
import mmap
import os
import random
import shutil
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from fault_airflow import OVER, OwnAirflow
from fault_processes import ROLES, Submit, gone, submits

from opengenome.io.store import LATEST_ADHOC

# The least seconds that a process of each role lives after it is first seen; the fault hits at a random moment within.
_LIVES = {"worker": 0.05, "daemon": 0.4, "driver": 1.5, "jvm": 3.0, "runner": 3.5, "supervisor": 3.5, "scheduler": 3.5}
_GONE = 5.0  # seconds within which a submit must end after its task or its JVM was killed
BATCH_SIZE = 1000


class MissedError(Exception):
    """The run ended before the fault could happen."""


@dataclass
class Scene:
    """Where a fault happens. injections: how many there were. said: what was done, and when.

    survivors: ids of processes that should have ended with the killed one.
    """

    airflow: OwnAirflow
    source: Path
    random: random.Random
    runs: list[str] = field(default_factory=list)
    injections: int = 1
    said: str = ""
    survivors: list[int] = field(default_factory=list)

    def start(self) -> str:
        self.runs.append(self.airflow.trigger(self.source, BATCH_SIZE))
        return self.runs[-1]

    def pause(self, most: float) -> float:
        seconds = self.random.uniform(0, most)
        time.sleep(seconds)
        return seconds

    def going(self) -> Iterator[None]:
        """Yield often while the run goes on. Raises MissedError when it has ended."""
        looked = 0.0
        while True:
            if time.monotonic() - looked > 1:
                looked = time.monotonic()
                if self.airflow.client.run_state(self.runs[-1]) in OVER:
                    raise MissedError
            yield
            time.sleep(0.03)

    def committed(self) -> list[Path]:
        return sorted(self.airflow.store.glob("batches/*/manifest.json"))

    def forget(self, batches: int) -> None:
        """Make the run count this many batches; the others are committed by an earlier run."""
        for manifest in self.random.sample(self.committed(), batches):
            shutil.rmtree(manifest.parent)

    def until_planned(self) -> None:
        for _ in self.going():
            if (self.airflow.store / "runs" / self.runs[-1] / "plan.json").exists():
                return

    def submit(self, role: str, spared: Sequence[int] = ()) -> tuple[Submit, psutil.Process]:
        """A process of that role, as soon as there is one, and its submit; batches in `spared` are left alone."""
        for _ in self.going():
            running = submits(self.airflow.home)
            found = [submit for submit in running if submit.members[role] and submit.index not in spared]
            if found:
                chosen = self.random.choice(found)
                return chosen, chosen.members[role][0]
        raise MissedError


def hit(role: str, number: signal.Signals, scene: Scene) -> None:
    """Send a signal to one process of each submit, or once to the scheduler of all."""
    scene.start()
    done: list[int] = []
    for _ in range(1 if role == "scheduler" else 2):
        try:
            done.append(_hit_one(role, number, scene, done))
        except MissedError:
            if not done:
                raise
    scene.injections = len(done)


def _hit_one(role: str, number: signal.Signals, scene: Scene, spared: list[int]) -> int:
    """The batch whose submit was hit."""
    while True:
        _, victim = scene.submit(role, spared)
        after = scene.pause(_LIVES[role])
        with contextlib.suppress(psutil.NoSuchProcess):
            submit = next((s for s in submits(scene.airflow.home) if victim in s.members[role]), None)
            if submit and victim.status() != psutil.STATUS_ZOMBIE:
                victim.send_signal(number)
                scene.said += f"{', ' if scene.said else ''}batch {submit.index} {after:.2f} s after it was seen"
                break
    if number == signal.SIGKILL and role in ("jvm", "runner", "supervisor", "scheduler"):
        scene.survivors += gone(submit.below_task, _GONE)
    return submit.index


def meddle(how: Callable[[OwnAirflow, str, int], None], scene: Scene) -> None:
    """Do to a running batch what a user can do to it."""
    run = scene.start()
    submit, _ = scene.submit("jvm")
    after = scene.pause(3)
    how(scene.airflow, run, submit.index)
    scene.said = f"batch {submit.index}, {after:.2f} s after its JVM was seen"


def two_runs(scene: Scene) -> None:
    scene.start()
    scene.said = f"the second {scene.pause(4):.2f} s after the first"
    scene.start()


def harm(what: Callable[[Scene, Path], str], scene: Scene) -> None:
    """Damage a committed batch, before or during a run that could reuse it."""
    if scene.random.random() < 0.5:
        scene.said = what(scene, scene.random.choice(scene.committed())) + ", before the run"
        scene.start()
    else:
        scene.start()
        scene.until_planned()
        after = scene.pause(3)
        scene.said = what(scene, scene.random.choice(scene.committed())) + f", {after:.2f} s after the plan"


def cut_part(scene: Scene, manifest: Path) -> str:
    part = _part(scene, manifest)
    os.truncate(part, scene.random.randrange(part.stat().st_size))
    return f"{part.name} cut to {part.stat().st_size:,} bytes"


def flip_byte(scene: Scene, manifest: Path) -> str:
    return _flip(scene, _part(scene, manifest))


def _flip(scene: Scene, path: Path) -> str:
    place = scene.random.randrange(path.stat().st_size)
    with path.open("r+b") as file:
        file.seek(place)
        letter = file.read(1)[0]
        file.seek(place)
        file.write(bytes([letter ^ (1 << scene.random.randrange(8))]))
    return f"{path.name}: a bit of byte {place:,} flipped"


def harm_entry(name: str, scene: Scene) -> None:
    """Damage an ingested entry before a run that would reuse it; the run must repair it."""
    known = sorted(scene.airflow.store.glob(f"ingest/*/{name}"))
    scene.said = ", ".join(_flip(scene, path) for path in known) + ", before the run"
    scene.start()


def _part(scene: Scene, manifest: Path) -> Path:
    return manifest.parent / scene.random.choice(json.loads(manifest.read_text())["parts"])["name"]


def half_manifest(scene: Scene, manifest: Path) -> str:
    os.truncate(manifest, scene.random.randrange(manifest.stat().st_size))
    return f"a manifest of {manifest.stat().st_size:,} bytes"


def garble_manifest(scene: Scene, manifest: Path) -> str:
    """Change one digit of a count: the file is still JSON, but wrong."""
    text = manifest.read_text()
    start = text.index('"totals"')
    place = scene.random.choice([n for n in range(start, text.index("]", start)) if text[n].isdecimal()])
    manifest.write_text(f"{text[:place]}{(int(text[place]) + scene.random.randint(1, 9)) % 10}{text[place + 1 :]}")
    return "one digit of a manifest's totals changed"


def full_disk(scene: Scene) -> None:
    """Fill the disk of the store until a task has failed by it, or for the rest of the run."""
    run = scene.start()
    after = scene.pause(4)
    ballast = scene.airflow.disk / "ballast"
    with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(1 << 16))
    try:
        for _ in scene.airflow.watch(run):
            states = {t["state"] for t in scene.airflow.client.task_instances(run)}
            if states & {"failed", "up_for_retry"}:
                break
    finally:
        ballast.unlink()
    scene.said = f"full {after:.2f} s after the start"


def rewrite(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def write_through_memory(path: Path, content: bytes) -> None:
    """Change a file that is mapped, and keep the mapping's pages dirty for a while."""
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as memory:
        for _ in range(3):
            memory[:] = content
            time.sleep(0.2)


def change_input(write: Callable[[Path, bytes], None], scene: Scene) -> None:
    """Change the input after the plan; the run must fail at once and say why. Then restore the input."""
    latest = (scene.airflow.results / LATEST_ADHOC).resolve()
    run = scene.start()
    scene.until_planned()
    after = scene.pause(1)
    original = scene.source.read_bytes()
    write(scene.source, original.replace(b"ACG", b"TTT"))
    try:
        assert scene.airflow.wait(run) == "failed"
    finally:
        write(scene.source, original)
    failed = scene.airflow.failed(run)
    assert {(name, tries) for name, _, tries in failed} == {("count_codons", 1)}, failed
    for name, index, _ in failed:
        told = scene.airflow.client.xcom_value(run, name, index, "failure") or {}
        assert "changed" in told["message"], told
        assert Path(told["file"]).name == scene.source.name, told
    assert (scene.airflow.results / LATEST_ADHOC).resolve() == latest
    scene.said = f"{after:.2f} s after the plan"


KINDS: dict[str, Callable[[Scene], None]] = {
    **{f"SIGKILL {role}": functools.partial(hit, role, signal.SIGKILL) for role in ROLES},
    **{f"SIGTERM {role}": functools.partial(hit, role, signal.SIGTERM) for role in ROLES},
    "part cut": functools.partial(harm, cut_part),
    "part bit flipped": functools.partial(harm, flip_byte),
    "manifest half-written": functools.partial(harm, half_manifest),
    "manifest garbled": functools.partial(harm, garble_manifest),
    "disk full": full_disk,
    "input replaced": functools.partial(change_input, rewrite),
    "input changed through memory": functools.partial(change_input, write_through_memory),
    "record table damaged": functools.partial(harm_entry, "records.parquet"),
    "entry manifest damaged": functools.partial(harm_entry, "manifest.json"),
    "cleared while running": functools.partial(meddle, OwnAirflow.clear_running),
    "marked failed while running": functools.partial(meddle, OwnAirflow.mark_failed),
    "two runs at once": two_runs,
}
