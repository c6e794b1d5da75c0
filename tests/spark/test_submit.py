"""A submit works in any environment or says why not; it answers no other user and leaves nothing behind."""

from __future__ import annotations

import ast
import contextlib
import json
import os
import re
import shutil
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from opengenome.io.batches import load_manifest
from opengenome.orchestration import settings, submits
from opengenome.orchestration.submit_environment import submit_environment

HERE = Path(__file__).parent
NOBODY = 65534

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
]

# Settings that people have for another Spark, Java, Python or shell.
OF_OTHERS = {
    **dict.fromkeys(("SPARK_HOME", "SPARK_CONF_DIR", "HADOOP_CONF_DIR", "SPARK_LOCAL_DIRS", "PYTHONHOME"), "/nowhere"),
    **dict.fromkeys(("JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS", "SPARK_SUBMIT_OPTS"), "-Xmx4x"),
    **dict.fromkeys(("PYSPARK_PYTHON", "PYSPARK_DRIVER_PYTHON"), "/nowhere/python"),
    "SPARK_MASTER_HOST": "nowhere",
    "PYTHONWARNINGS": "error",
    "SHELLOPTS": "nounset",
    "LC_ALL": "C",
    "TMPDIR": "/nowhere",
    "HOME": None,
    "TERM": None,
}


