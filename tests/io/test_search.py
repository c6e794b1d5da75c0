"""A source names files by path, file URI, folder or glob; each is counted once, refused, or passed over and said."""

import errno
import gzip
import os
from glob import glob
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from opengenome.errors import EngineError, InputError, UsageError
from opengenome.io import globs, schemas
from opengenome.io.paths import path_of, text_of
from opengenome.io.search import NothingFoundError, search
from opengenome.io.store import STORE_MARKER

FASTA = b">a\nACG\n"


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "in"
    for name in ("b.fasta", "a.fa.gz", "deep/er/c.FNA", "deep/d.parquet", ".hidden.fa", "_part.fa", ".git/e.fa"):
        put(root / name)
    put(root / "notes.txt", b"hello\n")
    return root


def put(path, data=FASTA):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def names(folder, source, roots=None):
    return [str(path_of(file.path).relative_to(folder)) for file in search(str(source), roots or [folder]).files]


def over(folder, source=None, **more):
    found = search(str(source or folder), [folder], **more)
    return {str(path_of(one.path).relative_to(folder)): one.why for one in found.passed_over}


def find_files(source, roots):
    return search(source, roots).files


def test_a_folder_is_searched_in_depth_and_says_what_it_passes_over(folder):
    assert names(folder, folder) == ["_part.fa", "a.fa.gz", "b.fasta", "deep/d.parquet", "deep/er/c.FNA"]
    assert over(folder) == {".git": "hidden", ".hidden.fa": "hidden", "notes.txt": "text"}


def test_a_file_that_is_named_is_read_whatever_it_is_called(folder):
    put(folder / "notes.txt")
    put(folder / "scratch.tmp")
    for name in ("notes.txt", ".hidden.fa", ".git/e.fa", "scratch.tmp"):
        assert names(folder, folder / name) == [name]


@pytest.mark.parametrize(
    "name",
    [
        *("b.fa.lzma", "c.fna.7z", "d.fa.lz", "e.fasta.rar", "f.fa.lzo", "g.fa.gpg", "h.fa.tar", "i.fa.tgz"),
        *("k.parquet.snappy", "l.FA.LZ4", "m.cds.br", "n.fna.tar.gz", "o.fa.gz.age", "p.fa.gzip"),
    ],
)
@pytest.mark.parametrize("data", [b"\x85\2packed\0\1", b""])
def test_a_name_that_promises_sequences_is_never_passed_over_however_it_is_packed(folder, name, data):
    put(folder / name, data)
    with pytest.raises(InputError, match=f"{name}"):
        search(str(folder), [folder])


@pytest.mark.parametrize("name", ["a.asc", "b.tar", "c.tgz", "d.enc", "e.part", "f.tmp"])
def test_a_name_that_promises_nothing_is_passed_over_where_it_is_empty_or_of_another_kind(folder, name):
    for data in (b"", b"\x80\4\x95", b"hello\n"):
        put(folder / name, data)
        assert name in over(folder)


UNFINISHED = [".part", ".partial", ".crdownload", ".download", ".opdownload", ".filepart", ".aria2", ".incomplete"]


@pytest.mark.parametrize("suffix", [*UNFINISHED, ".tmp", ".TEMP"])
@pytest.mark.parametrize("name", ["i.fna", "j.fa.gz", "k.parquet", "reads"])
def test_a_download_that_goes_on_is_refused_and_not_counted(folder, name, suffix):
    path = put(folder / f"{name}{suffix}")
    for source in (folder, path) if name != "reads" else (folder,):
        with pytest.raises(InputError, match=rf"still being fetched.*{name}.*a name without {suffix}") as caught:
            search(str(source), [folder])
        assert not caught.value.retryable
    path.unlink()
    put(path / "i.fa")  # a folder with what was fetched so far
    if name != "reads":
        with pytest.raises(InputError, match="still being fetched"):
            search(str(folder), [folder])


@pytest.mark.parametrize("url", ["http://x/y.fa", "https://x/y.fa.gz", " s3://b/*.fa", "ftp://x/y.fa", "hdfs://h/in"])
def test_a_url_is_refused_as_one(folder, url):
    with pytest.raises(UsageError, match=r"is a URL, which is not read\. Fetch the file"):
        search(url, [folder])


def test_a_folder_with_nothing_to_count_is_called_a_folder_and_a_pattern_a_pattern(folder):
    (folder / "empty").mkdir()
    with pytest.raises(NothingFoundError, match=r"The folder holds no .* to count \(folder .*/empty\)\. It is empty\."):
        search(str(folder / "empty"), [folder])
    with pytest.raises(
        NothingFoundError, match=r"What the glob matches holds no .* \(pattern .*/\*\.txt\)\. Passed over"
    ):
        search(f"{folder}/*.txt", [folder])


