"""The stranger finds open ports, sockets, files and command lines; otherwise its silence would prove nothing."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import threading

import pytest
from stranger import WORDS, Stranger, endpoints

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


@pytest.fixture
def stranger(tmp_path):
    for folder in ("closed", "open"):
        (tmp_path / folder).mkdir(mode=0o700 if folder == "closed" else 0o755)
        (tmp_path / folder / "secret").write_text("it is swordfish")
        (tmp_path / folder / "secret").chmod(0o644)
    with contextlib.closing(Stranger([tmp_path / "closed", tmp_path / "open"])) as stranger:
        yield stranger


def answering(listener):
    """Greet every client until the listener is shut down."""
    with contextlib.suppress(OSError):
        while True:
            client, _ = listener.accept()
            with client, contextlib.suppress(TimeoutError):
                client.settimeout(0.5)
                client.recv(1 << 16)  # closing with unread bytes would discard the greeting
                client.sendall(b"welcome")


def test_the_stranger_hears_a_server_that_answers_everybody(stranger, tmp_path):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(len(WORDS))
        thread = threading.Thread(target=answering, args=(listener,), daemon=True)  # dies with the test
        thread.start()
        name = str(listener.getsockname()[1])
        [found] = [one for one in endpoints(tmp_path) if one.address == name]
        assert set(stranger.ask("words", *found.place, 2.0).values()) == {"welcome"}
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
        assert stranger.ask("words", *found.place, 0.2) == {}


def test_the_stranger_reads_only_files_that_others_may_read(stranger):
    assert stranger.ask("files", 0, ["swordfish"]) == [0, []]
    assert stranger.ask("files", 1, ["swordfish"]) == [1, ["./secret"]]
    assert stranger.ask("files", 1, ["shark"]) == [1, []]


def test_the_stranger_sees_a_secret_in_a_command_line_but_not_in_an_environment(stranger):
    code = "import sys; print(flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", code, "swordfish"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, env={**os.environ, "SECRET": "shark"}, **pipes) as process:
        process.stdout.readline()
        assert stranger.ask("process", process.pid, ["swordfish"]) == ["cmdline"]
        assert stranger.ask("process", process.pid, ["shark"]) == []
        process.stdin.close()
    assert stranger.ask("process", process.pid, ["swordfish"]) == []
