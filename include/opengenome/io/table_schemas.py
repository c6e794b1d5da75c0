"""The columns of every table of ours. Writers and readers both use them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from opengenome.core.alphabet import CODONS
from opengenome.errors import ContractError

if TYPE_CHECKING:
    import pyarrow as pa

CDS_TEXTS = ("seq_id", "record", "gene", "locus_tag", "product", "protein_id", "organism", "taxon", "organelle")
CODON_TABLE_COLUMNS = ("codon", "amino_acid", "count", "fraction", "per_thousand", "rscu")


def per_sequence_schema() -> pa.Schema:
    """One row for each sequence of a batch, in input order."""
    import pyarrow as pa

    return pa.schema(
        [
            ("seq_id", pa.string()),
            ("length", pa.int64()),
            ("ambiguous_codons", pa.int64()),
            ("trailing_bases", pa.int8()),
            *((codon, pa.int64()) for codon in CODONS),
        ]
    )


def pairs_schema() -> pa.Schema:
    """The codon pairs that occur in the sequences of a part, as in pair_parts.py."""
    import pyarrow as pa

    return pa.schema([("entry", pa.int64()), ("count", pa.int32())])


def codon_pairs_schema() -> pa.Schema:
    """The published table of codon pairs: 4,096 rows, alphabetical. expected: null with a stop; cps: or if absent."""
    import pyarrow as pa

    texts = [(name, pa.string()) for name in ("first", "second", "amino_acids")]
    return pa.schema([*texts, ("count", pa.int64()), ("expected", pa.float64()), ("cps", pa.float64())])


def records_schema() -> pa.Schema:
    """One row for each record of an entry: where it starts in its file, its bases, its digest, a hash of its id."""
    import pyarrow as pa

    from opengenome.core.planning import DIGEST_BYTES

    digest = pa.binary(DIGEST_BYTES)
    return pa.schema([("start", pa.int64()), ("bases", pa.int64()), ("digest", digest), ("id_hash", pa.uint64())])


def cds_schema() -> pa.Schema:
    """Every CDS of an entry, in the order of its units and their files; those without a reason are its sequences.

    unit: from 0 within the entry. record: what the sequence it lies in is called. genetic_code: an NCBI table.
    code_source: as in coding/interface.py. location: as written. flags: joined by ";". first_codon, last_codon: its
    first and last whole codons, also if they are not counted. offset: bases before the first counted codon. bases: of
    the spliced CDS, the offset included. reason: why it is not counted; "" if it is. detail: the reason in words. What
    is not known is "".
    """
    import pyarrow as pa

    return pa.schema(
        [
            ("unit", pa.int32()),
            *((name, pa.string()) for name in CDS_TEXTS),
            ("genetic_code", pa.int16()),
            *((name, pa.string()) for name in ("code_source", "location", "flags", "first_codon", "last_codon")),
            ("offset", pa.int8()),
            ("bases", pa.int64()),
            *((name, pa.string()) for name in ("reason", "detail")),
        ]
    )


def shard_name(number: int, form: str) -> str:
    """The file name of a shard. number: from 0 within its entry. form: "fasta" (plain text) or "parquet"."""
    return f"shard-{number:05d}.{form}"


def shard_schema() -> pa.Schema:
    """A row shard: the columns of Parquet input, and `piece`.

    A sequence too long for one row continues in the next rows. piece: counts them from 0. length: that of the piece.
    """
    import pyarrow as pa

    return pa.schema(
        [
            ("seq_id", pa.string()),
            ("length", pa.int64()),
            ("sequence", pa.string()),
            ("piece", pa.int32()),
        ]
    )


def codon_table_schema() -> pa.Schema:
    """The published table: 64 rows, codons alphabetical; null if a family is empty."""
    import pyarrow as pa

    kinds = (pa.string(), pa.string(), pa.int64(), pa.float64(), pa.float64(), pa.float64())
    return pa.schema(list(zip(CODON_TABLE_COLUMNS, kinds, strict=True)))


def check_schema(columns: pa.Schema, declared: pa.Schema, path: Path) -> None:
    if not columns.equals(declared):
        raise ContractError("The columns are not those of its schema", file=path)