UNREADABLE_FASTA = {
    "comments": b"; old\n# older\n>a\nACG\n",
    "twice.gz": gzip.compress(gzip.compress(FASTA, mtime=0), mtime=0),
    "utf-16": FASTA.decode().encode("utf-16"),
    "utf-16be": FASTA.decode().encode("utf-16-be"),
    "unseen": b"\xc2\xa0>a\nACG\n",
    "holed": b">a\nACG" + bytes(9),
}


@pytest.mark.parametrize("name", UNREADABLE_FASTA)
def test_fasta_that_cannot_be_read_stops_a_search_whatever_it_is_called(folder, name):
    put(folder / name, UNREADABLE_FASTA[name])
    with pytest.raises(InputError, match=name):
        find_files(str(folder), [folder])


def test_what_only_looks_a_little_like_fasta_is_passed_over(folder):
    for name, data in {
        "reads": b"@r1\nACGT\n+\n>>>>\n", "table": b"# a > b\nx\t>\n", "page": b"<p>\n", "marks": b"#>#>#>a\n",
    }.items():  # fmt: skip
        put(folder / name, data)
    assert {"reads", "table", "page", "marks"} <= {*over(folder)}


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
        path.write_text("text")
        path.rename(path.with_suffix(".txt"))
    with pytest.raises(InputError, match=r"There is no such file|holds no FASTA or Parquet|no file name can hold"):
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
    (folder / "loop").symlink_to(folder)  # theirs goes around until the name is too long
    patterns = (
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
    )
    for pattern in patterns:
        theirs = [Path(one) for one in glob(f"{folder}/{pattern}", recursive=True) if "/loop" not in one]  # noqa: PTH207
        found = [path for path in globs.matches(folder / pattern, lambda _: None) if "/loop" not in str(path)]
        assert set(found) == set(theirs) - {Path(f"{folder}/{pattern}".removesuffix("/**"))}, pattern


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


@pytest.mark.parametrize("link", [os.link, os.symlink])
@pytest.mark.parametrize("source", ["{}", "{}/*.fa*", "{}/b.fasta\n{}/z.fa"])
def test_a_file_of_two_names_is_counted_once_and_the_other_name_is_said(folder, link, source):
    link(folder / "b.fasta", folder / "z.fa")
    source = source.format(folder, folder)
    assert names(folder, source).count("b.fasta") == 1
    assert "z.fa" not in names(folder, source)
    assert over(folder, source)["z.fa"] == f"the same file as {folder}/b.fasta"


def test_a_file_that_is_named_twice_is_counted_once(folder):
    source = f"{folder}/b.fasta\n{folder}/b.fasta\n{folder}/./b.fasta"
    assert (names(folder, source), over(folder, source)) == (["b.fasta"], {})


def test_equal_files_are_two(folder):
    put(folder / "z.fasta")
    assert {"b.fasta", "z.fasta"} <= {*names(folder, folder)}


def test_links_in_a_circle_and_to_nowhere_are_told_where_they_promise_sequences(folder):
    (folder / "circle.fa").symlink_to(folder / "circle.fa")
    for source in (folder / "circle.fa", folder):
        with pytest.raises(InputError, match="circle"):
            search(str(source), [folder])
    (folder / "circle.fa").rename(folder / "circle")
    (folder / "z.fa").symlink_to(folder / "gone/z.fa")
    for source in (folder / "z.fa", folder):
        with pytest.raises(InputError, match=rf"{folder}/z\.fa is a link to {folder}/gone/z\.fa, which is not there"):
            search(str(source), [folder])
    (folder / "z.fa").rename(folder / "z")
    said = over(folder)
    assert "circle" in said["circle"]
    assert said["z"] == f"a link to {folder}/gone/z.fa, which is not there"


