"""The operator of a batch: the provider's SparkSubmitOperator, told what to do when there is nothing to do."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from airflow.providers.apache.spark.operators.spark_submit import SparkSubmitOperator
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowTaskTimeout

from opengenome.errors import Again, EngineError, OpenGenomeError
from opengenome.io.lifeline import die_with_parent
from opengenome.orchestration import settings, submits
from opengenome.orchestration.adapters.guard import say, say_overdue
from opengenome.orchestration.adapters.links import BatchOutputLink

if TYPE_CHECKING:
    from airflow.providers.apache.spark.hooks.spark_submit import SparkSubmitHook
    from airflow.sdk import Context


class CountBatchOperator(SparkSubmitOperator):
    """Count one batch with one Spark submit, unless its committed output verifies.

    batch: what `plan` returned for it. Returns batch, path, sha256, sequences, codons, reused. An error that a retry
    would meet again fails the task at once.
    """

    operator_extra_links = (BatchOutputLink(),)
    template_fields: Sequence[str] = ()  # a path may hold braces, which mean nothing

    def __init__(self, *, batch: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(application=str(submits.APPLICATION), **kwargs)
        self.batch = batch

    def execute(self, context: Context) -> dict[str, Any]:  # type: ignore[override]  # the provider's returns None
        from opengenome.orchestration import committed
        from opengenome.orchestration.runs import Run

        try:
            Run.of(str(context["run_id"])).touch()
            reused, reason = committed.reusable(self.batch)
            self.log.info(reason)
            if reused and self.batch.get("recount"):
                self.log.info(self._recount(context))
                reused = False
            elif not reused:
                self._count(context, self.batch["output"])
            return committed.outcome(self.batch, reused=reused)
        except AirflowTaskTimeout:  # Airflow then calls on_kill, which kills the JVM and thereby all that it started
            say_overdue(context)
            raise
        except OpenGenomeError as error:
            say(context, error)
            raise (AirflowException if error.retryable else AirflowFailException)(str(error)) from error
        except Exception as error:
            say(context, error)
            raise

    def _recount(self, context: Context) -> str:
        """Count once more, beside the committed output, which stays; what came of it, for the log."""
        from opengenome.orchestration import recounting

        again = recounting.place(str(context["run_id"]), self.batch)
        self._count(context, str(again))
        return recounting.compare(self.batch, again)

    def _count(self, context: Context, output: str) -> None:
        """Submit; where a shard of the store turns out to be damaged, make it again and submit once more."""
        from opengenome.orchestration.mending import mend_shards

        try:
            self._submit(context, output)
        except OpenGenomeError as error:
            mended = [] if error.retryable else mend_shards(str(context["run_id"]), self.batch)
            if not mended:
                raise
            self.log.warning(
                "What the store had copied was damaged, and is made again: %s", ", ".join(map(str, mended))
            )
            self._submit(context, output)

    def _submit(self, context: Context, output: str) -> None:
        """Run spark-submit. output: the folder that it commits to.

        Raises EngineError or OpenGenomeError with the reason that the job gave last.
        """
        current = settings.load()
        task = context["ti"]
        self.application_args = submits.application_arguments(
            self.batch["spec"], self.batch["spec_sha256"], output, f"try{task.try_number}-{task.id}"
        )
        self._driver_memory = current.driver_memory
        self.name = f"codon_usage batch {self.batch['batch'] + 1}"
        self.properties_file = str(current.spark_properties) if current.spark_properties else None
        self.py_files = str(current.package) if current.package else None
        self.conf = submits.spark_conf(current.class_archive, current.package)
        self.env_vars = submits.environment()
        try:
            super().execute(context)
        except AirflowException as failure:
            hook = self._hook
            said = [line for line in hook._last_submit_log_lines if line.startswith("ERROR: ")] if hook else []
            reason = said[-1].removeprefix("ERROR: ") if said else "spark-submit failed; its log says why"
            code = hook._submit_sp.returncode if hook and hook._submit_sp else None
            kind, again = (OpenGenomeError, Again.MENDED) if code == os.EX_DATAERR else (EngineError, Again.YES)
            raise kind(reason.rstrip("."), again=again, batch=self.batch["batch"] + 1) from failure

    def _get_hook(self) -> SparkSubmitHook:
        hook = super()._get_hook()
        # Without this, a task runner that is killed leaves a JVM behind that counts beside the retry.
        hook.submit = functools.partial(hook.submit, preexec_fn=_bound_to(os.getpid()))  # type: ignore[method-assign]
        return hook


def _bound_to(parent: int) -> Callable[[], None]:
    """What a child of `parent` runs before exec so that it goes when its parent goes."""

    def before_exec() -> None:
        die_with_parent()
        if os.getppid() != parent:  # it died before the line above
            os._exit(1)

    return before_exec
