"""CSV that a spreadsheet shows as it is, and the separator of a table that people saved.

Spreadsheets run a cell as a formula if it begins with one of = + - @, also of full width, and also in quotes. So a text
that begins with one of these, or with a blank that they may ignore, gets an apostrophe before it, which spreadsheets do
not show. A text that begins with an apostrophe gets one too: whoever removes one apostrophe at the start of a text has
the text itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    import pyarrow as pa

FORMULA = r"^([=+\-@＝＋－＠\t\r\n'])"


def delimiter_of(header: str) -> str:
    """What separates the columns of a table that people save: of comma, semicolon and tab what the header has most."""
    return max(",;\t", key=header.count)


def write_csv(file: BinaryIO, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> None:
    """Write a head and the rows; texts are in quotes, null is empty. Memory: one record batch."""
    from pyarrow import csv

    file.write((",".join(schema.names) + "\n").encode())
    with csv.CSVWriter(file, schema, write_options=csv.WriteOptions(include_header=False)) as writer:
        for rows in batches:
            writer.write_batch(_without_formulas(rows))


def _without_formulas(rows: pa.RecordBatch) -> pa.RecordBatch:
    import pyarrow as pa
    import pyarrow.compute as pc

    columns = [
        pc.replace_substring_regex(values, FORMULA, r"'\1") if values.type == pa.string() else values
        for values in rows.columns
    ]
    return pa.RecordBatch.from_arrays(columns, schema=rows.schema)
