"""A format is one module and one line: nothing else names it, from the search to the published table."""

import gzip

import pytest
import toy_format

from opengenome.core import bundling
from opengenome.errors import InputError
from opengenome.io.formats import FORMATS
from spelling import ROOT, SOURCES, texts


@pytest.fixture
def toy(monkeypatch):
    monkeypatch.setitem(FORMATS, toy_format.NAME, toy_format)


def lines_of(records):
    return b"TOY\n" + "".join(f"{name} {letters}\n" for name, letters in records).encode()


@pytest.mark.usefixtures("toy")
@pytest.mark.parametrize(("pack", "small"), [(bytes, 0), (bytes, 1 << 20), (gzip.compress, 0)])
def test_a_format_that_is_registered_is_counted_through_the_whole_flow(house, records, monkeypatch, pack, small):
    monkeypatch.setattr(bundling, "SMALL_BYTES", small)
    (house.data / "a.fasta").write_text("".join(f">{name}\n{letters}\n" for name, letters in records(30)))
    expected = (house.results / house.proven("fasta", source=str(house.data)).run.slug / "codon_usage.csv").read_bytes()
    (house.data / "a.fasta").unlink()
    (house.data / "a.data").write_bytes(pack(lines_of(records(30))))
    found = house.proven("toy", source=str(house.data), batch_size=7)
    assert (house.results / found.run.slug / "codon_usage.csv").read_bytes() == expected


def test_a_format_that_is_not_registered_is_no_input(house, records):
    (house.data / "a.toy").write_bytes(lines_of(records(3)))
    with pytest.raises(InputError, match="text before the first header"):
        house.proven("toy", source=str(house.data / "a.toy"))


def test_a_formats_name_is_spelled_by_its_module_and_its_writer_alone():
    formats = {f"formats/{name}.py" for name in ("fasta", "genbank", "gff3", "parquet")}
    homes = {*formats, "text_shards.py", "row_shards.py", "sheet_rows.py"}  # the last: columns of a samplesheet
    spelled = {
        str(path.relative_to(ROOT / "include/opengenome/io"))
        for path in SOURCES
        if path.is_relative_to(ROOT / "include")
        for _, text in texts(path.read_text())
        if text in FORMATS
    }
    assert spelled == homes
