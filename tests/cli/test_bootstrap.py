"""The script `opengenome`, from a clean clone to a running Python. A small `uv` script replaces the real one."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

SH = shutil.which("sh") or ""
SCRIPT = Path(__file__).parents[2] / "opengenome"
TOOLS = "sh readlink sha256sum cut cat mkdir chmod rm mv id sed head ln sleep"

UV = """#!/bin/sh
if [ "$1" = --version ]; then exit 0; fi
echo "$UV_PYTHON_DOWNLOADS $*" >>"{log}"
sleep "${{UV_SECONDS:-0}}"
"""

# Making a virtual environment takes seconds, so most tests use a link to this Python instead.
PYTHON = """#!/bin/sh
case "$1 $2" in
    "-m venv") mkdir -p "$3/bin" && ln -s "{python}" "$3/bin/python" ;;
    *) exec "{python}" "$@" ;;
esac
"""

# Replaces the first Spark submit and leaves the file that the script checks for.
SUBMITS = """
import os, pathlib
venv = pathlib.Path(os.environ["PYTHONPATH"]).parent / ".venv"
(venv / "opengenome-spark.jsa").touch()
"""

CLI = "import os, sys; print('ran', sys.argv[1:], os.environ['PYTHONPATH'], sys.prefix)"


class Clone:
    """A checkout with a space in its path, and a PATH with only the programs that the script may use."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "my clone"
        self.bin = folder / "bin"
        self.log = folder / "uv.log"
        (self.root / "include" / "opengenome" / "cli").mkdir(parents=True)
        self.bin.mkdir()
        shutil.copy(SCRIPT, self.root / "opengenome")
        for name in ("requirements.txt", "requirements-dev.txt"):
            (self.root / name).write_text(f"# {name}\n")
        (self.root / "include" / "opengenome" / "orchestration").mkdir()
        (self.root / "include" / "opengenome" / "orchestration" / "submits.py").write_text(SUBMITS)
        shutil.copy(SCRIPT.parent / "include" / "opengenome" / "java.env", self.root / "include" / "opengenome")
        for package in ("", "cli/", "orchestration/"):
            (self.root / "include" / "opengenome" / package / "__init__.py").touch()
        (self.root / "include" / "opengenome" / "cli" / "__main__.py").write_text(CLI)
        for name in TOOLS.split():
            (self.bin / name).symlink_to(shutil.which(name) or "")
        self.tool("python3", PYTHON.format(python=sys.executable))
        self.tool("uv", UV.format(log=self.log))
        self.tool("java", "#!/bin/sh\necho 'openjdk version \"17.0.1\"' >&2\n")

    def tool(self, name: str, text: str) -> None:
        (self.bin / name).write_text(text)
        (self.bin / name).chmod(0o755)

    def popen(
        self,
        *arguments: str,
        script: Path | None = None,
        cwd: Path | str = "/",
        **more: str,
    ) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [script or self.root / "opengenome", *arguments],
            cwd=cwd,
            env={"PATH": str(self.bin), **more},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(
        self, *arguments: str, script: Path | None = None, cwd: Path | str = "/", **more: str
    ) -> tuple[int, str, str]:
        with self.popen(*arguments, script=script, cwd=cwd, **more) as process:
            out, err = process.communicate(timeout=60)
        return process.returncode, out, err

    def syncs(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path)


@pytest.fixture
def made(clone: Clone) -> Clone:
    """A clone that already has a .venv: a link to this one, which is never written to."""
    (clone.root / ".venv" / "bin").mkdir(parents=True)
    (clone.root / ".venv" / "bin" / "python").symlink_to(sys.executable)
    digest = hashlib.sha256((clone.root / "requirements.txt").read_bytes()).hexdigest()
    (clone.root / ".venv" / ".opengenome-synced").write_text(f"product {digest} {clone.root}")
    return clone


