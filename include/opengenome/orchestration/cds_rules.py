"""How a run reads coding sequences, from its parameters."""

from __future__ import annotations

from opengenome.annotation.rules import NO_REASON, Reason
from opengenome.errors import UsageError
from opengenome.io.schemas import Coding
from opengenome.parameters import PARAMETERS, RunParameters


def coding_of(wanted: RunParameters, run_id: str, reason: str) -> Coding:
    """The parameters of mode `cds`, where they fit together; else UsageError. reason: why the mode is `cds`."""
    drop, frame, least = (PARAMETERS[name].called(run_id) for name in ("drop", "frame", "min_codons"))
    if wanted.frame:
        raise UsageError(
            f"{frame} is {wanted.frame}, but mode cds ({reason}) begins at the first codon of each coding sequence",
            advice="Leave it out, or use mode sequences.",
        )
    reasons = set(wanted.drop) - {NO_REASON}
    if reasons and NO_REASON in wanted.drop:
        raise UsageError(f"{drop} is {NO_REASON} together with {', '.join(sorted(reasons))}", advice="Give either.")
    if Reason.SHORT in reasons and not wanted.min_codons:
        raise UsageError(f"{drop} has {Reason.SHORT}, but {least} is 0", advice=f"Give {least} too.")
    if wanted.min_codons and NO_REASON in wanted.drop:
        raise UsageError(f"{drop} is {NO_REASON}, but {least} is {wanted.min_codons}", advice="Give either.")
    if wanted.min_codons:
        reasons.add(Reason.SHORT)
    reasons.add(Reason.LOCATION)
    return Coding(tuple(sorted(map(str, reasons))), wanted.min_codons, wanted.skip_start_codon, wanted.genetic_code)


def check_records(wanted: RunParameters, run_id: str, reason: str) -> None:
    """Raises UsageError for what only coding sequences have. reason: why the mode is `sequences`."""
    if wanted.codon_pairs:
        raise UsageError(
            f"{PARAMETERS['codon_pairs'].called(run_id)} is for coding sequences, but mode sequences ({reason}) counts"
            " whole records",
            advice="Leave it out, or use mode cds.",
        )
