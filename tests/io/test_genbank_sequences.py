"""In mode `sequences`, each record of GenBank is a sequence, whatever its features."""

import gzip

import pyarrow.parquet as pq
import pytest

from opengenome.errors import InputError
from opengenome.io import sources
from opengenome.io.ingest import ingest
from opengenome.io.schemas import Material
from opengenome.io.store import Store
from tests.io.coding.genbanks import LETTERS, feature, record


def ingested(folder, data):
    """[(identifier, letters)] of the row shards that an ingest of this file writes."""
    path = folder / "in.gbff"
    path.write_bytes(data)
    manifest, _ = ingest(Material((sources.fingerprint(path),)), Store(folder / "store"), lambda _: None)
    rows = [row for file in manifest.files for row in pq.read_table(file.path).to_pylist()]
    assert manifest.bases == (sum(len(row["sequence"]) for row in rows),)
    return [(row["seq_id"], row["sequence"]) for row in rows]


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_each_record_is_a_sequence_with_the_name_of_its_version(tmp_path, pack):
    odd = record(feature("hello", "transl_table=7"), letters="ACGTUNRYX" * 9, locus="81 bp RNA").replace("X1.2", "X2.1")
    nameless = record().replace("VERSION     X1.2\n", "")
    found = ingested(tmp_path, pack((record() + odd + nameless).encode()))
    assert found == [("X1.2", LETTERS), ("X2.1", "ACGTUNRYX" * 9), ("X1", LETTERS)]


def test_a_record_that_is_torn_leaves_nothing_behind(tmp_path):
    with pytest.raises(InputError, match=r"after 57 of 90 bases.*in\.gbff, record X1\.2, line 10"):
        ingested(tmp_path, (record() + record()[:-50]).encode())
    assert not list((tmp_path / "store").glob("ingest/*/*"))


def test_a_record_of_no_bases_is_a_sequence_of_none(tmp_path):
    assert ingested(tmp_path, (record() + record(letters="")).encode()) == [("X1.2", LETTERS), ("X1.2", "")]
