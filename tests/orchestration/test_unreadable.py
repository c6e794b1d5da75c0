"""Any error of Arrow about a damaged file of ours: an entry is made again, a part counts as unreadable."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from opengenome.errors import ContractError
from opengenome.io import batches, entries, parts, tables

KINDS = [
    pa.ArrowInvalid,
    pa.ArrowNotImplementedError,
    pa.ArrowTypeError,
    pa.ArrowKeyError,
    pa.ArrowIndexError,
    pa.ArrowSerializationError,
    pa.ArrowCapacityError,
]


@pytest.fixture
def small_run(house, write, records, monkeypatch):
    """A proven run whose input was copied into a shard."""
    monkeypatch.setattr("opengenome.core.bundling.SMALL_BYTES", 1_000_000)
    write(house.data / "a.parquet", records(12))
    return house.proven("r", source=str(house.data))


@pytest.fixture
def arrow_says(monkeypatch):
    def fail_to_open(kind, name):
        real = pq.ParquetFile

        def opened(path, *args, **kwargs):
            if name in str(path):
                raise kind("what is wrong\nand where Arrow noticed")
            return real(path, *args, **kwargs)

        monkeypatch.setattr(pq, "ParquetFile", opened)

    return fail_to_open


def known(run):
    """The manifest of the run's entry, if it is complete."""
    inputs = run.run.inputs()
    (entry,) = inputs.entries
    return entries.committed(run.run.store.ingest(entry.key), inputs.material(entry))


@pytest.mark.parametrize("name", ["shard-", "records"])
@pytest.mark.parametrize("kind", KINDS)
def test_an_entry_that_arrow_cannot_read_is_not_complete(small_run, arrow_says, kind, name):
    assert known(small_run)
    arrow_says(kind, name)
    assert known(small_run) is None


@pytest.mark.parametrize("kind", KINDS)
def test_a_part_that_arrow_cannot_read_is_reported_in_one_line(small_run, arrow_says, kind):
    manifest, _ = batches.load_manifest(small_run.folder() / batches.MANIFEST)
    arrow_says(kind, "part-")
    with pytest.raises(ContractError, match=r"A part cannot be read: '?what is wrong") as caught:
        parts.sum_parts(manifest, small_run.folder())
    assert "\n" not in caught.value.message


@pytest.mark.parametrize("kind", KINDS)
def test_a_published_table_that_arrow_cannot_read_is_reported(small_run, arrow_says, kind):
    arrow_says(kind, "codon_usage")
    with pytest.raises(ContractError, match=r"The codon table cannot be read: '?what is wrong"):
        tables.read_codon_table(small_run.run.report)


@pytest.mark.e2e
def test_a_flipped_bit_in_a_shards_footer_is_repaired_by_the_next_run(small_run, house):
    (shard,) = (house.root / "store/ingest").glob("*/shard-*")
    good = shard.read_bytes()
    footer = int.from_bytes(good[-8:-4], "little") + 8
    damaged = []
    for bit in range((len(good) - footer) * 8, len(good) * 8, 5):
        bad = bytearray(good)
        bad[bit // 8] ^= 1 << bit % 8
        shard.write_bytes(bad)
        if known(small_run) is None:
            damaged.append(bytes(bad))
    assert damaged
    shard.write_bytes(damaged[-1])
    house.proven("again", source=str(house.data))
    assert shard.read_bytes() == good
