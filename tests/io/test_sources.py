"""A source names files by path, directory or glob, each once, and never one outside the folders that are allowed."""

import gzip
import os
from glob import glob
from pathlib import Path

import pytest

from opengenome.errors import EngineError, InputError, UsageError
from opengenome.io import fasta, sources
from opengenome.io.sources import file_key, find_files, fingerprint, open_input, reading, unchanged

FASTA = b">a\nACG\n"


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "in"
    for name in ("b.fasta", "a.fa.gz", "deep/er/c.FNA", "deep/d.parquet", "notes.txt", ".hidden.fa", "_part.fa",
                 ".git/e.fa", "_temporary/f.fa"):  # fmt: skip
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(FASTA)
    return root


def names(folder, source, roots=None):
    return [str(path.relative_to(folder)) for path in find_files(str(source), roots or [folder])]


def test_a_directory_is_searched_in_depth_without_hidden_and_unfinished_files(folder):
    assert names(folder, folder) == ["a.fa.gz", "b.fasta", "deep/d.parquet", "deep/er/c.FNA"]


def test_a_file_that_is_named_is_read_whatever_it_is_called(folder):
    assert names(folder, folder / "notes.txt") == ["notes.txt"]


def test_a_glob_finds_its_matches_sorted(folder):
    assert names(folder, folder / "[ab]*.fa*") == ["a.fa.gz", "b.fasta"]
    assert names(folder, folder / "**" / "*.parquet") == ["deep/d.parquet"]


def test_many_lines_name_many_sources_each_file_once_in_their_order(folder):
    source = f"{folder}/deep\n\n  {folder}/b.fasta \n{folder}/*.fasta\n{folder}/deep/../b.fasta\n"
    assert names(folder, source) == ["deep/d.parquet", "deep/er/c.FNA", "b.fasta"]


@pytest.mark.parametrize("name", ["genome[1].fasta", "what?.fa", "star*.fa", "two words.fa", "~.fa", "{a,b}.fa"])
def test_a_path_with_glob_characters_is_taken_literally(folder, name):
    (folder / name).write_bytes(FASTA)
    for decoy in ("genome1.fasta", "whatx.fa", "starx.fa"):
        (folder / decoy).write_bytes(FASTA)
    assert names(folder, folder / name) == [name]


@pytest.mark.parametrize("source", ["{}/missing.fa", "{}/*.none", "{}/deep/er", "{}/nowhere/", "a\0b"])
def test_a_source_that_names_nothing_is_told(folder, source):
    for path in (folder / "deep" / "er").iterdir():
        path.rename(path.with_suffix(".txt"))
    with pytest.raises(InputError, match=r"There is no such file|holds no FASTA or Parquet|holds a NUL"):
        find_files(source.format(folder), [folder])


@pytest.mark.parametrize("source", ["", "\n \n"])
def test_no_source_is_told(folder, source):
    with pytest.raises(InputError, match="No source was given"):
        find_files(source, [folder])


def test_a_pasted_sequence_is_no_path_and_is_told_in_short(folder):
    for roots, error, words in (([folder], UsageError, "lies outside"), ([Path("/")], InputError, "name too long")):
        with pytest.raises(error, match=words) as caught:
            find_files("ACGT" * 3000, roots)
        assert len(str(caught.value)) < 400


# --- links ---


@pytest.mark.parametrize("how", ["the file", "its directory", "a glob", "a linked directory", "dots"])
def test_nothing_outside_the_roots_is_read_links_or_not(folder, tmp_path, how):
    outside = tmp_path / "secret"
    outside.mkdir()
    (outside / "x.fa").write_bytes(FASTA)
    (folder / "deep" / "link.fa").symlink_to(outside / "x.fa")
    (folder / "linked").symlink_to(outside)
    source = {
        "the file": folder / "deep" / "link.fa",
        "its directory": folder / "deep",
        "a glob": folder / "deep" / "*.fa",
        "a linked directory": folder / "linked",
        "dots": f"{folder}/../secret/x.fa",
    }[how]
    with pytest.raises(UsageError, match=r"lies outside the folders .* Allowed: "):
        find_files(str(source), [folder])


WAYS_OUT = ("{outside}/", "{root}/../secret/", "{root}/./deep/../../secret/", "{root}/linked/", "{root}/link*/")


@pytest.mark.parametrize("there", ["x.fa", "nothing.fa", "*.fa", "[x].fa", "", "no/such/folder/*", "**/x*", "*/*"])
@pytest.mark.parametrize("way", WAYS_OUT)
def test_outside_the_roots_nobody_learns_what_is_there(folder, tmp_path, there, way):
    outside = tmp_path / "secret"
    outside.mkdir(mode=0o700)
    (outside / "x.fa").write_bytes(FASTA)
    (folder / "linked").symlink_to(outside)
    said = set()
    for _ in range(2):
        with pytest.raises((UsageError, InputError)) as caught:
            find_files(way.format(outside=outside, root=folder) + there, [folder])
        said.add(str(caught.value))
        (outside / "x.fa").unlink(missing_ok=True)
    assert len(said) == 1  # the same, whether or not it is there
    assert "x.fa" not in said.pop().replace(there, "")


