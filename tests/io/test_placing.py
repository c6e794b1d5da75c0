"""Published files are put in place even if the folder cannot be exchanged or holds other files."""

from __future__ import annotations

import errno
import os
import stat

import pytest

from opengenome.errors import ContractError, StorageError
from opengenome.flow import PER_SEQUENCE, per_sequence_part
from opengenome.io import exchange, placing, published, tables
from opengenome.io.tables import PUBLISHED, VALIDATION
from tests.published import DROPPED, FURTHER, contents, write_published


@pytest.fixture
def source(tmp_path):
    return write_published(tmp_path / "source", further=True)


@pytest.fixture
def target(tmp_path):
    return write_published(tmp_path / "target", seed=2, further=True)


def refuse(number):
    def refused(*_):
        raise OSError(number, os.strerror(number))

    return refused


@pytest.mark.parametrize("number", [errno.EXDEV, errno.EBUSY, errno.EPERM, errno.EACCES, errno.EROFS])
def test_a_folder_that_cannot_be_replaced_is_reported_and_unchanged(source, target, monkeypatch, number):
    before = contents(target)
    monkeypatch.setattr(exchange, "_exchange", refuse(number))
    assert not placing.replaced(source, target, published.read_proof(source))
    assert contents(target) == before
    assert sorted(path.name for path in target.parent.iterdir()) == ["source", "target"]


def test_a_folder_has_no_proof_before_all_its_files_are_there(source, target, monkeypatch):
    proof, moments = published.read_proof(source), []

    def watched(place):
        def placed(one, other, sha256):
            with pytest.raises(ContractError, match="its files are being replaced"):
                published.read_proof(target)
            place(one, other, sha256)
            moments.append(one.name)

        return placed

    for name in ("copy_file", "link_file"):
        monkeypatch.setattr(published, name, watched(getattr(published, name)))
    placing.fill(source, target, proof)
    assert len(moments) == len(proof.files) + 1
    assert published.verify(target) == proof


def test_a_folder_in_the_place_of_a_file_is_reported_in_one_sentence(source, target):
    (target / PUBLISHED[0]).unlink()
    (target / PUBLISHED[0]).mkdir()
    assert not placing.only_ours(target)
    with pytest.raises(StorageError, match="a folder lies where a file should be"):
        placing.fill(source, target, published.read_proof(source))


def test_a_link_that_moves_during_verification_does_no_harm(source, target, monkeypatch):
    link, check = source.parent / "latest", published.check_digest
    link.symlink_to("source")

    def moved(path, sha256):
        link.unlink()
        link.symlink_to("target")
        check(path, sha256)

    monkeypatch.setattr(published, "check_digest", moved)
    assert list(published.faults(link)) == []


PART = per_sequence_part(0)
BOTH = pytest.mark.parametrize("way", ["replaced", "filled"])


def put(source, target, way):
    proof = published.read_proof(source)
    if way == "filled":
        placing.fill(source, target, proof)
    else:
        assert placing.replaced(source, target, proof)


@BOTH
def test_parts_of_the_per_sequence_table_are_linked_and_become_read_only(source, target, way):
    put(source, target, way)
    published.verify(target)
    for name in map(per_sequence_part, range(3)):
        assert (target / name).samefile(source / name)
        assert stat.S_IMODE((target / name).stat().st_mode) == 0o444
    assert not (target / DROPPED).samefile(source / DROPPED)


@BOTH
@pytest.mark.parametrize("number", [errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP, errno.EACCES])
def test_parts_are_copied_and_read_only_where_the_disk_refuses_links(source, target, monkeypatch, way, number):
    monkeypatch.setattr(os, "link", refuse(number))
    put(source, target, way)
    published.verify(target)
    assert not (target / PART).samefile(source / PART)
    assert stat.S_IMODE((target / PART).stat().st_mode) == 0o444


@BOTH
def test_a_part_that_is_a_link_is_copied_as_a_file(source, target, tmp_path, way):
    (source / PART).rename(tmp_path / "moved.parquet")
    (source / PART).symlink_to("../../moved.parquet")
    put(source, target, way)
    published.verify(target)
    assert not (target / PART).is_symlink()


@BOTH
def test_files_of_some_runs_are_gone_after_a_run_without_them(target, tmp_path, way):
    put(write_published(tmp_path / "fixed", seed=3), target, way)
    assert set(contents(target)) == set(PUBLISHED)
    assert not (target / PER_SEQUENCE).exists()
    published.verify(target)


