"""`analyze codon` and `demo`: run the DAG, watch it, then copy and print its results."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from opengenome.cli.arguments import check, conf_of
from opengenome.cli.called import retry_command
from opengenome.cli.environment import Site
from opengenome.cli.facts import Facts
from opengenome.cli.inputs import STANDARD_INPUT, absolute, name_of_source, with_standard_input
from opengenome.cli.notes import remember
from opengenome.cli.output import copy_results
from opengenome.cli.places import Place, place
from opengenome.cli.printing import View, report
from opengenome.cli.progress import display_for
from opengenome.cli.terminal import show
from opengenome.cli.watch import RunReporter, TaskState, failures, watch
from opengenome.errors import Again, EngineError, OpenGenomeError, printable
from opengenome.flow import ANALYZE, COUNT_CODONS, DEMO, PLAN, RETURNED, new_run
from opengenome.io import published
from opengenome.io.paths import text_of
from opengenome.orchestration import settings
from opengenome.orchestration.telling import COMPLETED

DEMO_SCALE = 0.05  # of OpenGenome2's organelles: about 142 Mnt
DEMO_BATCH = 5_000


class RunFailedError(OpenGenomeError):
    """The DAG run failed because one of its tasks did. retry: the part of the advice that offers a retry."""

    retry = ""

    def without_retry(self) -> None:
        """Remove the offer of a retry, which would not find the inputs any more."""
        self.advice = " ".join(self.advice.replace(self.retry, "").split())


class RunLostError(RunFailedError, EngineError):
    """The run's Airflow has ended or does not answer. The batches that the run committed stay."""

    @classmethod
    def after(cls, error: EngineError, retry: str) -> RunLostError:
        """The same error, with the advice how to continue."""
        lost = cls(error.message, advice=f"{error.advice} {retry}".strip(), **error.where)
        lost.retry = retry
        return lost


def analyze(given: argparse.Namespace, log_line: Callable[[str], None]) -> None:
    """`opengenome analyze codon`. Returns when the run is proven, and raises the errors of the run."""
    check(given)
    if given.overruled:
        names = ", ".join(given.overruled)
        log_line(f"From the command line, not from {printable(str(given.params))}: {names}")
    piped, named = STANDARD_INPUT in given.source, name_of_source(given.source)
    output = absolute(str(given.output))
    with (
        with_standard_input(given.source, Site.of_checkout(), log_line) as given.source,
        place(given.on, ANALYZE, log_line) as there,
    ):
        run = new_run(ANALYZE, named)
        given.answer["run"] = run
        if not piped:  # piped data is removed when the command ends
            given.answer["retry"] = retry_command(run, there.option)
        try:
            results = _run(there, run, conf_of(given, there.source), output)
        except RunFailedError as error:
            if piped:
                error.without_retry()
            raise
    print_outcome(given, results, output)


def demo(given: argparse.Namespace, log_line: Callable[[str], None]) -> None:
    """`opengenome demo`: analyze a synthetic collection, which is written at the first call."""
    folder = settings.project_root() / "data" / "demo"
    fasta = folder / "synthetic_organelles.fasta"
    if not fasta.exists():
        _write_demo(fasta, log_line)
    output = folder / "results"
    with place("here", DEMO, log_line) as there:
        run = new_run(DEMO)
        given.answer.update(run=run, retry=retry_command(run, there.option))
        results = _run(there, run, {"source": str(fasta), "batch_size": DEMO_BATCH}, output)
    print_outcome(given, results, output)


def view_of(given: argparse.Namespace) -> View:
    return View(top=given.top, rscu=given.rscu, skip_stops=given.skip_stops, min_count=given.min_count)


def _write_demo(fasta: Path, log_line: Callable[[str], None]) -> None:
    from opengenome.synthetic import write_organelle_like

    log_line(f"Writing the synthetic collection to {fasta} (once)")
    # It takes seconds: its progress is for a terminal, not for a log.
    write_organelle_like(fasta, scale=DEMO_SCALE, progress=log_line if sys.stderr.isatty() else None)


def _run(there: Place, run: str, conf: dict[str, Any], output: Path) -> Path:
    """Run the DAG and copy its results to `output`; returns where they were published."""
    remember(Site.of_checkout(), run, output)  # for a retry
    results = execute(there, run, conf)
    copy_results(results, output)
    return results


def print_outcome(given: argparse.Namespace, results: Path, output: Path | None) -> None:
    """Print the outcome for a person or, with --json, set its keys for a script.

    results: where the run was published. output: the user's copy, or None.
    """
    folder = published.one_folder(results)
    if given.json:
        published.verify(folder)
    else:
        print_report(folder, view_of(given))  # not from `output`: another command may have replaced it by now
    facts = Facts.of(folder)
    if not given.json:
        print(f"\nTable, proof and provenance: {printable(str(output or results))}")
        for line in facts.further(output or results):
            print(line)
        if output:
            print(f"Published by Airflow in: {printable(str(results))}")
    given.answer.pop("retry", None)
    given.answer |= facts.answer()
    given.answer |= {"results": text_of(results), "output": text_of(output) if output else None}


def print_report(folder: Path, view: View) -> None:
    """Print the table, the ledger and the verdict to standard output. Raises the errors of `published.verify`."""
    folder = published.one_folder(folder)
    published.verify(folder)
    if sys.stdout.isatty():
        print()
    show(report(folder, view), sys.stdout)


def execute(there: Place, run: str, conf: dict[str, Any]) -> Path:
    """Trigger a run of the DAG and follow it to its end."""
    there.client.trigger(run, conf)
    print(f"Run {run}", file=sys.stderr)
    return follow(there, run)


def follow(there: Place, run: str, seen: Iterable[TaskState] = ()) -> Path:
    """Watch a run to its end; the folder with its results. seen: states that are already known.

    Raises RunFailedError with the error of the first failed task. If the watching ends before the run does,
    `there.left` is called.
    """
    client = there.client
    try:
        with display_for(
            sys.stderr,
            seen,
            lambda: client.xcom_value(run, PLAN, -1, RETURNED),
            lambda batch: client.progress(run, COUNT_CODONS, batch),
        ) as display:
            last = watch(client, run, there.alive, RunReporter(client, run, display, seen).show, there.patience)
    except EngineError as lost:
        there.left(run)
        raise RunLostError.after(lost, f"To continue: {retry_command(run, there.option)}") from lost
    except BaseException:
        there.left(run)
        raise
    again = f"`{retry_command(run, there.option)}` tries again."
    if last.state == "success":
        # Airflow calls a run a success even if its last tasks were skipped, because an earlier command gave it up.
        if any(task.state == "skipped" for task in last.tasks):
            raise RunFailedError(f"The run {run} ended without a result: some of its tasks were skipped", advice=again)
        print(COMPLETED, file=sys.stderr)
        return there.results(run)
    failed = failures(client, run, last.tasks)
    if not failed:
        raise RunFailedError(f"The run {run} failed without a failed task", advice=f"See {there.url}")
    first, others = failed[0], len(failed) - 1
    more = f"{others} more of its tasks failed." if others else ""
    answers = {failure.error.again for failure in failed}
    if Again.NO in answers:
        again = ""
    elif Again.MENDED in answers and again:
        again = f"After fixing that, {again}"
    cause, log = first.error, f"The log is {there.log(run, first.task)}"
    advice = " ".join(filter(None, (cause.advice, more, again, log)))
    error = RunFailedError(f"{first.task.name} failed: {cause.message}", advice=advice, **cause.where)
    error.retry = again
    raise error
