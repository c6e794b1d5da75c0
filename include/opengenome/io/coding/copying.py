"""Copy the counted CDS of a unit into row shards, and list every CDS, counted or dropped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from opengenome.annotation.cds import Cds, flags
from opengenome.annotation.reading import Spliced
from opengenome.annotation.rules import Drop, Reason, Rules
from opengenome.core.code_table import numbered
from opengenome.core.counting import Bytes, Ints
from opengenome.core.measuring import WrongByteError, hash_strings, measure_strings
from opengenome.errors import ContractError
from opengenome.io.coding import READERS
from opengenome.io.coding.interface import Codes
from opengenome.io.coding.isoforms import judge
from opengenome.io.coding.table import CdsTable
from opengenome.io.content import Content
from opengenome.io.diagnosis import wrong_letter
from opengenome.io.records import RecordTable
from opengenome.io.row_shards import RowShards
from opengenome.io.schemas import CdsAccount, Coding, Unit

_CODON = 3
_CHECKED_LETTERS = 1 << 20  # letters of CDS that are checked and hashed together
_CHECKED_CDS = 4096


@dataclass
class UnitCopy:
    """The copying of one unit. number: of the unit within its entry. `account` is complete when `copy` has ended."""

    unit: Unit
    number: int
    coding: Coding
    shards: RowShards
    table: CdsTable
    account: CdsAccount = field(init=False)

    def copy(self, contents: Sequence[Content]) -> Iterator[RecordTable]:
        """Yields the records that are complete on disk. Raises InputError with file, record and line."""
        dropped_by: Counter[str] = Counter()
        with_flag: Counter[str] = Counter()
        with_code: Counter[str] = Counter()
        found = features = offset = 0
        codes = Codes(self.unit.genetic_code, numbered(self.coding.genetic_code, self.coding.code_table))
        waiting = _Waiting(contents[0].file.path)
        rules = Rules(frozenset(map(Reason, self.coding.drop)), self.coding.min_codons)
        for record in READERS[self.unit.reader].read(contents, codes):
            features += record.features
            for spliced, drop in judge(record, rules):
                found += 1
                cds, skipped = spliced.cds, self._skipped(spliced)
                marks = flags(cds, spliced.placed)
                self.table.add(row_of(self.number, spliced, marks, skipped, drop))
                if drop:
                    dropped_by[drop.reason] += 1
                    continue
                offset += skipped
                with_flag.update(marks)
                with_code[str(spliced.code.id)] += 1
                waiting.add(cds, spliced.text[skipped - cds.codon_start + 1 :].encode("latin-1"))
                if waiting.is_full:
                    yield from waiting.move(self.shards)
        yield from waiting.move(self.shards)
        self.account = CdsAccount(
            found,
            found - dropped_by.total(),
            features,
            dict(sorted(dropped_by.items())),
            offset,
            dict(sorted(with_flag.items())),
            dict(sorted(with_code.items(), key=lambda item: int(item[0]))),
        )

    def _skipped(self, spliced: Spliced) -> int:
        """The bases before the first counted codon."""
        cds = spliced.cds
        start = self.coding.skip_start_codon and cds.codon_start == 1 and not cds.partial_5
        return cds.codon_start - 1 + (min(_CODON, len(spliced.text)) if start else 0)


def row_of(number: int, spliced: Spliced, marks: Iterable[str], skipped: int, drop: Drop | None) -> tuple[object, ...]:
    """A row of `table_schemas.cds_schema`."""
    cds, text = spliced.cds, spliced.text
    last = _CODON * (spliced.whole_codons - 1)
    return (
        number,
        cds.seq_id,
        cds.record,
        cds.gene,
        cds.locus_tag,
        cds.product,
        cds.protein_id,
        cds.organism,
        cds.taxon,
        cds.organelle,
        spliced.code.id,
        cds.code_source,
        cds.location.text,
        ";".join(marks),
        text[:_CODON] if last >= 0 else "",
        text[last : last + _CODON] if last >= 0 else "",
        skipped,
        len(spliced.letters),
        drop.reason if drop else "",
        drop.detail if drop else "",
    )


class _Waiting:
    """Counted CDS that are checked and hashed together, which is several times as fast as one by one."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._cds: list[Cds] = []
        self._letters: list[bytes] = []
        self._bytes = 0

    def add(self, cds: Cds, letters: bytes) -> None:
        self._cds.append(cds)
        self._letters.append(letters)
        self._bytes += len(letters)

    @property
    def is_full(self) -> bool:
        return self._bytes >= _CHECKED_LETTERS or len(self._cds) >= _CHECKED_CDS

    def move(self, shards: RowShards) -> Iterator[RecordTable]:
        """Raises InputError for a letter that is not a nucleotide."""
        data, ends = _joined(self._letters)
        names, name_ends = _joined([cds.seq_id.encode() for cds in self._cds])
        try:
            bases = measure_strings(data, ends)
        except WrongByteError as error:
            cds = self._cds[error.at]
            record = f"{cds.record}, CDS {cds.seq_id}" if cds.record != cds.seq_id else cds.seq_id
            raise wrong_letter(self._letters[error.at], file=self._path, record=record) from error
        if int(bases.sum()) != len(data):
            raise ContractError("The letters of a CDS hold white space", file=self._path)
        hashes = hash_strings(names, name_ends).tolist()
        for cds, (begin, end), id_hash in zip(self._cds, pairwise(ends.tolist()), hashes, strict=True):
            yield from shards.add(cds.seq_id, data[begin:end], id_hash)
        self._cds, self._letters, self._bytes = [], [], 0


def _joined(texts: list[bytes]) -> tuple[Bytes, Ints]:
    """The texts in one array, and where each begins and the last ends."""
    ends = np.zeros(len(texts) + 1, dtype=np.int64)
    np.cumsum([len(text) for text in texts], out=ends[1:])
    return np.frombuffer(b"".join(texts), dtype=np.uint8), ends