@BOTH
def test_parts_that_a_run_no_longer_has_are_removed(source, target, way):
    for part in range(3, 5):
        (target / per_sequence_part(part)).write_bytes(b"more")
        document = tables.read_document(target / VALIDATION)
        document["files"][per_sequence_part(part)] = "0"
        tables.write_document(target / VALIDATION, document)
    put(source, target, way)
    assert contents(target) == contents(source)


def test_files_in_per_sequence_that_are_not_ours_stay_even_if_the_run_has_no_parts(target, tmp_path):
    mine = ("notes.txt", f"{PER_SEQUENCE}/notes.txt", f"{PER_SEQUENCE}/part-1.parquet", f"{PER_SEQUENCE}/plots/a.svg")
    for name in mine:
        (target / name).parent.mkdir(exist_ok=True)
        (target / name).write_text("mine")
    assert not placing.only_ours(target)
    placing.fill(write_published(tmp_path / "fixed", seed=3), target, published.read_proof(tmp_path / "fixed"))
    assert set(contents(target)) == {*PUBLISHED, *mine}


@pytest.mark.parametrize("name", [DROPPED, PART])
def test_a_users_file_of_an_unlisted_name_is_never_removed(target, tmp_path, name):
    """Where our proof does not list it, it is the user's, although we use the name in other runs."""
    folder = write_published(tmp_path / "fixed", seed=3)
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text("mine")
    assert not placing.only_ours(folder)
    placing.fill(write_published(tmp_path / "other", seed=4), folder, published.read_proof(tmp_path / "other"))
    assert (folder / name).read_text() == "mine"


def test_what_a_stopped_process_left_is_removed_by_a_later_run_without_it(source, target, tmp_path, monkeypatch):
    for name in FURTHER:  # the files come from the stopped process alone
        (target / name).unlink()
    write_published(target, seed=2)
    (target / "notes.txt").write_text("mine")
    real = published.link_file

    def stopped(one, other, sha256):
        if one.name.endswith("2.parquet"):
            raise KeyboardInterrupt
        real(one, other, sha256)

    monkeypatch.setattr(published, "link_file", stopped)
    with pytest.raises(KeyboardInterrupt):
        placing.fill(source, target, published.read_proof(source))
    assert (target / PART).exists()
    (target / PER_SEQUENCE / f".{per_sequence_part(2)[13:]}.0123456789abcdef.tmp").write_text("half")
    placing.remove_unfinished(target)
    placing.fill(write_published(tmp_path / "fixed", seed=3), target, published.read_proof(tmp_path / "fixed"))
    assert set(contents(target)) == {*PUBLISHED, "notes.txt"}
    assert not (target / PER_SEQUENCE).exists()
    published.verify(target)


@pytest.mark.parametrize("with_parts", [True, False])
def test_a_link_in_the_place_of_per_sequence_is_replaced_and_never_followed(source, target, tmp_path, with_parts):
    precious = tmp_path / "precious"
    (target / PER_SEQUENCE).rename(precious)
    (target / PER_SEQUENCE).symlink_to(precious)
    before = contents(precious)
    new = source if with_parts else write_published(tmp_path / "fixed", seed=3)
    placing.fill(new, target, published.read_proof(new))
    assert not (target / PER_SEQUENCE).is_symlink()
    assert contents(precious) == before
    assert contents(target) == contents(new)


def test_a_file_in_the_place_of_per_sequence_is_reported_in_one_sentence(source, tmp_path):
    target = write_published(tmp_path / "fixed", seed=3)
    (target / PER_SEQUENCE).write_text("mine")
    assert not placing.only_ours(target)
    with pytest.raises(StorageError, match="has the name of a folder or file of ours"):
        placing.fill(source, target, published.read_proof(source))
    assert (target / PER_SEQUENCE).read_text() == "mine"


@BOTH
def test_nothing_is_written_into_a_linked_part_when_it_is_replaced(source, target, tmp_path, way):
    put(source, target, way)
    before = contents(source)
    put(write_published(tmp_path / "third", seed=3, further=True), target, way)
    assert contents(source) == before
    assert contents(target) == contents(tmp_path / "third")


def test_the_names_of_the_parts_are_on_disk_before_the_proof_is_written(source, target, monkeypatch):
    synced, real = [], placing.sync_folder

    def sync(folder):
        synced.append((folder, (target / VALIDATION).read_bytes() == (source / VALIDATION).read_bytes()))
        real(folder)

    monkeypatch.setattr(placing, "sync_folder", sync)
    placing.fill(source, target, published.read_proof(source))
    assert (target / PER_SEQUENCE, False) in synced
