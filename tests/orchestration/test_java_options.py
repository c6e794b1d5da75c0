"""All our JVMs start with the options of one file: with others, Java would not use the class archive."""

from __future__ import annotations

import os
import re
import runpy
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from opengenome.orchestration import submits
from opengenome.orchestration.settings import project_root
from opengenome.orchestration.submit_environment import submit_environment

ROOT = project_root()
FILE = ROOT / "include" / "opengenome" / "java.env"
OPTIONS = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xss512k", "-XX:-UsePerfData"]


def written() -> Counter[str]:
    """How often each Java option occurs in tracked files outside tests."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    names = [name for name in listed.split("\0") if name and not name.startswith(("tests/", "requirements"))]
    found: Counter[str] = Counter()
    for name in names:
        text = (ROOT / name).read_text(errors="replace")
        found.update(re.findall(r"(?<![\w-])-X(?:X:[+-]?[A-Z]\w+|ss|mn|ms\d|mx\d|log:\w+)", text))
    return found


def test_each_option_of_java_is_written_once():
    if not (ROOT / ".git").exists():
        pytest.skip("only a checkout can be asked for its files")
    found = written()
    assert set(re.findall(r"-XX:[+-]?\w+|-Xss", FILE.read_text())) <= set(found)
    assert {option: many for option, many in found.items() if many > 1} == {}


def of_the_stack(tmp_path: Path, **settings: str) -> tuple[list[str], list[str]]:
    """The options of executors and of Spark's daemons, as the image's entry point makes them."""
    for folder in ("run", "docker"):
        (tmp_path / folder).mkdir()
    script = tmp_path / "docker" / "entrypoint.sh"
    script.write_text((ROOT / "docker" / "entrypoint.sh").read_text().replace("/opt/opengenome", str(tmp_path)))
    shutil.copy(FILE, tmp_path / "docker")  # as the Dockerfile does
    environment = {**os.environ, "OPENGENOME_SPARK_SECRET": "s", "OPENGENOME_CLASS_ARCHIVE": "/a.jsa", **settings}
    command = ["sh", script, "sh", "-c", 'echo "$SPARK_DAEMON_JAVA_OPTS"']
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    conf = dict(line.split(" ", 1) for line in (tmp_path / "run" / "spark.conf").read_text().splitlines())
    return conf["spark.executor.extraJavaOptions"].split(), done.stdout.split()


def of_the_image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[list[str], list[str]]:
    """The options with which the image makes the archives of the driver and of its launcher."""
    properties_of = {}

    def run(command: list[str], *, env: dict[str, str], **_: object) -> None:
        properties = Path(command[command.index("--properties-file") + 1]).read_text().splitlines()
        properties_of.update(dict(line.split(" ", 1) for line in properties), launcher=env["SPARK_LAUNCHER_OPTS"])

    for file in (ROOT / "docker" / "class_archive.py", FILE):
        shutil.copy(file, tmp_path)
    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr("sys.argv", ["", "/a.jsa"])
    runpy.run_path(str(tmp_path / "class_archive.py"), run_name="__main__")
    return properties_of["spark.driver.extraJavaOptions"].split(), properties_of["launcher"].split()


def test_a_submit_uses_the_options(tmp_path):
    archive = tmp_path / "a.jsa"
    for path in (archive, tmp_path / "a-launcher.jsa"):
        path.touch()
    driver = submits.spark_conf(archive)["spark.driver.extraJavaOptions"].split()
    launcher = submit_environment(tmp_path, archive, local=True)["SPARK_LAUNCHER_OPTS"].split()
    assert driver[:4] == launcher[:4] == OPTIONS
    assert driver[-1] == f'"-XX:SharedArchiveFile={archive}"'
    assert launcher[-1] == f"-XX:SharedArchiveFile={tmp_path / 'a-launcher.jsa'}"


def test_the_entry_point_of_the_image_uses_the_options(tmp_path):
    executors, daemons = of_the_stack(tmp_path, SPARK_DAEMON_JAVA_OPTS="-Dx=y")
    assert executors == [*OPTIONS, "-XX:SharedArchiveFile=/a.jsa"]
    assert daemons == [*OPTIONS, "-Dx=y"]


def test_the_class_archives_of_the_image_are_made_with_the_options(tmp_path, monkeypatch):
    driver, launcher = of_the_image(tmp_path, monkeypatch)
    assert driver == [*OPTIONS, "-XX:ArchiveClassesAtExit=/a.jsa"]
    assert launcher == [*OPTIONS, "-XX:ArchiveClassesAtExit=/a-launcher.jsa"]


def test_the_image_holds_the_options_where_its_scripts_look():
    """The options are copied beside both scripts before the archive is made."""
    before, _, _ = (ROOT / "Dockerfile").read_text().partition("RUN python docker/class_archive.py")
    assert f"COPY docker/class_archive.py {FILE.relative_to(ROOT)} docker/\n" in before
