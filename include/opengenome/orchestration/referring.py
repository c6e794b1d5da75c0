"""The reference of CAI, Fop, CBI and MILC: the counts of a table, of a group of the run, or of some of its genes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from opengenome.core.alphabet import CODONS
from opengenome.core.counting import Ints
from opengenome.core.measures.given import Given
from opengenome.errors import InputError
from opengenome.io.dataset import SEQ_ID, counts_of
from opengenome.io.schemas import Reference, RunInputs
from opengenome.orchestration.annotated import GROUP
from opengenome.orchestration.join import DamagedBatchError, Join

if TYPE_CHECKING:
    import pyarrow as pa

_IDENTIFIERS = (SEQ_ID, "gene", "locus_tag", "protein_id")
_SHOWN = 5


def given_of(inputs: RunInputs) -> Given:
    """What measures need, as far as it does not depend on the run's own counts."""
    counts = inputs.reference.counts if inputs.reference else ()
    return Given(inputs.code_table, _table(counts), _table(inputs.trna))


def _table(values: tuple[int, ...]) -> Ints | None:
    return np.array(values, dtype=np.int64) if values else None


def with_reference(join: Join) -> Join:
    """The join with the counts of its reference, which may be sequences of the run itself: then it reads all once.

    Raises InputError if no sequence belongs to the reference.
    """
    reference = join.annotated.inputs.reference
    if reference is None or reference.counts:
        return join
    counts = _Counts(reference)
    for _, rows in join.batches():
        try:
            for some in rows:
                counts.add(some)
        except DamagedBatchError:
            continue  # `validate` names it
    return replace(join, given=replace(join.given, reference=counts.total()))


class _Counts:
    """Adds up the sequences that belong to a reference."""

    def __init__(self, reference: Reference) -> None:
        self._reference = reference
        self._counts = np.zeros(len(CODONS), dtype=np.int64)
        self._sequences = 0

    def add(self, rows: pa.RecordBatch) -> None:
        belongs = self._belong(rows)
        self._counts += counts_of(rows)[belongs].sum(axis=0)
        self._sequences += int(np.count_nonzero(belongs))

    def _belong(self, rows: pa.RecordBatch) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        if not self._reference.genes:
            return _is_one_of(rows[GROUP], [self._reference.group])
        names = [name for name in _IDENTIFIERS if name in rows.schema.names]
        belongs = np.zeros(rows.num_rows, dtype=np.bool_)
        for name in names:
            belongs |= _is_one_of(rows[name], self._reference.genes)
        return belongs

    def total(self) -> Ints:
        if not self._sequences:
            names = ", ".join(self._reference.genes[:_SHOWN]) or repr(self._reference.group)
            raise InputError(
                f"No sequence of the run belongs to the reference ({self._reference.name}: {names})",
                advice=f"Its names are compared with {', '.join(_IDENTIFIERS)}, or with the names of the groups.",
            )
        return self._counts


def _is_one_of(texts: pa.Array, wanted: Iterable[str]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    known = frozenset(wanted)
    return np.fromiter((text in known for text in texts.to_pylist()), dtype=np.bool_, count=len(texts))
