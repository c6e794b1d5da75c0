"""Sizes in Thrift data are trusted only as far as there are bytes; a page header is read as Arrow reads it."""

import io
import time

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from opengenome.io.parquet import pages, thrift
from opengenome.io.parquet import rows as reader

PLAIN = {"use_dictionary": False, "compression": "none", "write_statistics": False}


def varint(number):
    out = b""
    while number > 127:
        out, number = out + bytes([number & 127 | 128]), number >> 7
    return out + bytes([number])


def zigzag(number):
    return varint(number << 1)


KINDS = {"bytes": 3, "integers": 5, "doubles": 7, "texts": 8, "lists": 9, "structs": 12, "booleans": 1}
LIES = {
    **{f"a list of 2**33 {kind}": b"\x19" + bytes([0xF0 | code]) + varint(2**33) for kind, code in KINDS.items()},
    **{f"a list of 14 {kind}, cut": b"\x19" + bytes([0xE0 | code]) for kind, code in KINDS.items()},
    "a text of 2**33 bytes": b"\x18" + varint(2**33),
    "a double, cut": b"\x17\0\0\0",
    "an integer without an end": b"\x16" + b"\xff" * 900_000,
    "an integer of 2**20 bytes": b"\x16" + b"\x80" * (1 << 20) + b"\0\0",
    "a field number without an end": b"\x06" + b"\xff" * 900_000,
    "a size without an end": b"\x19\xf5" + b"\xff" * 900_000,
    "lists in lists": b"\x19" + b"\x19" * 900_000,
    "structs in structs": b"\x1c" * 900_000,
    "a map": b"\x1b\x01\x55\x02\x02\0",
    "a field twice": b"\x15\x02\x05\x02\x04\0",
}


@pytest.mark.parametrize("lie", LIES)
@pytest.mark.parametrize("more", [b"", bytes(4096)])
def test_a_false_size_costs_no_more_than_the_bytes_that_are_there(lie, more):
    if lie.endswith("cut") and more:
        more = b""
    began = time.process_time()
    with pytest.raises(thrift.UNREADABLE):
        thrift.struct(LIES[lie] + more, 0)
    assert time.process_time() - began < 0.5


def test_all_kinds_of_values_are_read_to_where_they_end():
    double, text = b"\x17" + b"\1" * 8, b"\x18\x03ACG"
    many = b"\x19\xf5\x0f" + b"\x02" * 15  # 15 integers
    data = (
        b"\x11"
        + b"\x12"
        + b"\x15\x03"
        + double
        + text
        + many
        + b"\x1c\x15\x08\0"
        + b"\x06\xc8\x01\x54"
        + b"\0"
        + b"tail"
    )
    fields, end = thrift.struct(data, 0)
    assert fields == {1: True, 2: False, 3: -2, 4: b"\1" * 8, 5: b"ACG", 6: [1] * 15, 7: {1: 4}, 100: 42}
    assert data[end:] == b"tail"


def written(path, table, **how):
    sink = io.BytesIO()
    pq.write_table(table, sink, **PLAIN | how)
    data = sink.getvalue()
    return bytearray(data), pq.read_metadata(io.BytesIO(data)).row_group(0).column(1).data_page_offset


def test_a_page_header_with_a_false_size_is_left_to_arrow(tmp_path):
    path = tmp_path / "in.parquet"
    data, at = written(path, pa.table({"seq_id": ["a"] * 3, "sequence": ["ACGTAC" * 200] * 3}))
    promise = b"\xf9\xf7\x80\x80\x80\x80\x20"  # an unknown field: 2**33 doubles
    data[at : at + len(promise)] = promise
    path.write_bytes(data)
    began = time.process_time()
    assert pages.read_pages(str(path), 0, ["sequence"]) is None
    assert time.process_time() - began < 0.5


@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_details_for_the_other_kind_of_page_change_nothing(tmp_path, version):
    """Arrow uses the details of the page's own kind; any others would hide the encoding and the decoded size."""
    path, rows = tmp_path / "in.parquet", 1500
    encoding = {"seq_id": "PLAIN", "sequence": "DELTA_BYTE_ARRAY"}
    table = pa.table({"seq_id": ["a"] * rows, "sequence": ["ACGTTT" * 100] * rows})
    data, at = written(path, table, column_encoding=encoding, data_page_version=version, write_batch_size=rows)
    path.write_bytes(data)
    honest = pages.read_pages(str(path), 0, ["sequence"])
    header, stop = thrift.struct(bytes(data), at)
    first = b"\x15" + zigzag(header[1]) + b"\x15" + zigzag(header[2]) + b"\x15" + zigzag(header[3])
    assert data[at:].startswith(first)
    rest = bytes(data[at + len(first) : stop])
    if version == "1.0":
        assert rest[0] == 0x2C  # field 5, a struct
        details = b"\x3c" + b"\x15" + zigzag(1) + b"\x15\0\x15" + zigzag(1) + b"\x15\0\x15\0\x15\0" + b"\0"
        both = first + rest[:-1] + details + b"\0"
    else:
        assert rest[0] == 0x5C  # field 8, a struct
        details = b"\x2c" + b"\x15" + zigzag(1) + b"\x15\0\x15\x06\x15\x06" + b"\0"
        both = first + details + b"\x3c" + rest[1:]
    head, _ = thrift.struct(both, 0)
    assert {5, 8} <= set(head)
    column = pages._Column(0, len(both) + header[3], rows)
    (tmp_path / "both").write_bytes(both + bytes(header[3]))
    with (tmp_path / "both").open("rb") as file:
        found = pages._summary(file.fileno(), column)
    assert honest is not None
    assert found.shares
    assert (found.sizes.tolist(), found.ends.tolist()) == (honest[0].sizes.tolist(), honest[0].ends.tolist())


def test_a_table_with_honest_headers_has_pages_that_are_read(tmp_path):
    path = tmp_path / "in.parquet"
    pq.write_table(pa.table({"seq_id": ["a"] * 9, "sequence": ["ACG"] * 9}), path)
    assert pages.read_pages(str(path), 0, ["seq_id", "sequence"]) is not None
    assert sum(len(block.ids) for block in reader.read_strings(str(path))) == 9