def submitted(folder, *rows):
    """The answers of submit_process.py, and its output."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "OPENGENOME_"))}
    environment |= {
        "AIRFLOW_HOME": str(folder.parent / "home"),
        "AIRFLOW_CONN_SPARK_DEFAULT": json.dumps({"conn_type": "spark", "host": "local[*]"}),
        "OPENGENOME_STORE": str(folder / "store"),
        "PYTHONPATH": f"{settings.project_root() / 'include'}{os.pathsep}{folder}",
        "PYTHONUTF8": "1",
    }
    command = [sys.executable, str(HERE / "submit_process.py"), folder, json.dumps(rows)]
    done = subprocess.run(command, env=environment, capture_output=True, cwd=folder.parent, check=False)
    said = (done.stdout + done.stderr).decode(errors="replace")
    assert done.returncode == 0, said
    return json.loads(done.stdout.splitlines()[-1]), said


def test_a_submit_works_whatever_its_paths_and_the_users_environment(tmp_path):
    folder = tmp_path / "o d, 50%41 #1 \"q\" 'a' {{ 7*7 }} ${b} \\ é\n"
    folder.mkdir()
    application = shutil.copy(submits.APPLICATION, folder)  # like a checkout of that name
    [answer], said = submitted(folder, {"environment": OF_OTHERS, "application": str(application)})
    assert answer == {"name": "codon_usage batch 1", "error": None, "kind": None}, said
    [batch] = (folder / "store" / "batches").iterdir()  # the scratch folder beside it is gone
    manifest, _ = load_manifest(batch / "manifest.json")
    assert manifest.ledger.sequences == 50
    assert sum(part.rows for part in manifest.parts) == 50


def test_a_spark_that_cannot_start_says_why_in_one_sentence_and_is_not_retried(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    rows = {
        "Java heap space": {"environment": {"OPENGENOME_DRIVER_MEMORY": "20m"}},
        "Invalid maximum heap size: -Xmxlots": {"environment": {"OPENGENOME_DRIVER_MEMORY": "lots"}},
        "must be at least 471859200": {"environment": {"OPENGENOME_DRIVER_MEMORY": "400m"}},
        "/nowhere/bin/java": {"environment": {"OPENGENOME_DRIVER_MEMORY": None, "JAVA_HOME": "/nowhere"}},
        "mine.conf": {"environment": {"JAVA_HOME": None, "OPENGENOME_SPARK_PROPERTIES": "mine.conf"}},
        "no connection spark_default": {
            "environment": {"OPENGENOME_SPARK_PROPERTIES": None, "AIRFLOW_CONN_SPARK_DEFAULT": None}
        },
        "A process may open 256 files here": {
            "environment": {"AIRFLOW_CONN_SPARK_DEFAULT": json.dumps({"conn_type": "spark", "host": "local[*]"})},
            "files": 256,
        },
    }
    answers, said = submitted(folder, *rows.values())
    for words, answer in zip(rows, answers, strict=True):
        assert answer["kind"] == "SetupError", (answer, said)
        assert words in answer["error"]
        assert "\n" not in answer["error"]
    assert not any((folder / "store" / "batches").iterdir())


def test_an_unexpected_error_of_a_driver_is_reported_with_its_trace_and_not_as_data(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    application = folder / "count_batch.py"
    text = submits.APPLICATION.read_text()
    begins = "    started = time.perf_counter()\n"
    assert begins in text
    application.write_text(text.replace(begins, "    raise KeyError('caf\\udce9')\n", 1))
    [answer], said = submitted(folder, {"application": str(application)})
    assert (answer["kind"], answer["error"]) == ("EngineError", r"KeyError: 'caf\udce9' (batch 1)."), said
    assert "Traceback" in answer["trace"]
    assert "in count_batch" in answer["trace"]
    assert '"kind":"EngineError"' not in said  # the driver's line of data


def loaded_by(command, scratch):
    """{"driver" or "daemon": packages whose libraries it or its child processes have loaded} of a whole submit."""
    found = {"driver": set(), "daemon": set()}
    with subprocess.Popen(
        command,
        env=submit_environment(scratch, local=True),
        cwd=scratch,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        while process.poll() is None:
            for child in psutil.Process(process.pid).children(recursive=True):
                with contextlib.suppress(psutil.Error, OSError):
                    words = " ".join(child.cmdline())
                    kind = "driver" if "count_batch.py" in words else "daemon" if ".spark.daemon" in words else None
                    if kind and "python" in child.name():
                        maps = Path(f"/proc/{child.pid}/maps").read_text()
                        found[kind] |= set(re.findall("/site-packages/([a-z]+)/", maps))
            time.sleep(0.01)
        said = process.stdout.read().decode(errors="replace")
    assert process.returncode == 0, said
    return found


def test_a_submit_loads_what_it_needs_and_its_driver_neither_numpy_nor_arrow(tmp_path):
    spec, sha256, output = submits._tiny_batch(tmp_path)
    arguments = submits.application_arguments(spec, sha256, output, "try1")
    conf = submits.spark_conf(settings.load().class_archive, local=True)
    found = loaded_by(submits.command("local[1]", conf, "512m", arguments), tmp_path)
    assert not found["driver"] & {"numpy", "pyarrow", "pandas", "pydantic", "numba", "llvmlite"}
    assert {"numpy", "pyarrow", "llvmlite"} <= found["daemon"]
    assert not found["daemon"] & {"pandas", "numba"}


@contextlib.contextmanager
def idle_driver(scratch, local=True):
    """A submit like ours, with an application that waits. Yields its JVM."""
    command = submits.command("local[2]", submits.spark_conf(settings.load().class_archive, local=local), "512m", [])
    command[command.index(submits.APPLICATION_URI)] = (HERE / "idle_driver.py").as_uri()
    environment = submit_environment(scratch, local=True)
    with subprocess.Popen(
        command, env=environment, cwd=scratch, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        said = []
        try:
            for line in process.stdout:
                said.append(line)
                if line.strip() == "ready":
                    break
            else:
                raise AssertionError("".join(said))
            yield psutil.Process(process.pid)
        finally:
            for child in psutil.Process(process.pid).children(recursive=True):
                with contextlib.suppress(psutil.NoSuchProcess):
                    child.kill()
            process.kill()


def of_all(process, question):
    """The answers of a process and its descendants. Those that end meanwhile, such as the daemon's forks, have none."""
    for one in (process, *process.children(recursive=True)):
        with contextlib.suppress(psutil.NoSuchProcess):
            yield question(one)


def listening(process):
    """The (address, port) pairs on which a process and its descendants listen."""
    return {
        (found.laddr.ip.removeprefix("::ffff:"), found.laddr.port)
        for connections in of_all(process, lambda one: one.net_connections("tcp"))
        for found in connections
        if found.status == psutil.CONN_LISTEN
    }


