"""The coding sequences of a run, from the tables of its entries: what was counted, and `dropped.csv`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from opengenome.core.coding import CdsTally, UnitEvidence
from opengenome.core.model import Mode
from opengenome.errors import NEW_RUN, ContractError
from opengenome.io import entries, schemas
from opengenome.io.coding import gff3
from opengenome.io.coding.table import CDS_TABLE, read_all
from opengenome.io.coding.tallies import tallies
from opengenome.io.columns import numbers
from opengenome.io.csv_text import write_csv
from opengenome.io.schemas import RunInputs
from opengenome.io.store import Store, sha256_of, write_atomically
from opengenome.orchestration.annotated import FILE, chosen, first_files, is_empty, names_of

if TYPE_CHECKING:
    import pyarrow as pa

_GFF3 = gff3.NAME  # the reader whose features are rows, of which a CDS may have several
_DROPPED = (FILE, "record", "seq_id", "gene", "locus_tag", "protein_id", "location", "reason", "detail", "organism")


@dataclass(frozen=True)
class CodingSequences:
    """The CDS of a run in mode `cds`."""

    inputs: RunInputs
    store: Store

    def tally(self) -> CdsTally:
        """Of all units together. Raises ContractError for a damaged table."""
        return CdsTally.sum(
            tally for entry in self.inputs.entries for tally in tallies(self.store.ingest(entry.key), len(entry.units))
        )

    def evidence(self) -> Iterator[UnitEvidence]:
        """Of each unit. Raises ContractError for a damaged table or manifest."""
        for entry in self.inputs.entries:
            folder = self.store.ingest(entry.key)
            manifest = schemas.read_ingest_manifest(folder / entries.MANIFEST)
            found = zip(entry.units, first_files(entry), manifest.cds, tallies(folder, len(entry.units)), strict=True)
            for unit, file, account, tally in found:
                place = file - entry.first
                yield UnitEvidence(
                    self._names[file],
                    asdict(account),
                    tally,
                    unit.reader == _GFF3,
                    manifest.sequences[place],
                    manifest.bases[place],
                )

    @cached_property
    def _names(self) -> list[str]:
        return names_of([file.path for file in self.inputs.files])

    def write_dropped(self, path: Path) -> str:
        """Write every CDS that is not counted, with its reason, as `csv_text` does. Returns the SHA-256."""
        import pyarrow as pa

        schema = pa.schema([(name, pa.string()) for name in _DROPPED])
        write_atomically(path, lambda file: write_csv(file, schema, self._dropped(schema)))
        return sha256_of(path)

    def _dropped(self, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa
        import pyarrow.compute as pc

        names = self._names
        for entry in self.inputs.entries:
            firsts = first_files(entry)
            for found in read_all(self.store.ingest(entry.key), ("unit", *_DROPPED[1:])):
                rows = found.filter(pc.invert(is_empty(found["reason"])))
                if rows.num_rows:
                    files = chosen([names[file] for file in firsts], numbers(rows["unit"]))
                    columns = [files, *(rows[name] for name in _DROPPED[1:])]
                    yield pa.RecordBatch.from_arrays(columns, schema=schema)


def coding_sequences(inputs: RunInputs, store: Store) -> CodingSequences | None:
    """None unless the run counts coding sequences.

    Raises ContractError for a table that is not the one that ingest wrote: nothing that rests on it could be trusted.
    """
    if inputs.mode is not Mode.CDS:
        return None
    for entry in inputs.entries:
        if not _is_whole(store.ingest(entry.key)):
            file = inputs.files[entry.first].path
            raise ContractError("The list of its CDS in the store is damaged", file=file, advice=NEW_RUN)
    return CodingSequences(inputs, store)


def _is_whole(folder: Path) -> bool:
    try:
        return sha256_of(folder / CDS_TABLE) == schemas.read_ingest_manifest(folder / entries.MANIFEST).cds_sha256
    except (ContractError, OSError):
        return False
