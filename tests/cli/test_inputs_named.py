"""--input takes only files that another process reads as this one does, whatever their names; and standard input."""

from __future__ import annotations

import contextlib
import io
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from opengenome.cli import analyze, inputs
from opengenome.cli.__main__ import FAILED, USAGE, main
from opengenome.cli.arguments import parse
from opengenome.cli.compose import StackConfig
from opengenome.cli.environment import Site
from opengenome.cli.places import Here, Stack
from opengenome.errors import EngineError, InputError
from opengenome.io.paths import path_of
from opengenome.io.search import search


@pytest.fixture(autouse=True)
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    site = Site(tmp_path, tmp_path / "airflow", tmp_path / "dags", tmp_path / "plugins")
    monkeypatch.setattr(Site, "of_checkout", classmethod(lambda _: site))
    return site


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """Replaces the start of a run: records its `source` and the contents of its files."""
    found: list[str] = []
    here = Here(SimpleNamespace(client=None, alive=None, instance=SimpleNamespace(url="", results="")), tmp_path)

    @contextlib.contextmanager
    def place(*_: object) -> Iterator[Here]:
        yield here

    def run(there: Here, kind: str, conf: dict[str, Any], output: Path) -> Path:
        found.append(conf["source"])
        lines = map(path_of, conf["source"].split("\n"))
        found.extend(path.read_text() for path in lines if path.is_file())
        return output

    monkeypatch.setattr(analyze, "place", place)
    monkeypatch.setattr(analyze, "_run", run)
    monkeypatch.setattr(analyze, "print_outcome", lambda *_: None)
    return found


def refused(*paths: str) -> int:
    return main(["analyze", "codon", "--output", "out", "--input", *paths])


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_files_that_only_this_process_sees_are_refused_at_once(folder, seen, capsys):
    (folder / "a.fa").write_text(">a\nACG\n")
    (folder / "link").symlink_to("/dev/stdin")
    (folder / "fds").symlink_to("/proc/self/fd")
    with (folder / "a.fa").open() as file:
        number = file.fileno()
        (folder / "deep").symlink_to(f"fds/{number}")
        names = [f"/dev/fd/{number}", "/dev/stdin", f"/proc/self/fd/{number}", "/proc/self", "/dev/null", "/dev/fd/*"]
        for name in [*names, f"fds/{number}", "fds/*", "link", "deep", "l?nk", "/dev/fd/999", "/dev"]:
            assert refused("a.fa", name) == USAGE, name
            said = capsys.readouterr().err
            assert "cannot be read by another process" in said
            assert said.count("\n") == 1
    assert seen == []


def test_pipes_sockets_and_devices_are_refused_by_kind(folder, seen, capsys):
    os.mkfifo(folder / "fifo.fa")
    (folder / "to-fifo").symlink_to("fifo.fa")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket.fa")
        for name, kind in (
            ("fifo.fa", "a pipe"),
            ("to-fifo", "a pipe"),
            ("socket.fa", "a socket"),
            ("f*.fa", "a pipe"),
        ):
            assert refused(name) == USAGE
            assert f"is {kind}, not a file" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["", "x" * 5000, "no\x1b[2J", b"no\xe9".decode(errors="surrogateescape")])
def test_an_invalid_name_is_reported_in_one_printable_line(name, seen, capsys):
    assert refused(name) in (USAGE, FAILED)
    said = capsys.readouterr().err
    assert said.rstrip("\n").isprintable()
    assert len(said) < 400


ODD = [
    b"caf\xe9.fa",
    b"a.fa ",
    b" a.fa",
    b"a\n.fa",
    b"a\r.fa",
    "a\u2028.fa".encode(),
    b"a\x1b[2J.fa",
    b"plain.fa",
    b"a[1].fa",
]


@pytest.mark.parametrize("raw", ODD)
def test_any_name_of_a_file_reaches_the_run_as_one_line_that_names_it(folder, seen, raw):
    name = os.fsdecode(raw)
    (folder / name).write_text(">only\nACG\n")
    (folder / name.strip()).touch()  # a wrong reading of the line would find this file
    (folder / name).write_text(">only\nACG\n")
    assert refused(name) == 0
    line, text = seen
    assert text == ">only\nACG\n"
    line.encode()  # as JSON does
    assert "\n" not in line
    if raw == b"plain.fa":
        assert line == str(folder / name)


def test_a_pattern_stays_a_pattern_or_is_refused_if_it_cannot_be_passed_to_the_run(folder, seen, capsys):
    (folder / "a.fa").touch()
    (folder / "b.fa ").touch()
    assert refused("*.fa") == 0
    assert seen[0] == f"{folder}/*.fa"
    assert refused("*.fa ") == USAGE
    assert "a pattern with characters that cannot be passed to the run" in capsys.readouterr().err


def test_two_dots_go_up_from_the_target_of_a_link(folder, seen):
    (folder / "far" / "sub").mkdir(parents=True)
    (folder / "far" / "a.fa").write_text(">far\nACG\n")
    (folder / "a.fa").write_text("near")
    (folder / "link").symlink_to("far/sub")
    assert refused("link/../a.fa") == 0
    assert seen[1] == Path("link/../a.fa").read_text() == ">far\nACG\n"
    assert refused("link/../*.fa") == 0
    assert seen[2] == f"{folder}/far/*.fa"