def test_a_first_start_prints_each_step_and_installs_only_locked_packages(clone):
    clone.tool("python3", f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')  # makes a real environment
    code, out, err = clone.run("down")
    assert code == 0
    assert out.startswith("ran ['down']")
    assert f"{clone.root}/.venv" in out
    assert [line.split(" with ")[0] for line in err.splitlines()] == [
        "Making .venv",
        "Installing the locked requirements",
    ]
    (sync,) = clone.syncs()
    assert sync.startswith("never pip sync")
    assert "--require-hashes" in sync
    assert sync.endswith("/requirements.txt")


def test_the_next_start_installs_nothing_and_is_fast(made):
    made.run("down")
    started = time.monotonic()
    code, _, err = made.run("down")
    assert (code, err, made.syncs()) == (0, "", [])
    assert time.monotonic() - started < 2


def test_it_works_through_links_and_passes_arguments_on_unchanged(made, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "relative").symlink_to("../my clone/opengenome")
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "elsewhere" / "relative")
    _, out, _ = made.run("analyze", "codon", "--input", "a b", "*", "", script=link)
    assert out.startswith("ran ['analyze', 'codon', '--input', 'a b', '*', '']")
    assert f"{made.root}/include" in out


def test_the_users_own_python_and_files_beside_are_not_ours(made, tmp_path):
    (made.root / "include" / "opengenome" / "cli" / "__main__.py").write_text(
        "import colorsys, os, sys\n"
        "print(sorted(name for name in os.environ if name.startswith('PYTHON')), sys.warnoptions)\n"
    )
    (tmp_path / "colorsys.py").write_text("raise SystemExit('another module')")
    own = {"PYTHONHOME": "/nowhere", "PYTHONWARNINGS": "error", "PYTHONSTARTUP": "/nowhere", "PYTHONINSPECT": "1"}
    own |= {"PYTHONHASHSEED": "bad", "PYTHONMALLOC": "bad", "PYTHONUTF8": "x", "PYTHONIOENCODING": "utf-16"}
    own |= {"PYTHONVERBOSE": "1", "PYTHON_OF_TOMORROW": "a\nexport PYTHONX='", "MINE": "\nexport PATH PYTHON"}
    code, out, err = made.run("down", cwd=tmp_path, **own, PYTHONPATH=str(tmp_path))
    assert (code, out, err) == (0, "['PYTHONPATH'] []\n", "")


def test_a_start_succeeds_without_standard_error(clone):
    clone.tool("silent", f"#!/bin/sh\nexec '{clone.root}/opengenome' \"$@\" 2>&-\n")
    code, out, _ = clone.run("demo", script=clone.bin / "silent")
    assert (code, out[:3]) == (0, "ran")


def test_where_the_users_own_packages_go_is_not_where_ours_go_and_proxies_are_left(clone):
    clone.tool("uv", f'#!/bin/sh\n[ "$1" = --version ] || echo "${{UV_TARGET:-}} $HTTPS_PROXY" >\'{clone.log}\'\n')
    assert clone.run("down", UV_TARGET="/nowhere", PIP_USER="1", HTTPS_PROXY="http://proxy:1")[0] == 0
    assert clone.syncs() == [" http://proxy:1"]


@pytest.mark.parametrize(("home", "cached"), [("mine", True), ("/proc", False)])
def test_a_home_that_cannot_be_written_is_no_trouble_for_the_installation(clone, tmp_path, home, cached):
    clone.tool("uv", f'#!/bin/sh\n[ "$1" = --version ] || echo "${{UV_NO_CACHE:-}}" >\'{clone.log}\'\n')
    assert clone.run("down", HOME=str(tmp_path / home))[0] == 0
    assert clone.syncs() == ([""] if cached else ["1"])


def test_spark_is_prepared_once_and_only_for_commands_that_run_it(clone):
    assert "Preparing Spark" not in clone.run("down")[2]
    assert "Preparing Spark (once, " in clone.run("demo")[2]
    assert "Preparing Spark" not in clone.run("demo")[2]


def test_a_changed_lock_is_installed_again(clone):
    clone.run("down")
    (clone.root / "requirements.txt").write_text("# another\n")
    clone.run("down")
    assert len(clone.syncs()) == 2


def test_the_developers_lock_is_for_tests_and_is_kept_afterwards(clone):
    clone.run("test", "--fast")
    (clone.root / ".venv" / "bin" / "pytest").touch()  # what the developers' lock brings
    clone.run("down")
    assert [sync.rsplit("/", 1)[1] for sync in clone.syncs()] == ["requirements-dev.txt"]


