"""Whatever the bytes of an input are, it is counted exactly or refused in one sentence.

A seeded generator of our own makes and damages the inputs, because hypothesis cannot run in the process that may crash.
Damage that no reader could detect is not a failure: a gzip cut exactly between two members; in Parquet, a changed
letter on a page without checksum, and a footer that names other, sound pages.
The short form tries a few hundred; `--faults` tries 10,000, `--fault-seed` repeats a seed. A failing input is saved.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import random
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from multiprocessing.connection import Connection, wait
from pathlib import Path

import fuzz_worker

_SHORT, _LONG = 300, 10_000
_WORKERS = 2
_SECONDS = 30.0  # more than any input of a few kB takes, even on a busy machine


class Worker:
    """A process that tries inputs one by one. It is replaced if it crashes or hangs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.number = -1
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self._process = context.Process(target=fuzz_worker.serve, args=(theirs, self.folder), daemon=True)
        self._process.start()
        theirs.close()

    def ask(self, seed: int, number: int) -> None:
        self.number, self.asked = number, time.monotonic()
        self.connection.send((seed, number))

    def answer(self) -> tuple[str, str | None]:
        try:
            outcome: tuple[str, str | None] = self.connection.recv()
        except EOFError:
            self._process.join()
            code = self._process.exitcode
            self._start()
            return "broken", f"the process crashed: exit code {code}"
        return outcome

    def overdue(self) -> bool:
        return time.monotonic() - self.asked > _SECONDS

    def replace(self) -> None:
        self.stop()
        self._start()

    def stop(self) -> None:
        self._process.kill()
        self._process.join()
        self.connection.close()


@contextlib.contextmanager
def workers(folder: Path) -> Iterator[dict[Connection, Worker]]:
    crew = [Worker(folder / str(number)) for number in range(_WORKERS)]
    try:
        yield crew
    finally:
        for worker in crew:
            worker.stop()


def test_every_input_is_counted_exactly_or_refused_in_a_sentence(request, tmp_path):
    many = _LONG if request.config.getoption("--faults") else _SHORT
    seed = request.config.getoption("--fault-seed") or random.SystemRandom().randrange(1 << 31)
    print(f"seed {seed}, {many:,} inputs: again with --fault-seed {seed}")
    saved, outcomes, broken = tmp_path / "broken", Counter(), []
    began = time.monotonic()
    with workers(tmp_path) as crew:
        waiting = iter(range(many))
        busy = [worker for worker, number in zip(crew, waiting, strict=False) if worker.ask(seed, number) is None]
        while busy:
            ready = wait([worker.connection for worker in busy], timeout=1)
            for worker in list(busy):
                if worker.connection in ready:
                    outcome, problem = worker.answer()
                elif worker.overdue():
                    outcome, problem = "broken", f"no answer in {_SECONDS:.0f} s"
                    worker.replace()
                else:
                    continue
                outcomes[outcome] += 1
                if problem:
                    saved.mkdir(exist_ok=True)
                    kept = shutil.copy(worker.folder / "input", saved / f"{worker.number}")
                    broken.append(f"input {worker.number} ({kept}): {problem}")
                number = next(waiting, None)
                if number is None:
                    busy.remove(worker)
                else:
                    worker.ask(seed, number)
    print(f"{dict(outcomes)} in {time.monotonic() - began:.0f} s")
    assert not broken, f"seed {seed}, {len(broken)} broken:\n" + "\n".join(broken[:20])
    # Both halves of the promise were tested.
    assert outcomes["counted"] > many // 10
    assert outcomes["refused"] > many // 10
    assert outcomes["found changed"]
