"""A record's digest covers everything that a reader of the record sees, in whatever blocks it arrives."""

import pytest
from blake3 import blake3
from hypothesis import given
from hypothesis import strategies as st

from opengenome.core.planning import DIGEST_BYTES
from opengenome.io.digests import RecordDigests

RECORDS = st.lists(st.tuples(st.text(max_size=4), st.binary(max_size=9)), max_size=6)


def digests_of(records, cuts=(), named=True):
    """The digest of each (name, bytes), fed in blocks that end at these places."""
    data = b"".join(text for _, text in records)
    begins = [sum(len(text) for _, text in records[:k]) for k in range(len(records))]
    digests, found, at = RecordDigests(), [], 0
    bounds = [*sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    for k, bound in enumerate(bounds):
        last = k == len(bounds) - 1
        inside = [record for record, begin in enumerate(begins) if at <= begin and (begin < bound or last)]
        begins = [-1 if record in inside else begin for record, begin in enumerate(begins)]
        starts = [sum(len(text) for _, text in records[:record]) - at for record in inside]
        names = [records[record][0] for record in inside] if named else None
        found += digests.feed(memoryview(data[at:bound]), starts, names).tolist()
        at = bound
    return [bytes(digest) for digest in found + digests.finish().tolist()]


@given(records=RECORDS, cuts=st.lists(st.integers(0, 60), max_size=5))
def test_a_digest_is_blake3_of_the_bytes_whatever_the_blocks(records, cuts):
    assert digests_of(records, cuts, named=False) == [blake3(text).digest() for _, text in records]


@given(records=RECORDS, cuts=st.lists(st.integers(0, 60), max_size=5))
def test_a_named_digest_covers_the_length_of_the_name_the_name_and_the_bytes(records, cuts):
    named = ((name.encode(), text) for name, text in records)
    expected = [blake3(len(name).to_bytes(8, "little") + name + text).digest() for name, text in named]
    assert digests_of(records, cuts) == expected


def test_moving_letters_between_name_and_sequence_changes_the_digest():
    assert len(set(digests_of([("", b"ACGT"), ("A", b"CGT"), ("ACGT", b"")]))) == 3


def test_digests_have_256_bits_and_nothing_has_none():
    assert DIGEST_BYTES == 32
    assert RecordDigests().finish().shape == (0, DIGEST_BYTES)
    assert RecordDigests().feed(memoryview(b"ACG"), []).shape == (0, DIGEST_BYTES)


def test_after_the_last_record_the_next_one_begins_anew():
    digests = RecordDigests()
    digests.feed(memoryview(b"ACG"), [0])
    first = digests.finish()
    digests.feed(memoryview(b"ACG"), [0])
    assert digests.finish().tolist() == first.tolist()


@pytest.mark.parametrize("place", ["in place", "shards"])
def test_a_row_has_the_same_digest_in_the_users_file_and_in_a_shard(pipeline, monkeypatch, place):
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    from opengenome.io.parquet import rows  # noqa: PLC0415
    from opengenome.io.records import read_record_columns  # noqa: PLC0415

    if place == "shards":
        monkeypatch.setattr(rows, "_LARGEST_ROW_GROUP", -1)
    path = pipeline.folder / "in.parquet"
    pq.write_table(pa.table({"seq_id": [b"caf\xe9", b"b"], "sequence": [b"ACG", b"TT"]}), path)
    pipeline.ingest(path)
    folder = pipeline.store.ingest(pipeline.manifest.key)
    found = [bytes(digest) for (table,) in read_record_columns(folder, ["digest"]) for digest in table]
    assert found == digests_of([("café", b"ACG"), ("b", b"TT")])