def test_an_interrupted_start_is_repaired_by_the_next(clone):
    with clone.popen("down", UV_SECONDS="30") as process:
        while not clone.syncs():
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGKILL)
    (clone.root / ".venv" / "half-installed").touch()
    code, _, err = clone.run("down")
    assert code == 0
    assert err.startswith("Making .venv")
    assert not (clone.root / ".venv" / "half-installed").exists()


def test_two_first_starts_at_once_install_once(clone):
    with clone.popen("down", UV_SECONDS="2") as one, clone.popen("down", UV_SECONDS="2") as two:
        said = sorted(process.communicate(timeout=60)[1] for process in (one, two))
    assert (one.returncode, two.returncode) == (0, 0)
    assert len(clone.syncs()) == 1
    assert said[1] == "Waiting for another opengenome command that is making .venv\n"


@pytest.mark.parametrize("name", ["moved", "my", "my clone too"])  # from "my clone"
def test_a_moved_checkout_gets_a_new_environment(clone, name):
    clone.run("down")
    clone.root = clone.root.rename(clone.root.parent / name)
    code, _, err = clone.run("down")
    assert (code, "Making .venv" in err) == (0, True)
    assert len(clone.syncs()) == 2


def test_a_failed_installation_is_reported_and_not_taken_for_done(clone):
    clone.tool("uv", '#!/bin/sh\n[ "$1" = --version ]\n')
    code, _, err = clone.run("down")
    assert code == 1
    assert "the locked requirements cannot be installed" in err
    clone.tool("uv", UV.format(log=clone.log))
    assert clone.run("down")[0] == 0


def test_a_missing_python_is_reported_with_advice(clone):
    clone.tool("python3", "#!/bin/sh\nexit 1\n")
    code, _, err = clone.run("down")
    assert code == 1
    assert "no Python 3.11, 3.12 or 3.13" in err
    assert "OPENGENOME_PYTHON" in err


def test_a_python_without_venv_is_reported_with_the_package_to_install(clone):
    clone.tool("python3", f'#!/bin/sh\ncase $2 in *ensurepip*) exit 1 ;; esac\nexec "{sys.executable}" "$@"\n')
    code, _, err = clone.run("down")
    assert code == 1
    assert "cannot make virtual environments" in err
    assert f"apt-get install python3.{sys.version_info[1]}-venv" in err


@pytest.mark.parametrize("name", ["JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS"])
def test_options_that_are_meant_for_another_java_do_not_reach_ours(made, name):
    made.tool("java", f'#!/bin/sh\n[ -z "${{{name}:-}}" ] || exit 1\necho \'openjdk version "17.0.1"\' >&2\n')
    assert made.run("demo", **{name: "-Xmx4x"})[0] == 0


def test_java_is_tried_with_the_options_of_a_submit(made):
    made.tool(
        "java",
        '#!/bin/sh\n[ "$*" = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xss512k -XX:-UsePerfData'
        ' -version" ] || exit 1\necho \'openjdk version "17.0.1"\' >&2\n',
    )
    assert made.run("demo")[0] == 0


def test_a_working_directory_that_was_deleted_is_not_taken_for_a_missing_java(made, tmp_path):
    made.tool("java", '#!/bin/sh\n[ -n "$(pwd -P 2>/dev/null)" ] || exit 1\necho \'openjdk version "17.0.1"\' >&2\n')
    (tmp_path / "gone").mkdir()
    script = f'cd "{tmp_path}/gone" && {shutil.which("rmdir")} ../gone && exec "{made.root}/opengenome" demo'
    done = subprocess.run(
        ["sh", "-c", script], env={"PATH": str(made.bin)}, capture_output=True, text=True, check=False
    )
    assert "java" not in done.stderr
    assert done.returncode == 0


def as_root(made: Clone, tmp_path: Path) -> None:
    """An apt-get that records its calls."""
    made.tool("apt-get", f"#!/bin/sh\necho \"$@\" >>'{tmp_path}/apt'\n")
    (made.bin / "id").unlink()
    made.tool("id", "#!/bin/sh\necho 0\n")
