"""A failed or late run is reported in a sentence, and a notifier of the user's sends it.

Run as a program, this calls the callbacks as Airflow does, with the settings of its environment.
"""

from __future__ import annotations

import email
import json
import logging
import os
import re
import socket
import subprocess
import sys
from collections import namedtuple
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
from airflow_process import ROOT, environment

SMTP = "airflow.providers.smtp.notifications.smtp.SmtpNotifier"
# As the documents say it.
[MAIL] = re.findall(r"(?m)^OPENGENOME_NOTIFIER_ARGUMENTS='(.*)'$", (ROOT / "docs" / "operations.md").read_text("utf-8"))
FAILURE = {"sentence": "It is FASTQ (file a<b>.fa). Look.", "again": "mended"}

Reported = namedtuple("Reported", "error log")


def call(what: str) -> list[Any]:
    """Call one callback; what it raised and logged."""
    from opengenome.errors import UsageError  # noqa: PLC0415
    from opengenome.orchestration.adapters import failing  # noqa: PLC0415

    lines: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]
    failing.log.handlers = [handler]
    left = FAILURE if what == "failed" else None
    task = SimpleNamespace(task_id="ingest", map_index=2, xcom_pull=lambda **asked: left)
    try:
        if not what.startswith("late"):
            failing.reporter()({"run_id": "a b", "ti": task, "reason": "task_failure"})
        elif alert := failing.deadline():
            lines.append(f"{alert.interval.total_seconds()} {alert.callback.path}")
            run = {"dag_run_id": "r", "state": what.rpartition(" ")[2]}
            failing.report_late({"deadline": {}, "dag_run": run})
    except UsageError as raised:
        return [str(raised), lines]
    return ["", lines]


def serve(cases: list[tuple[str, dict[str, str]]]) -> None:
    """Call a callback for each case, with its settings."""
    for what, settings in cases:
        with patch.dict(os.environ, settings):
            print(json.dumps(call(what)))


@pytest.fixture
def report(tmp_path):
    """Report things with these settings, one after the other; for each the error and the lines of the log."""

    def report(*cases):
        done = subprocess.run(
            [sys.executable, __file__, json.dumps(cases)],
            env=environment(tmp_path), cwd=tmp_path, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return [Reported(*json.loads(line)) for line in done.stdout.splitlines() if line.startswith('["')]

    return report


class Mailbox:
    """A mail server on the loopback, and what it received."""

    def __init__(self):
        self.mails = []

    async def handle_DATA(self, server, session, envelope):  # noqa: N802  (aiosmtpd's name)
        self.mails.append(email.message_from_bytes(envelope.content))
        return "250 OK"


@pytest.fixture
def mailbox():
    box = Mailbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        box.port = probe.getsockname()[1]
    server = pytest.importorskip("aiosmtpd.controller").Controller(box, hostname="127.0.0.1", port=box.port)
    server.start()
    yield box
    server.stop()


def by_mail(port=None):
    """The settings of a notifier that sends mail to this port; without one, it has no connection."""
    extra = {
        "from_email": "airflow@example.org",
        "disable_ssl": True,
        "disable_tls": True,
        "retry_limit": 0,
        "timeout": 5,
    }
    server = {"conn_type": "smtp", "host": "127.0.0.1", "port": port, "extra": extra}
    notifier = {"OPENGENOME_NOTIFIER": SMTP, "OPENGENOME_NOTIFIER_ARGUMENTS": MAIL}
    return notifier | ({"AIRFLOW_CONN_SMTP_DEFAULT": json.dumps(server)} if port else {})


def test_a_failed_run_is_reported_in_one_line_with_the_way_to_retry_it(report):
    by_command = {"OPENGENOME_RETRY_COMMAND": "./opengenome retry RUN --on stack"}
    command, other, died = report(("failed", by_command), ("failed", {}), ("died", {}))
    line = f"The run a b failed at ingest: {FAILURE['sentence']} To retry the run:"
    assert command.log == [f"{line} `./opengenome retry 'a b' --on stack`."]
    assert other.log == [f"{line} clear `discover` and the tasks after it."]
    assert died.log[0].startswith("The run a b failed at ingest: task_failure. The log of the task says more. To retry")


def test_the_notifier_of_the_settings_sends_the_sentence_by_mail(report, mailbox):
    sent, unsent = report(("failed", by_mail(mailbox.port)), ("failed", by_mail()))
    [mail] = mailbox.mails
    assert (mail["To"], mail["Subject"]) == ("ada@example.org", "Codon usage")
    body = mail.get_payload()[0].get_payload(decode=True).decode()
    assert body == sent.log[0].replace("<", "&lt;").replace(">", "&gt;")
    assert len(sent.log) == 1
    assert unsent.log[1:] == ["OPENGENOME_NOTIFIER could not notify: SMTP connection is not found."]
    assert unsent.error == ""


WRONG = [
    (
        {"NOTIFIER": "airflow.providers.apache.nothing.notifications.n.N"},
        r"OPENGENOME_NOTIFIER is airflow\S+, which cannot be imported: No module named 'airflow.providers.apache.n"
        r".*Install apache-airflow-providers-apache-nothing\.",
    ),
    ({"NOTIFIER": "nothing"}, r"OPENGENOME_NOTIFIER is nothing, which cannot be imported.*Install the package"),
    ({"NOTIFIER": "json.dumps"}, r"OPENGENOME_NOTIFIER is json.dumps, which is not an Airflow notifier\."),
    (
        {"NOTIFIER": SMTP, "NOTIFIER_ARGUMENTS": '{"to": "a", "too": "a"}'},
        r"OPENGENOME_NOTIFIER_ARGUMENTS do not fit SmtpNotifier: .*'too'",
    ),
    ({"NOTIFIER_ARGUMENTS": '{"password'}, r"OPENGENOME_NOTIFIER_ARGUMENTS is not a JSON object\. Write it like"),
]


def test_a_notifier_that_cannot_be_used_is_an_error_when_the_dag_is_read(report):
    said = report(*(("failed", {f"OPENGENOME_{name}": text for name, text in wrong.items()}) for wrong, _ in WRONG))
    for one, (_, error) in zip(said, WRONG, strict=True):
        assert re.match(error, one.error), one.error
        assert one.log == []


def test_a_run_that_is_late_is_reported_and_one_that_has_ended_is_not(report, mailbox):
    settings = by_mail(mailbox.port) | {"OPENGENOME_DEADLINE_SECONDS": "3600"}
    late, ended, off = report(("late running", settings), ("late failed", settings), ("late running", {}))
    alert = "3600.0 opengenome.orchestration.adapters.failing.report_late"
    sentence = "The run r is late: after 3,600 s it is running. It goes on; its page in Airflow shows how far it is."
    assert (late.log, ended.log, off.log) == ([alert, sentence], [alert], [])
    assert len(mailbox.mails) == 1


if __name__ == "__main__":
    serve(json.loads(sys.argv[1]))
