"""Each sequence's counts beside its annotation, batch by batch.

The i-th row of a batch's table and the i-th row of the annotation are the same sequence: both are in input order.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from inspect import GEN_CREATED, getgeneratorstate
from typing import TYPE_CHECKING

import numpy as np

from opengenome.core.measures.given import Given
from opengenome.core.model import Batch, BatchManifest
from opengenome.errors import ContractError
from opengenome.io import dataset
from opengenome.io.hashing import HashedFile
from opengenome.io.pair_bias import checked, with_bias
from opengenome.io.pair_parts import PairStream
from opengenome.io.schemas import Plan
from opengenome.io.stream import ROWS_AT_ONCE, Stream
from opengenome.orchestration import kept
from opengenome.orchestration.annotated import Annotated
from opengenome.orchestration.runs import Run

if TYPE_CHECKING:
    import pyarrow as pa


class DamagedBatchError(ContractError):
    """A batch's own table cannot be read or has other rows than planned; `validate` names what is wrong with it."""


@dataclass(frozen=True)
class Join:
    """The sequences of a run.

    manifests: of the batches that can be read, by number. apart: whether counts are added up by group and code.
    per_sequence: whether there is a per-sequence dataset. ordinate: whether there is an ordination. given: what
    measures need.
    """

    run: Run
    plan: Plan
    manifests: Mapping[int, BatchManifest]
    annotated: Annotated
    apart: bool
    per_sequence: bool
    ordinate: bool
    given: Given

    def batches(self) -> Iterator[tuple[Batch, Iterator[pa.RecordBatch]]]:
        """Each readable batch with its rows, which are read before the next one is asked for, or not at all."""
        annotation = Stream(self.annotated.rows(self.run.store))
        for batch in self.plan.batches:
            if batch.number in self.manifests:
                rows = self._rows(batch, annotation)
                yield batch, rows
                if getgeneratorstate(rows) == GEN_CREATED:
                    annotation.skip(batch.sequences)
            else:
                annotation.skip(batch.sequences)
        if not annotation.is_at_its_end():
            raise ContractError("The annotation in the store has more sequences than the plan")

    def keys(self) -> dict[int, str]:
        """A digest of all that decides a part of the dataset, by batch. Reads the annotation once, as a stream."""
        import pyarrow as pa

        annotation, schema = Stream(self.annotated.rows(self.run.store)), self.annotated.schema()
        pairs = self.given.pairs
        tables = (self.given.reference, self.given.trna, *((pairs.pairs, pairs.codons) if pairs else ()))
        given = [self.given.own_code, *(np.asarray(some).tolist() for some in tables)]
        found = {}
        for batch in self.plan.batches:
            hashed, manifest = HashedFile(), self.manifests.get(batch.number)
            parts = [part.sha256 for part in manifest.files] if manifest else []
            versions = kept.code(), pa.__version__, np.__version__
            hashed.write(json.dumps([batch.key, parts, versions, given]).encode())
            with pa.ipc.new_stream(hashed, schema) as writer:
                for begin in range(0, batch.sequences, ROWS_AT_ONCE):
                    writer.write_batch(annotation.take(min(ROWS_AT_ONCE, batch.sequences - begin)))
            found[batch.number] = hashed.digest.hexdigest()
        return found

    def _rows(self, batch: Batch, annotation: Stream) -> Generator[pa.RecordBatch]:
        folder, manifest = self.run.store.batch(batch.key), self.manifests[batch.number]
        counted = Stream(dataset.read_parts(folder / part.name for part in manifest.parts))
        pairs = PairStream(manifest, folder) if self.given.pairs else None
        coding = self.annotated.inputs.coding
        starts = not (coding and coding.skip_start_codon)
        left = batch.sequences
        while left:
            rows = min(ROWS_AT_ONCE, left)
            left -= rows
            beside = annotation.take(rows)
            try:
                counts = counted.take(rows)
                dataset.check_counts(counts)
                surplus = not left and not counted.is_at_its_end()
                found = dataset.joined(counts, beside)
                if pairs:
                    pieces = checked(found, pairs.take(rows), starts_are_counted=starts)
                    found = with_bias(found, pieces, self.given.pair_scores)
            except ContractError as error:
                annotation.skip(left)
                raise DamagedBatchError(str(error)) from error
            if surplus:
                raise DamagedBatchError("The table of a batch has too many rows")
            yield found
