"""What a published run says of itself: in the event of its asset, and in the note on the run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from opengenome import flow
from opengenome.core.model import Mode
from opengenome.errors import ContractError, number_of
from opengenome.io import published
from opengenome.io.paths import text_of
from opengenome.orchestration.runs import Run

_LONGEST = 500  # characters of a source, which may have a line for each of a thousand files


def announcement(run_id: str) -> dict[str, Any]:
    """The facts of a run that has been published, as small JSON.

    run, source (empty for the landing folder), results (the folder), table (SHA-256 of the codon table), proven, mode,
    files, sequences, codons, gc, reused and counted (batches). Raises ContractError if the results are not those that
    were proven.
    """
    run = Run.of(run_id)
    folder = run.settings.results / run.slug
    proof = published.read_proof(folder)
    summary = published.proven_document(folder, proof, flow.SUMMARY)
    provenance = published.proven_document(folder, proof, flow.PROVENANCE)
    source = provenance["source"] or ""
    batches = provenance["batches"]
    reused = sum(batch.get("reused") is True for batch in batches)
    try:
        return {
            "run": provenance["run"],
            "source": source if len(source) <= _LONGEST else f"{source[:_LONGEST]}…",
            "results": text_of(folder),
            "table": proof.files[flow.CSV],
            "proven": True,  # read_proof raises otherwise
            "mode": summary.get("mode", Mode.SEQUENCES),
            "files": len(provenance["inputs"]),
            "sequences": summary["sequences"],
            "codons": summary["codons"],
            "gc": summary["gc"],
            "reused": reused,
            "counted": len(batches) - reused,
        }
    except KeyError as error:
        raise ContractError(f"The published files are incomplete: {error!r}", file=folder) from error


def note(facts: Mapping[str, Any]) -> str:
    """`2 files · 60 sequences · 30,120 codons · 3 batches reused, 1 counted · proven`."""
    reused, counted = facts["reused"], facts["counted"]
    batches = number_of(reused or counted, "batch", "batches")
    parts = (
        number_of(facts["files"], "file", "files"),
        number_of(facts["sequences"], "coding sequence" if facts["mode"] == Mode.CDS else "sequence"),
        number_of(facts["codons"], "codon"),
        f"{batches} reused, {counted:,} counted" if reused else f"{batches} counted",
        "proven",
    )
    return " · ".join(parts)
