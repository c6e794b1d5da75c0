"""Add up what became of the CDS of many units, and say why none is counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from opengenome.annotation.rules import REASONS, Reason
from opengenome.errors import InputError
from opengenome.io.coding import cds_fasta
from opengenome.io.schemas import CdsAccount, RunInputs

_LONG_FOR_CDS = 10_000  # bytes of a record on average; coding sequences have about 1,000 bases
_OF_GENOMES = (
    "Mode sequences counts whole records. To count their coding sequences, give GenBank, or GFF3 of the same name"
    " beside each FASTA."
)
_CAUSES = {
    Reason.PSEUDO: "Is this the right annotation?",
    Reason.LOCATION: "Do the sequences belong to this annotation?",
    Reason.LENGTH: "Is each record one whole coding sequence, from its first codon on?",
    Reason.INTERNAL_STOP: "Is the genetic code right?",
    Reason.PARTIAL: "Are these fragments? To count them, leave out this reason.",
    Reason.NO_START: "Is the genetic code right, or are these fragments? To count them, leave out this reason.",
    Reason.NO_STOP: "Is the genetic code right, or are these fragments? To count them, leave out this reason.",
    Reason.SHORT: "Choose a smaller number of codons.",
    Reason.ISOFORM: "Is this the right annotation?",
}


def total(accounts: Iterable[CdsAccount]) -> CdsAccount:
    """The sum of accounts; of none, an account of zeros."""
    found = counted = features = offset = 0
    dropped: Counter[str] = Counter()
    flags: Counter[str] = Counter()
    codes: Counter[str] = Counter()
    for account in accounts:
        found += account.found
        counted += account.counted
        features += account.features
        offset += account.offset
        dropped.update(account.dropped)
        flags.update(account.flags)
        codes.update(account.codes)
    by_number = dict(sorted(codes.items(), key=lambda item: int(item[0])))
    return CdsAccount(found, counted, features, _sorted(dropped), offset, _sorted(flags), by_number)


def _sorted(numbers: Counter[str]) -> dict[str, int]:
    return dict(sorted(numbers.items()))


def no_cds(account: CdsAccount, inputs: RunInputs) -> InputError:
    """The error for a run in mode `cds` that has no base to count: the most frequent reason, and its likely cause."""
    files = f"{len(inputs.files):,} input files have" if len(inputs.files) > 1 else "input file has"
    first = inputs.files[0].path
    if not account.found:
        advice = "Give annotated files, or count whole records with mode sequences."
        return InputError(f"The {files} no coding sequence (CDS)", file=first, advice=advice)
    if account.counted:
        message = "No coding sequence has a codon after its start codon, which is left out"
        return InputError(message, file=first, advice="Count the start codons too.")
    reason, number = max(account.dropped.items(), key=lambda item: item[1])
    all_of_them = f"All {account.found:,} coding sequences were dropped, {number:,} of them"
    if account.found == 1:
        all_of_them = "The only coding sequence was dropped"
    message = f"{all_of_them} as {reason}: {REASONS[reason]}"
    if reason in (Reason.INTERNAL_STOP, Reason.LENGTH) and _look_like_genomes(account, inputs):
        return InputError(f"{message}. The records look like whole genomes", file=first, advice=_OF_GENOMES)
    return InputError(message, file=first, advice=_CAUSES[Reason(reason)])


def _look_like_genomes(account: CdsAccount, inputs: RunInputs) -> bool:
    """Whether each record was read as a CDS only because the user said so, and they are too long for that.

    A compressed file has more bases than bytes, so this errs on the side of CDS.
    """
    plain = all(unit.reader == cds_fasta.NAME for entry in inputs.entries for unit in entry.units)
    unmarked = not any(file.cds for file in inputs.files)
    return plain and unmarked and sum(file.size for file in inputs.files) > _LONG_FOR_CDS * account.found
