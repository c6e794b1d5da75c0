"""The reference of CAI, Fop, CBI and MILC: the counts of a table, of a group of the run, or of some of its genes."""

from __future__ import annotations

from collections.abc import Sequence
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
    return replace(join, given=replace(join.given, reference=counts.total(), absent=counts.absent()))


class _Counts:
    """Adds up the sequences that belong to a reference."""

    def __init__(self, reference: Reference) -> None:
        self._reference = reference
        self._wanted = frozenset(reference.genes or (reference.group,))
        self._columns = _IDENTIFIERS if reference.genes else (GROUP,)
        self._found: set[str] = set()
        self._groups: set[str] = set()  # the first few, for a message
        self._counts = np.zeros(len(CODONS), dtype=np.int64)

    def add(self, rows: pa.RecordBatch) -> None:
        belongs = np.zeros(rows.num_rows, dtype=np.bool_)
        for name in self._columns:
            if name in rows.schema.names:
                belongs |= self._is_wanted(rows[name].to_pylist())
        self._counts += counts_of(rows)[belongs].sum(axis=0)

    def _is_wanted(self, texts: list[str]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        self._found |= self._wanted.intersection(texts)
        if self._columns == (GROUP,) and len(self._groups) <= _SHOWN:
            self._groups |= set(texts)
        return np.fromiter((text in self._wanted for text in texts), dtype=np.bool_, count=len(texts))

    def absent(self) -> tuple[str, ...]:
        """The names of genes that no sequence has."""
        return tuple(sorted(set(self._reference.genes) - self._found))

    def total(self) -> Ints:
        if self._found:
            return self._counts
        name, genes = self._reference.name, self._reference.genes
        if genes:
            name += f": {some_of(genes)}"
            advice = f"Names are compared with {', '.join(_IDENTIFIERS)}."
        else:
            advice = f"The groups are {some_of([repr(group) for group in sorted(self._groups)])}."
        raise InputError(f"No sequence of the run belongs to the reference ({name})", advice=advice)


def some_of(names: Sequence[str]) -> str:
    """The first few names, for a sentence."""
    return ", ".join(names[:_SHOWN]) + (", …" if len(names) > _SHOWN else "")