def test_a_glob_finds_what_pythons_own_finds(folder):
    (folder / "deep" / "in[1]").mkdir()
    (folder / "deep" / "in[1]" / "g.fa").write_bytes(FASTA)
    (folder / "loop").symlink_to(folder)  # only theirs follows it, for ** alone
    for pattern in (
        "*",
        "*.fa*",
        "**",
        "**/*.fa",
        "d*/**/*",
        "*/er/*.FNA",
        "deep/**",
        "[!ab]*",
        ".*",
        "**/e?/*",
        "*/*/*",
        "x*",
    ):
        theirs = [Path(one) for one in glob(f"{folder}/{pattern}", recursive=True) if "/loop" not in one]  # noqa: PTH207
        expected = sorted({str(path.relative_to(folder)) for path in theirs if path.is_file()})
        found = sources._matches(folder, Path(pattern).parts, [folder])
        assert sorted({str(path.relative_to(folder)) for path in found if "/loop" not in str(path)}) == expected, (
            pattern
        )


@pytest.mark.parametrize("pattern", ["d*/../../secret/*", "*/../../secret/x.fa", "**/../../secret/nothing.fa"])
def test_a_glob_does_not_climb_out_of_the_roots(folder, tmp_path, pattern):
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "x.fa").write_bytes(FASTA)
    with pytest.raises(UsageError, match=r"goes up by '\.\.'"):
        find_files(f"{folder}/{pattern}", [folder])


def test_a_root_is_a_folder_not_the_begin_of_a_name(folder, tmp_path):
    (tmp_path / "in-other").mkdir()
    (tmp_path / "in-other" / "x.fa").write_bytes(FASTA)
    with pytest.raises(UsageError):
        find_files(str(tmp_path / "in-other"), [folder])


def test_a_link_inside_the_roots_is_its_file(folder):
    (folder / "link.fa").symlink_to(folder / "b.fasta")
    assert names(folder, f"{folder}/link.fa\n{folder}/b.fasta") == ["b.fasta"]


def test_links_in_a_circle_and_to_nowhere_are_told(folder):
    (folder / "circle.fa").symlink_to(folder / "circle.fa")
    with pytest.raises(InputError, match=r"circle|no such file"):
        find_files(str(folder / "circle.fa"), [folder])
    with pytest.raises(InputError, match="circle"):
        find_files(str(folder), [folder])
    (folder / "circle.fa").unlink()
    (folder / "broken.fa").symlink_to(folder / "nothing.fa")
    with pytest.raises(InputError, match=r"gone.*nothing\.fa"):
        [fingerprint(path) for path in find_files(str(folder), [folder])]


def test_a_directory_that_may_not_be_read_is_told(folder, monkeypatch):
    def refuse(path, onerror):
        onerror(PermissionError(13, "Permission denied", str(path)))

    monkeypatch.setattr(os, "walk", lambda path, onerror: iter(refuse(path, onerror) or ()))
    with pytest.raises(InputError, match="may not be read: permission denied"):
        find_files(str(folder), [folder])


# --- fingerprints ---


@pytest.mark.parametrize(
    ("data", "kind"),
    [(FASTA, "fasta"), (b"\n\n" + FASTA, "fasta"), (gzip.compress(FASTA), "fasta.gz"), (b"PAR1xxxx", "parquet")],
)
def test_a_file_is_recognised_by_its_first_bytes_whatever_its_name(tmp_path, data, kind):
    path = tmp_path / "x.parquet.gz.fa"
    path.write_bytes(data)
    found = fingerprint(path)
    assert (found.path, found.format, found.size) == (str(path), kind, len(data))


def test_a_fingerprint_sees_every_write_even_with_the_old_times(tmp_path):
    path = tmp_path / "x.fa"
    path.write_bytes(FASTA)
    found = fingerprint(path)
    assert unchanged(found)
    status = path.stat()
    path.write_bytes(b">a\nACC\n")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert not unchanged(found)
    assert file_key(fingerprint(path), "1") != file_key(found, "1")
    path.unlink()
    with pytest.raises(InputError, match=r"The file is gone \(file .*x\.fa\)"):
        unchanged(found)


def test_the_key_of_a_file_is_a_name_that_changes_with_the_engine(tmp_path):
    path = tmp_path / "x.fa"
    path.write_bytes(FASTA)
    found = fingerprint(path)
    assert file_key(found, "1") == file_key(fingerprint(path), "1") != file_key(found, "2")
    assert len(file_key(found, "1")) == 64
    assert file_key(found, "1").isalnum()


def test_every_suffix_is_lower_case_and_is_found(tmp_path):
    for suffix in sources.SUFFIXES:
        Path(tmp_path, f"x{suffix}").write_bytes(FASTA)
    assert len(find_files(str(tmp_path), [tmp_path])) == len(sources.SUFFIXES)


# --- what the operating system says ---


def test_a_disk_that_fails_is_no_bad_input_and_may_pass(tmp_path):
    said = r"The file cannot be read: Input/output error \(file x\.fa\)"
    with open_input("/proc/self/mem") as file:  # address 0 of this process: a real EIO
        with pytest.raises(EngineError, match=said) as caught, reading("x.fa"):
            file.read(1)
        assert caught.value.retryable
        with pytest.raises(EngineError, match="Input/output error"):
            list(fasta.read_blocks(file))


@pytest.mark.parametrize("place", ["gone.fa", "in.fa/deeper.fa", ""])
def test_a_file_that_is_gone_is_bad_input(tmp_path, place):
    (tmp_path / "in.fa").write_bytes(FASTA)
    with pytest.raises(InputError, match="The file is gone"):
        open_input(str(tmp_path / place))
