"""The organelle-like set in three formats, made once for each scale, with the generator's independent ledger."""

from __future__ import annotations

import hashlib
import json
import mmap
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from isal import igzip

from opengenome import synthetic
from opengenome.core.alphabet import CODONS
from opengenome.io.store import write_json
from opengenome.synthetic import SyntheticLedger, write_organelle_like

# Level 2 of isal compresses DNA text to 32 %, as OpenGenome2's own .gz (917 MB of 2.85 GB). Level 6 of zlib reaches
# 30 % at a twentieth of the speed.
_GZIP_LEVEL = 2
_SHORT = 0.1  # up to this scale, writing takes seconds and needs no progress lines
_GROUP_BASES = 16 << 20  # in a row group of the Parquet form


@dataclass(frozen=True, slots=True)
class Dataset:
    """scale: share of the real collection's bases. The three files hold the same records in the same order."""

    scale: float
    plain: Path
    gzip: Path
    parquet: Path
    ledger: SyntheticLedger

    @property
    def codons(self) -> dict[str, int]:
        return dict(zip(CODONS, self.ledger.counts, strict=True))

    @property
    def counted(self) -> int:
        return sum(self.ledger.counts)


def prepare(folder: Path, scale: float, log_line: Callable[[str], None]) -> Dataset:
    """The set below `folder`, written if it is missing. Raises UsageError for a scale that the generator refuses."""
    home = folder / f"scale-{scale:g}"
    plain, answer = home / "organelles.fasta", home / "ledger.json"
    generator = hashlib.sha256(Path(synthetic.__file__).read_bytes()).hexdigest()
    if not (answer.exists() and json.loads(answer.read_text())["generator"] == generator):
        home.mkdir(parents=True, exist_ok=True)
        answer.unlink(missing_ok=True)
        log_line(f"Writing {plain} (once)")
        ledger = write_organelle_like(plain, scale=scale, progress=log_line if scale > _SHORT else None)
        log_line("Writing its .gz and Parquet forms (once)")
        _write_gzip(plain, home / "organelles.fasta.gz")
        _write_parquet(plain, home / "organelles.parquet")
        write_json(answer, {"generator": generator, "ledger": ledger.as_dict()})
        os.sync()  # otherwise the disk would still be busy during the measurements
    found = json.loads(answer.read_text())["ledger"]
    ledger = SyntheticLedger(**{**found, "counts": tuple(found["counts"])})
    return Dataset(scale, plain, home / "organelles.fasta.gz", home / "organelles.parquet", ledger)


def _write_gzip(plain: Path, path: Path) -> None:
    """One gzip member, like the real file."""
    with plain.open("rb") as source, igzip.open(path, "wb", compresslevel=_GZIP_LEVEL) as packed:
        while block := source.read(1 << 22):
            packed.write(block)
    with plain.open("rb") as source, igzip.open(path, "rb") as packed:
        while block := source.read(1 << 22):
            assert packed.read(len(block)) == block, "the .gz is not the plain file"


def _write_parquet(plain: Path, path: Path) -> None:
    schema = pa.schema([("seq_id", pa.string()), ("sequence", pa.string())])
    with pq.ParquetWriter(path, schema, compression="NONE", use_dictionary=False) as writer:
        ids: list[str] = []
        sequences: list[str] = []
        bases = 0
        for header, sequence in records(plain):
            ids.append(header.split()[0])
            sequences.append(sequence)
            bases += len(sequence)
            if bases >= _GROUP_BASES:
                writer.write_table(pa.table([ids, sequences], schema=schema))
                ids, sequences, bases = [], [], 0
        if ids:
            writer.write_table(pa.table([ids, sequences], schema=schema))


def records(plain: Path) -> Iterator[tuple[str, str]]:
    """Header line and sequence of each record, read without any code of the pipeline."""
    for begin, end in spans(plain):
        with plain.open("rb") as file:
            file.seek(begin + 1)
            header, _, body = file.read(end - begin - 1).partition(b"\n")
        yield header.decode(), body.replace(b"\n", b"").decode()


def spans(plain: Path) -> Iterator[tuple[int, int]]:
    """Where each record begins and ends, in bytes."""
    with plain.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
        begin = 0
        while begin < len(text):
            end = text.find(b"\n>", begin) + 1 or len(text)
            yield begin, end
            begin = end


def write_sample(plain: Path, path: Path, limit: int) -> int:
    """The first records of a file, up to about `limit` bytes, at least one. Returns the bases in them."""
    end = next((end for _, end in spans(plain) if end >= limit), plain.stat().st_size)
    with plain.open("rb") as source:
        path.write_bytes(source.read(end))
    return sum(len(sequence) for _, sequence in records(path))
