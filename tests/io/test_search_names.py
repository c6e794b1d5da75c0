"""A file of any name is found, can be printed in errors, and can be given as a URI."""

import os

import pytest

from opengenome.errors import InputError, UsageError
from opengenome.io.paths import path_of, text_of
from opengenome.io.search import NothingFoundError, search
from tests.io.searched import names, put

ODD = [b"caf\xe9.fa", b"ends in a blank.fa ", b"\xe2\x80\xa8.fa", b"cr.fa\r", b"two\nlines.fa", b" leads.fa", b"%41.fa"]


@pytest.mark.parametrize("name", ODD)
def test_a_file_of_any_name_is_found_and_no_other_one(folder, name):
    odd = put(folder / "odd" / os.fsdecode(name), b">odd\nACG\n")
    for decoy in {os.fsdecode(name).strip(), "lines.fa", "two", "A.fa"} - {odd.name}:
        put(folder / "decoys" / decoy)
    for source in (text_of(odd), text_of(odd.parent), str(odd.parent / "*")):
        (file,) = search(source, [folder]).files
        assert path_of(file.path) == odd
        assert file.path.isprintable()
    if b"\n" not in name:
        put(odd.parent / odd.name.strip())  # the stripped name exists too, and must not be taken
        assert [path_of(file.path) for file in search(str(odd), [folder]).files] == [odd]


def test_errors_about_odd_names_can_be_printed(folder):
    for name in ODD:
        path = put(folder / os.fsdecode(name), b"ID   X56734; SV 1; linear;\n")
        with pytest.raises(InputError) as caught:
            search(text_of(path), [folder])
        assert str(caught.value).isprintable()
        str(caught.value).encode()
        path.unlink()


def test_dos_line_ends_and_blanks_around_a_path_are_ignored(folder):
    assert names(folder, f" {folder}/b.fasta \r\n{folder}/deep\r\n") == ["b.fasta", "deep/d.parquet", "deep/er/c.FNA"]
    assert names(folder, f"  {folder}/[b]*\r") == ["b.fasta"]


def test_a_file_uri_is_one_path_and_not_a_glob(folder):
    put(folder / "[b]*.fasta")
    assert names(folder, f"file://{folder}/[b]*.fasta") == ["[b]*.fasta"]
    (folder / "[b]*.fasta").unlink()
    with pytest.raises(NothingFoundError, match="no such file"):
        search(f"file://{folder}/[b]*.fasta", [folder])
    with pytest.raises(UsageError, match="is outside"):
        search("file:///etc/hostname", [folder])
