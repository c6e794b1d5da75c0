"""Add up what became of the CDS of many units, and say why none is counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from opengenome.annotation.rules import REASONS, Reason
from opengenome.errors import InputError
from opengenome.io.schemas import CdsAccount, RunInputs


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
    """The error for a run in mode `cds` that has no base to count."""
    files = f"{len(inputs.files):,} input files have" if len(inputs.files) > 1 else "input file has"
    first = inputs.files[0].path
    if not account.found:
        advice = "Give annotated files, or count whole records with mode sequences."
        return InputError(f"The {files} no coding sequence (CDS)", file=first, advice=advice)
    if account.counted:
        message = "No coding sequence has a codon after its start codon, which is left out"
        return InputError(message, file=first, advice="Count the start codons too.")
    reason, number = max(account.dropped.items(), key=lambda item: item[1])
    message = f"All {account.found:,} coding sequences were dropped, {number:,} of them as {reason}: {REASONS[reason]}"
    advice = "Is the genetic code right?" if reason == Reason.INTERNAL_STOP else "Is this the right annotation?"
    return InputError(message, file=first, advice=advice)
