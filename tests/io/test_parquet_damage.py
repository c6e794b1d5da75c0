"""Damage to a Parquet file is an input error, a failing machine is retried, and neither crashes the process."""

import errno
import io
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from opengenome.errors import EngineError, InputError
from opengenome.io.parquet import rows
from opengenome.io.parquet.rows import read_strings

ROWS = {"seq_id": [f"s{row}" for row in range(40)], "sequence": ["ACGTTT" * 3] * 40}


def packed(table=None, **how):
    sink = io.BytesIO()
    pq.write_table(table or pa.table(ROWS), sink, **how)
    return sink.getvalue()


_SWEEP = """
import sys
from opengenome.errors import InputError
from opengenome.io.parquet import rows as reader

data, path = open(sys.argv[1], "rb").read(), sys.argv[1] + ".damaged"
told = 0
for place in range(len(data) - 8 - int.from_bytes(data[-8:-4], "little"), len(data) - 4):
    for bit in range(8):
        damaged = bytearray(data)
        damaged[place] ^= 1 << bit
        with open(path, "wb") as file:
            file.write(damaged)
        try:
            reader.readable_in_place(path)
            rows = sum(len(block.ids) for block in reader.read_strings(path))
        except InputError:
            told += 1
        else:
            if rows != 40:
                sys.exit(f"{rows} rows at byte {place}, bit {bit}")
print(told)
"""


@pytest.mark.e2e
@pytest.mark.parametrize("dictionary", [True, False])
def test_no_flipped_bit_of_a_footer_crashes_the_process_or_loses_a_row(tmp_path, dictionary):
    path = tmp_path / "in.parquet"
    path.write_bytes(packed(row_group_size=25, store_schema=False, write_statistics=False, use_dictionary=dictionary))
    include = str(Path(__file__).parents[2] / "include")
    command = [sys.executable, "-c", _SWEEP, path]
    environment = os.environ | {"PYTHONPATH": include}
    swept = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert swept.returncode == 0, swept.stderr[-500:]
    assert int(swept.stdout) > 500


def test_a_changed_letter_is_reported_if_pages_have_checksums(pipeline):
    plain = {"compression": "NONE", "use_dictionary": False, "write_statistics": False}
    for checksums in (False, True):
        damaged = packed(write_page_checksum=checksums, **plain).replace(b"ACGTTT" * 3, b"ACGTTA" * 3, 1)
        path = pipeline.write(damaged)
        if checksums:
            with pytest.raises(InputError, match=r"cannot be read: .*Is it complete\?"):
                pipeline.ingest(path)
        else:
            assert pipeline.ingest(path).sequences == (40,)  # nothing in the file shows the change


def test_a_column_that_occurs_twice_is_reported(pipeline):
    table = pa.Table.from_arrays([pa.array(["a"]), pa.array(["ACG"]), pa.array(["TTT"])], ["seq_id", *["sequence"] * 2])
    with pytest.raises(InputError, match="more than one column 'sequence'; it has seq_id, sequence, sequence"):
        pipeline.ingest(pipeline.write(packed(table)))


def test_a_file_with_very_many_other_columns_is_refused_in_one_sentence(pipeline):
    table = pa.table({f"column{number}": ["a"] for number in range(1000)})
    with pytest.raises(InputError, match="no column 'seq_id'; it has column0") as caught:
        pipeline.ingest(pipeline.write(packed(table)))
    assert len(str(caught.value)) < 600


def test_a_column_whose_name_is_not_text_is_reported(pipeline):
    data = packed(store_schema=False)
    assert data.count(b"seq_id") > 1
    with pytest.raises(InputError, match="The Parquet file cannot be read: 'utf-8' codec"):
        pipeline.ingest(pipeline.write(data.replace(b"seq_id", b"seq_\xff\xff")))


class Troubled(io.BytesIO):
    """A file with a readable footer but unreadable pages."""

    def __init__(self, data, error):
        super().__init__(data)
        self.error = error

    def read(self, size=-1):
        if 0 < self.tell() < 100:
            raise self.error
        return super().read(size)


TROUBLES = {
    "a disk error": (OSError(errno.EIO, "x"), r"The file cannot be read: Input/output error \(file .*Check its"),
    "a stale handle": (OSError(errno.ESTALE, "x"), r"The file cannot be read: Stale file handle"),
    "no memory": (MemoryError("malloc of size 1"), r"not enough memory for a page of the Parquet file \(file"),
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_failing_machine_is_not_an_input_error_and_is_retried(pipeline, monkeypatch, trouble):
    path = pipeline.write(packed())
    error, what = TROUBLES[trouble]
    opened = pq.ParquetFile
    with monkeypatch.context() as patch, pytest.raises(EngineError, match=what) as caught:
        patch.setattr(pq, "ParquetFile", lambda _, **how: opened(Troubled(packed(), error), **how))
        pipeline.ingest(path)
    assert caught.value.retryable
    assert pipeline.left() == []
    assert pipeline.ingest(path).sequences == (40,)


def test_a_footer_with_a_negative_number_of_rows_is_damage_and_not_an_empty_table(tmp_path):
    """Arrow reads such a file as one without rows."""
    path = tmp_path / "in.parquet"
    pq.write_table(pa.table({"seq_id": ["a"] * 7, "sequence": ["ACGT"] * 7}), path)
    data = path.read_bytes()
    end = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    footer = data[end:].replace(b"\x16\x0e", b"\x16\x0d")  # 7 and -7 as Thrift writes them
    path.write_bytes(data[:end] + footer)
    assert pq.read_metadata(path).num_rows == -7
    with pytest.raises(InputError, match=r"The Parquet file cannot be read: its row groups have"):
        list(read_strings(str(path)))


def test_pages_without_all_rows_of_their_group_are_refused_before_arrow_reads_on(tmp_path):
    path = tmp_path / "in.parquet"
    pq.write_table(pa.table({"seq_id": ["a"] * 7, "sequence": ["ACGT"] * 7}), path)
    with pytest.MonkeyPatch.context() as patch:
        known = rows.read_pages(str(path), 0, ["seq_id", "sequence"])
        patch.setattr(rows, "read_pages", lambda *_: [page._replace(ends=page.ends - 1) for page in known])
        with pytest.raises(InputError, match="the pages of row group 0 do not hold its rows"):
            list(read_strings(str(path)))
    assert sum(len(block.ids) for block in read_strings(str(path))) == 7
