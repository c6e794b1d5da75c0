"""Whatever of the stack dies or is started again while a run counts: the run ends proven, with the same bytes."""

from __future__ import annotations

import re
import subprocess
import time

import pytest

pytestmark = pytest.mark.e2e

_LIMIT = 600.0  # seconds for a run, faults included
_POSTGRES_AWAY = 20.0


class Disturbed:
    """A run by the command, in the background; its batches are its own, for no other run has this batch size."""

    def __init__(self, stack, size):
        self.stack, self.output = stack, stack.root / "out" / f"disturbed-{size}"
        self.log = (stack.root / f"disturbed-{size}.log").open("w+")
        arguments = ["--input", stack.landing, "--output", self.output, "--batch-size", size]
        command = stack.command("analyze", "codon", "--on", "stack", *arguments)
        self.process = subprocess.Popen(
            command, cwd=stack.root, env=stack.environment, stdout=self.log, stderr=self.log
        )
        self.run = ""
        deadline = time.monotonic() + 60
        while not self.run:
            assert time.monotonic() < deadline, self.said()
            self.run = "".join(re.findall(r"^Run (\S+)$", self.said(), re.MULTILINE))
            time.sleep(0.2)

    def said(self):
        self.log.flush()
        with open(self.log.name) as text:  # noqa: PTH123
            return text.read()

    def wait_until_counting(self):
        """Until a batch is being counted; the indexes of the workers that do."""
        deadline = time.monotonic() + 120
        while not (found := self.stack.counting_workers()):
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.1)
        return found

    def end(self):
        """The table, and whether a retry by hand was needed. A command that fails has to say what to retry."""
        code, by_hand = self.process.wait(_LIMIT), False
        if code:
            said = self.said()
            assert re.search(r"count_codons \[batch \d+/\d+", said) or "aggregate" in said, said
            assert f"`./opengenome retry {self.run} --on stack`" in said, said
            self.stack.well()
            done = self.stack.cli("retry", self.run, "--on", "stack")
            assert "Proven" in done.stdout
            by_hand = True
            table = self.stack.root / "data" / "stack" / self.run / "codon_usage.csv"
        else:
            assert "Proven" in self.said()
            table = self.output / "codon_usage.csv"
        return table.read_bytes(), by_hand

    def tries(self):
        with self.stack.client() as client:
            return max(task["try_number"] for task in client.task_instances(self.run))

    def logs(self):
        """What the batches of the run wrote, all attempts."""
        lines = []
        with self.stack.client() as client:
            for task in client.task_instances(self.run):
                if task["task_id"] == "count_codons":
                    for attempt in range(1, task["try_number"] + 1):
                        lines += [
                            str(e.get("event"))
                            for e in client.log(self.run, "count_codons", task["map_index"], attempt)
                        ]
        return "\n".join(lines)


@pytest.fixture
def end(stack, report):
    def end(run):
        table, by_hand = run.end()
        report.tell(f"  {'one retry by hand' if by_hand else 'by itself'}, at most {run.tries()} tries of a task")
        assert table == stack.reference
        stack.well()
        return by_hand

    return end


def test_a_worker_killed_in_a_batch_is_replaced_and_nothing_is_tried_again(stack, end, report, timed):
    for size in (1701, 1711, 1721, 1731):  # a batch may be over before the kill arrives
        run = Disturbed(stack, size)
        [index, *_] = run.wait_until_counting()
        before = stack.inspect("spark-worker", index)["State"]["StartedAt"]
        stack.crash("spark-worker", index)
        end(run)
        assert stack.inspect("spark-worker", index)["State"]["StartedAt"] != before
        assert run.tries() == 1
        if found := re.search(r"Lost executor.*", run.logs()):
            report.tell(f"  its driver: {found[0]}")
            return
    pytest.fail("no driver lost an executor in four runs")


def test_a_scheduler_that_is_restarted_lets_its_batches_end(stack, end, timed):
    run = Disturbed(stack, 1702)
    run.wait_until_counting()
    stack.compose("restart", "scheduler")
    assert not end(run)
    assert run.tries() == 1


def test_a_scheduler_killed_in_a_batch_finds_what_it_left_and_counts_that_again(stack, end, timed):
    run = Disturbed(stack, 1703)
    run.wait_until_counting()
    stack.crash("scheduler")
    end(run)
    assert run.tries() > 1


def test_a_database_that_was_away_is_waited_for(stack, end, timed):
    run = Disturbed(stack, 1704)
    run.wait_until_counting()
    stack.compose("stop", "postgres")
    time.sleep(_POSTGRES_AWAY)
    stack.compose("start", "postgres")
    end(run)


def test_a_master_killed_in_a_batch_comes_back_with_what_it_knew(stack, end, timed):
    run = Disturbed(stack, 1705)
    run.wait_until_counting()
    stack.crash("spark-master")
    end(run)
