"""A source names files by path, file URI, folder or glob; each is counted once, refused, or reported as passed over."""

import errno
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from opengenome.errors import EngineError, InputError, UsageError
from opengenome.io import table_schemas
from opengenome.io.search import NothingFoundError, search
from opengenome.io.store import STORE_MARKER
from tests.io.searched import FASTA, find_files, names, over, put
from tests.published import EVERY, write_published


def test_a_folder_is_searched_in_depth_and_passed_over_files_are_reported(folder):
    assert names(folder, folder) == ["_part.fa", "a.fa.gz", "b.fasta", "deep/d.parquet", "deep/er/c.FNA"]
    assert over(folder) == {".git": "hidden", ".hidden.fa": "hidden", "notes.txt": "text"}


def test_a_file_that_is_named_is_read_whatever_it_is_called(folder):
    put(folder / "notes.txt")
    put(folder / "scratch.tmp")
    for name in ("notes.txt", ".hidden.fa", ".git/e.fa", "scratch.tmp"):
        assert names(folder, folder / name) == [name]


@pytest.mark.parametrize("url", ["http://x/y.fa", "https://x/y.fa.gz", " s3://b/*.fa", "ftp://x/y.fa", "hdfs://h/in"])
def test_a_url_is_refused_as_one(folder, url):
    with pytest.raises(UsageError, match=r"is a URL, which is not read\. Fetch the file"):
        search(url, [folder])


def test_a_folder_with_nothing_to_count_is_called_a_folder_and_a_pattern_a_pattern(folder):
    (folder / "empty").mkdir()
    with pytest.raises(NothingFoundError, match=r"The folder holds no .* to count \(folder .*/empty\)\. It is empty\."):
        search(str(folder / "empty"), [folder])
    with pytest.raises(NothingFoundError, match=r"The glob's match holds no .* \(pattern .*/\*\.txt\)\. Passed over"):
        search(f"{folder}/*.txt", [folder])


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
def test_a_source_that_names_nothing_is_reported(folder, source):
    for path in (folder / "deep" / "er").iterdir():
        path.write_text("text")
        path.rename(path.with_suffix(".txt"))
    with pytest.raises(InputError, match=r"There is no such file|holds no FASTA|no file name can hold"):
        find_files(source.format(folder), [folder])


@pytest.mark.parametrize("source", ["", "\n \n"])
def test_an_empty_source_is_reported(folder, source):
    with pytest.raises(InputError, match="No source was given"):
        find_files(source, [folder])


def test_a_pasted_sequence_is_refused_and_shortened_in_the_message(folder):
    for roots, error, words in (([folder], UsageError, "is outside"), ([Path("/")], InputError, "name too long")):
        with pytest.raises(error, match=words) as caught:
            find_files("ACGT" * 3000, roots)
        assert len(str(caught.value)) < 400


def test_an_unreadable_folder_is_reported(folder, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(InputError, match="may not be read: permission denied"):
        search(str(folder), [folder])


def test_a_failing_disk_is_not_an_input_error_and_is_retried(folder, monkeypatch):
    def fail(path):
        raise OSError(errno.EIO, "Input/output error", str(path))

    monkeypatch.setattr(Path, "iterdir", fail)
    with pytest.raises(EngineError, match="The folder cannot be read: Input/output error") as caught:
        search(str(folder), [folder])
    assert caught.value.retryable


def test_folders_that_begin_with_an_underscore_are_searched(folder):
    put(folder / "_year=2024" / "p.fa")
    assert "_year=2024/p.fa" in names(folder, folder)


def test_a_folder_that_a_glob_matches_is_searched(folder):
    assert names(folder, folder / "d*") == ["deep/d.parquet", "deep/er/c.FNA"]
    assert names(folder, folder / "**") == names(folder, folder)
    assert names(folder, folder / "*") == names(folder, folder)


@pytest.mark.parametrize("how", ["marked", "configured"])
def test_a_store_is_passed_over_unless_a_file_in_it_is_named(folder, how):
    store = put(folder / "deep" / "store" / "ingest" / "x" / "s.fa").parents[2]
    given = store if how == "configured" else None
    if how == "marked":
        put(store / STORE_MARKER, b"{}")
    assert over(folder, store=given)["deep/store"] == "a store of OpenGenome"
    for inside in (store, store / "ingest", store / "ingest" / "*" / "*.fa"):
        with pytest.raises(NothingFoundError, match="a store of OpenGenome"):
            search(str(inside), [folder], given)
    named = search(str(store / "ingest/x/s.fa"), [folder], given).files
    assert [Path(file.path).name for file in named] == ["s.fa"]


TABLES = (
    table_schemas.codon_table_schema,
    table_schemas.per_sequence_schema,
    table_schemas.records_schema,
    table_schemas.cds_schema,
)


@pytest.mark.parametrize("schema", TABLES)
def test_our_own_tables_are_passed_over_and_refused_if_they_are_named(folder, schema):
    pq.write_table(schema().empty_table(), folder / "usage.parquet")
    assert over(folder)["usage.parquet"] == "a table of results"
    with pytest.raises(InputError, match=r"This is a table of results.*usage\.parquet"):
        search(str(folder / "usage.parquet"), [folder])


@pytest.mark.parametrize(("source", "named"), [("a.fa", True), (".", False), ("*.fa", False), (".\na.fa", True)])
def test_a_file_is_named_if_the_source_tells_it_apart_from_a_folder_or_glob(folder, source, named):
    path = put(folder / "a.fa")
    lines = "\n".join(str(folder / line) for line in source.split("\n"))
    assert search(lines, [folder]).named == (frozenset({str(path)}) if named else frozenset())


def test_results_in_an_input_folder_are_passed_over_with_their_tables_by_sequence_and_group(folder):
    before = names(folder, folder)
    write_published(folder / "out", further=True)
    assert names(folder, folder) == before
    tables = {f"out/{name}" for name in EVERY if name.endswith(".parquet")}
    assert {name for name, why in over(folder).items() if why == "a table of results"} == tables
