"""What the embedded Airflow's processes are told, and who can read its secrets."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from opengenome.cli import environment
from opengenome.cli.environment import Site, build, load_secrets, reserved_port


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = Site(tmp_path, tmp_path / "home", tmp_path / "dags", tmp_path / "plugins")
    site.prepare()
    return site


def built(site: Site, port: int = 8080) -> dict[str, str]:
    return build(site, port, load_secrets(site), schedule=False)


def test_no_airflow_setting_of_the_user_reaches_it(site, monkeypatch):
    monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "postgresql://production")
    monkeypatch.setenv("AIRFLOW__CORE__SQL_ALCHEMY_CONN_CMD", "cat /secret")
    monkeypatch.setenv("AIRFLOW_CONFIG", "/etc/airflow.cfg")
    made = built(site)
    assert "AIRFLOW_CONFIG" not in made
    assert "AIRFLOW__CORE__SQL_ALCHEMY_CONN_CMD" not in made
    assert made["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] == f"sqlite:///{site.home}/airflow.db"


def test_another_port_moves_every_address_with_it(site):
    made = built(site, 8123)
    told = {name for name, value in made.items() if name.startswith("AIRFLOW__") and "8123" in value}
    assert told == {
        "AIRFLOW__API__PORT",
        "AIRFLOW__API__BASE_URL",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL",
    }


def test_it_listens_on_this_machine_only(site):
    assert built(site)["AIRFLOW__API__HOST"] == "127.0.0.1"


def test_a_port_that_is_taken_is_passed_over(monkeypatch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setattr(environment, "FIRST_PORT", taken.getsockname()[1])
        with reserved_port() as port:
            assert port > taken.getsockname()[1]


def test_a_port_that_is_reserved_is_passed_over_until_it_is_let_go(monkeypatch):
    with reserved_port() as first:
        monkeypatch.setattr(environment, "FIRST_PORT", first)
        with reserved_port() as second:
            assert second > first
    with reserved_port() as again:
        assert again == first


def test_secrets_are_made_once_and_nobody_else_reads_them(site):
    first = load_secrets(site)
    assert load_secrets(site) == first
    assert site.home.stat().st_mode & 0o777 == 0o700
    for name in ("secrets.json", "passwords.json"):
        assert (site.home / name).stat().st_mode & 0o777 == 0o600
    assert json.loads((site.home / "passwords.json").read_text()) == {"admin": first["password"]}


def test_inputs_may_lie_anywhere_unless_the_user_says_otherwise(site, monkeypatch, tmp_path):
    monkeypatch.delenv("OPENGENOME_SOURCE_ROOTS", raising=False)
    assert built(site)["OPENGENOME_SOURCE_ROOTS"] == "/"
    monkeypatch.setenv("OPENGENOME_SOURCE_ROOTS", str(tmp_path))
    assert str(tmp_path) in built(site)["OPENGENOME_SOURCE_ROOTS"].split(":")
    assert "/" not in built(site)["OPENGENOME_SOURCE_ROOTS"].split(":")


def test_relative_settings_mean_the_users_folder_and_not_airflows(site, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENGENOME_RESULTS", "mine")
    assert built(site)["OPENGENOME_RESULTS"] == str(tmp_path / "mine")


def test_a_proxy_is_never_used_between_its_processes(site, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://proxy:3128")
    monkeypatch.setenv("NO_PROXY", "intranet")
    assert built(site)["NO_PROXY"].split(",") == ["127.0.0.1", "localhost", "intranet"]
