"""The published table of codon pairs: how often each occurs, how often it is expected, and its score."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from opengenome.core.alphabet import CODONS
from opengenome.core.genetic_code import GeneticCode
from opengenome.core.measures.codon_pairs import PairReference
from opengenome.flow import CODON_PAIRS_CSV, CODON_PAIRS_PARQUET
from opengenome.io import table_schemas
from opengenome.io.columns import column, text_column
from opengenome.io.csv_text import write_csv
from opengenome.io.dataset import figures
from opengenome.io.store import sha256_of, write_atomically

if TYPE_CHECKING:
    import pyarrow as pa


def pair_rows(reference: PairReference, code: GeneticCode) -> pa.RecordBatch:
    """All 4,096 pairs, alphabetical."""
    import pyarrow as pa

    columns = [
        text_column(first for first in CODONS for _ in CODONS),
        text_column(second for _ in CODONS for second in CODONS),
        text_column(one + other for one in code.amino_acids for other in code.amino_acids),
        column(reference.pairs.astype(np.int64)),
        *(figures(values.ravel()) for values in (reference.expected(code), reference.scores(code))),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=table_schemas.codon_pairs_schema())


def write_pairs(folder: Path, reference: PairReference, code: GeneticCode) -> dict[str, str]:
    """Write CSV and Parquet. Returns the SHA-256 of each by name."""
    rows = pair_rows(reference, code)

    def write(file: BinaryIO) -> None:
        import pyarrow.parquet as pq

        with pq.ParquetWriter(file, rows.schema, compression="zstd") as writer:
            writer.write_batch(rows)

    write_atomically(folder / CODON_PAIRS_CSV, lambda file: write_csv(file, rows.schema, [rows]))
    write_atomically(folder / CODON_PAIRS_PARQUET, write)
    return {name: sha256_of(folder / name) for name in (CODON_PAIRS_CSV, CODON_PAIRS_PARQUET)}
