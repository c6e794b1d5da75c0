"""The schema of every file of ours. Writers and readers both use them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from opengenome.core.alphabet import CODONS
from opengenome.core.model import Batch, BatchManifest, CountingParameters, Mode, PassedOver, SourceFile
from opengenome.errors import ContractError
from opengenome.io.store import check_seal, read_bytes, sealed, sha256_of, write_json

if TYPE_CHECKING:
    pass

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RecordFile:
    """A file that chunks are read from: an input itself, or a shard.

    path: absolute. records: how many it holds. stop: where the last record ends (bytes or rows). bytes: the size of a
    shard; 0 for an input.
    """

    path: str
    format: str
    records: int
    stop: int
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class Unit:
    """Neighbouring files that together give coding sequences, such as GFF3 and its FASTA.

    reader: its name in io/coding. files: how many. genetic_code: an NCBI table from the samplesheet, for CDS whose
    annotation names none; 0 if there is none.
    """

    reader: str
    files: int
    genetic_code: int = 0


@dataclass(frozen=True, slots=True)
class Coding:
    """How CDS are read. drop: the reasons (`annotation.rules.Reason`) for which a CDS is not counted, sorted.

    min_codons: below which a CDS is `short`. skip_start_codon: whether the first codon is left out, unless the CDS is
    partial there. genetic_code: of CDS for which neither annotation nor samplesheet names one; `OWN` for code_table.
    code_table: as in RunInputs.
    """

    drop: tuple[str, ...]
    min_codons: int
    skip_start_codon: bool
    genetic_code: int
    code_table: str = ""


@dataclass(frozen=True, slots=True)
class Sample:
    """A row of the samplesheet. files: positions in RunInputs.files. columns: all other columns by name."""

    name: str
    files: tuple[int, ...]
    columns: dict[str, str]


@dataclass(frozen=True, slots=True)
class Reference:
    """What CAI, Fop, CBI and MILC compare with: one of counts, group and genes.

    name: what it is, in words. counts: 64, codons alphabetical. group: the name of a group of this run. genes: the
    sequences of this run that have one of these as seq_id, gene, locus_tag or protein_id.
    """

    name: str
    counts: tuple[int, ...] = ()
    group: str = ""
    genes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CdsAccount:
    """What became of the CDS of a unit, or of many: found = counted + the sum of dropped.

    features: as in `coding.interface.Found`. dropped: how many by reason. offset: bases before the first counted codon,
    over all counted CDS. flags, codes: how many counted CDS have each flag, and each genetic code (its number as text).
    """

    found: int
    counted: int
    features: int
    dropped: dict[str, int]
    offset: int
    flags: dict[str, int]
    codes: dict[str, int]


@dataclass(frozen=True, slots=True)
class Entry:
    """Input files that are ingested together. key: of their folder in the store. first, count: in RunInputs.files.

    units: of the files, in order, if their CDS are counted; empty if their records are.
    """

    key: str
    first: int
    count: int
    units: tuple[Unit, ...] = ()


@dataclass(frozen=True, slots=True)
class Material:
    """What is ingested together. units, coding: which files give CDS, and how, if CDS are the sequences."""

    files: tuple[SourceFile, ...]
    units: tuple[Unit, ...] = ()
    coding: Coding | None = None


@dataclass(frozen=True, slots=True)
class IngestManifest:
    """An ingested entry. key: as in Entry. sequences, bases: of each of its files; of a unit they are its first file's.

    digests: of each file, `blake3:` with the BLAKE3 of its bytes as stored; or, of Parquet that is read in place, whose
    bytes are not read in order, `records-blake3:` with the BLAKE3 of its records' digests. records_sha256: of the table
    of its records. cds: of each unit, and cds_sha256: of the table of all CDS, if the entry has units.
    """

    key: str
    files: tuple[RecordFile, ...]
    sequences: tuple[int, ...]
    bases: tuple[int, ...]
    digests: tuple[str, ...]
    records_sha256: str
    cds: tuple[CdsAccount, ...] = ()
    cds_sha256: str = ""


@dataclass(frozen=True, slots=True)
class BatchSpec:
    """Everything that a Spark submit needs to know of its batch."""

    batch: Batch
    parameters: CountingParameters
    engine: str


@dataclass(frozen=True, slots=True)
class RunInputs:
    """The inputs that `discover` found. run: the run id. started: ISO 8601, UTC. parameters: of RunParameters, by name.

    entries: groups of files that are ingested together. passed_over: what was found in folders but is not counted.
    run_after: the run's own time, ISO 8601, by which runs are ordered; a retry does not change it. Empty if unknown.
    mode: `sequences` or `cds`. mode_reason: why, in words. coding: of mode `cds`. samples: of the samplesheet.
    code_table: the user's own genetic code (`code_table.notation`); "" for an NCBI table. reference: of the measures
    that need one. trna: gene copies by the codon that matches, 64, or none. All three are the contents of files that
    may change later. warnings: of `discover`, in sentences.
    """

    run: str
    started: str
    parameters: dict[str, str | int | bool | list[str]]
    files: tuple[SourceFile, ...]
    entries: tuple[Entry, ...] = ()
    passed_over: tuple[PassedOver, ...] = ()
    run_after: str = ""
    mode: Mode = Mode.SEQUENCES
    mode_reason: str = ""
    coding: Coding | None = None
    samples: tuple[Sample, ...] = ()
    code_table: str = ""
    reference: Reference | None = None
    trna: tuple[int, ...] = ()
    warnings: tuple[str, ...] = ()

    def material(self, entry: Entry) -> Material:
        """The content of an entry of this run."""
        return Material(self.files[entry.first : entry.first + entry.count], entry.units, self.coding)


@dataclass(frozen=True, slots=True)
class Plan:
    """The batches of a run. duplicate_ids: how many, and examples as record numbers from 1 over all files.

    inputs_sha256: of inputs.json.gz. proofs: for each entry, how it is known that its files are unchanged: they were
    read in this run (`read`), or their `stat` or `content` was compared. digests: of each input file, as in
    IngestManifest.
    """

    run: str
    engine: str
    batches: tuple[Batch, ...]
    duplicate_ids: dict[str, Any]
    inputs_sha256: str = ""
    proofs: tuple[str, ...] = ()
    digests: tuple[str, ...] = ()


def write(path: Path, record: Any) -> str:
    """Write one of the records above as JSON, sealed. Returns the SHA-256 of the file."""
    write_json(path, sealed(asdict(record)))
    return sha256_of(path)


def read_batch_spec(path: Path, sha256: str | None = None) -> BatchSpec:
    return _read(path, BatchSpec, sha256)


def read_run_inputs(path: Path, sha256: str | None = None) -> RunInputs:
    return _read(path, RunInputs, sha256)


def read_plan(path: Path, sha256: str | None = None) -> Plan:
    return _read(path, Plan, sha256)


def read_ingest_manifest(path: Path) -> IngestManifest:
    return _read(path, IngestManifest)


def parse_batch_manifest(text: bytes, path: Path) -> BatchManifest:
    manifest = _parse(text, path, BatchManifest)
    for tally in (manifest.tally, *manifest.by_chunk):
        if len(tally.totals) != len(CODONS):
            raise ContractError(f"{len(tally.totals)} totals instead of {len(CODONS)}", file=path)
    return manifest


def _read(path: Path, kind: type[T], sha256: str | None = None) -> T:
    return _parse(read_bytes(path, sha256), path, kind)


def _parse(text: bytes, path: Path, kind: type[T]) -> T:
    from pydantic import ValidationError

    check_seal(text, path)
    try:
        value: T = _adapter(cast("Any", kind)).validate_json(text, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(step) for step in first["loc"])
        raise ContractError(f"Not a {kind.__name__}: {first['msg']} at {place or 'the top'}", file=path) from error
    return value


@cache
def _adapter(kind: Any) -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(kind)
