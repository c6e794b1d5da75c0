"""`analyze codon` and `demo`: one run of the DAG, watched, its results copied and printed."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from opengenome.cli.arguments import check
from opengenome.cli.environment import Site
from opengenome.cli.facts import Facts
from opengenome.cli.inputs import STANDARD_INPUT, with_standard_input
from opengenome.cli.notes import remember
from opengenome.cli.output import copy_results
from opengenome.cli.places import Place, place, retry_command
from opengenome.cli.printing import View, report
from opengenome.cli.progress import display_for
from opengenome.cli.terminal import show
from opengenome.cli.watch import TaskState, Teller, failures, watch
from opengenome.errors import Again, EngineError, OpenGenomeError, printable
from opengenome.flow import ANALYZE, DEMO, new_run
from opengenome.io import published
from opengenome.io.paths import text_of
from opengenome.orchestration import settings

DEMO_SCALE = 0.05  # of OpenGenome2's organelles: about 142 Mnt
DEMO_BATCH = 5_000


class RunFailedError(OpenGenomeError):
    """The DAG run failed, because a task of it did. retry: the part of the advice that offers one."""

    retry = ""

    def without_retry(self) -> None:
        """Its inputs do not stay: a retry would not find them."""
        self.advice = " ".join(self.advice.replace(self.retry, "").split())


class RunLostError(RunFailedError, EngineError):
    """The run's Airflow is gone, or does not answer. What the run did stays."""

    @classmethod
    def after(cls, error: EngineError, retry: str) -> RunLostError:
        """The same error, with the advice to go on."""
        lost = cls(error.message, advice=f"{error.advice} {retry}".strip(), **error.where)
        lost.retry = retry
        return lost


def analyze(given: argparse.Namespace, say: Callable[[str], None]) -> None:
    """`opengenome analyze codon`. Raises what the run raises; returning means proven."""
    check(given)
    piped = STANDARD_INPUT in given.source
    with (
        with_standard_input(given.source, Site.of_checkout(), say) as given.source,
        place(given.on, ANALYZE, say) as there,
    ):
        run = new_run(ANALYZE)
        given.answer["run"] = run
        if not piped:  # what was piped is gone when the command ends
            given.answer["retry"] = retry_command(run, there.option)
        try:
            results = _run(there, run, conf_of(given, there.source), given.output.absolute())
        except RunFailedError as error:
            if piped:
                error.without_retry()
            raise
    tell(given, results, given.output.absolute())


def demo(given: argparse.Namespace, say: Callable[[str], None]) -> None:
    """`opengenome demo`: the same on a synthetic collection, which is written once."""
    folder = settings.project_root() / "data" / "demo"
    fasta = folder / "synthetic_organelles.fasta"
    if not fasta.exists():
        _write_demo(fasta, say)
    output = folder / "results"
    with place("here", DEMO, say) as there:
        run = new_run(DEMO)
        given.answer.update(run=run, retry=retry_command(run, there.option))
        results = _run(there, run, {"source": str(fasta), "batch_size": DEMO_BATCH}, output)
    tell(given, results, output)


def conf_of(given: argparse.Namespace, source: Callable[[str], str]) -> dict[str, Any]:
    """The run's parameters: only those the user gave, so that the DAG's defaults rule. source: `Place.source`."""
    from opengenome.cli.run_options import given_parameters
    from opengenome.parameters import RunParameters

    return given_parameters(given, RunParameters) | {"source": "\n".join(map(source, given.source))}


def view_of(given: argparse.Namespace) -> View:
    return View(top=given.top, rscu=given.rscu, skip_stops=given.skip_stops, min_count=given.min_count)


def _write_demo(fasta: Path, say: Callable[[str], None]) -> None:
    from opengenome.synthetic import write_organelle_like

    say(f"Writing the synthetic collection to {fasta} (once)")
    # Seconds: worth lines to who looks on, not to a log.
    write_organelle_like(fasta, scale=DEMO_SCALE, progress=say if sys.stderr.isatty() else None)


def _run(there: Place, run: str, conf: dict[str, Any], output: Path) -> Path:
    """Run the DAG and copy its results to `output`; returns where they were published."""
    remember(Site.of_checkout(), run, output)  # for a retry
    results = execute(there, run, conf)
    copy_results(results, output)
    return results


def tell(given: argparse.Namespace, results: Path, output: Path | None) -> None:
    """What is said at the end, to a person or, with --json, to a script.

    results: where the run was published. output: the copy, for the user; None where there is none.
    """
    folder = published.one_folder(results)
    if given.json:
        published.verify(folder)
    else:
        print_report(folder, view_of(given))  # another command may have put its own into `output` by now
        print(f"\nThe table, the proof and where they come from: {printable(str(output or results))}")
        if output:
            print(f"The run as Airflow published it: {printable(str(results))}")
    given.answer.pop("retry", None)
    given.answer |= Facts.of(folder).answer()
    given.answer |= {"results": text_of(results), "output": text_of(output) if output else None}


def print_report(folder: Path, view: View) -> None:
    """The table, the ledger and the verdict, on standard output. Raises what `published.verify` raises."""
    folder = published.one_folder(folder)
    published.verify(folder)
    if sys.stdout.isatty():
        print()
    show(report(folder, view), sys.stdout)


def execute(there: Place, run: str, conf: dict[str, Any]) -> Path:
    """Run the DAG to its end, as `follow` does."""
    there.client.trigger(run, conf)
    print(f"Run {run}", file=sys.stderr)
    return follow(there, run)


def follow(there: Place, run: str, seen: Iterable[TaskState] = ()) -> Path:
    """Watch a run to its end; the folder with its results. seen: states that are no news.

    Raises RunFailedError with what the first failed task told. A run that is left before its end is told to `there`.
    """
    client = there.client
    try:
        with display_for(sys.stderr, seen, lambda: client.xcom_value(run, "plan", -1, "return_value")) as display:
            last = watch(client, run, there.alive, Teller(client, run, display, seen).show, there.patience)
    except EngineError as lost:
        there.left(run)
        raise RunLostError.after(lost, f"To go on: {retry_command(run, there.option)}") from lost
    except BaseException:
        there.left(run)
        raise
    again = f"`{retry_command(run, there.option)}` tries again."
    if last.state == "success":
        # Airflow calls a run whose last tasks were skipped a success: batches that an earlier giving up left out.
        if any(task.state == "skipped" for task in last.tasks):
            raise RunFailedError(f"The run {run} ended without a result: some of its tasks were skipped", advice=again)
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
        again = f"Once that is mended, {again}"
    cause, log = first.error, f"The log is {there.log(run, first.task)}"
    advice = " ".join(filter(None, (cause.advice, more, again, log)))
    error = RunFailedError(f"{first.task.name} failed: {cause.message}", advice=advice, **cause.where)
    error.retry = again
    raise error
