"""The command's requests to Airflow's API: a run is started exactly once, even if Airflow fails at first."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from opengenome.cli import client as calls
from opengenome.cli.client import Client
from opengenome.errors import EngineError, UsageError

Answer = httpx.Response | Exception


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    found: list[float] = []
    monkeypatch.setattr(calls.time, "sleep", found.append)
    return found


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[Client, list[str]]]:
    def make(*answers: Answer) -> tuple[Client, list[str]]:
        """A client whose Airflow gives these answers in turn, and the requests that it received."""
        left, sent = list(answers), []

        def answer(request: httpx.Request) -> httpx.Response:
            if request.url.path == "/auth/token":
                return httpx.Response(201, json={"access_token": "t"})
            sent.append(f"{request.method} {request.content.decode()}")
            given = left.pop(0)
            if isinstance(given, Exception):
                raise given
            return given

        client = Client("http://airflow", "password")
        http = httpx.Client(base_url="http://airflow", transport=httpx.MockTransport(answer))
        monkeypatch.setattr(client, "_http", http)
        return client, sent

    return make


REFUSED = {"reason": "Database error", "statement": "hidden", "orig_error": "hidden", "message": "Look for ID x"}
LOCKED = httpx.Response(500, json={"detail": REFUSED})
MADE, THERE = httpx.Response(200, json={}), httpx.Response(409, json={"detail": "there is such a run"})


def test_a_trigger_that_failed_in_airflow_is_repeated_under_the_same_name_with_a_line(answering, pauses, capsys):
    client, sent = answering(LOCKED, httpx.ReadError("reset"), httpx.ReadTimeout("slow"), MADE)
    client.trigger("r", {"source": "x"})
    assert len(sent) == 4
    assert len(set(sent)) == 1
    assert len(pauses) == 3
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 3  # each wait prints a line
    assert "it answered 500, Database error." in said[0]


def test_a_run_that_is_there_after_a_repeat_was_started_by_the_attempt_before(answering):
    client, _ = answering(httpx.ReadError("reset"), THERE)
    client.trigger("r", {})


def test_a_run_that_is_there_at_once_is_another_ones(answering):
    client, sent = answering(THERE)
    with pytest.raises(EngineError, match="there is such a run"):
        client.trigger("r", {})
    assert len(sent) == 1


def test_requests_that_airflow_refuses_are_not_repeated(answering, pauses):
    dump = "frame is 7\n\nFailed validating 'enum' in schema:\n    {'type': 'integer'}"
    client, _ = answering(httpx.Response(400, json={"detail": dump}))
    with pytest.raises(UsageError) as refused:
        client.trigger("r", {})
    assert str(refused.value) == "Airflow refuses the parameters: frame is 7."
    assert pauses == []


def test_repeats_end(answering, pauses):
    client, sent = answering(*[LOCKED] * 50)
    with pytest.raises(EngineError, match="Database error"):
        client.trigger("r", {})
    assert len(sent) == len(pauses) + 1 <= 10
    assert sum(pauses) < 90


@pytest.mark.parametrize(
    "call", [lambda client: client.fail_run("r"), lambda client: client.clear("r", [("count_codons", 1)])]
)
def test_other_changes_of_a_run_are_repeated_too(answering, call):
    client, sent = answering(LOCKED, httpx.Response(200, json={"task_instances": []}))
    call(client)
    assert len(sent) == 2


@pytest.mark.parametrize(
    ("value", "pushed"),
    [({"read": 1}, {"read": 1}), ('{"read": 1}', {"read": 1}), ('"word"', "word"), ("{half", "{half"), (None, None)],
)
def test_an_xcom_is_returned_as_it_was_pushed_whatever_the_api_makes_of_it(answering, value, pushed):
    client, _ = answering(httpx.Response(200, json={"value": value}))
    assert client.xcom_value("r", "discover", -1, "discovered") == pushed


def test_a_missing_xcom_is_none(answering):
    client, _ = answering(httpx.Response(404, json={"detail": "no"}))
    assert client.xcom_value("r", "discover", -1, "discovered") is None


@pytest.mark.parametrize("name", ["SSLKEYLOGFILE", "SSL_CERT_FILE", "ALL_PROXY", "NO_PROXY", "http_proxy"])
def test_certificates_and_proxies_of_the_environment_are_not_used(name, monkeypatch):
    monkeypatch.setenv(name, "[::1]" if name == "NO_PROXY" else "socks5://nowhere:1/nothing")
    client = Client("http://127.0.0.1:9", "secret")
    assert client.health() == {}
    client.close()
