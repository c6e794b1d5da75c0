"""--output is complete and proven, or visibly not proven, at every moment and beside other commands."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import stat
import time
from pathlib import Path

import pytest

from opengenome.cli import output as module
from opengenome.cli.output import copy_results
from opengenome.core import atomic
from opengenome.core.atomic import is_temporary
from opengenome.errors import ContractError, OpenGenomeError, StorageError, UsageError
from opengenome.flow import BY_GROUP_CSV, DROPPED, PER_SEQUENCE, per_sequence_part
from opengenome.io import exchange, published, tables
from opengenome.io.tables import PUBLISHED, VALIDATION
from tests.published import EVERY, PARTS, contents, write_published

fork = multiprocessing.get_context("fork")


@pytest.fixture
def results(tmp_path: Path) -> Path:
    return write_published(tmp_path / "results", further=True)


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "out"


def other_run(folder: Path) -> Path:
    return write_published(folder, seed=2)


ABSENT, EMPTY, EARLIER, NOTES = "absent", "empty", "an earlier run's", "with notes"
LARGER = "an earlier run's with more files"


def prepare(output: Path, state: str) -> None:
    if state != ABSENT:
        output.mkdir()
    if state in (EARLIER, NOTES):
        other_run(output)
    if state == LARGER:
        write_published(output, seed=2, further=True)
    if state == NOTES:
        (output / "notes.txt").write_text("mine")


@pytest.mark.parametrize("state", [ABSENT, EMPTY, EARLIER, LARGER, NOTES])
def test_whatever_the_output_held_it_is_proven_and_other_files_stay(results, output, state):
    prepare(output, state)
    copy_results(results, output)
    published.verify(output)
    found = contents(output)
    assert found.pop("notes.txt", b"mine") == b"mine"
    assert found == contents(results)
    assert sorted(path.name for path in output.parent.iterdir()) == ["out", "results"]


def test_a_folder_with_only_our_files_is_replaced_in_one_step(results, output, monkeypatch):
    prepare(output, EARLIER)
    monkeypatch.setattr(module, "fill", None)
    copy_results(results, output)
    published.verify(output)


@pytest.mark.parametrize("state", [LARGER, NOTES])
def test_parts_of_the_per_sequence_table_take_no_space_twice(results, output, state):
    prepare(output, state)
    copy_results(results, output)
    assert all((output / name).samefile(results / name) for name in map(per_sequence_part, range(PARTS)))


@pytest.mark.parametrize("state", [EMPTY, LARGER])
def test_an_output_that_is_another_disk_is_filled_with_copies(results, small_disk, state):
    if state == LARGER:
        write_published(small_disk, seed=2, further=True)
    copy_results(results, small_disk)
    published.verify(small_disk)
    assert contents(small_disk) == contents(results)


@pytest.mark.parametrize("notes", ["notes.txt", f"{PER_SEQUENCE}/notes.txt"])
def test_a_run_with_fewer_files_leaves_none_of_the_earlier_run_and_all_of_the_user(tmp_path, output, notes):
    prepare(output, LARGER)
    (output / notes).write_text("mine")
    copy_results(write_published(tmp_path / "results"), output)
    assert set(contents(output)) == {*PUBLISHED, notes}
    assert (output / notes).read_text() == "mine"


def test_a_users_table_of_a_name_that_only_some_runs_use_stays(tmp_path, output):
    output.mkdir()
    (output / DROPPED).write_text("mine")
    copy_results(write_published(tmp_path / "results"), output)
    assert (output / DROPPED).read_text() == "mine"


@pytest.mark.parametrize("name", ["report.html", "pipeline_info/params.json", "ro-crate-metadata.json", DROPPED])
def test_a_users_file_of_a_name_of_ours_is_refused_before_anything_starts(output, name):
    prepare(output, LARGER)
    module.check_writable(output)
    published.remove_views(output)
    (output / DROPPED).unlink()
    document = tables.read_document(output / VALIDATION)
    del document["files"][DROPPED]
    tables.write_document(output / VALIDATION, document)
    module.check_writable(output)
    (output / name).parent.mkdir(exist_ok=True)
    (output / name).write_text("mine")
    with pytest.raises(UsageError, match=f"already holds {name}, which no results there list. Move it away or"):
        module.check_writable(output)


@pytest.mark.parametrize("name", ["pipeline_info", "summary.json/", "report.html/"])
def test_a_file_in_the_place_of_a_folder_or_a_folder_in_that_of_a_file_is_refused_before_anything_starts(output, name):
    output.mkdir()
    (output / name).mkdir() if name.endswith("/") else (output / name).write_text("mine")
    with pytest.raises(UsageError, match=f"already holds {name}, which"):
        module.check_writable(output)


def test_a_working_directory_is_not_replaced(results, output, monkeypatch):
    prepare(output, EARLIER)
    (output / "sub").mkdir()
    before = output.stat().st_ino
    monkeypatch.chdir(output / "sub")
    copy_results(results, output)
    (output / "sub").rmdir()
    monkeypatch.chdir(output)
    copy_results(results, Path())
    assert output.stat().st_ino == before
    published.verify(output)


@pytest.mark.parametrize("number", [16, 18, 1, 13])  # EBUSY: a mount point on the same device
def test_a_folder_that_cannot_be_renamed_is_filled_instead(results, output, monkeypatch, number):
    prepare(output, EARLIER)

    def kept(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(exchange, "_exchange", kept)
    copy_results(results, output)
    published.verify(output)
    assert sorted(path.name for path in output.parent.iterdir()) == ["out", "results"]


def test_the_permissions_of_the_folder_are_kept(results, output):
    output.mkdir()
    output.chmod(0o2700)
    copy_results(results, output)
    assert stat.S_IMODE(output.stat().st_mode) == 0o2700


def test_a_link_to_a_folder_is_followed_and_stays(results, output, tmp_path):
    output.symlink_to(tmp_path / "elsewhere")
    copy_results(results, output)
    assert output.is_symlink()
    published.verify(tmp_path / "elsewhere")


@pytest.mark.parametrize("state", [EARLIER, NOTES])
def test_links_planted_at_our_names_are_replaced_and_never_followed(results, output, tmp_path, state):
    prepare(output, state)
    (tmp_path / "precious").mkdir()
    for name in (*PUBLISHED, BY_GROUP_CSV, DROPPED):
        (tmp_path / "precious" / name).write_text("precious")
        (output / name).unlink(missing_ok=True)
        (output / name).symlink_to(tmp_path / "precious" / name)
    copy_results(results, output)
    assert not any((output / name).is_symlink() for name in EVERY)
    assert set(contents(tmp_path / "precious").values()) == {b"precious"}
    published.verify(output)


@pytest.mark.parametrize("name", EVERY)
def test_results_that_are_not_what_was_proven_are_not_copied(results, output, name):
    prepare(output, EARLIER)
    before = contents(output)
    (results / name).write_bytes((results / name).read_bytes()[:-2] + b"xx")
    with pytest.raises(ContractError):
        copy_results(results, output)
    assert contents(output) == before


@pytest.mark.parametrize("state", [ABSENT, EARLIER, NOTES])
@pytest.mark.parametrize("name", EVERY)
def test_a_copy_that_fails_leaves_the_earlier_proof_or_none(results, output, monkeypatch, state, name):
    prepare(output, state)
    real = published.write_atomically

    def full(path, write, *mode):
        if path.parts[-len(Path(name).parts) :] == Path(name).parts:
            raise OSError(28, "No space left on device")
        real(path, write, *mode)

    monkeypatch.setattr(published, "write_atomically", full)
    monkeypatch.setattr(atomic, "link", lambda *_: False)
    with pytest.raises(StorageError, match=r"[Nn]o space"):
        copy_results(results, output)
    if state == EARLIER:
        assert contents(output) == contents(other_run(output.parent / "other"))
    else:
        with pytest.raises(OpenGenomeError, match=VALIDATION):
            published.read_proof(output)
    assert not [path for path in output.parent.rglob("*") if is_temporary(path.name)]


def test_a_file_in_the_place_of_the_folder_is_reported(results, output):
    output.write_text("")
    with pytest.raises(StorageError, match="cannot be copied"):
        copy_results(results, output)


def _copy_again_and_again(results: Path, output: Path) -> None:
    while True:
        copy_results(results, output)


def _copy_often(results: Path, output: Path, failed) -> None:
    try:
        for _ in range(40):
            copy_results(results, output)
    except BaseException as error:
        failed.put(repr(error))
        raise


@pytest.mark.parametrize("state", [ABSENT, NOTES])
def test_commands_with_one_output_never_mix_their_files(results, output, tmp_path, state, capfd):
    prepare(output, state)
    other, failed = other_run(tmp_path / "other"), fork.Queue()
    commands = [fork.Process(target=_copy_often, args=(one, output, failed)) for one in (results, other)]
    for command in commands:
        command.start()
    runs, unproven = set(), 0
    while any(command.is_alive() for command in commands):
        try:
            with exchange.locked(tmp_path, lambda _: None):  # between two copies
                if (output / VALIDATION).exists():
                    published.verify(output)
                    runs.add(tables.read_document(output / tables.PROVENANCE)["run"])
        except OpenGenomeError:
            unproven += 1
    assert [command.exitcode for command in commands] == [0, 0]
    assert unproven == 0
    assert runs == {"r1", "r2"}
    assert contents(output).keys() - {"notes.txt"} in (set(PUBLISHED), set(EVERY))


@pytest.mark.parametrize("state", [EARLIER, NOTES])
def test_killed_at_any_moment_the_output_is_proven_or_visibly_not(results, output, state, capfd):
    began = time.monotonic()
    first = fork.Process(target=copy_results, args=(results, output.parent / "first"))
    first.start()
    first.join(60)
    whole = time.monotonic() - began  # on this machine under its current load
    prepare(output, state)
    chance, proven = random.Random(7), 0  # noqa: S311  (moments of a test)
    for _ in range(25):
        victim = fork.Process(target=_copy_again_and_again, args=(results, output))
        victim.start()
        time.sleep(3 * whole * chance.random())
        os.kill(victim.pid, signal.SIGKILL)
        victim.join(10)
        faults = list(published.faults(output))
        proven += not faults
        if state == EARLIER:  # the exchange has no intermediate state
            assert not faults
        elif faults:
            assert faults[0].where["file"].name == VALIDATION
    assert proven
    copy_results(results, output)
    published.verify(output)
    # The next command removes what the killed ones left, beside the folder and in it.
    assert not [path for path in output.parent.rglob("*") if is_temporary(path.name)]


def test_a_command_that_waits_for_another_one_prints_a_line(results, output, capfd):
    def hold(held) -> None:
        with exchange.locked(output.parent, print):
            held.set()
            time.sleep(0.5)

    held = fork.Event()
    other = fork.Process(target=hold, args=(held,))
    other.start()
    assert held.wait(10)
    copy_results(results, output)
    other.join(10)
    assert "Waiting for another process that puts results into" in capfd.readouterr().err