def test_the_stack_gets_odd_names_as_it_sees_them(folder):
    (folder / "in").mkdir()
    (folder / "in" / "a ").touch()
    stack = Stack(folder, StackConfig("", "", "", folder / "in"), SimpleNamespace())
    assert path_of(stack.source("in/a ")) == Path("/data/landing/a ")


class Piped(io.TextIOWrapper):
    def __init__(self, data: bytes, terminal: bool = False) -> None:
        super().__init__(io.BytesIO(data))
        self.isatty = lambda: terminal


def test_standard_input_becomes_a_private_file_that_is_removed_at_the_end(site, seen, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", Piped(b">a\nACG\n"))
    masks = []
    copy = inputs.shutil.copyfileobj
    monkeypatch.setattr(
        inputs.shutil,
        "copyfileobj",
        lambda *given: (masks.append(os.fstat(given[1].fileno()).st_mode & 0o777), copy(*given)),
    )
    assert refused("-") == 0
    source, text = seen
    assert Path(source).parent == site.standard_input
    assert text == ">a\nACG\n"
    assert masks == [0o600]
    assert [path.name for path in site.standard_input.iterdir()] == [".lock"]
    assert "Read 7 bytes from standard input" in capsys.readouterr().err


def test_piped_data_is_removed_after_a_failure_too_and_this_is_reported(site, monkeypatch, capsys, seen):
    def failing(*_: object) -> None:
        raise EngineError("no")

    monkeypatch.setattr("sys.stdin", Piped(b">x"))
    monkeypatch.setattr(analyze, "_run", failing)
    assert refused("-") == FAILED
    assert [path.name for path in site.standard_input.iterdir()] == [".lock"]
    assert "to try again, pipe it in again" in capsys.readouterr().err


def test_files_of_killed_commands_are_removed_and_those_of_running_ones_stay(site, seen, monkeypatch):
    site.prepare()
    site.standard_input.mkdir()
    (site.standard_input / "standard-input-0123456789abcdef").write_text("left")
    with inputs._private_file(site.standard_input) as other:
        monkeypatch.setattr("sys.stdin", Piped(b">x"))
        assert refused("-") == 0
        assert other.exists()
        assert sorted(path.name for path in site.standard_input.iterdir()) == [".lock", other.name]


@pytest.mark.parametrize(
    ("line", "stdin", "words"),
    [
        (["-", "-"], Piped(b""), "--input - is given twice"),
        (["-"], Piped(b"", terminal=True), "which is this terminal"),
        (["-"], None, "standard input is closed"),
        (["-", "--on", "stack"], Piped(b""), "cannot be read by the stack"),
    ],
)
def test_unreadable_standard_input_is_a_usage_error(line, stdin, words, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", stdin)
    assert refused(*line) == USAGE
    assert words in capsys.readouterr().err


def test_a_dash_is_one_input_among_others():
    assert parse(["analyze", "codon", "--input", "a", "-", "--output", "o"]).source == ["a", "-"]


def test_an_invalid_file_is_refused_with_the_runs_message_before_anything_starts(folder, seen, capsys):
    (folder / "in").mkdir()
    (folder / "reads.fq").write_text("@r\nACGT\n+\nIIII\n")
    (folder / "cut.fa.gz").write_bytes(b"\x1f\x8b\x08")
    (folder / "in" / "reads.fq").symlink_to("../reads.fq")
    for name in ("reads.fq", "cut.fa.gz"):
        with pytest.raises(InputError) as refusal:
            search(str(folder / name), [folder])
        assert refused(name) == USAGE
        assert capsys.readouterr().err == f"error: {refusal.value}\n"
    assert seen == []
    assert refused("in") == refused("*.fq") == 0  # found by a search: the run reports it


def test_piped_data_is_checked_too_and_called_standard_input(site, seen, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", Piped(b"@r\nACGT\n+\nIIII\n"))
    assert refused("-") == USAGE
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith("error: This is FASTQ, which is not a supported input (standard input). ")
    assert seen == []
    assert [path for path in site.standard_input.iterdir() if path.name != ".lock"] == []


def test_files_for_the_stack_are_not_read_on_this_machine(folder):
    (folder / "reads.fq").write_text("@r\nACGT\n+\nIIII\n")
    inputs.check_inputs(["reads.fq"], "stack")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("typo.fa", "--input typo.fa does not exist."),
        ("https://x/y.fa", "--input https://x/y.fa is a URL, but only files can be read. Download it first."),
        ("s3://x/y.fa", "is a URL"),
        ("file://here/y.fa", "is a URL, but only files can be read. Give only its path."),
        ("file:///y%20.fa", "--input /y .fa does not exist."),
        ("zz\udcff.fa", r"--input zz\xff.fa does not exist."),
    ],
)
def test_a_missing_input_is_a_usage_error(seen, capsys, name, words):
    assert refused(name) == USAGE
    assert words in capsys.readouterr().err
    assert seen == []


@pytest.mark.parametrize(
    ("given", "name"),
    [
        (["/data/NC_012920.1.fasta.gz"], "NC_012920"),
        (["/data/chloroplasts/"], "chloroplasts"),
        (["/data/chloroplasts/*.fa"], "chloroplasts"),
        (["a.fa", "b.fa", "c.fa"], "a and 2 more"),
        (["-"], "standard input"),
    ],
)
def test_a_run_is_called_by_its_first_input(given: list[str], name: str) -> None:
    assert inputs.name_of_source(given) == name


def test_the_working_directory_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "genomes").mkdir()
    monkeypatch.chdir(tmp_path / "genomes")
    assert inputs.name_of_source(["."]) == "genomes"
