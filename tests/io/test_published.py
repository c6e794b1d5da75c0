"""Whatever happens to a published file, `verify` finds it and reports it in one sentence."""

from __future__ import annotations

import json
import re

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from opengenome.errors import ContractError, LawError
from opengenome.flow import (
    BY_GROUP_CSV,
    BY_GROUP_PARQUET,
    CODON_PAIRS_CSV,
    CODON_PAIRS_PARQUET,
    PER_SEQUENCE,
    VIEWS,
    per_sequence_part,
)
from opengenome.io import published, tables
from opengenome.io.store import sealed, sha256_of
from opengenome.io.tables import PUBLISHED
from tests.published import EVERY, FURTHER, write_published

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


def test_what_was_published_with_files_of_some_runs_verifies(tmp_path):
    proof = published.verify(write_published(tmp_path, further=True))
    assert set(proof.files) | {tables.VALIDATION} == set(EVERY)


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("damage", [*DAMAGES, "gone", "of another run", "a folder"])
def test_any_damage_of_any_file_is_reported_in_one_sentence_that_names_it(tmp_path, name, damage):
    folder = write_published(tmp_path / "x", further=True)
    path = folder / name
    if damage == "gone":
        path.unlink()
    elif damage == "of another run":
        path.write_bytes((write_published(tmp_path / "y", seed=2, further=True) / name).read_bytes())
    elif damage == "a folder":
        path.unlink()
        path.mkdir()
    else:
        path.write_bytes(DAMAGES[damage](path.read_bytes()))
    if name in (tables.VALIDATION, VIEWS) and damage == "longer":  # white space at the end of JSON changes nothing
        published.verify(folder)
        return
    found = list(published.faults(folder))
    assert found
    assert all(isinstance(fault, ContractError) and "\n" not in str(fault) for fault in found)
    told = {str(fault.where["file"].relative_to(folder)) for fault in found} - {"."}
    assert told == {VIEWS if (name, damage) == (tables.VALIDATION, "of another run") else name}
    assert all(one in " ".join(map(str, found)) for one in told)


OUTSIDE = (
    *("../x", "/etc/passwd", "x.csv", "validation.json", "per_sequence", "per_sequence/", "", ".", "dropped.csv\n"),
    *("per_sequence/../x", "per_sequence/x.txt", "per_sequence/part-0.parquet", "per_sequence/part-000003.parquet"),
    *("per_sequence/part-00003.parquet\n", "per_sequence//part-00003.parquet", "part-00003.parquet"),
    *("per_sequence/part-٠٠٠٠٣.parquet", "per_sequence/../per_sequence/part-00003.parquet"),
)


def edit_proof(folder, edit):
    document = tables.read_document(folder / tables.VALIDATION)
    edit(document)
    (folder / tables.VALIDATION).write_text(json.dumps(sealed(document)))
    if (folder / VIEWS).exists():
        views = tables.read_document(folder / VIEWS)
        proof = tables.seal_of((folder / tables.VALIDATION).read_bytes())
        tables.write_document(folder / VIEWS, views | {"proof": proof})


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
        *(lambda proof, name=name: proof["files"].update({name: "0"}) for name in OUTSIDE),
        lambda proof: proof["files"].pop("codon_usage_by_group.csv"),
        lambda proof: proof["files"].pop("codon_usage_by_group.parquet"),
        lambda proof: proof["files"].pop("per_sequence/part-00001.parquet"),
        lambda proof: proof.pop("files"),
        lambda proof: proof.update(laws=7),
        lambda proof: proof.update(files=[]),
    ],
)
def test_a_proof_that_does_not_list_each_file_does_not_verify(tmp_path, edit):
    edit_proof(write_published(tmp_path, further=True), edit)
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


@pytest.mark.parametrize("name", [*FURTHER, "per_sequence/part-00007.parquet"])
def test_a_file_of_some_runs_that_the_proof_does_not_list_is_named(tmp_path, name):
    folder = write_published(tmp_path)
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text("of another run")
    with pytest.raises(ContractError, match=f"validation.json does not list {re.escape(name)}: move it away"):
        published.verify(folder)


