"""A number that fits no column, in a file with a valid seal, is treated as damage and never raises a raw error."""

from __future__ import annotations

import gzip
import json

import pytest

from opengenome.errors import ContractError
from opengenome.io import entries
from opengenome.io.store import check_seal, sealed
from opengenome.orchestration import committed

ABSURD = [10**30, -(10**30), 2**64, 2**63, -(2**63)]


@pytest.fixture
def run(house, write, records, monkeypatch):
    """A proven run with an entry in shards."""
    monkeypatch.setattr("opengenome.core.bundling.SMALL_BYTES", 1_000_000)
    write(house.data / "a.parquet", records(12))
    return house.proven("r", source=str(house.data))


def read(path):
    text = path.read_bytes()
    document = json.loads(gzip.decompress(text) if path.suffix == ".gz" else text)
    document.pop("seal")
    return document


def write_sealed(path, document):
    """Change a document and give it a valid seal."""
    text = json.dumps(sealed(document)).encode()
    path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)


def whole_numbers(value, place=()):
    """The position of every whole number in a document."""
    if type(value) is int:
        yield place
    for key, below in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from whole_numbers(below, (*place, key))


def put(document, place, number):
    *way, last = place
    for step in way:
        document = document[step]
    document[last] = number


def forged(path, number):
    """Write the document again and again, each time with another one of its numbers replaced."""
    for place in whole_numbers(read(path)):
        document = read(path)
        before = json.loads(json.dumps(document))
        put(document, place, number)
        write_sealed(path, document)
        yield place
        write_sealed(path, before)


@pytest.mark.parametrize("number", ABSURD)
def test_a_batch_manifest_with_an_absurd_number_does_not_verify(run, number):
    path = run.folder() / "manifest.json"
    whole = path.read_bytes()
    for place in forged(path, number):
        reused, reason = committed.reusable(run.planned[0])
        descriptive = place[0] in ("timings", "peak_memory") or place[-1] in ("start", "stop")
        assert not reused or (descriptive and -(2**63) <= number < 2**64), place
        assert "\n" not in reason
        path.write_bytes(whole)


@pytest.mark.parametrize("number", ABSURD)
def test_the_manifest_of_an_entry_with_an_absurd_number_is_not_complete(run, number):
    inputs = run.run.inputs()
    folder = run.run.store.ingest(inputs.entries[0].key)
    for place in forged(folder / "manifest.json", number):
        assert entries.committed(folder, inputs.material(inputs.entries[0])) is None, place


@pytest.mark.parametrize("name", ["plan.json", "inputs.json.gz", "batches/00000.json"])
@pytest.mark.parametrize("number", ABSURD)
def test_a_file_of_an_earlier_run_with_an_absurd_number_does_not_harm_the_next_run(house, run, name, number):
    for k, _ in enumerate(forged(run.run.folder / name, number)):
        if k % 5 == 0:
            house.counted("next", source=str(house.data), frame=1)


@pytest.mark.parametrize("digits", ["1" * 20, "-" + "9" * 19, "1" * 5000])
def test_no_sealed_document_holds_a_number_of_more_than_64_bits(tmp_path, digits):
    with pytest.raises(ContractError, match="The file is damaged"):
        check_seal(b'{"a": %s, "seal": ""}' % digits.encode(), tmp_path)
