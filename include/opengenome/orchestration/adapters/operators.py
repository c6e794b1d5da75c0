"""The operator of a batch: the provider's SparkSubmitOperator, but it skips batches that are already committed."""

from __future__ import annotations

import collections
import functools
import os
import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.providers.apache.spark.operators.spark_submit import SparkSubmitOperator
from airflow.sdk.exceptions import AirflowException

from opengenome import flow
from opengenome.errors import OpenGenomeError, SetupError, from_line
from opengenome.io import progress
from opengenome.io.lifeline import die_with_parent
from opengenome.io.paths import shown
from opengenome.io.store import temporary_folder
from opengenome.orchestration import settings, submits
from opengenome.orchestration.adapters import lineage
from opengenome.orchestration.adapters.guard import guarded
from opengenome.orchestration.adapters.links import BatchOutputLink
from opengenome.orchestration.adapters.meter import BatchMeter
from opengenome.orchestration.adapters.surroundings import check_connection
from opengenome.orchestration.submit_environment import is_local, submit_environment

if TYPE_CHECKING:
    from airflow.providers.apache.spark.hooks.spark_submit import SparkSubmitHook
    from airflow.sdk import Context


class CountBatchOperator(SparkSubmitOperator):
    """Count one batch with one Spark submit, unless its committed output verifies.

    batch: what `plan` returned for it. Returns batch, path, sha256, sequences, codons, reused, and seconds in Spark. An
    error that would recur fails the task without a retry.
    """

    operator_extra_links = (BatchOutputLink(),)
    template_fields: Sequence[str] = ("name",)  # no other field: braces in a path are not templates

    def __init__(self, *, batch: dict[str, Any], **kwargs: Any) -> None:
        name = f"{flow.DAG} batch {batch['batch'] + 1}"
        super().__init__(application=submits.APPLICATION_URI, name=name, **kwargs)
        self.batch = batch
        self._scratch: Path | None = None
        self._driver_error: list[str] = []  # lines of the driver that say why it failed

    @guarded
    def execute(self, context: Context) -> dict[str, Any]:  # type: ignore[override]  # the provider's returns None
        from opengenome.orchestration import committed, telling
        from opengenome.orchestration.runs import Run

        Run.of(str(context["run_id"])).touch()
        self.log.info(f"Processing {telling.span(self.batch)}")
        reused, reason = committed.reusable(self.batch)
        self.log.info(reason)
        if recounted := reused and bool(self.batch.get("recount")):
            self.log.info(self._recount(context))
            reused = False
        elif not reused:
            self._count(context, self.batch["output"])
        lineage.tell_batch(str(context["run_id"]), self.batch, self.batch["output"])
        outcome = committed.outcome(self.batch, reused=reused)
        if not recounted:
            self.log.info(telling.ended(self.batch, outcome))
        return outcome

    def _recount(self, context: Context) -> str:
        """Count again beside the committed output, which stays; the outcome as a line for the log."""
        from opengenome.orchestration import recounting

        again = recounting.place(str(context["run_id"]), self.batch)
        self._count(context, str(again))
        return recounting.compare(self.batch, again)

    def _count(self, context: Context, output: str) -> None:
        """Submit. If a shard of the store turns out to be damaged, make it again and submit once more."""
        from opengenome.orchestration.mending import mend_shards

        try:
            self._submit(context, output)
        except SetupError:
            raise
        except OpenGenomeError as error:
            mended = [] if error.retryable else mend_shards(str(context["run_id"]), self.batch)
            if not mended:
                raise
            made = ", ".join(map(shown, mended))
            self.log.warning(f"{error} Damaged shards in the store have been made again: {made}")
            self._submit(context, output)

    def _submit(self, context: Context, output: str) -> None:
        """Run spark-submit. output: the folder that it commits to.

        Raises the error that the driver reported, or else the last message of Spark or Java.
        """
        current = settings.load()
        task = context["ti"]
        self._meter = BatchMeter(self.batch["bases"], context["task_state_store"], self.log.info)
        if task.try_number > 1:
            self._meter.start_again()
        self.application_args = submits.application_arguments(
            self.batch["spec"], self.batch["spec_sha256"], output, f"try{task.try_number}-{task.id}"
        )
        self._driver_memory = current.driver_memory
        properties = submits.spark_properties(current)
        self.properties_file = str(properties) if properties else None
        self.py_files = str(current.package) if current.package else None
        self._hook, self._driver_error = None, []  # what an earlier submit said is not this one's reason
        # Beside the batch, so that `clean` removes what a killed Java leaves there.
        with temporary_folder(Path(output)) as self._scratch:
            try:
                super().execute(context)
            except AirflowException:
                hook = self._hook
                if hook is None:
                    raise
                code = hook._submit_sp.returncode if hook._submit_sp else None

                said = [*hook._last_submit_log_lines, *self._driver_error]
                raise submits.failure(said, code, self.batch["batch"] + 1) from None
            except OSError as error:  # spark-submit is missing, or no process can be started
                said = [f"{error.filename or 'fork'}: {error.strerror}"]
                raise submits.failure(said, 1, self.batch["batch"] + 1) from error

    def _get_hook(self) -> SparkSubmitHook:
        """The provider's hook, for the master of our connection."""
        check_connection()  # without a connection, the hook would use YARN
        hook = super()._get_hook()
        if self._scratch is None:  # called by on_kill before anything was submitted
            return hook
        current, local = settings.load(), is_local(hook._connection["master"])
        hook._conf |= submits.spark_conf(current.class_archive, current.package, local=local)
        hook._last_submit_log_lines = collections.deque(maxlen=500)
        hook.submit = functools.partial(  # type: ignore[method-assign]
            hook.submit,
            env=submit_environment(self._scratch, current.class_archive, local=local),
            cwd=self._scratch,
            stdin=subprocess.DEVNULL,  # Airflow talks to this task through its standard input
            encoding="utf-8",
            errors="backslashreplace",
            # Otherwise a killed task runner would leave a JVM that counts beside the retry.
            preexec_fn=_bound_to(os.getpid()),
        )
        show = hook._process_spark_submit_log
        hook._process_spark_submit_log = lambda itr: show(self._before_failure(itr))  # type: ignore[method-assign]
        return hook

    def _before_failure(self, lines: Iterable[str]) -> Iterator[str]:
        """The submit's output up to its error, which the guard logs as a sentence with its trace."""
        lines = iter(lines)
        for line in lines:
            if (bases := progress.bases_of(line)) is not None:
                self._meter.see(bases)
                continue
            if from_line(line):
                self._driver_error = [line.rstrip() for line in (line, *lines)]
                return
            yield line


def _bound_to(parent: int) -> Callable[[], None]:
    """What a child of `parent` runs before exec so that it ends when its parent ends."""

    def before_exec() -> None:
        die_with_parent()
        if os.getppid() != parent:  # the parent died before the line above
            os._exit(1)

    return before_exec
