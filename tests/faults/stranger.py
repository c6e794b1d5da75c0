"""Another user of this machine: a process of the uid 65534 that tries every port, socket and file of ours."""

from __future__ import annotations

import codecs
import contextlib
import functools
import http.client
import json
import os
import select
import socket
import struct
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from opengenome.cli.processes import belonging

NOBODY = 65534


@dataclass(frozen=True, order=True)
class Endpoint:
    """A socket on which a process of ours listens.

    address: a port, or the path of a unix socket; "@…" is an abstract name and not a path.
    """

    program: str
    pid: int
    host: str
    address: str

    @property
    def place(self) -> tuple[Any, ...]:
        """The address as `socket.connect` takes it."""
        if self.host:
            return (socket.AF_INET6 if ":" in self.host else socket.AF_INET, (self.host, int(self.address)))
        return (socket.AF_UNIX, self.address.replace("@", "\0", 1) if self.address.startswith("@") else self.address)


def endpoints(home: Path) -> set[Endpoint]:
    """The sockets on which this process and those of the Airflow in `home` listen now."""
    found = set()
    for process in [psutil.Process(), *belonging(home)]:
        with contextlib.suppress(psutil.Error):
            program = _program(process)
            for one in process.net_connections(kind="all"):
                if one.family == socket.AF_UNIX:
                    if one.laddr:
                        found.add(Endpoint(program, process.pid, "", one.laddr))
                elif one.status == psutil.CONN_LISTEN or (one.type == socket.SOCK_DGRAM and one.laddr):
                    found.add(Endpoint(program, process.pid, one.laddr.ip, str(one.laddr.port)))
    return found


def _program(process: psutil.Process) -> str:
    command = " ".join(process.cmdline())
    names = {"SparkSubmit": "JVM", "opengenome.spark.daemon": "daemon", "count_batch.py": "driver"}
    airflow = ("api-server", "api_server", "scheduler", "dag-processor", "airflow worker")
    names |= {name: name.replace("_", "-") for name in airflow}
    return next((role for word, role in names.items() if word in command), "other")


def _spark(kind: int, body: bytes) -> bytes:
    """A frame of Spark's network protocol: its length, its kind, its content."""
    return struct.pack(">QB", 9 + len(body), kind) + body


_FILE = b"/files/count_batch.py"
WORDS = {
    "nothing": b"",
    "HTTP": b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
    "noise": bytes(range(256)) + b"\n",
    "a call of Spark's": _spark(3, struct.pack(">QI", 1, 8) + b"\0" * 8),
    "a message of Spark's": _spark(9, struct.pack(">I", 8) + b"\0" * 8),
    "a file of Spark's": _spark(6, struct.pack(">I", len(_FILE)) + _FILE),
    "a command of Py4J's": b"r\nu\nSystem\nrj\ne\n",
    "a wrong secret": struct.pack(">I", 5) + b"wrong",
}


class Stranger:
    """A forked process, so that it needs no file of ours. It reports what it could read.

    folders: it holds them open, because other users cannot enter the folders of a test.
    """

    def __init__(self, folders: Iterable[Path]) -> None:
        self._there, here = socket.socketpair()
        opened = [os.open(folder, os.O_RDONLY) for folder in folders]
        codecs.lookup("idna")  # used by http.client, and Python's own files may be out of reach then
        self._pid = os.fork()
        if self._pid == 0:
            with contextlib.suppress(BaseException):
                _close_all_but({here.fileno(), *opened})
                os.setgroups([])
                os.setgid(NOBODY)
                os.setuid(NOBODY)
                _serve(here, opened)
            os._exit(0)
        here.close()
        for folder in opened:
            os.close(folder)
        self._answers = self._there.makefile("rb")

    def ask(self, what: str, *arguments: Any) -> Any:
        """The answer of one of the functions below. Arguments and answers are JSON."""
        self._there.sendall(json.dumps([what, arguments]).encode() + b"\n")
        answer = json.loads(self._answers.readline() or b'{"error": "it has ended"}')
        assert "error" not in answer, answer["error"]
        return answer["value"]

    def close(self) -> None:
        self._answers.close()
        self._there.close()
        os.waitpid(self._pid, 0)


def _close_all_but(kept: set[int]) -> None:
    # The fork has the test's files open, and so would keep their locks.
    for number in map(int, os.listdir("/proc/self/fd")):  # noqa: PTH208
        if number > 2 and number not in kept:
            with contextlib.suppress(OSError):
                os.close(number)


def _serve(channel: socket.socket, folders: list[int]) -> None:
    known: dict[str, Callable[..., Any]] = {
        "words": words,
        "requests": requests,
        "files": functools.partial(files, folders),
        "process": process,
    }
    with channel.makefile("rb") as questions:
        for line in questions:
            what, arguments = json.loads(line)
            try:
                answer = {"value": known[what](*arguments)}
            except Exception as error:
                answer = {"error": repr(error)}
            channel.sendall(json.dumps(answer).encode() + b"\n")


def words(family: int, address: Any, patience: float) -> dict[str, str]:
    """The answers of a port or socket to each of WORDS within `patience` seconds, as Latin-1, without empty ones."""
    answers = dict.fromkeys(WORDS, b"")
    with contextlib.ExitStack() as opened:
        waiting = {}
        for name, said in WORDS.items():
            client = opened.enter_context(socket.socket(family))
            client.settimeout(patience)
            with contextlib.suppress(OSError):
                client.connect(tuple(address) if isinstance(address, list) else address)
                client.sendall(said)
                waiting[client] = name
        deadline = time.monotonic() + patience
        while waiting and (left := deadline - time.monotonic()) > 0:
            for client in select.select(list(waiting), [], [], left)[0]:
                some = b""
                with contextlib.suppress(OSError):
                    some = client.recv(1 << 16)
                answers[waiting[client]] += some
                if not some:
                    del waiting[client]
    return {name: answer.decode("latin-1") for name, answer in answers.items() if answer}


def requests(host: str, port: int, asked: list[tuple[str, str]]) -> list[tuple[int, str, str]]:
    """Status, content type and text of the answer to each request (method, path), without a login."""
    answers = []
    with contextlib.closing(http.client.HTTPConnection(host, port, timeout=30)) as connection:
        for method, path in asked:
            connection.request(method, path)
            answer = connection.getresponse()
            text = answer.read().decode("utf-8", "replace")
            answers.append((answer.status, answer.headers.get("Content-Type", ""), text))
    return answers


def files(folders: list[int], number: int, secrets: list[str]) -> tuple[int, list[str]]:
    """The number of readable files below a folder, and the files that hold one of the secrets."""
    read, holding = 0, []
    with contextlib.suppress(PermissionError):  # of the folder itself; os.walk skips closed folders below
        for place, _, names, at in os.fwalk(".", dir_fd=folders[number]):
            for name in names:
                with contextlib.suppress(OSError), open(os.open(name, os.O_NONBLOCK, dir_fd=at), "rb") as file:  # noqa: PTH123
                    text = file.read()
                    read += 1
                    holding += [f"{place}/{name}"] if any(secret.encode() in text for secret in secrets) else []
    return read, holding


def process(pid: int, secrets: list[str]) -> list[str]:
    """The files of a process in /proc that show anything they should not. None if it has ended."""
    shown = []
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        shown += ["cmdline"] if any(secret.encode() in command for secret in secrets) else []
        with contextlib.suppress(PermissionError):
            Path(f"/proc/{pid}/environ").read_bytes()
            shown.append("environ")
    return shown
