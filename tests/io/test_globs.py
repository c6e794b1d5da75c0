"""Globs find the same files as Python's, in one walk of the tree however many `**` there are."""

import tempfile
from collections import Counter
from glob import glob
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opengenome.errors import UsageError
from opengenome.io import globs

NAMES = ["a", "b", "ab", ".h"]
PARTS = ["**", "*", "a", "?", "[!a]*", "a*", ".*", "**"]
# A folder is a dictionary; None is a file.
TREES = st.recursive(st.none(), lambda below: st.dictionaries(st.sampled_from(NAMES), below, max_size=3), max_leaves=12)
PATTERNS = st.lists(st.sampled_from(PARTS), min_size=1, max_size=5).filter(lambda parts: set(parts) != {"a"})


def make(folder, tree):
    folder.mkdir()
    for name, below in (tree or {}).items():
        if below is None:
            (folder / name).touch()
        else:
            make(folder / name, below)


def pythons(folder, parts):
    """The result of Python's glob. A last `**` becomes `**/*`, because Python's also matches the starting folder."""
    parts = [*parts, "*"] if parts[-1] == "**" else parts
    return {Path(one) for one in glob(str(folder.joinpath(*parts)), recursive=True)}  # noqa: PTH207


def ours(folder, parts):
    found = globs.matches(folder.joinpath(*parts), lambda _: None)
    assert found == sorted(set(found))
    return set(found)


@settings(max_examples=60)
@given(TREES, PATTERNS)
def test_a_glob_finds_the_same_as_pythons_glob_in_any_tree(tree, parts):
    with tempfile.TemporaryDirectory() as scratch:
        make(Path(scratch, "in"), tree)
        assert ours(Path(scratch, "in"), parts) == pythons(Path(scratch, "in"), parts)


@settings(max_examples=60)
@given(TREES, TREES, st.sampled_from(NAMES), PATTERNS)
def test_through_links_a_glob_finds_the_same_files_each_under_one_name(tree, linked, name, parts):
    with tempfile.TemporaryDirectory() as scratch:
        folder, real = Path(scratch, "in"), Path(scratch, "real")
        make(folder, tree)
        make(real, linked)
        for link in (folder / f"{name}1", *(below / "l" for below in folder.rglob("*") if below.is_dir())):
            link.symlink_to(real)
        found = ours(folder, parts)
        assert {path.resolve() for path in found} == {path.resolve() for path in pythons(folder, parts)}


@pytest.fixture
def looked(monkeypatch):
    """How often each folder is listed."""
    seen = Counter()
    listed = Path.iterdir

    def count(path):
        seen[path] += path.is_dir()
        return listed(path)

    monkeypatch.setattr(Path, "iterdir", count)
    return seen


@pytest.mark.parametrize(
    "pattern",
    ["/".join(["**"] * 5000), "**/*/" * 9 + "*.fa", "**/a/" * 9 + "*.fa", "*/**/" * 9 + "x"],
    ids=["one after another", "with folders between", "with names between", "after folders"],
)
def test_each_folder_is_listed_once_however_many_wildcards_there_are(tmp_path, looked, pattern):
    folder = tmp_path
    for _ in range(12):
        (folder / "b").mkdir()
        folder /= "a"
        folder.mkdir()
    (folder / "x.fa").touch()
    assert folder / "x.fa" in globs.matches(tmp_path / pattern, lambda _: None) or pattern.endswith("/x")
    assert max(looked.values()) == 1
    assert looked.total() == 25


@pytest.mark.parametrize("pattern", ["**/" * 9 + "*.fa", "*/" * 30 + "*.fa", "**/*/" * 15 + "*.fa"])
def test_circular_links_cost_at_most_one_listing_for_each_part(tmp_path, looked, pattern):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "x.fa").touch()
    for name in ("one", "two", "three"):
        (tmp_path / name).symlink_to(tmp_path)
        (tmp_path / "deep" / name).symlink_to(tmp_path)
    [found] = globs.matches(tmp_path / pattern, lambda _: None)
    assert found.resolve() == tmp_path / "deep" / "x.fa"
    assert looked.total() <= 2 * len(Path(pattern).parts)


def test_a_glob_that_goes_up_is_refused_before_anything_is_listed(tmp_path, looked):
    with pytest.raises(UsageError, match=r"goes up by '\.\.'"):
        globs.matches(tmp_path / "*" / ".." / "x", lambda _: None)
    assert not looked


def test_no_path_leads_a_glob_into_the_folders_of_a_process(tmp_path, looked):
    (tmp_path / "process").symlink_to("/proc/self")
    assert globs.matches(tmp_path / "*" / "**" / "stat", lambda _: None) == []
    assert set(looked) == {tmp_path}
