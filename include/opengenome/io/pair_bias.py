"""The bias of each sequence's codon pairs beside its counts; and whether its pairs leave out just its two ends."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from opengenome.core.alphabet import CODONS
from opengenome.core.codon_pairs import first_of, second_of
from opengenome.core.counting import Ints
from opengenome.core.measures.arrays import Floats, divide
from opengenome.core.measures.codon_pairs import score_sums
from opengenome.errors import ContractError
from opengenome.io.columns import column, numbers
from opengenome.io.dataset import CODE, ENDS, SEQ_ID, counts_of, figures
from opengenome.io.pair_parts import Entries

if TYPE_CHECKING:
    import pyarrow as pa

SCORED_PAIRS, CPB = "scored_pairs", "cpb"
_UNKNOWN = -1
_WITHOUT_START = {"partial_5", "codon_start"}  # flags of a CDS whose first whole codon is not its start


def with_bias(rows: pa.RecordBatch, pieces: Iterable[Entries], scores_of: Callable[[int], Floats]) -> pa.RecordBatch:
    """`joined` rows with the bias of their codon pairs, null where it is missing, and how many pairs it is the mean of.

    pieces: the pairs of these rows. scores_of: (4096,), by the number of a genetic code.
    """
    import pyarrow as pa

    codes, of_code = np.unique(numbers(rows[CODE]), return_inverse=True)
    scores = np.stack([scores_of(code) for code in codes.tolist()])
    total, scored = np.zeros(rows.num_rows), np.zeros(rows.num_rows, dtype=np.int64)
    for some in pieces:
        low, high = int(some.sequence[0]), int(some.sequence[-1]) + 1
        of_entries = scores[of_code[some.sequence], some.pair]
        sums, numbers_of = score_sums(some.sequence - low, some.count, of_entries, high - low)
        total[low:high] += sums
        scored[low:high] += numbers_of
    fields = [*rows.schema, pa.field(SCORED_PAIRS, pa.int64()), pa.field(CPB, pa.float64())]
    columns = [*rows.columns, column(scored), figures(divide(total, scored))]
    return pa.RecordBatch.from_arrays(columns, schema=pa.schema(fields))


def bias_sums(rows: pa.RecordBatch) -> Floats | None:
    """The sum of the scores of each sequence's pairs, and how many there are, (n, 2); None without pairs."""
    if CPB not in rows.schema.names:
        return None
    scored = numbers(rows[SCORED_PAIRS])
    return np.stack([np.where(scored > 0, numbers(rows[CPB]) * scored, 0.0), scored], axis=1)


def checked(rows: pa.RecordBatch, pieces: Iterable[Entries], *, starts_are_counted: bool) -> Iterator[Entries]:
    """The same pieces. When they have passed, ContractError if a sequence has other ends than its annotation says.

    That its pairs leave out one codon on either side is checked with its batch: here, that these are its last and its
    first one. starts_are_counted: else the first codon of a CDS that is complete there is in no pair. Sequences with
    ambiguous codons are not compared.
    """
    indices = [_codon_indices(rows[name]) for name in ENDS]
    if not starts_are_counted:
        indices[0] = np.where(_has_start(rows["flags"]), _UNKNOWN, indices[0])
    beside = [np.zeros(rows.num_rows, dtype=np.int64) for _ in ENDS]
    for some in pieces:
        for name, index, sums in zip(ENDS, indices, beside, strict=True):
            codon = (first_of if name == ENDS[1] else second_of)(some.pair)
            at = codon == index[some.sequence]
            np.add.at(sums, some.sequence[at], some.count[at])
        yield some
    counts = counts_of(rows)
    plain = (numbers(rows["ambiguous_codons"]) == 0) & counts.any(axis=1)
    for name, index, sums in zip(ENDS, indices, beside, strict=True):
        compared = np.flatnonzero(plain & (index != _UNKNOWN))
        wrong = compared[counts[compared, index[compared]] - sums[compared] != 1]
        if len(wrong):
            row = int(wrong[0])
            raise ContractError(f"The codon pairs of {rows[SEQ_ID][row]} do not fit its {name}, {rows[name][row]}")


def _codon_indices(texts: pa.Array) -> Ints:
    """The index of each codon, (n,); _UNKNOWN for another text."""
    known = {codon: index for index, codon in enumerate(CODONS)}
    return _each(texts, lambda text: known.get(text, _UNKNOWN))


def _has_start(flags: pa.Array) -> Ints:
    """Whether each CDS is complete at its 5' end, by its flags, (n,); 1 or 0."""
    return _each(flags, lambda text: int(_WITHOUT_START.isdisjoint(text.split(";"))))


def _each(texts: pa.Array, value: Callable[[str], int]) -> Ints:
    """A value for each text, (n,), computed once for equal ones."""
    encoded = texts.dictionary_encode()
    values = np.array(list(map(value, encoded.dictionary.to_pylist())), dtype=np.int64)
    found: Ints = values[numbers(encoded.indices)]
    return found
