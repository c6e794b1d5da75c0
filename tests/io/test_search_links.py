"""How a search treats links, files with two names, and paths that only one process can open."""

import os
from pathlib import Path

import pytest

from opengenome.errors import InputError, UsageError
from opengenome.io import globs
from opengenome.io.paths import path_of
from opengenome.io.search import search
from tests.io.searched import names, over, put


def test_a_link_inside_the_roots_is_its_file(folder):
    (folder / "link.fa").symlink_to(folder / "b.fasta")
    assert names(folder, f"{folder}/link.fa\n{folder}/b.fasta") == ["b.fasta"]


@pytest.mark.parametrize("link", [os.link, os.symlink])
@pytest.mark.parametrize("source", ["{}", "{}/*.fa*", "{}/b.fasta\n{}/z.fa"])
def test_a_file_with_two_names_is_counted_once_and_the_other_name_is_reported(folder, link, source):
    link(folder / "b.fasta", folder / "z.fa")
    source = source.format(folder, folder)
    assert names(folder, source).count("b.fasta") == 1
    assert "z.fa" not in names(folder, source)
    assert over(folder, source)["z.fa"] == f"the same file as {folder}/b.fasta"


def test_a_file_that_is_named_twice_is_counted_once(folder):
    source = f"{folder}/b.fasta\n{folder}/b.fasta\n{folder}/./b.fasta"
    assert (names(folder, source), over(folder, source)) == (["b.fasta"], {})


def test_two_equal_files_are_both_counted(folder):
    put(folder / "z.fasta")
    assert {"b.fasta", "z.fasta"} <= {*names(folder, folder)}


def test_circular_and_broken_links_are_reported_if_they_promise_sequences(folder):
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


def test_a_glob_does_not_follow_links_into_the_folders_of_a_process(folder):
    (folder / "process").symlink_to("/proc/self")
    assert names(Path("/"), folder / "**" / "*.parquet", [Path("/")]) == [f"{folder}/deep/d.parquet"[1:]]


@pytest.mark.parametrize(
    "source", ["/dev/stdin", "/dev/fd/0", "/proc/self/fd/0", "/dev/null", "file:///dev/fd/0", "/dev/f*/0"]
)
@pytest.mark.parametrize("roots", ["all", "few"])
def test_a_path_of_one_process_is_refused_at_once(folder, source, roots):
    with pytest.raises(UsageError, match="a path of one process"):
        search(source, [Path("/")] if roots == "all" else [folder])


@pytest.mark.parametrize("source", ["/d?v/null", "/p*c/self/fd", "/p*c/self/fd/*"])
def test_a_glob_does_not_match_paths_of_one_process(source):
    with pytest.raises(UsageError, match="a path of one process"):
        search(source, [Path("/")])


def test_a_link_to_a_path_of_one_process_is_reported(folder):
    (folder / "in.fa").symlink_to("/dev/stdin")
    with pytest.raises(UsageError, match="a path of one process"):
        search(str(folder / "in.fa"), [Path("/")])
    with pytest.raises(InputError, match="a path of one process"):
        search(str(folder), [Path("/")])


def test_a_pipe_is_passed_over_or_refused_without_waiting(folder):
    os.mkfifo(folder / "pipe")
    assert over(folder)["pipe"] == "not a regular file"
    with pytest.raises(UsageError, match="is a pipe, a device"):
        search(str(folder / "pipe"), [folder])
    (folder / "pipe").rename(folder / "pipe.fa")
    with pytest.raises(InputError, match="Not a regular file"):
        search(str(folder), [folder])


def test_a_file_behind_a_link_keeps_the_name_of_the_link_that_led_to_it_first(folder):
    plain, behind = put(folder / "in" / "a.fa"), put(folder / "objects" / "1.fa")
    (folder / "in" / "b.fa").symlink_to(behind)
    (folder / "in" / "c.fa").symlink_to(behind)
    (folder / "in" / "d.fa").symlink_to(plain)
    assert search(str(folder / "in"), [folder]).links == {str(behind): str(folder / "in" / "b.fa")}
