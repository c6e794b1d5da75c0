"""A search reads nothing outside the allowed folders, whatever way a source leads there."""

from glob import glob
from pathlib import Path

import pytest

from opengenome.errors import InputError, UsageError
from opengenome.io import globs
from tests.io.searched import FASTA, find_files


@pytest.mark.parametrize("how", ["the file", "its directory", "a glob", "a linked directory", "dots"])
def test_nothing_outside_the_roots_is_read_even_through_links(folder, tmp_path, how):
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
    with pytest.raises(UsageError, match=r"is outside the folders .* Allowed: "):
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
    assert len(said) == 1  # the same message, whether or not the file exists
    assert "x.fa" not in said.pop().replace(there, "")


def test_a_glob_finds_the_same_as_pythons_glob(folder):
    (folder / "deep" / "in[1]").mkdir()
    (folder / "deep" / "in[1]" / "g.fa").write_bytes(FASTA)
    (folder / "loop").symlink_to(folder)  # Python's glob follows it until the name is too long
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


def test_a_root_is_a_folder_and_not_a_prefix_of_a_name(folder, tmp_path):
    (tmp_path / "in-other").mkdir()
    (tmp_path / "in-other" / "x.fa").write_bytes(FASTA)
    with pytest.raises(UsageError):
        find_files(str(tmp_path / "in-other"), [folder])
