"""Runs over coding sequences without a reader: what ingest would leave in the store is put there."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

from opengenome.annotation.cds import Cds
from opengenome.annotation.location import Location
from opengenome.annotation.reading import Spliced
from opengenome.annotation.rules import Drop, Reason
from opengenome.annotation.splice import Placed
from opengenome.core.alphabet import CODONS
from opengenome.core.genetic_code import genetic_code
from opengenome.core.model import Mode
from opengenome.io import entries, schemas
from opengenome.io.coding.copying import row_of
from opengenome.io.coding.table import CDS_TABLE, CdsTable
from opengenome.io.schemas import CdsAccount, Coding, Sample, Unit
from opengenome.io.store import sha256_of
from opengenome.orchestration import inputs
from opengenome.orchestration.runs import Run
from tests.orchestration.conftest import Counted, House, count_or_reuse, write_input

CODING = Coding(("internal_stop", "length", "location", "pseudo"), 0, False, 1)


@dataclass(frozen=True)
class Row:
    """A CDS: its spliced letters, and what cds.parquet says of it."""

    seq_id: str
    letters: str
    organism: str = "Homo sapiens"
    gene: str = ""
    code: int = 1
    source: str = "annotation"
    offset: int = 0
    flags: str = ""
    reason: str = ""
    product: str = ""

    @property
    def counted(self) -> str:
        return self.letters[self.offset :]

    @property
    def spliced(self) -> Spliced:
        cds = Cds(
            self.seq_id,
            f"{self.seq_id.split('_')[0]}.1",
            Location("1..9"),
            gene=self.gene,
            product=self.product,
            organism=self.organism,
            genetic_code=self.code,
            code_source=self.source,
            codon_start=self.offset + 1,
        )
        return Spliced(cds, Placed(), self.letters.encode(), genetic_code(self.code))


def some_cds(number: int, seed: int = 3, **how: Any) -> list[Row]:
    """Coding sequences that begin with ATG and end with a stop; the first one holds every sense codon."""
    source = random.Random(seed)  # noqa: S311  (test data)
    sense = [codon for codon, letter in zip(CODONS, genetic_code(1).amino_acids, strict=True) if letter != "*"]
    made = []
    for k in range(number):
        within = "".join(sense if not k else source.choices(sense, k=source.randint(20, 60)))
        made.append(Row(f"cds{seed}_{k}", f"ATG{within}TAA", **{"gene": f"gene{k}", **how}))
    return made


def account(rows: list[Row]) -> CdsAccount:
    counted = [row for row in rows if not row.reason]
    flags = Counter(flag for row in counted for flag in filter(None, row.flags.split(";")))
    codes = Counter(row.code for row in counted)
    return CdsAccount(
        len(rows),
        len(counted),
        len(rows),
        dict(sorted(Counter(row.reason for row in rows if row.reason).items())),
        sum(row.offset for row in counted),
        dict(sorted(flags.items())),
        {str(code): codes[code] for code in sorted(codes)},
    )


def write_cds(folder: Any, units: list[list[Row]]) -> None:
    with CdsTable(folder) as table:
        for unit, rows in enumerate(units):
            for row in rows:
                drop = Drop(Reason(row.reason), f"because of {row.reason}") if row.reason else None
                marks = filter(None, row.flags.split(";"))
                table.add(row_of(unit, row.spliced, marks, row.offset, drop))


def cds_run(house: House, run_id: str, files: dict[str, list[Row]], **asked: Any) -> Counted:
    """A run in mode `cds` up to its counted batches; files: the CDS of each input file, by its name."""
    samples = asked.pop("samples", ())
    for name, rows in files.items():
        counted = [(row.seq_id, row.counted) for row in rows if not row.reason]
        write_input(house.data / name, counted)
    groups = house.discover(run_id, source=str(house.data), **{k: v for k, v in asked.items() if k != "group_by"})
    run = Run.of(run_id)
    told = run.inputs()
    paths = [file.path.rsplit("/", 1)[1] for file in told.files]
    sha256 = schemas.write(run.inputs_file, told)
    ingested = [inputs.ingest_files(run_id, group | {"inputs": sha256}) for group in groups]
    together = []
    for entry in told.entries:
        units = (Unit("genbank", 1),) * entry.count
        key = entries.entry_key(told.material(entry).files, units, CODING)
        together.append(replace(entry, key=key, units=units))
        before, folder = run.store.ingest(entry.key), run.store.ingest(key)
        before.rename(folder)
        rows = [files[paths[position]] for position in range(entry.first, entry.first + entry.count)]
        write_cds(folder, rows)
        manifest = schemas.read_ingest_manifest(folder / entries.MANIFEST)
        shards = tuple(replace(file, path=file.path.replace(entry.key, key)) for file in manifest.files)
        accounts, digest = tuple(map(account, rows)), sha256_of(folder / CDS_TABLE)
        listed = replace(manifest, key=key, files=shards, cds=accounts, cds_sha256=digest)
        schemas.write(folder / entries.MANIFEST, listed)
    parameters = told.parameters | {"group_by": asked.get("group_by", "")}
    told = replace(
        told, mode=Mode.CDS, coding=CODING, entries=tuple(together), samples=tuple(samples), parameters=parameters
    )
    sha256 = schemas.write(run.inputs_file, told)
    ingested = [done | {"inputs": sha256} for done in ingested]
    planned = inputs.plan(run_id, ingested)
    return Counted(run, run_id, planned, [count_or_reuse(run_id, one) for one in planned])


def sample(name: str, *files: int, **columns: str) -> Sample:
    return Sample(name, files, columns)
