"""What Airflow shows about the DAG and its tasks, as Markdown. Parameters and names come from where they are told."""

from __future__ import annotations

from opengenome import flow
from opengenome.fields import Parameter
from opengenome.orchestration import settings
from opengenome.parameters import PARAMETERS

# What each published file is, in a few words; README.md says more.
_OUTPUTS = {
    f"{flow.CSV}, {flow.PARQUET}": "64 rows: codon, amino acid, count, fraction, per thousand, RSCU",
    flow.SUMMARY: "sequences, bases, codons, where every base went, measures",
    f"{flow.BY_GROUP_CSV}, {flow.BY_GROUP_PARQUET}, {flow.MEASURES_BY_GROUP}": "the same for each group, if the run "
    "has groups",
    f"{flow.PER_SEQUENCE}/": "each sequence with its 64 counts and measures, as Parquet",
    flow.DROPPED: "of annotated input: each coding sequence that was not counted, and why",
    f"{flow.ORDINATION}, {flow.ORDINATION_CODONS}": "each sequence, and each codon, on the axes along which codon "
    "usage differs most, if asked for",
    f"{flow.CODON_PAIRS_CSV}, {flow.CODON_PAIRS_PARQUET}": "how often any two codons are neighbours, and their score, "
    "if asked for",
    f"{flow.REPORT_PAGE}, {flow.VIEWS}": "the report, and the SHA-256 of each file that was made of the proven ones",
    f"opengenome_*mqc*, {flow.PIPELINE_INFO}/, {flow.RO_CRATE}": "for MultiQC, readers of nf-core's folders, and of "
    "RO-Crates",
    flow.VALIDATION: "the proof: each law, and the SHA-256 of every other file",
    flow.PROVENANCE: "parameters, inputs, versions, batches",
}

_DAG = """\
Counts codons in nucleotide files, batch by batch, one Spark submit for each batch, and proves the table.

**Daily.** The run of the schedule counts the landing folder: `{landing}`. Put files there. A batch that was counted
before is reused, so a day without new files takes seconds. An empty folder skips the run.

**By hand.** Trigger the DAG and name a source. Runs may go on side by side; the pool `{pool}` says how many Spark
submits run at one time.

**Retry.** Clear the failed task and those after it{retry}. Committed batches are verified and not counted again. The
log of a failed task begins with what happened, where, and what to do.

**Results.** `{results}/<run>/`. `latest` there points to the newest run of the landing folder, `latest-adhoc` to the
newest other one. Both are assets, `{asset}` and `{adhoc}`, whose events say what was published.

| file | content |
| -- | -- |
{outputs}

**Parameters**

| parameter | name | default | meaning |
| -- | -- | -- | -- |
{parameters}
"""

OF_TASK = {
    flow.DISCOVER: "Checks the parameters and this Airflow, finds the files, and decides what is counted. "
    "If the landing folder is empty, it skips the run.",
    flow.INGEST: "Indexes one file, or small neighbours. What cannot be read by ranges is copied into shards. "
    "A file that is known and unchanged takes no time.",
    flow.PLAN: "Cuts the sequences into batches that stay the same from run to run.",
    flow.COUNT_CODONS: "Counts one batch with one Spark submit, or reuses its committed output. Clear one index to run "
    "this batch again; the tasks after it follow.",
    flow.AGGREGATE: "Adds up the batches. Writes tables, summary and provenance.",
    flow.VALIDATE: "Reads everything again from disk and proves each law. If one is broken, it names it, and nothing "
    "is published.",
    flow.REPORT: "Draws the report and writes what other programs read, from the proven files.",
    flow.PUBLISH: "Puts the proven files in place in one step, moves the pointer, and emits the event of the asset.",
}


def of_dag() -> str:
    """What the page of the DAG says."""
    current = settings.load()
    command = f", or run `{current.retry_command}`" if current.retry_command else ""
    return _DAG.format(
        landing=_plain(str(current.landing)),
        results=_plain(str(current.results)),
        pool=settings.POOL,
        retry=command,
        asset=flow.ASSET_URI,
        adhoc=flow.ADHOC_ASSET_URI,
        outputs="\n".join(f"| {_code(files)} | {meaning} |" for files, meaning in _OUTPUTS.items()),
        parameters="\n".join(map(_row, PARAMETERS.values())),
    )


def _row(parameter: Parameter) -> str:
    value = ", ".join(parameter.default) if parameter.kind is tuple else str(parameter.default)
    default = f"`{value}`" if value else "–"
    return f"| {parameter.about.title} | `{parameter.name}` | {default} | {_plain(parameter.meaning)} |"


def _code(names: str) -> str:
    return ", ".join(f"`{name}`" for name in names.split(", "))


def _plain(text: str) -> str:
    """Text for a cell or a span of code, whatever signs it holds."""
    return " ".join(text.split()).replace("|", "\\|").replace("`", "'")
