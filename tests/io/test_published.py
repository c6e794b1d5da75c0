"""Whatever happens to a published file, `verify` finds it and reports it in one sentence."""

from __future__ import annotations

import json

import pytest

from opengenome.errors import ContractError, LawError
from opengenome.io import published, tables
from opengenome.io.store import sealed
from opengenome.io.tables import PUBLISHED
from tests.published import write_published

DAMAGES = {
    "flipped bit": lambda data: data[: len(data) // 2] + bytes([data[len(data) // 2] ^ 1]) + data[len(data) // 2 + 1 :],
    "cut": lambda data: data[: len(data) // 2],
    "empty": lambda data: b"",
    "zeros": lambda data: bytes(len(data)),
    "longer": lambda data: data + b"\n",
}


def test_what_was_published_verifies(tmp_path):
    proof = published.verify(write_published(tmp_path))
    assert set(proof.files) | {tables.VALIDATION} == set(PUBLISHED)


@pytest.mark.parametrize("name", PUBLISHED)
@pytest.mark.parametrize("damage", [*DAMAGES, "gone", "of another run", "a folder"])
def test_any_damage_of_any_file_is_reported_in_one_sentence_that_names_it(tmp_path, name, damage):
    path = write_published(tmp_path / "x") / name
    if damage == "gone":
        path.unlink()
    elif damage == "of another run":
        path.write_bytes((write_published(tmp_path / "y", seed=2) / name).read_bytes())
    elif damage == "a folder":
        path.unlink()
        path.mkdir()
    else:
        path.write_bytes(DAMAGES[damage](path.read_bytes()))
    if name == tables.VALIDATION and damage == "longer":  # white space at the end of JSON changes nothing
        published.verify(path.parent)
        return
    found = list(published.faults(path.parent))
    assert found
    assert all(isinstance(fault, ContractError) and "\n" not in str(fault) for fault in found)
    told = {fault.where["file"].name for fault in found}
    assert told == ({name} if (name, damage) != (tables.VALIDATION, "of another run") else set(tables.REPORT))


def edit_proof(folder, edit):
    document = tables.read_document(folder / tables.VALIDATION)
    edit(document)
    (folder / tables.VALIDATION).write_text(json.dumps(sealed(document)))


@pytest.mark.parametrize(
    "edit",
    [
        lambda proof: proof.update(proven=False),
        lambda proof: proof.update(laws=[]),
        lambda proof: proof["laws"][0].update(holds=False),
    ],
)
def test_a_proof_of_a_failed_validation_does_not_verify(tmp_path, edit):
    edit_proof(write_published(tmp_path), edit)
    with pytest.raises(LawError, match="validation failed"):
        published.verify(tmp_path)


@pytest.mark.parametrize(
    "edit",
    [
        lambda proof: proof["files"].pop("summary.json"),
        lambda proof: proof["files"].update({"../x": "0"}),
        lambda proof: proof.pop("files"),
        lambda proof: proof.update(laws=7),
        lambda proof: proof.update(files=[]),
    ],
)
def test_a_proof_that_does_not_list_each_file_does_not_verify(tmp_path, edit):
    edit_proof(write_published(tmp_path), edit)
    with pytest.raises(ContractError, match=r"validation\.json"):
        published.verify(tmp_path)


@pytest.mark.parametrize(
    ("forge", "said"),
    [
        (lambda columns: columns["codon"].reverse(), "64 codons"),
        (lambda columns: columns["count"].__setitem__(0, -1), "not a whole number"),
        (lambda columns: columns["count"].__setitem__(0, columns["count"][0] + 1), "number of codons"),
    ],
)
def test_an_impossible_table_does_not_verify_even_with_matching_digests(tmp_path, forge, said):
    folder = write_published(tmp_path)
    columns = tables.read_codon_table(folder)
    forge(columns)
    digests = tables.write_codon_table(folder, columns)
    edit_proof(folder, lambda proof: proof["files"].update(digests))
    with pytest.raises(ContractError, match=said):
        published.verify(folder)


def test_csv_and_parquet_that_differ_do_not_verify_even_with_matching_digests(tmp_path):
    folder, other = write_published(tmp_path / "x"), write_published(tmp_path / "y", seed=2)
    (folder / tables.CSV).write_bytes((other / tables.CSV).read_bytes())
    digest = published.read_proof(other).files[tables.CSV]
    edit_proof(folder, lambda proof: proof["files"].update({tables.CSV: digest}))
    with pytest.raises(ContractError, match="differ"):
        published.verify(folder)


def test_a_copy_of_a_file_that_changed_after_it_was_proven_is_refused_and_leaves_nothing(tmp_path):
    source = write_published(tmp_path / "x") / tables.CSV
    (tmp_path / "y").mkdir()
    with pytest.raises(ContractError, match="is not the file that was proven"):
        published.copy_file(source, tmp_path / "y" / tables.CSV, "0" * 64)
    assert list((tmp_path / "y").iterdir()) == []