# Spark's own protocol: a request to the endpoint of every driver, with a Java object, the string "hello". A driver
# without authentication reads the object, and answers that it cannot handle it.
_OBJECT = bytes.fromhex("aced0005") + b"t\x00\x05hello"


def _text(text):
    return struct.pack(">H", len(text)) + text.encode()


def spark_request(host, port):
    nobody, receiver = b"\x00", b"\x01" + _text(host) + struct.pack(">i", port)
    body = nobody + receiver + _text("endpoint-verifier") + _OBJECT
    head = b"\x03" + struct.pack(">qi", 7, len(body))
    return struct.pack(">q", 8 + len(head) + len(body)) + head + body


def questions(host, port):
    """Questions to a port, which may speak first, or speak Spark's, Py4J's or the Python daemon's protocol."""
    return b"", spark_request(host, port), b"r\nu\njava.lang.System\nrj\ne\n", struct.pack("!i", 6) + b"secret"


def answers(ports):
    """{(port, number of the question): the answer within two seconds, or longer until each refusal has arrived}."""
    asked = {}
    for port in ports:
        for number, question in enumerate(questions(*port)):
            connection = asked[port, number] = socket.socket()
            connection.settimeout(5.0)
            connection.connect(port)
            connection.sendall(question)
    got = dict.fromkeys(asked, "")
    deadline = time.monotonic() + 20
    while set(map(kind_of, got.values())) != set(REFUSALS) and time.monotonic() < deadline:
        time.sleep(2)
        got = {place: got[place] + _received(connection) for place, connection in asked.items()}
    return got


def _received(connection):
    got = b""
    connection.setblocking(False)
    with contextlib.suppress(OSError):  # no more bytes, or the connection was closed
        while part := connection.recv(65536):
            got += part
    return got.decode("latin-1")


def as_nobody(ports):
    """The answers as another user of this machine gets them."""
    reader, writer = os.pipe()
    stranger = os.fork()
    if not stranger:
        try:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            os.write(writer, repr(answers(ports)).encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as told:
        said = told.read()
    os.waitpid(stranger, 0)
    return ast.literal_eval(said.decode())


# All answers that a stranger gets. The daemon's holds the id of the process that it forks to receive the secret.
REFUSALS = {
    "nothing": "",
    "Spark": ".{21}java.lang.IllegalStateException: Expected SaslMessage, received something else.*",
    "Py4J": "!xsAuthentication error: unexpected command.\n",
    "the daemon": ".{4}(\0\0\0\3err)?",
}


def kind_of(answer):
    """The name of the refusal, or the answer itself."""
    return next((kind for kind, pattern in REFUSALS.items() if re.fullmatch(pattern, answer, re.DOTALL)), answer)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_a_submit_answers_no_other_user_and_keeps_its_files_in_its_scratch_folder(tmp_path):
    with idle_driver(tmp_path) as java:
        ports = listening(java)
        assert {host for host, _ in ports} == {"127.0.0.1"}
        assert len(ports) >= 4  # Spark's messages, its blocks, Py4J's gateway, the daemon of the Python workers
        said = {place: kind_of(answer) for place, answer in as_nobody(ports).items()}
        assert set(said.values()) == set(REFUSALS), said
        words = [word for command in of_all(java, lambda one: one.cmdline()) for word in command]
        assert words
        assert not [word for word in words if "secret" in word]
        assert {path.name.partition("-")[0] for path in tmp_path.iterdir()} >= {"spark", "blockmgr"}
        assert not elsewhere(java, tmp_path)


def elsewhere(process, scratch):
    """Files of the process and its descendants in shared temporary folders, outside their own folder."""
    held = {path for paths in of_all(process, _held) for path in paths}
    ours = (scratch, settings.project_root(), Path(sys.prefix).resolve())
    shared = map(Path, ("/tmp", "/var/tmp", "/dev/shm"))  # noqa: S108
    below = {path for folder in shared for path in held if path.is_relative_to(folder)}
    return {path for path in below if not any(map(path.is_relative_to, ours))}


def _held(process):
    paths = {Path(item.path) for item in (*process.memory_maps(), *process.open_files())}
    return paths | {*Path("/tmp").glob(f"hsperfdata_*/{process.pid}")}  # noqa: S108
