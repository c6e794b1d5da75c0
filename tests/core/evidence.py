"""Evidence of a small run, from real counting, and helpers that change one thing of it."""

from dataclasses import replace

import numpy as np

from opengenome.core import usage
from opengenome.core.accounts import TableSums, Verified, contradictions
from opengenome.core.alphabet import CODONS
from opengenome.core.counting import AMBIGUOUS_COLUMN, SequenceCounter
from opengenome.core.genetic_code import genetic_code
from opengenome.core.model import AllCodons, BatchManifest, CountingParameters, Ledger, Tally
from opengenome.core.planning import DIGEST_BYTES, Limits, RecordSpan, plan_batches
from opengenome.core.validation import BatchEvidence, Evidence, prove

CODE = genetic_code(1)
EVERY_CODON = "".join(CODONS)
SEQUENCES = [EVERY_CODON, EVERY_CODON[:-1] + "N", "ATGAAAN", "", EVERY_CODON * 2 + "AC", "A"]


def tally_of(sequences, frame):
    counter = SequenceCounter(frame)
    block = np.frombuffer("".join(f">x\n{s}\n" for s in sequences).encode(), dtype=np.uint8)
    groups = [*counter.feed_fasta(block), *counter.finish()]
    totals = sum(group.counts.sum(axis=0) for group in groups)[:AMBIGUOUS_COLUMN]
    return Tally(tuple(totals.tolist()), sum((group.ledger() for group in groups), Ledger()))


def planned_batches(sequences, frame, batch_size):
    bases = np.array([len(sequence) for sequence in sequences])
    digests = np.resize(bases.astype(np.uint8), (len(bases), DIGEST_BYTES))
    run = RecordSpan("in.fa", "fasta", np.arange(len(bases)), len(bases), bases, digests)
    return list(plan_batches([run], Limits(batch_size, 10**9), CountingParameters(frame), "1"))


def manifest_of(planned, frame, by_chunk):
    whole = Tally.sum(by_chunk)
    parameters = CountingParameters(frame)
    return BatchManifest(
        planned.key, parameters, planned.chunks, (), whole.totals, whole.ledger, {}, "a", by_chunk=tuple(by_chunk)
    )


def evidence_of(frame=1, sequences=SEQUENCES, **how):
    """Evidence of a run in batches of two sequences, each of which is one chunk."""
    found = []
    for batch in planned_batches(sequences, frame, 2):
        tally = tally_of(sequences[2 * batch.number : 2 * batch.number + 2], frame)
        found.append(judged(batch, manifest_of(batch, frame, [tally]), TableSums((tally,))))
    totals = [sum(column) for column in zip(*(batch.verified.manifest.totals for batch in found), strict=True)]
    ledger = tally_of(sequences, frame).ledger
    columns = usage.codon_table(totals, CODE).columns()
    return Evidence(found, columns, ledger, CODE, **{"require_all_codons": AllCodons.ALWAYS, **how})


def judged(planned, manifest, table):
    """The evidence of a batch whose files are sound and whose task has reported once."""
    verified = Verified(manifest, "s", tuple(contradictions(planned, manifest, table)))
    return BatchEvidence(planned, ({"sha256": "s"},), verified)


def broken(evidence):
    """{number of a broken law: what breaks it}."""
    return {int(verdict.law[0]): verdict.broken for verdict in prove(evidence) if verdict.broken}


def with_batch(evidence, number=0, **changes):
    batches = list(evidence.batches)
    batches[number] = replace(batches[number], **changes)
    return replace(evidence, batches=batches)


def with_verified(evidence, number=0, **changes):
    return with_batch(evidence, number, verified=replace(evidence.batches[number].verified, **changes))


def with_table(evidence, column, row, value):
    table = {name: list(values) for name, values in evidence.table.items()}
    table[column][row] = value
    return replace(evidence, table=table)
