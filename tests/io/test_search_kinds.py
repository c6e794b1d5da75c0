"""A file's name and its content decide whether it is counted, refused, or reported as passed over."""

import gzip

import pytest

from opengenome.errors import InputError
from opengenome.io.search import NothingFoundError, search
from tests.io.searched import FASTA, find_files, names, over, put


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
def test_a_file_of_any_other_name_is_passed_over_if_it_is_empty_or_of_another_kind(folder, name):
    for data in (b"", b"\x80\4\x95", b"hello\n"):
        put(folder / name, data)
        assert name in over(folder)


UNFINISHED = [".part", ".partial", ".crdownload", ".download", ".opdownload", ".filepart", ".aria2", ".incomplete"]


@pytest.mark.parametrize("suffix", [*UNFINISHED, ".tmp", ".TEMP"])
@pytest.mark.parametrize("name", ["i.fna", "j.fa.gz", "k.parquet", "reads"])
def test_an_unfinished_download_is_refused_and_not_counted(folder, name, suffix):
    path = put(folder / f"{name}{suffix}")
    for source in (folder, path) if name != "reads" else (folder,):
        with pytest.raises(InputError, match=rf"still being fetched.*{name}.*a name without {suffix}") as caught:
            search(str(source), [folder])
        assert not caught.value.retryable
    path.unlink()
    put(path / "i.fa")  # a folder of an unfinished download
    if name != "reads":
        with pytest.raises(InputError, match="still being fetched"):
            search(str(folder), [folder])


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


def test_a_file_that_only_resembles_fasta_is_passed_over(folder):
    for name, data in {
        "reads": b"@r1\nACGT\n+\n>>>>\n", "table": b"# a > b\nx\t>\n", "page": b"<p>\n", "marks": b"#>#>#>a\n",
    }.items():  # fmt: skip
        put(folder / name, data)
    assert {"reads", "table", "page", "marks"} <= {*over(folder)}


@pytest.mark.parametrize("name", ["_temporary", "__magic", "__magic_job-0001"])
@pytest.mark.parametrize("source", ["{}", "{}/{name}", "{}/*", "{}/*/*", "{}/**/*.fa", "{}/linked"])
def test_an_unfinished_write_is_refused_by_its_folders_name(folder, source, name):
    put(folder / name / "0" / "part-0.fa")
    (folder / "linked").symlink_to(folder / name / "0")
    with pytest.raises(InputError, match=rf"A folder {name} means that .* unfinished or failed \(file "):
        search(source.format(folder, name=name), [folder])


@pytest.mark.parametrize("name", ["p.faa", "p.pep.gz", "p.aa", "p.PROT", "p.qual.bz2", "README.md", "r.rst", "i.html"])
def test_a_file_whose_name_says_protein_or_prose_is_passed_over(folder, name):
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
    put(folder / name, b"ID   X56734; SV 1;")
    with pytest.raises(InputError, match=rf"This is EMBL.*{name}.*It is not read yet"):
        search(str(folder), [folder])


def test_an_empty_file_counts_if_its_name_or_its_user_says_so(folder):
    for name in ("e.fa", "e.fa.gz", "_SUCCESS", "e"):
        put(folder / name, gzip.compress(b"") if name.endswith("gz") else b"")
    assert {"e.fa", "e.fa.gz"} < set(names(folder, folder))
    assert {over(folder)[name] for name in ("_SUCCESS", "e")} == {"an empty file"}
    assert names(folder, folder / "e") == ["e"]


@pytest.mark.parametrize("name", ["e.fa.gz", "e.gz", "e.fa.bz2", "e.xz", "e.zst", "e.parquet", "e.pq"])
def test_an_empty_file_with_the_name_of_a_compressed_one_is_unfinished(folder, name):
    put(folder / name, b"")
    for source in (folder, folder / name):
        with pytest.raises(InputError, match=rf"not fully written \(file .*{name}\)"):
            search(str(source), [folder])


def test_a_search_that_finds_nothing_lists_what_it_passed_over(tmp_path):
    for number in range(7):
        put(tmp_path / f"{number}.log", b"text")
    with pytest.raises(NothingFoundError, match=r"0\.log: text; .*4\.log: text and 2 more") as caught:
        search(str(tmp_path), [tmp_path])
    assert "6.log" not in str(caught.value)
