"""The DAG `codon_usage`: from nucleotide files to a proven codon table, one Spark submit for each batch.

discover ─► ingest [per file] ─► plan ─► count_codons [per batch] ─► aggregate ─► validate ─► publish
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from airflow.sdk import Asset, Param, dag, task

from opengenome.core.genetic_code import GENETIC_CODES
from opengenome.orchestration.adapters.guard import guarded
from opengenome.orchestration.adapters.operators import CountBatchOperator
from opengenome.orchestration.settings import POOL

CODON_USAGE = Asset(name="codon_usage", uri="opengenome://codon_usage/latest")

FORM = {
    "source": Param(
        None,
        type=["null", "string"],
        format="multiline",
        title="Source",
        description_md="A file, a directory or a glob (`/data/*.fasta.gz`); several, one a line. "
        "FASTA (plain or gzip) and Parquet with `seq_id` and `sequence`. Empty: the landing folder.",
    ),
    "genetic_code": Param(
        1,
        type="integer",
        enum=list(GENETIC_CODES),
        values_display={str(number): f"{number} · {name}" for number, name in GENETIC_CODES.items()},
        title="Genetic code",
        description_md="NCBI translation table, for amino acids, fractions and RSCU. **Plastids: 11. Vertebrate "
        "mitochondria: 2. Invertebrate mitochondria: 5.** Plant mitochondria and nuclear genes: 1. "
        "Changing only this recounts nothing.",
    ),
    "frame": Param(
        0,
        type="integer",
        enum=[0, 1, 2],
        values_display={"0": "0 · from the first base", "1": "1 · skip one base", "2": "2 · skip two bases"},
        title="Frame",
        description_md="Bases skipped at the start of every sequence.",
    ),
    "require_all_codons": Param(
        True,
        type="boolean",
        title="Require all 64 codons",
        description_md="Fail the run when a codon never occurs. Switch it off for small inputs.",
    ),
    "per_sequence": Param(
        True,
        type="boolean",
        title="Keep the per-sequence table",
        description_md="One row of 64 counts for every sequence, as Parquet beside each batch.",
    ),
    "recount": Param(
        False,
        type="boolean",
        title="Count again what was counted before",
        description_md="Every batch is counted, and the run fails where one gives anything but what is committed.",
    ),
    "verify_inputs": Param(
        "auto",
        type="string",
        enum=["auto", "always", "never"],
        values_display={
            "auto": "where its stat is no proof",
            "always": "always: read every input again",
            "never": "never: trust the stat everywhere",
        },
        title="Verify known inputs by content",
        section="Inputs",
        description_md="An input that was counted before is known by its size, times and inode. On ext4 and xfs they "
        "show every change; on other disks the file is read again and its content compared.",
    ),
    "batch_size": Param(
        5000,
        type="integer",
        minimum=1,
        maximum=1_000_000_000,
        title="Batch size",
        section="Batches",
        description_md="Most sequences in a batch. A run has at most 1,000 batches.",
    ),
    "max_batch_bases": Param(
        1_000_000_000,
        type="integer",
        minimum=1,
        maximum=1_000_000_000_000_000,
        title="Most bases in a batch",
        section="Batches",
        description_md="A batch is closed before the sequence that would take it over this.",
    ),
}


@dag(
    dag_id="codon_usage",
    dag_display_name="Codon usage",
    description="Counts codons in batches, one Spark submit each, and proves the table.",
    schedule="@daily",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    params=FORM,
    tags=["opengenome"],
    doc_md=__doc__,
    default_args={
        "retries": 2,
        "retry_delay": timedelta(seconds=10),
        "retry_exponential_backoff": 2.0,
        "max_retry_delay": timedelta(minutes=10),
    },
)
def codon_usage() -> None:
    @task
    @guarded
    def discover(run_id: Any = None, params: Any = None, dag_run: Any = None, ti: Any = None) -> list[dict[str, Any]]:
        from opengenome.orchestration import discovery

        occasion = discovery.Occasion(dag_run.run_type, dag_run.run_after.isoformat())
        groups = discovery.discover(run_id, params, dag_run.conf or {}, occasion)
        ti.xcom_push(key="discovered", value=discovery.discovered(run_id))
        return groups

    @task(map_index_template="{{ task.op_kwargs['group']['label'] }}")
    @guarded
    def ingest(group: dict[str, Any], run_id: Any = None) -> dict[str, Any]:
        from opengenome.orchestration import inputs

        return inputs.ingest_files(run_id, group)

    @task
    @guarded
    def plan(ingested: Any, run_id: Any = None) -> list[dict[str, Any]]:
        from opengenome.orchestration import inputs

        return inputs.plan(run_id, ingested[:])  # a slice is one request, iterating is one for each

    @task
    @guarded
    def aggregate(reports: Any, run_id: Any = None) -> dict[str, Any]:
        from opengenome.orchestration import results

        return results.aggregate(run_id, reports[:])

    @task
    @guarded
    def validate(aggregated: Any, run_id: Any = None) -> dict[str, Any]:
        from opengenome.orchestration import results

        return results.validate(run_id, aggregated)

    @task(outlets=[CODON_USAGE])
    @guarded
    def publish(validated: Any, run_id: Any = None) -> dict[str, str]:
        from opengenome.orchestration import results

        return results.publish(run_id, validated["sha256"])

    planned = plan(ingest.expand(group=discover()))
    count_codons = CountBatchOperator.partial(
        task_id="count_codons", pool=POOL, map_index_template="{{ task.batch['label'] }}"
    ).expand(batch=planned)

    publish(validate(aggregate(count_codons.output)))


codon_usage()
