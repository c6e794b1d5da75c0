"""Add up the table of CDS of an entry by unit, without the code that wrote it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from opengenome.annotation.rules import Reason
from opengenome.core.coding import CdsTally
from opengenome.core.counting import Ints
from opengenome.errors import ContractError
from opengenome.io.coding.table import CDS_TABLE, read_all
from opengenome.io.columns import numbers

if TYPE_CHECKING:
    import pyarrow as pa

_READ = ("unit", "genetic_code", "code_source", "flags", "offset", "bases", "reason")


def tallies(folder: Path, units: int) -> list[CdsTally]:
    """A tally for each unit of an entry. Raises ContractError if the table is damaged or has other units."""
    found = [CdsTally() for _ in range(units)]
    last = 0
    for rows in read_all(folder, _READ):
        unit = numbers(rows["unit"])
        edges = [0, *(np.flatnonzero(np.diff(unit)) + 1).tolist(), len(unit)]
        for begin, end in pairwise(edges):
            if begin == end:
                continue
            number = int(unit[begin])
            if not last <= number < units:
                raise ContractError("The units in the table of CDS are out of order", file=folder / CDS_TABLE)
            last = number
            found[number].add(_tally(rows.slice(begin, end - begin)))
    return found


def _tally(rows: pa.RecordBatch) -> CdsTally:
    """The tally of rows of one unit."""
    reason, reasons = _encoded(rows["reason"])
    source, sources = _encoded(rows["code_source"])
    code = numbers(rows["genetic_code"]).astype(np.int64)
    counted = np.array([not text for text in reasons], dtype=bool)[reason]
    stopped = np.array([text == Reason.INTERNAL_STOP for text in reasons], dtype=bool)[reason]
    flags: Counter[str] = Counter()
    for text, number in _numbers_of(*_encoded(rows["flags"]), counted).items():
        flags.update(dict.fromkeys(filter(None, text.split(";")), number))
    by_code_and_source = Counter(zip(code[stopped].tolist(), (sources[k] for k in source[stopped]), strict=True))
    return CdsTally(
        found=rows.num_rows,
        counted=int(counted.sum()),
        offset=int(numbers(rows["offset"])[counted].sum(dtype=np.int64)),
        bases=int(numbers(rows["bases"])[counted].sum()),
        dropped=_numbers_of(reason, reasons, ~counted),
        flags=flags,
        codes=Counter(code[counted].tolist()),
        sources=_numbers_of(source, sources, counted),
        stopped=by_code_and_source,
    )


def _encoded(texts: pa.Array) -> tuple[Ints, list[str]]:
    """Which text each row has, (n,), and the texts. Raises ContractError for a null."""
    if texts.null_count:
        raise ContractError("The table of CDS holds a null")
    encoded = texts.dictionary_encode()
    return numbers(encoded.indices).astype(np.int64), encoded.dictionary.to_pylist()


def _numbers_of(which: Ints, texts: Sequence[str], rows: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Counter[str]:
    """How many of some rows have each text."""
    occurring = np.bincount(which[rows], minlength=len(texts)).tolist()
    return Counter({text: number for text, number in zip(texts, occurring, strict=True) if number})
