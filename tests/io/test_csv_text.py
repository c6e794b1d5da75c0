"""Published CSV is safe to open in a spreadsheet and gives the texts back."""

from __future__ import annotations

import csv
import io

import pyarrow as pa
import pytest

from opengenome.io.csv_text import write_csv

FORMULAS = ['=HYPERLINK("x")', "+1", "-1", "@sum", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠sum", "'quoted"]
PLAIN = ["", "a=b", "5'-nucleotidase", 'a "b", c', "two\nlines", "(+)-x", "ä"]


def written(texts):
    file = io.BytesIO()
    rows = pa.record_batch({"name": pa.array(texts, pa.string()), "count": pa.array(range(len(texts)), pa.int64())})
    write_csv(file, rows.schema, [rows])
    return list(csv.DictReader(io.StringIO(file.getvalue().decode(), newline="")))


@pytest.mark.parametrize("text", FORMULAS)
def test_a_text_that_could_be_a_formula_gets_an_apostrophe(text):
    (row,) = written([text])
    assert row == {"name": f"'{text}", "count": "0"}


def test_any_other_text_stays_as_it_is():
    assert [row["name"] for row in written(PLAIN)] == PLAIN


def test_without_a_row_there_is_a_head():
    file = io.BytesIO()
    write_csv(file, pa.schema([("a", pa.string()), ("b", pa.int64())]), [])
    assert file.getvalue() == b"a,b\n"