def test_a_folder_that_may_not_be_read_is_told(folder, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(InputError, match="may not be read: permission denied"):
        search(str(folder), [folder])


def test_a_disk_that_fails_is_no_bad_input_and_may_pass(folder, monkeypatch):
    def fail(path):
        raise OSError(errno.EIO, "Input/output error", str(path))

    monkeypatch.setattr(Path, "iterdir", fail)
    with pytest.raises(EngineError, match="The folder cannot be read: Input/output error") as caught:
        search(str(folder), [folder])
    assert caught.value.retryable


def test_a_linked_folder_is_searched_once_and_a_circle_ends(folder):
    put(folder.parent / "real" / "plants.fa")
    (folder / "deep" / "linked").symlink_to("../../real")
    (folder / "z-again").symlink_to(folder.parent / "real")
    (folder / "deep" / "up").symlink_to(folder)
    found = search(str(folder), [folder.parent])
    assert str(folder.parent / "real" / "plants.fa") in [file.path for file in found.files]
    assert len(found.files) == 6
    said = {path_of(one.path).name: one.why for one in found.passed_over}
    assert "already" in said["up"]
    assert "already" in said["z-again"]


def test_a_glob_follows_linked_folders_as_a_search_does_each_once(folder):
    put(folder.parent / "real" / "deeper" / "plants.fa")
    put(folder.parent / "real" / "trees.fa")
    (folder / "deep" / "linked").symlink_to("../../real")
    (folder / "a-again").symlink_to(folder.parent / "real")
    (folder / "a-name").symlink_to("deep")
    (folder / "deep" / "up").symlink_to(folder)
    (folder.parent / "real" / "back").symlink_to(folder)
    searched = {file.path for file in search(str(folder), [folder.parent]).files}
    for pattern in ("**", "**/*"):
        assert {file.path for file in search(f"{folder}/{pattern}", [folder.parent]).files} == searched
    assert sorted(path.name for path in globs.matches(folder / "**" / "*.fa", lambda _: None)) == [
        "_part.fa",
        "plants.fa",
        "trees.fa",
    ]
    assert folder / "deep" / "d.parquet" in globs.matches(folder / "**" / "*.parquet", lambda _: None)
    assert names(folder.parent, folder / "**" / "deeper" / "*.fa", [folder.parent]) == ["real/deeper/plants.fa"]
    assert names(folder.parent, folder / "**" / "**" / "tr*", [folder.parent]) == ["real/trees.fa"]
    with pytest.raises(UsageError, match="outside the folders"):  # as the search says
        search(f"{folder}/**/*.fa", [folder])


def test_a_glob_leads_through_no_link_to_what_only_one_process_sees(folder):
    (folder / "process").symlink_to("/proc/self")
    assert names(Path("/"), folder / "**" / "*.parquet", [Path("/")]) == [f"{folder}/deep/d.parquet"[1:]]


def test_folders_that_begin_with_an_underscore_are_folders(folder):
    put(folder / "_year=2024" / "p.fa")
    assert "_year=2024/p.fa" in names(folder, folder)


@pytest.mark.parametrize("name", ["_temporary", "__magic", "__magic_job-0001"])
@pytest.mark.parametrize("source", ["{}", "{}/{name}", "{}/*", "{}/*/*", "{}/**/*.fa", "{}/linked"])
def test_a_write_that_did_not_end_is_refused_by_name(folder, source, name):
    put(folder / name / "0" / "part-0.fa")
    (folder / "linked").symlink_to(folder / name / "0")
    with pytest.raises(InputError, match=rf"A folder {name} is what .* unfinished, or died \(file "):
        search(source.format(folder, name=name), [folder])


def test_a_folder_that_a_glob_matches_is_searched(folder):
    assert names(folder, folder / "d*") == ["deep/d.parquet", "deep/er/c.FNA"]
    assert names(folder, folder / "**") == names(folder, folder)
    assert names(folder, folder / "*") == names(folder, folder)


# --- our own ---


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


@pytest.mark.parametrize("schema", [schemas.codon_table_schema, schemas.per_sequence_schema, schemas.records_schema])
def test_our_own_tables_are_passed_over_and_refused_where_they_are_named(folder, schema):
    pq.write_table(schema().empty_table(), folder / "usage.parquet")
    assert over(folder)["usage.parquet"] == "a table of results"
    with pytest.raises(InputError, match=r"This is a table of results.*usage\.parquet"):
        search(str(folder / "usage.parquet"), [folder])


# --- names that are no plain text ---

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
        put(odd.parent / odd.name.strip())  # the stripped name is there too, and is not meant
        assert [path_of(file.path) for file in search(str(odd), [folder]).files] == [odd]


def test_errors_about_odd_names_can_be_printed(folder):
    for name in ODD:
        path = put(folder / os.fsdecode(name), b"LOCUS  x")
        with pytest.raises(InputError) as caught:
            search(text_of(path), [folder])
        assert str(caught.value).isprintable()
        str(caught.value).encode()
        path.unlink()


def test_lines_of_dos_and_blanks_around_a_path_are_no_part_of_it(folder):
    assert names(folder, f" {folder}/b.fasta \r\n{folder}/deep\r\n") == ["b.fasta", "deep/d.parquet", "deep/er/c.FNA"]
    assert names(folder, f"  {folder}/[b]*\r") == ["b.fasta"]


def test_a_file_uri_is_one_path_and_no_glob(folder):
    put(folder / "[b]*.fasta")
    assert names(folder, f"file://{folder}/[b]*.fasta") == ["[b]*.fasta"]
    (folder / "[b]*.fasta").unlink()
    with pytest.raises(NothingFoundError, match="no such file"):
        search(f"file://{folder}/[b]*.fasta", [folder])
    with pytest.raises(UsageError, match="lies outside"):
        search("file:///etc/hostname", [folder])


# --- what only one process sees ---


@pytest.mark.parametrize(
    "source", ["/dev/stdin", "/dev/fd/0", "/proc/self/fd/0", "/dev/null", "file:///dev/fd/0", "/dev/f*/0"]
)
@pytest.mark.parametrize("roots", ["all", "few"])
def test_what_only_one_process_sees_is_refused_at_once(folder, source, roots):
    with pytest.raises(UsageError, match="only one process sees"):
        search(source, [Path("/")] if roots == "all" else [folder])


@pytest.mark.parametrize("source", ["/d?v/null", "/p*c/self/fd", "/p*c/self/fd/*"])
def test_a_glob_leads_to_nothing_that_only_one_process_sees(source):
    with pytest.raises(UsageError, match="only one process sees"):
        search(source, [Path("/")])


def test_a_link_to_what_only_one_process_sees_is_told(folder):
    (folder / "in.fa").symlink_to("/dev/stdin")
    with pytest.raises(UsageError, match="only one process sees"):
        search(str(folder / "in.fa"), [Path("/")])
    with pytest.raises(InputError, match="only one process sees"):
        search(str(folder), [Path("/")])


def test_a_pipe_is_passed_over_or_refused_without_waiting(folder):
    os.mkfifo(folder / "pipe")
    assert over(folder)["pipe"] == "not a regular file"
    with pytest.raises(UsageError, match="is a pipe or device"):
        search(str(folder / "pipe"), [folder])
    (folder / "pipe").rename(folder / "pipe.fa")
    with pytest.raises(InputError, match="Not a regular file"):
        search(str(folder), [folder])


# --- names and contents ---


@pytest.mark.parametrize("name", ["p.faa", "p.pep.gz", "p.aa", "p.PROT", "p.qual.bz2", "README.md", "r.rst", "i.html"])
def test_what_a_name_says_is_no_nucleotide_is_passed_over(folder, name):
    put(folder / name)
    assert "by its name" in over(folder)[name]
    assert names(folder, folder / name) == [name]


@pytest.mark.parametrize(
    "name",
    ["a.cds", "a.frn", "a.seq", "a.mfa", "a.fasta.txt", "a", "a.fa.bz2", "a.fna.xz", "a.FA.ZST", "a.fas.bgz", "a.dump"],
)
def test_fasta_is_read_whatever_its_suffix(folder, name):
    put(folder / name)
    assert name in names(folder, folder)


@pytest.mark.parametrize("name", ["x.fa", "x.cds", "x.fa.gz", "x.parquet", "x.seq.zst"])
def test_a_name_that_promises_sequences_and_holds_others_is_refused(folder, name):
    put(folder / name, b"LOCUS       X1")
    with pytest.raises(InputError, match=rf"This is GenBank.*{name}.*It is not read yet"):
        search(str(folder), [folder])


def test_an_empty_file_counts_where_its_name_or_its_user_says_so(folder):
    for name in ("e.fa", "e.fa.gz", "_SUCCESS", "e"):
        put(folder / name, gzip.compress(b"") if name.endswith("gz") else b"")
    assert {"e.fa", "e.fa.gz"} < set(names(folder, folder))
    assert {over(folder)[name] for name in ("_SUCCESS", "e")} == {"an empty file"}
    assert names(folder, folder / "e") == ["e"]


@pytest.mark.parametrize("name", ["e.fa.gz", "e.gz", "e.fa.bz2", "e.xz", "e.zst", "e.parquet", "e.pq"])
def test_a_file_of_no_bytes_whose_kind_has_some_was_not_written_to_its_end(folder, name):
    put(folder / name, b"")
    for source in (folder, folder / name):
        with pytest.raises(InputError, match=rf"not written to its end \(file .*{name}\)"):
            search(str(source), [folder])


def test_a_search_that_finds_nothing_lists_what_it_passed_over(tmp_path):
    for number in range(7):
        put(tmp_path / f"{number}.log", b"text")
    with pytest.raises(NothingFoundError, match=r"0\.log: text; .*4\.log: text and 2 more") as caught:
        search(str(tmp_path), [tmp_path])
    assert "6.log" not in str(caught.value)
