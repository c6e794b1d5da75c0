"""Published files are put in place even if the folder cannot be exchanged or holds other files."""

from __future__ import annotations

import errno
import os

import pytest

from opengenome.errors import StorageError
from opengenome.io import exchange, placing, published
from opengenome.io.tables import PUBLISHED, VALIDATION
from tests.published import write_published


@pytest.fixture
def source(tmp_path):
    return write_published(tmp_path / "source")


@pytest.fixture
def target(tmp_path):
    return write_published(tmp_path / "target", seed=2)


def refuse(number):
    def refused(*_):
        raise OSError(number, os.strerror(number))

    return refused


@pytest.mark.parametrize("number", [errno.EXDEV, errno.EBUSY, errno.EPERM, errno.EACCES, errno.EROFS])
def test_a_folder_that_cannot_be_replaced_is_reported_and_unchanged(source, target, monkeypatch, number):
    before = {name: (target / name).read_bytes() for name in PUBLISHED}
    monkeypatch.setattr(exchange, "_exchange", refuse(number))
    assert not placing.replaced(source, target, published.read_proof(source))
    assert {name: (target / name).read_bytes() for name in PUBLISHED} == before
    assert sorted(path.name for path in target.parent.iterdir()) == ["source", "target"]


def test_a_folder_has_no_proof_before_all_its_files_are_there(source, target, monkeypatch):
    copy, proof = published.copy_file, published.read_proof(source)

    def watched(one, other, sha256):
        assert not (target / VALIDATION).exists()
        copy(one, other, sha256)

    monkeypatch.setattr(published, "copy_file", watched)
    placing.fill(source, target, proof)
    assert published.verify(target) == proof


def test_a_folder_in_the_place_of_a_file_is_reported_in_one_sentence(source, target):
    (target / PUBLISHED[0]).unlink()
    (target / PUBLISHED[0]).mkdir()
    assert not placing.only_ours(target)
    with pytest.raises(StorageError, match="a folder lies where a file should be"):
        placing.fill(source, target, published.read_proof(source))


def test_a_link_that_moves_during_verification_does_no_harm(source, target, monkeypatch):
    link, read = source.parent / "latest", published._proven_bytes
    link.symlink_to("source")

    def moved(path, sha256):
        link.unlink()
        link.symlink_to("target")
        return read(path, sha256)

    monkeypatch.setattr(published, "_proven_bytes", moved)
    assert list(published.faults(link)) == []
