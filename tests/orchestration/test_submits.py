"""The options of a submit, and the error that its failure becomes."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from opengenome.errors import Again, EngineError, InputError, SetupError
from opengenome.io.paths import path_of
from opengenome.orchestration import settings, submits
from opengenome.orchestration.submit_environment import is_local, launcher_archive, submit_environment

OF_OTHERS = {
    **dict.fromkeys(("SPARK_HOME", "SPARK_CONF_DIR", "SPARK_LOCAL_DIRS", "HADOOP_CONF_DIR"), "/elsewhere"),
    **dict.fromkeys(("JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS", "SPARK_SUBMIT_OPTS"), "-Xmx4x"),
    **dict.fromkeys(("PYSPARK_PYTHON", "PYSPARK_DRIVER_PYTHON", "PYSPARK_SUBMIT_ARGS"), "python2"),
    **{"PYTHONWARNINGS": "error", "PYTHONHOME": "/elsewhere", "PYTHONINSPECT": "1", "SHELLOPTS": "nounset"},
}


UNKNOWN, REFUSED = "Caused by: java.net.UnknownHostException: nowhere", "Caused by: java.net.ConnectException: refused"
GIVEN_UP = (
    "26/11/25 19:32:41 ERROR StandaloneSchedulerBackend: Application has been killed. Reason: All masters are"
    " unresponsive! Giving up.\nERROR: NullPointerException: Cannot invoke SparkEnv.conf()"
)


@pytest.fixture
def users(monkeypatch):
    for name, value in (OF_OTHERS | {"PYTHONPATH": "/mine", "JAVA_HOME": "/jvm", "HOME": "/home/me"}).items():
        monkeypatch.setenv(name, value)


def test_a_submit_on_this_machine_gets_nothing_that_is_meant_for_another_spark_java_or_python(users, tmp_path):
    made = submit_environment(tmp_path, local=True)
    assert not [name for name in OF_OTHERS if made.get(name) == OF_OTHERS[name]]
    assert (made["JAVA_HOME"], made["HOME"], made["SPARK_LOCAL_IP"]) == ("/jvm", "/home/me", "127.0.0.1")
    assert made["PYTHONPATH"] == f"{settings.project_root() / 'include'}{os.pathsep}/mine"


def test_a_submit_to_a_cluster_keeps_the_variables_that_describe_it(users, tmp_path, monkeypatch):
    monkeypatch.delenv("SPARK_LOCAL_IP", raising=False)
    made = submit_environment(tmp_path, local=False)
    for name in ("HADOOP_CONF_DIR", "SPARK_CONF_DIR", "SPARK_HOME", "JAVA_TOOL_OPTIONS"):
        assert made[name] == OF_OTHERS[name]
    assert "SPARK_LOCAL_IP" not in made
    assert "PYTHONWARNINGS" not in made


@pytest.mark.parametrize(("folder", "used"), [("plain", True), ("a b", False), ("a*", False)])
def test_the_launcher_gets_its_class_archive_unless_sparks_script_would_split_its_path(tmp_path, folder, used):
    archive = tmp_path / folder / "spark.jsa"
    archive.parent.mkdir()
    assert "Shared" not in submit_environment(tmp_path, archive, local=True)["SPARK_LAUNCHER_OPTS"]
    launcher_archive(archive).touch()
    options = submit_environment(tmp_path, archive, local=True)["SPARK_LAUNCHER_OPTS"].split()
    assert (f"-XX:SharedArchiveFile={tmp_path}/{folder}/spark-launcher.jsa" in options) == used


def test_temporary_files_lie_in_the_scratch_folder(tmp_path):
    made = submit_environment(tmp_path, local=True)
    assert made["TMPDIR"] == str(tmp_path)
    for options in (made["SPARK_LAUNCHER_OPTS"], submits.spark_conf(Path("/none"))["spark.driver.extraJavaOptions"]):
        assert {"-Djava.io.tmpdir=.", "-XX:-UsePerfData"} <= set(options.split())


def test_only_a_local_driver_makes_its_own_secret():
    assert [is_local(master) for master in ("local", "local[*]", "local[2,3]")] == [True] * 3
    assert [is_local(master) for master in ("local-cluster[1,1,512]", "spark://local:7077", "yarn")] == [False] * 3
    assert submits.spark_conf(Path("/none"), local=True)["spark.authenticate"] == "true"
    assert "spark.authenticate" not in submits.spark_conf(Path("/none"))


@pytest.mark.parametrize(
    "name", ["a b", "50%41", "#1", "it's", '"q"', "{{ 7*7 }}", "a\nb", "a\rb", "\udce9", "é", "b "]
)
def test_every_path_arrives_unchanged(tmp_path, name):
    folder = tmp_path / name
    folder.mkdir()
    arguments = submits.application_arguments(folder / "spec.json", "00", folder / "out", "try1")
    assert all(argument.isprintable() for argument in arguments)
    given = dict(zip(arguments[::2], arguments[1::2], strict=True))
    assert path_of(given["--spec"]) == folder / "spec.json"
    assert path_of(given["--output"]) == folder / "out"
    archive = folder / "c\\lasses.jsa"
    archive.touch()
    options = submits.spark_conf(archive)["spark.driver.extraJavaOptions"]
    assert shlex.split(options)[-1] == f"-XX:SharedArchiveFile={archive}"  # Spark reads quotes as a shell does


def test_the_application_is_given_as_a_uri_that_keeps_every_character_of_its_path():
    address = urlsplit(submits.APPLICATION_URI)
    assert (address.scheme, address.fragment, address.query) == ("file", "", "")
    assert unquote(address.path) == str(submits.APPLICATION)


def test_a_missing_file_of_spark_properties_is_reported_before_anything_starts(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENGENOME_SPARK_PROPERTIES", "mine.conf")
    with pytest.raises(SetupError, match=f"OPENGENOME_SPARK_PROPERTIES is {tmp_path}/mine.conf"):
        submits.spark_properties(settings.load())
    (tmp_path / "mine.conf").touch()
    assert submits.spark_properties(settings.load()) == tmp_path / "mine.conf"


@pytest.mark.parametrize(
    ("said", "code", "kind", "reason"),
    [
        (f"hello\n{InputError('It changed', file='a').as_line()}", 65, InputError, "It changed (file a, batch 3)."),
        (EngineError("A range was lost", batch=3).as_line(), 1, EngineError, "A range was lost (batch 3)."),
        (SetupError("Spark did not start: no").as_line(), 78, SetupError, "Spark did not start: no (batch 3)."),
        ("ERROR: of somebody else's", 1, SetupError, "Spark did not start: of somebody else's (batch 3)."),
        ("Invalid maximum heap size: -Xmx4x", 1, SetupError, "Spark did not start: Invalid maximum heap size: -Xmx4x"),
        ("sh: fork: Resource temporarily unavailable", 1, EngineError, "ulimit -u"),
        ("x.FileNotFoundException: /a (Too many open files)", 1, SetupError, "ulimit -n"),
        ("java.lang.OutOfMemoryError: Java heap space", 1, SetupError, "OPENGENOME_DRIVER_MEMORY"),
        (
            f"{UNKNOWN}\n{GIVEN_UP}",
            1,
            SetupError,
            "not be reached for a minute: UnknownHostException: nowhere (batch 3)",
        ),
        (f"{REFUSED}\n{GIVEN_UP}", 1, EngineError, "not be reached for a minute: ConnectException: refused (batch 3)"),
        ("26/11/25 19:16:47 ERROR X: gone", -9, EngineError, "Spark was killed by SIGKILL (batch 3)."),
        ("", 137, EngineError, "Spark was killed by SIGKILL (batch 3)."),
        ("", 1, EngineError, "Spark ended with exit code 1 and gave no reason (batch 3)."),
    ],
)
def test_the_last_message_is_the_reason_and_permanent_errors_are_not_retried(said, code, kind, reason):
    failed = submits.failure(said.splitlines(), code, 3)
    assert type(failed) is kind
    assert reason in str(failed)


def test_the_error_of_the_driver_arrives_complete_with_its_trace():
    error = InputError("No good", advice="Look.", file="a", line=7, batch=5, again=Again.NO)
    said = ["WARN Utils: hello", error.as_line(), "Traceback:", "  File x", "ValueError: no"]
    failed = submits.failure(said, 65, 3)
    assert failed.as_dict() == error.as_dict()
    assert failed.trace == "Traceback:\n  File x\nValueError: no"


def test_javas_log_does_not_get_into_the_command_that_sparks_launcher_prints(tmp_path, monkeypatch):
    """In a checkout whose path has a space, Java's warning about a class ended up in that command."""
    given = {}

    def run(*_, env, **__):
        given.update(env)
        raise InterruptedError

    monkeypatch.setattr(submits.subprocess, "run", run)
    with pytest.raises(InterruptedError):
        submits.make_class_archive(tmp_path / "x.jsa")
    assert "-XX:ArchiveClassesAtExit=" in given["SPARK_LAUNCHER_OPTS"]
    assert "-Xlog:disable" in given["SPARK_LAUNCHER_OPTS"].split()
