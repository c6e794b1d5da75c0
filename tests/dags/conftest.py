"""One Airflow for the tests of our plugin and DAG."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from airflow_process import AirflowProcess


@pytest.fixture(scope="session")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AirflowProcess]:
    process = AirflowProcess(tmp_path_factory.mktemp("airflow"))
    yield process
    process.stop()


@pytest.fixture(scope="session")
def tokens(airflow):
    """A token for each user."""
    airflow.ask("request", method="GET", path="/auth/token")  # the first request makes the passwords
    passwords = json.loads((airflow.home / "simple_auth_manager_passwords.json.generated").read_text())
    found = {}
    for name, password in passwords.items():
        login = {"username": name, "password": password}
        answer = airflow.ask("request", method="POST", path="/auth/token", json=login)
        found[name] = json.loads(answer["text"])["access_token"]
    return found


@pytest.fixture
def get(airflow, tokens):
    def get(path, user="reader", **headers):
        return airflow.ask("request", method="GET", path=path, token=tokens.get(user, ""), headers=headers)

    return get
