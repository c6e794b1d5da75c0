"""How the command ends when its output cannot be written, and after an unexpected error."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from opengenome.cli import __main__ as command
from opengenome.cli import bench
from opengenome.cli.__main__ import FAILED, USAGE, main
from opengenome.cli.environment import Site

INCLUDE = Path(__file__).parents[2] / "include"

# The end of an `analyze`, which prints its finished results.
PRINTING = """
import os, sys
from pathlib import Path
from opengenome.cli import __main__, analyze, clean
def printing(given, say):
    say("a remark")
    say("another")
    Path(sys.argv[1]).write_text("results")
    for _ in range(int(os.environ.get("PRINTED", "20000"))):
        print("a line of the table → ≠ –")
analyze.analyze = clean.clean = printing
sys.exit(__main__.main(sys.argv[2:]))
"""
ANALYZE = ["analyze", "codon", "--input", "a", "--output", "o"]


def environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return {**kept, "PYTHONPATH": str(INCLUDE), **more}


def run(tmp_path: Path, *arguments: str, **streams: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PRINTING, str(tmp_path / "results"), *arguments],
        text=True,
        check=False,
        **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "env": environment(), **streams},
    )


def broken() -> int:
    """A pipe whose reader has ended."""
    reading, writing = os.pipe()
    os.close(reading)
    return writing


def test_a_proven_run_succeeds_even_if_the_reader_of_its_output_ends_early(tmp_path):
    done = run(tmp_path, *ANALYZE, stdout=broken())
    assert (done.returncode, done.stderr) == (0, "a remark\nanother\n")


def test_a_command_whose_reader_ends_before_its_work_is_done_exits_as_after_sigpipe(tmp_path):
    done = run(tmp_path, "clean", stdout=broken())
    assert (done.returncode, done.stderr) == (141, "a remark\nanother\n")


@pytest.mark.parametrize("stderr", ["gone", "full", "closed"])
def test_a_failing_standard_error_ends_no_run(tmp_path, stderr):
    with Path("/dev/full").open("w") as full:
        if stderr == "closed":
            done = run(tmp_path, *ANALYZE, stderr=None, preexec_fn=lambda: os.close(2))
        else:
            done = run(tmp_path, *ANALYZE, stderr=full if stderr == "full" else broken())
    assert done.returncode == 0
    assert done.stdout.count("\n") == 20000
    assert (tmp_path / "results").read_text() == "results"


@pytest.mark.parametrize("line", [ANALYZE, ["clean"], ["--help"], ["analyze", "codon", "--help"]])
def test_a_full_disk_behind_standard_output_is_one_sentence(tmp_path, line):
    with Path("/dev/full").open("w") as full:
        done = run(tmp_path, *line, stdout=full)
    assert done.returncode == FAILED
    assert done.stderr.splitlines()[-1] == "error: Standard output cannot be written: No space left on device."
    assert "Traceback" not in done.stderr


def test_a_full_disk_is_reported_even_if_the_output_is_still_in_a_buffer(tmp_path):
    with Path("/dev/full").open("w") as full:
        done = run(tmp_path, *ANALYZE, stdout=full, env=environment(PRINTED="1"))
    assert done.returncode == FAILED
    assert done.stderr.splitlines()[-1] == "error: Standard output cannot be written: No space left on device."


def test_a_terminal_that_lacks_a_character_gets_a_substitute(tmp_path):
    done = run(tmp_path, *ANALYZE, env=environment(PYTHONIOENCODING="ascii"))
    assert done.returncode == 0
    assert done.stdout.startswith("a line of the table >")


def test_a_json_object_that_cannot_be_written_is_a_failure(tmp_path):
    done = run(tmp_path, *ANALYZE, "--json", stdout=None, preexec_fn=lambda: os.close(1))
    assert done.returncode == FAILED
    assert done.stderr == "error: Standard output is closed, and --json writes to it.\n"
    assert not (tmp_path / "results").exists()


def test_closed_standard_file_descriptors_are_not_reused(tmp_path):
    done = run(tmp_path, *ANALYZE, stdout=None, preexec_fn=lambda: (os.close(0), os.close(1)))
    assert done.returncode == 0
    assert (tmp_path / "results").read_text() == "results"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    site = Site(tmp_path, tmp_path / "airflow", tmp_path / "dags", tmp_path / "plugins")
    monkeypatch.setattr(Site, "of_checkout", classmethod(lambda _: site))
    return site


def surprise(*_: object) -> None:
    raise ValueError("a\nb \x1b[2J caf\udce9")


def test_an_unexpected_error_is_one_sentence_with_its_trace_in_a_file(site, monkeypatch, capsys):
    monkeypatch.setattr(bench, "bench", surprise)
    assert main(["bench"]) == FAILED
    (said,) = capsys.readouterr().err.splitlines()
    assert said.startswith(r"error: Unexpected ValueError: a\nb \x1b[2J caf\xe9. Its trace is in ")
    file = Path(said.rpartition(" ")[2])
    assert file.is_relative_to(site.home / "logs")
    assert "in surprise" in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600


def test_an_unexpected_error_is_reported_even_if_its_trace_cannot_be_saved(site, monkeypatch, capsys):
    site.home.write_text("a file where the folder should be")
    monkeypatch.setattr(bench, "bench", surprise)
    assert main(["bench"]) == FAILED
    (said,) = capsys.readouterr().err.splitlines()
    assert "Unexpected ValueError" in said
    assert "cannot be saved" in said


def test_a_deleted_working_directory_is_a_usage_error(tmp_path, monkeypatch, capsys):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert main(["package"]) == USAGE
    assert "working directory has been deleted" in capsys.readouterr().err


def test_the_callers_streams_are_restored_at_the_end(monkeypatch):
    monkeypatch.setattr(command, "_main", lambda _: 0)
    before = sys.stdout, sys.stderr
    main([])
    assert (sys.stdout, sys.stderr) == before
