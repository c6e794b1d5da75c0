"""The DAG `codon_usage`: from nucleotide files to a proven codon table, one Spark submit for each batch.

discover ─► ingest [per file] ─► plan ─► count_codons [per batch] ─► aggregate ─► validate ─► report ─► publish
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from airflow.sdk import dag, task

from opengenome import flow
from opengenome.orchestration.adapters import assets, documents, failing, lineage
from opengenome.orchestration.adapters.form import form
from opengenome.orchestration.adapters.guard import guarded
from opengenome.orchestration.adapters.links import ResultLink, VerdictLink, linked
from opengenome.orchestration.adapters.operators import CountBatchOperator
from opengenome.orchestration.settings import CONNECTION, POOL, load
from opengenome.parameters import RunParameters

# Finding files, planning and publishing read and write far less than the sequences: if they take hours, they hang.
SHORT = timedelta(seconds=min(load().task_seconds, 6 * 60 * 60))


@dag(
    dag_id=flow.DAG,
    dag_display_name="Codon usage",
    description="Counts codons in batches, one Spark submit for each batch, and proves the table.",
    schedule="@daily",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    params=form(RunParameters),
    tags=["opengenome", "codon usage"],
    doc_md=documents.of_dag(),
    max_active_runs=16,  # people's and the schedule's, side by side: the pool, not this, bounds what they take
    on_failure_callback=failing.reporter(),
    deadline=failing.deadline(),
    default_args={
        "owner": "opengenome",
        "retries": 2,
        "retry_delay": timedelta(seconds=10),
        "retry_exponential_backoff": 2.0,
        "max_retry_delay": timedelta(minutes=10),
        "execution_timeout": timedelta(seconds=load().task_seconds),
    },
)
def codon_usage() -> None:
    @task(task_id=flow.DISCOVER, doc_md=documents.OF_TASK[flow.DISCOVER], execution_timeout=SHORT)
    @guarded
    def discover(run_id: Any = None, params: Any = None, dag_run: Any = None, ti: Any = None) -> list[dict[str, Any]]:
        from opengenome.orchestration import discovery
        from opengenome.orchestration.adapters import surroundings

        surroundings.check()
        occasion = discovery.Occasion(dag_run.run_type, dag_run.run_after.isoformat())
        groups = discovery.discover(run_id, params, dag_run.conf or {}, occasion)
        ti.xcom_push(key=flow.DISCOVERED, value=discovery.discovered(run_id))
        return groups

    @task(
        task_id=flow.INGEST,
        doc_md=documents.OF_TASK[flow.INGEST],
        map_index_template="{{ task.op_kwargs['group']['label'] }}",
    )
    @guarded
    def ingest(group: dict[str, Any], run_id: Any = None) -> dict[str, Any]:
        from opengenome.orchestration import inputs

        return inputs.ingest_files(run_id, group)

    @task(task_id=flow.PLAN, doc_md=documents.OF_TASK[flow.PLAN], execution_timeout=SHORT)
    @guarded
    def plan(ingested: Any, run_id: Any = None) -> list[dict[str, Any]]:
        from opengenome.orchestration import inputs

        return inputs.plan(run_id, ingested[:])  # a slice is one request; iterating makes one for each value

    @task(task_id=flow.AGGREGATE, doc_md=documents.OF_TASK[flow.AGGREGATE])
    @guarded
    def aggregate(reports: Any, run_id: Any = None) -> dict[str, Any]:
        from opengenome.orchestration import results

        return results.aggregate(run_id, reports[:])

    @task(task_id=flow.VALIDATE, doc_md=documents.OF_TASK[flow.VALIDATE])
    @guarded
    def validate(aggregated: Any, run_id: Any = None) -> dict[str, Any]:
        from opengenome.orchestration import results

        return results.validate(run_id, aggregated)

    @task(task_id=flow.REPORT, doc_md=documents.OF_TASK[flow.REPORT])
    @guarded
    def report(validated: Any, run_id: Any = None) -> dict[str, str]:
        from opengenome.orchestration import results

        return results.report(run_id, validated["sha256"])

    @task(
        task_id=flow.PUBLISH,
        doc_md=documents.OF_TASK[flow.PUBLISH],
        execution_timeout=SHORT,
        outlets=[assets.LATEST, assets.ADHOC],  # a run updates one of them
    )
    @guarded
    def publish(reported: Any, run_id: Any = None) -> dict[str, Any]:
        from opengenome.orchestration import announcing, results

        published = results.publish(run_id, reported["validation"], reported["views"])
        lineage.tell_run(run_id, published["results"])
        return assets.announce(announcing.announcement(run_id))

    planned = plan(ingest.expand(group=discover()))
    count_codons = CountBatchOperator.partial(
        task_id=flow.COUNT_CODONS,
        doc_md=documents.OF_TASK[flow.COUNT_CODONS],
        conn_id=CONNECTION,
        pool=POOL,
        map_index_template="{{ task.batch['label'] }}",
    ).expand(batch=planned)

    verdict = linked(validate(aggregate(count_codons.output)), VerdictLink)
    linked(publish(report(verdict)), ResultLink)


pipeline = codon_usage()  # the name by which other DAG files import it
