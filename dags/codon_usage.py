"""The DAG `codon_usage`: from nucleotide files to a proven codon table, one Spark submit for each batch.

discover ─► ingest [per file] ─► plan ─► count_codons [per batch] ─► aggregate ─► validate ─► publish
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from airflow.sdk import Asset, Param, dag, task

from opengenome.core.genetic_code import GENETIC_CODES
from opengenome.core.validation import COLLECTION
from opengenome.orchestration.adapters.guard import guarded
from opengenome.orchestration.adapters.operators import CountBatchOperator
from opengenome.orchestration.settings import CONNECTION, POOL, load
from opengenome.orchestration.words import PARAMETERS

CODON_USAGE = Asset(name="codon_usage", uri="opengenome://codon_usage/latest")

# Numbers have no minimum and no maximum here: the form would put these in their place without a word. `discover`
# refuses what is out of bounds, in a sentence. Beyond 2^53 a number does not reach it as it was typed.
NUMBER: dict[str, Any] = {"type": "number", "exclusiveMinimum": -(2**53), "exclusiveMaximum": 2**53}

FORM = {
    "source": Param(
        None,
        type=["null", "string"],
        format="multiline",
        title=PARAMETERS["source"].title,
        description_md="A file, a directory or a glob (`/data/*.fasta.gz`); several, one a line. "
        "FASTA (plain or compressed) and Parquet with `seq_id` and `sequence`. Empty: the landing folder.",
    ),
    "genetic_code": Param(
        1,
        type="integer",
        enum=list(GENETIC_CODES),
        values_display={str(number): f"{number} · {name}" for number, name in GENETIC_CODES.items()},
        title=PARAMETERS["genetic_code"].title,
        description_md="NCBI translation table, for amino acids, fractions and RSCU. **Plastids: 11. Vertebrate "
        "mitochondria: 2. Invertebrate mitochondria: 5.** Plant mitochondria and nuclear genes: 1. "
        "Changing only this recounts nothing.",
    ),
    "frame": Param(
        0,
        type="integer",
        enum=[0, 1, 2],
        values_display={"0": "0 · from the first base", "1": "1 · skip one base", "2": "2 · skip two bases"},
        title=PARAMETERS["frame"].title,
        description_md="Bases skipped at the start of every sequence.",
    ),
    "require_all_codons": Param(
        "auto",
        type="string",
        enum=["auto", "always", "never"],
        values_display={
            "auto": f"in collections: from {COLLECTION:,} counted codons on",
            "always": "always: fail when a codon never occurs",
            "never": "never: a codon that never occurs is a warning",
        },
        title=PARAMETERS["require_all_codons"].title,
        description_md="Where a codon never occurs, the run fails, or ends with a warning that names it. "
        "Small inputs lack some by chance.",
    ),
    "per_sequence": Param(
        True,
        type="boolean",
        title=PARAMETERS["per_sequence"].title,
        description_md="One row of 64 counts for every sequence, as Parquet beside each batch.",
    ),
    "recount": Param(
        False,
        type="boolean",
        title=PARAMETERS["recount"].title,
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
        title=PARAMETERS["verify_inputs"].title,
        section="Inputs",
        description_md="An input that was counted before is known by its size, times and inode. On ext4 and xfs they "
        "show every change; on other disks the file is read again and its content compared.",
    ),
    "batch_size": Param(
        5000,
        **NUMBER,
        title=PARAMETERS["batch_size"].title,
        section="Batches",
        description_md=f"Most sequences in a batch: {PARAMETERS['batch_size'].bounds}. "
        "A run has at most 1,000 batches.",
    ),
    "max_batch_bases": Param(
        1_000_000_000,
        **NUMBER,
        title=PARAMETERS["max_batch_bases"].title,
        section="Batches",
        description_md="A batch is closed before the sequence that would take it over this: "
        f"{PARAMETERS['max_batch_bases'].bounds}.",
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
        "execution_timeout": timedelta(seconds=load().task_seconds),
    },
)
def codon_usage() -> None:
    @task
    @guarded
    def discover(run_id: Any = None, params: Any = None, dag_run: Any = None, ti: Any = None) -> list[dict[str, Any]]:
        from opengenome.orchestration import discovery
        from opengenome.orchestration.adapters import surroundings

        surroundings.check()
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
        task_id="count_codons", conn_id=CONNECTION, pool=POOL, map_index_template="{{ task.batch['label'] }}"
    ).expand(batch=planned)

    publish(validate(aggregate(count_codons.output)))


pipeline = codon_usage()  # the name under which a DAG file of somebody else's imports it
