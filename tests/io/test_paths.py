"""A path survives being written as text, and paths that only one process can open are recognised."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opengenome.io.paths import belongs_to_a_process, is_uri, path_of, seen_by_one_process, shown, text_of

ODD = [
    b"blank ",
    b" lead",
    b"cr\r",
    b"lf\nlf",
    b"u2028 \xe2\x80\xa8",
    b"caf\xe9.fa",
    b"50%25.fa",
    b"file:",
    b"nbsp\xc2\xa0",
]


@given(st.binary(min_size=1, max_size=30).filter(lambda name: b"\0" not in name and b"/" not in name))
def test_every_path_survives_as_one_line_of_unicode(name):
    path = Path("/data", os.fsdecode(name))
    text = text_of(path)
    assert path_of(text) == path
    assert text.encode("utf-8").decode().splitlines() == [text]
    assert text.strip() == text


@pytest.mark.parametrize("name", ODD)
def test_an_odd_path_survives(name):
    assert os.fsencode(path_of(text_of(Path("/data", os.fsdecode(name)))).name) == name


def test_a_plain_path_stays_as_it_is():
    assert text_of(Path("/data/café in[1].fa")) == "/data/café in[1].fa"
    assert not is_uri("/data/a.fa")


@pytest.mark.parametrize(
    "path", ["/dev/stdin", "/dev/fd/3", "/proc/self/fd/0", "/proc/1/root/etc", "/dev/null", "/sys/x"]
)
def test_a_path_of_one_process_is_recognised(path):
    assert belongs_to_a_process(Path(path))


def test_a_link_to_a_path_of_one_process_is_recognised_anywhere_on_the_way(tmp_path):
    (tmp_path / "link").symlink_to("/dev/stdin")
    (tmp_path / "again").symlink_to("link")
    (tmp_path / "folder").symlink_to("/dev/fd")
    (tmp_path / "circle").symlink_to("circle")
    for name in ("link", "again", "folder/3"):
        assert belongs_to_a_process(tmp_path / name)
    assert not belongs_to_a_process(tmp_path / "circle")
    assert not belongs_to_a_process(tmp_path / "plain.fa")
    assert not belongs_to_a_process(Path("/dev/shm/a.fa"))  # noqa: S108


def test_a_path_of_one_process_is_recognised_by_its_text(tmp_path):
    (tmp_path / "link").symlink_to("/dev/stdin")
    assert seen_by_one_process(Path("/dev/fd/3"))
    assert seen_by_one_process(tmp_path / "../../../../../../proc/self")
    assert not seen_by_one_process(tmp_path / "link")


def test_a_path_is_shown_on_one_line():
    assert shown(Path(os.fsdecode(b"/in/caf\xe9\n.fa"))) == r"/in/caf\xe9\n.fa"
