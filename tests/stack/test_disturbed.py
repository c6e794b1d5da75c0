"""Whichever part of the stack dies or restarts during a run, the run ends proven, with the same bytes."""

from __future__ import annotations

import re
import time

import pytest
from disturbed import Disturbed
from samples import RECORDS

pytestmark = pytest.mark.e2e

_POSTGRES_AWAY = 20.0


@pytest.fixture
def end(stack, report):
    def end(run):
        table = run.end()
        report.tell(f"  by itself, at most {run.tries()} tries of a task")
        assert table == stack.reference
        stack.well()

    return end


def test_a_worker_killed_in_a_batch_is_replaced_and_nothing_is_tried_again(stack, end, report, timed):
    for _ in range(4):  # a batch may be over before the kill arrives
        run = Disturbed(stack)
        [index, *_] = run.wait_until_counting()
        before = stack.inspect("spark-worker", index)["State"]["StartedAt"]
        stack.crash("spark-worker", index)
        end(run)
        assert stack.inspect("spark-worker", index)["State"]["StartedAt"] != before
        assert run.tries() == 1
        if found := re.search(r"Lost executor.*", stack.logs(run.run)):
            report.tell(f"  its driver: {found[0]}")
            return
    pytest.fail("no driver lost an executor in four runs")


def test_a_scheduler_that_is_restarted_lets_its_batches_end(stack, end, timed):
    run = Disturbed(stack)
    run.wait_until_counting()
    # Airflow loses the signal, once in a great while (its SystemExit is raised where Python ignores exceptions).
    stack.compose("restart", "--timeout", "240", "scheduler")
    end(run)
    assert run.tries() == 1


def test_a_scheduler_killed_in_a_batch_finds_its_tasks_and_counts_them_again(stack, end, timed):
    run = Disturbed(stack)
    run.wait_until_counting()
    stack.crash("scheduler")
    end(run)
    assert run.tries() > 1


def test_a_database_that_was_away_is_waited_for(stack, end, timed):
    run = Disturbed(stack)
    run.wait_until_counting()
    stack.compose("stop", "postgres")
    time.sleep(_POSTGRES_AWAY)
    stack.compose("start", "postgres")
    end(run)


def test_a_master_killed_in_a_batch_recovers_its_state(stack, end, timed):
    run = Disturbed(stack)
    run.wait_until_counting()
    stack.crash("spark-master")
    end(run)


def test_down_lets_batches_end_and_the_run_continues_after_up(stack, end, timed):
    run = Disturbed(stack)
    run.wait_until_counting()
    stack.cli("stack", "down")
    stack.cli("stack", "up")
    end(run)
    assert run.tries() == 1


def test_a_batch_that_fails_is_named_and_its_retry_mends_the_run(stack, timed):
    """Its input changes after it was planned, while Spark starts."""
    folder = stack.landing / "changing"
    folder.mkdir()
    fasta = folder / "x.fasta"
    whole = (stack.sample / "sample.fasta").read_bytes()
    fasta.write_bytes(whole)
    try:
        run = Disturbed(stack, source=folder)
        run.wait_for_plan()
        with fasta.open("r+b") as file:
            file.seek(-4, 2)
            file.write(b"NNN")
        assert run.process.wait(300) == 1
        [error] = re.findall(r"^error: .*", run.said(), re.MULTILINE)
        assert error.startswith(f"error: count_codons [batch 2/2 · {RECORDS - run.size:,} sequences")
        assert "changed" in error
        assert "/data/landing/changing/x.fasta" in error
        assert f"`./opengenome retry {run.run} --on stack` tries again" in error
        fasta.write_bytes(whole)
        done = stack.cli("retry", run.run, "--on", "stack", "--batch", 2)
        assert "Proven: all 6 laws hold" in done.stdout
        assert (stack.root / "data" / "stack" / run.run / "codon_usage.csv").is_file()
    finally:
        fasta.unlink()
        folder.rmdir()