@pytest.mark.parametrize("name", ["notes.txt", "more.parquet", "_SUCCESS", "x=1/"])
def test_a_stranger_among_the_parts_is_named_because_readers_of_the_dataset_would_read_it(tmp_path, name):
    folder = write_published(tmp_path, further=True)
    if name.endswith("/"):
        (folder / PER_SEQUENCE / name).mkdir()
    else:
        (folder / PER_SEQUENCE / name).write_text("")
    with pytest.raises(ContractError, match=f"does not list per_sequence/{name}: move it away"):
        published.verify(folder)


def test_files_beside_the_published_ones_and_hidden_ones_change_nothing(tmp_path):
    folder = write_published(tmp_path, further=True)
    for name in ("notes.txt", ".DS_Store", "per_sequence/.DS_Store"):
        (folder / name).write_text("")
    (folder / "plots").mkdir()
    published.verify(folder)


def test_many_strangers_are_counted_and_a_few_named(tmp_path):
    folder = write_published(tmp_path, further=True)
    for number in range(9):
        (folder / PER_SEQUENCE / f"{number}.txt").write_text("")
    [fault] = published.faults(folder)
    assert fault.message.endswith("per_sequence/3.txt, per_sequence/4.txt and 4 more: move them away")


def one_more(column):
    def forge(path):
        table = pq.read_table(path)
        index = table.schema.get_field_index(column)
        values = table.column(column).to_pylist()
        values[0] += 1
        pq.write_table(table.set_column(index, column, pa.array(values, pa.int64())), path)

    return forge


def without(column):
    return lambda path: pq.write_table(pq.read_table(path).drop([column]), path)


def replaced(old, new):
    return lambda path: path.write_text(path.read_text().replace(old, new, 1))


PART = per_sequence_part(1)


@pytest.mark.parametrize(
    ("name", "forge", "said"),
    [
        (PART, one_more("GCT"), "per_sequence and the codon table differ in GCT"),
        (PART, without("GCT"), f"{PART} is not a table of counts"),
        (PART, lambda path: path.write_text("no Parquet"), f"{PART} is not a table of counts"),
        (
            CODON_PAIRS_PARQUET,
            one_more("count"),
            f"{CODON_PAIRS_PARQUET} has more pairs with AAA than",
        ),
        (CODON_PAIRS_CSV, replaced('"AAA","AAA","KK",', '"AAA","AAA","KK",9'), "has more pairs with AAA than"),
        (BY_GROUP_PARQUET, one_more("count"), f"{BY_GROUP_PARQUET} and the codon table differ in AAA"),
        (BY_GROUP_PARQUET, without("codon"), f"{BY_GROUP_PARQUET} is not a table of counts"),
        (BY_GROUP_CSV, replaced(',"AAA",', ',"AAC",'), f"{BY_GROUP_CSV} and the codon table differ in AAA AAC"),
        (
            BY_GROUP_CSV,
            replaced(',"AAA",', ',"NNN",'),
            f"{BY_GROUP_CSV} is not .*: a row names no codon",
        ),
        (BY_GROUP_CSV, replaced(',"AAA","X",', ',"AAA","X",-'), "column count has a value that is not a count"),
        (BY_GROUP_CSV, replaced(',"AAA","X",', ',"AAA","X",.'), f"{BY_GROUP_CSV} is not a table of counts"),
    ],
)
def test_sequences_and_groups_that_do_not_sum_to_the_table_do_not_verify_even_with_matching_digests(
    tmp_path, name, forge, said
):
    folder = write_published(tmp_path, further=True)
    forge(folder / name)
    edit_proof(folder, lambda proof: proof["files"].update({name: sha256_of(folder / name)}))
    with pytest.raises(ContractError, match=said):
        published.verify(folder)


def test_a_copy_of_a_file_that_changed_after_it_was_proven_is_refused_and_leaves_nothing(tmp_path):
    source = write_published(tmp_path / "x") / tables.CSV
    (tmp_path / "y").mkdir()
    with pytest.raises(ContractError, match="is not the file that was proven"):
        published.copy_file(source, tmp_path / "y" / tables.CSV, "0" * 64)
    assert list((tmp_path / "y").iterdir()) == []


def test_a_link_to_a_part_that_changed_after_it_was_proven_is_refused(tmp_path):
    source = write_published(tmp_path / "x", further=True) / PART
    with pytest.raises(ContractError, match="is not the file that was proven"):
        published.link_file(source, tmp_path / "part", "0" * 64)
