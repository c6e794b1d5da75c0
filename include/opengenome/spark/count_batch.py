"""The spark-submit entry point: count one batch and commit its output.

    spark-submit count_batch.py --spec BATCH.json --sha256 DIGEST --output FOLDER --attempt NAME

Exit codes: 0 committed; 65 (EX_DATAERR) an error that a retry cannot repair; 78 (EX_CONFIG) Spark cannot start with
these settings; 1 anything else. A failure writes the error as data (`OpenGenomeError.as_line`) to standard error, and
below it the trace of an unexpected error. The manifest, not the exit code, shows that the batch exists.
"""

from __future__ import annotations

import argparse
import os
import sys
import threading
import time
import traceback
from collections import Counter
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from opengenome.core.model import BatchManifest
from opengenome.errors import EngineError, OpenGenomeError, SetupError, number_of
from opengenome.io import batches, progress
from opengenome.io.last_words import last_words
from opengenome.io.memory import peak_memory
from opengenome.io.paths import path_of
from opengenome.io.ranges import Attempt, RangeResult, RangeTask, assemble, tasks_of
from opengenome.io.schemas import BatchSpec
from opengenome.spark.installed import prefer_installed_pyspark
from opengenome.spark.versions import Versions, count_if_same

if TYPE_CHECKING:
    from pyspark import Accumulator, SparkContext

_PROGRESS_SECONDS = 2.0


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spec", type=path_of, required=True)
    parser.add_argument("--sha256", required=True, help="SHA-256 of the spec, as it was planned")
    parser.add_argument("--output", type=path_of, required=True)
    parser.add_argument("--attempt", required=True)
    options = parser.parse_args(arguments)
    try:
        manifest = count_batch(batches.read_spec(options.spec, options.sha256), options.output, options.attempt)
    except OpenGenomeError as error:
        return _fail(error, error.__cause__)
    except Exception as error:
        return _fail(EngineError(_last_words(error)), error)
    ledger = manifest.ledger
    numbers = {"sequence": ledger.sequences, "base": ledger.bases, "codon": ledger.counted}
    print(f"Committed {', '.join(number_of(number, one) for one, number in numbers.items())}", flush=True)
    return 0


def _fail(error: OpenGenomeError, cause: BaseException | None) -> int:
    """Print the error, and below it the trace of its cause, if any. Returns the exit code."""
    print(error.as_line(), file=sys.stderr, flush=True)
    if cause:
        traceback.print_exception(cause)
    if error.retryable:
        return 1
    return os.EX_CONFIG if isinstance(error, SetupError) else os.EX_DATAERR


def _last_words(error: Exception) -> str:
    """The message of an error, without the stack that Java's errors carry."""
    return last_words("".join(traceback.format_exception_only(error)).splitlines()) or type(error).__name__


def count_batch(spec: BatchSpec, output: Path, attempt: str) -> BatchManifest:
    """Count every chunk of the batch in one Spark job, and commit the manifest.

    Raises the error of a range, and EngineError if Spark lost a range or the sums differ from the plan.
    """
    started = time.perf_counter()
    context = _context()
    session = time.perf_counter() - started
    try:
        results = _map(context, tasks_of(spec, output, attempt))
        manifest = assemble(
            spec,
            results,
            Attempt(
                attempt,
                {"pyspark": str(context.version)},
                {"session": session, "total": time.perf_counter() - started},
                {"jvm": peak_memory(os.getppid()), "driver": peak_memory()},
            ),
        )
        if not batches.commit(output, manifest):
            print("Another attempt has committed this batch; its output stays", flush=True)
    finally:
        context.stop()
    return manifest


def _context() -> SparkContext:
    """Start Spark. Raises SetupError with Java's message if it does not start."""
    prefer_installed_pyspark()
    from py4j.protocol import INPUT_CONVERTER, Py4JJavaError
    from pyspark import SparkConf, SparkContext
    from pyspark.sql.types import NumpyArrayConverter, NumpyScalarConverter

    # These converters import pandas at the first call into Java. We pass no arrays to Java.
    of_numpy = (NumpyArrayConverter, NumpyScalarConverter)
    INPUT_CONVERTER[:] = [converter for converter in INPUT_CONVERTER if not isinstance(converter, of_numpy)]

    try:
        return SparkContext(conf=SparkConf())
    except Py4JJavaError as error:
        raise SetupError(f"Spark did not start: {_last_words(error)}") from error


def _map(context: SparkContext, tasks: list[RangeTask]) -> list[RangeResult | OpenGenomeError]:
    """The result of each range, in the order of the tasks."""
    # The largest first, so that the cores finish together.
    order = sorted(range(len(tasks)), key=lambda number: -sum(chunk.bases for chunk in tasks[number].chunks))
    finished = threading.Event()
    bases = context.accumulator(0)
    reporter = threading.Thread(target=_report_progress, args=(bases, finished), daemon=True)
    reporter.start()
    try:
        ranges = context.parallelize([tasks[number] for number in order], len(tasks))
        results = ranges.map(partial(_count, Versions.here(), bases)).collect()
    finally:
        finished.set()
    hosts = Counter(result.host for result in results if isinstance(result, RangeResult))
    print(
        "Ranges by executor host: " + ", ".join(f"{host} {count}" for host, count in sorted(hosts.items())), flush=True
    )
    by_number = dict(zip(order, results, strict=True))
    return [by_number[number] for number in range(len(tasks))]


def _count(driver: Versions, bases: Accumulator[int], task: RangeTask) -> RangeResult | OpenGenomeError:
    """Count a range on an executor. The driver learns of its bases when it has ended."""
    result = count_if_same(driver, task)
    bases.add(sum(chunk.bases for chunk in task.chunks))
    return result


def _report_progress(bases: Accumulator[int], finished: threading.Event) -> None:
    """Tell how many bases are counted. A range that Spark counts twice counts twice here too."""
    while not finished.wait(_PROGRESS_SECONDS):
        print(progress.line(bases.value), flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
