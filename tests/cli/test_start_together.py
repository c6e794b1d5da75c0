"""Components forked from one process behave as if started alone, and share nothing but memory."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from little_airflow import command, environment, linux, make_home, until

from opengenome.cli.processes import Components, belonging, sweep

NAMES = ("api-server", "dag-processor", "scheduler")


def those(*words: str) -> dict[str, list[str]]:
    return {name: [name, *words] for name in NAMES}


def shared(home: Path, code: str) -> None:
    """Replace the modules of Airflow that the components import by this code."""
    folder = home.parent / "lib" / "airflow" / "cli" / "commands"
    folder.mkdir(parents=True)
    (folder / "api_server_command.py").write_text(code)


def after_fork(home: Path, action: str) -> None:
    """Let the forking process run this code after it has forked the first component."""
    hook = f"after_in_parent=lambda: os.getpid() == NURSERY and ({action})"
    shared(home, f"import os, time\nNURSERY = os.getpid()\nos.register_at_fork({hook})\n")


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    home = make_home(tmp_path)
    yield home
    sweep(home)


def test_each_that_starts_together_is_a_child_with_a_log_and_a_session_of_its_own(home):
    components = Components(home, environment(home))
    components.start_together(those("--option"))
    assert len(until(9, home)) == 9
    for name, pid in zip(NAMES, components.pids(), strict=True):
        process = psutil.Process(pid)
        assert (process.ppid(), os.getsid(pid), len(process.children(recursive=True))) == (os.getpid(), pid, 2)
        assert components.log(name).read_text() == f"this is {name} --option\n"
        assert sys.platform != "linux" or " ".join(process.cmdline()).startswith(f"airflow {name} --option")
    assert components.dead() is None


def test_stop_ends_all_that_started_together_and_leaves_no_child_unasked_for(home):
    components = Components(home, environment(home))
    components.start_together(those())
    assert len(until(9, home)) == 9
    pids = components.pids()
    assert components.stop() == []
    assert belonging(home) == []
    assert not any(map(psutil.pid_exists, pids))


def test_the_api_server_is_stopped_after_the_others_have_ended(home):
    components = Components(home, environment(home))
    components.start_together(those("polite"))
    assert len(until(3, home)) == 3
    time.sleep(0.2)  # they wrote their ids; now they handle signals
    components.stop()
    ended = {name: float(components.last_words(name).removeprefix("ended at ")) for name in NAMES}
    assert ended["api-server"] > max(ended["dag-processor"], ended["scheduler"])


def test_one_of_several_that_ends_by_itself_is_named_with_its_last_words_while_the_others_work(home):
    components = Components(home, environment(home))
    components.start_together({**those(), "dag-processor": ["dag-processor", "fail"]})
    assert len(until(6, home)) == 6
    _, failed, _ = components.pids()
    assert components.dead() == "dag-processor"
    assert components.last_words("dag-processor") == "cannot start"
    assert not psutil.pid_exists(failed)
    assert components.wait("dag-processor") == 1


@linux
def test_killing_the_command_takes_the_trees_of_all_with_it(home):
    with command(home, f"start_together({those('deaf')})") as started:
        assert len(until(9, home)) == 9
        started.kill()
    assert until(0, home) == []


@linux
def test_killing_one_of_several_takes_its_own_tree_with_it_and_no_other(home):
    components = Components(home, environment(home))
    components.start_together(those("deaf"))
    assert len(until(9, home)) == 9
    os.kill(components.pids()[2], signal.SIGKILL)
    assert len(until(6, home)) == 6
    assert components.dead() == "scheduler"
    assert components.wait("scheduler") == -signal.SIGKILL


@linux
def test_killing_the_command_while_components_are_forked_leaves_none(home):
    after_fork(home, "time.sleep(60)")
    with command(home, f"start_together({those('deaf')})") as started:
        assert len(until(2, home)) == 2
        started.kill()
    assert until(0, home) == []


@linux
def test_killing_the_process_that_forks_components_is_reported_and_leaves_none(home):
    after_fork(home, "os.kill(NURSERY, 9)")
    components = Components(home, environment(home))
    components.start_together(those("deaf"))
    assert components.dead() == "api-server"
    assert len(until(3, home)) == 3  # the processes of the only component that was forked
    assert components.stop() == []
    assert belonging(home) == []


@linux
def test_an_interrupt_while_components_are_forked_leaves_none(home):
    after_fork(home, "os.kill(os.getppid(), 2), time.sleep(60)")
    components = Components(home, environment(home))
    with pytest.raises(KeyboardInterrupt):
        components.start_together(those("deaf"))
    assert len(until(2, home)) == 2
    assert components.stop() == []
    assert belonging(home) == []


@linux
def test_an_airflow_that_cannot_be_imported_is_reported_as_the_end_of_the_first_component(home):
    shared(home, "raise ValueError('an option is wrong')")
    components = Components(home, environment(home))
    components.start_together(those())
    assert components.dead() == "api-server"
    assert components.last_words("api-server") == "ValueError: an option is wrong"
    assert belonging(home) == []


@linux
def test_components_share_imported_modules_but_no_open_files(home, monkeypatch):
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    shared(home, "import os\nprint('imported')\nBY = os.getpid()\n")
    (home.parent / "lib" / "airflow" / "__main__.py").write_text("""if True:
        import gc, os
        from airflow.cli.commands.api_server_command import BY
        files = {number: os.path.realpath(f"/proc/self/fd/{number}") for number in range(10)}
        files = [os.path.basename(name) for number, name in files.items() if name != f"/proc/{os.getpid()}/fd/{number}"]
        print(BY, gc.get_freeze_count() > 1000, *files, os.environ.get("OPENBLAS_NUM_THREADS"))
    """)
    components = Components(home, environment(home))
    components.start_together(those())
    for name in NAMES:
        components.wait(name)
    first, *said = [line for name in NAMES for line in components.log(name).read_text().splitlines()]
    by = said[0].partition(" ")[0]
    assert first == "imported"
    assert said == [
        f"{by} True null api-server.log api-server.log None",
        f"{by} True null dag-processor.log dag-processor.log None",
        f"{by} True null scheduler.log scheduler.log 1",
    ]
