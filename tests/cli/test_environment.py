"""The environment of the embedded Airflow's processes, and who can read its secrets."""

from __future__ import annotations

import errno
import importlib
import json
import socket
from pathlib import Path

import pytest

from opengenome.cli import database, environment, testing
from opengenome.cli.environment import Site, build, load_secrets, reserved_port
from opengenome.errors import UsageError


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
    monkeypatch.setenv("_AIRFLOW__AS_LIBRARY", "1")
    made = built(site)
    assert made["AIRFLOW_CONFIG"] == str(site.home / "airflow.cfg")
    assert "_AIRFLOW__AS_LIBRARY" not in made
    assert "AIRFLOW__CORE__SQL_ALCHEMY_CONN_CMD" not in made
    assert made["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] == f"sqlite:///{site.home}/airflow.db"


def test_the_connections_of_the_user_reach_it_but_not_one_to_another_spark(site, monkeypatch):
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", "smtp://127.0.0.1:25")
    monkeypatch.setenv("AIRFLOW_CONN_SPARK_DEFAULT", "spark://production")
    made = built(site)
    assert made["AIRFLOW_CONN_SMTP_DEFAULT"] == "smtp://127.0.0.1:25"
    assert json.loads(made["AIRFLOW_CONN_SPARK_DEFAULT"])["host"] == "local[*]"


def test_its_tasks_know_the_command_that_retries_a_run(site, monkeypatch):
    monkeypatch.setenv("OPENGENOME_COMMAND", "../opengenome")
    assert built(site)["OPENGENOME_RETRY_COMMAND"].endswith("../opengenome retry RUN")


def test_nothing_about_the_users_own_python_or_certificates_reaches_it(site, monkeypatch):
    for name in ("PYTHONWARNINGS", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONINSPECT", "SSL_CERT_FILE", "SSLKEYLOGFILE"):
        monkeypatch.setenv(name, "/nowhere")
    monkeypatch.setenv("PYTHONPATH", "/nowhere")
    assert "/nowhere" not in built(site).values()


def test_names_are_utf_8_for_python_and_java_whatever_the_locale_is(site, monkeypatch):
    monkeypatch.setenv("LC_ALL", "POSIX")
    monkeypatch.setattr(environment.locale, "getencoding", lambda: "ANSI_X3.4-1968")
    assert (built(site)["PYTHONUTF8"], built(site)["LC_ALL"]) == ("1", "C.UTF-8")
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    monkeypatch.setattr(environment.locale, "getencoding", lambda: "UTF-8")
    assert built(site)["LC_ALL"] == "de_DE.UTF-8"


def test_another_port_moves_every_address_with_it(site):
    made = built(site, 8123)
    addresses = {name for name, value in made.items() if name.startswith("AIRFLOW__") and "8123" in value}
    assert addresses == {
        "AIRFLOW__API__PORT",
        "AIRFLOW__API__BASE_URL",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL",
    }


def test_it_listens_on_this_machine_only(site):
    assert built(site)["AIRFLOW__API__HOST"] == "127.0.0.1"


def test_a_port_in_use_is_skipped(monkeypatch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setattr(environment, "FIRST_PORT", taken.getsockname()[1])
        with reserved_port() as port:
            assert port > taken.getsockname()[1]


def test_a_reserved_port_is_skipped_until_it_is_released(monkeypatch):
    with reserved_port() as first:
        monkeypatch.setattr(environment, "FIRST_PORT", first)
        with reserved_port() as second:
            assert second > first
    with reserved_port() as again:
        assert again == first


def test_the_requested_port_is_used_or_refused_by_its_number():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"--port {port} is in use"), reserved_port(port):
            pass
    with reserved_port(port) as had, pytest.raises(UsageError, match="is in use"), reserved_port(port):
        pass
    assert had == port


def test_a_privileged_port_is_refused_with_the_systems_message(monkeypatch):
    def denied(*_):
        raise PermissionError(errno.EACCES, "Permission denied")

    class Socket(socket.socket):
        bind = denied

    monkeypatch.setattr(environment.socket, "socket", Socket)
    with pytest.raises(UsageError, match="--port 80 cannot be used: Permission denied"), reserved_port(80):
        pass


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


PROXIES = {
    "HTTP_PROXY": "http://proxy:3128",
    "https_proxy": "http://proxy:3128",
    "ALL_PROXY": "socks5://127.0.0.1:1080",
    "all_proxy": "socks5h://[::1]:1080",
    "NO_PROXY": "fd00::/8,[::1]",
    "no_proxy": "fd00::/8",
    "Ftp_Proxy": "x",
}


def test_proxy_variables_do_not_reach_its_processes_or_the_tests(site, monkeypatch):
    for name, value in PROXIES.items():
        monkeypatch.setenv(name, value)
    for made in (built(site), testing._environment(site.root, site.root)):
        assert not [name for name in made if "proxy" in name.lower()]


def test_both_of_airflows_engines_wait_for_a_busy_database(site):
    made = built(site)
    for name in ("SQL_ALCHEMY_CONNECT_ARGS", "SQL_ALCHEMY_CONNECT_ARGS_ASYNC"):
        module, _, attribute = made[f"AIRFLOW__DATABASE__{name}"].rpartition(".")
        assert getattr(importlib.import_module(module), attribute)["timeout"] >= 30
    assert database.CONNECTION is not database.ASYNC_CONNECTION  # Airflow adds to the first


def test_the_run_may_read_data_from_standard_input(site, monkeypatch, tmp_path):
    monkeypatch.setenv("OPENGENOME_SOURCE_ROOTS", str(tmp_path / "only"))
    assert str(site.standard_input) in built(site)["OPENGENOME_SOURCE_ROOTS"].split(":")


def test_hints_in_tests_are_not_those_of_the_command_that_runs_the_tests(site, monkeypatch):
    monkeypatch.setenv("OPENGENOME_COMMAND", "../opengenome")
    assert "OPENGENOME_COMMAND" not in testing._environment(site.root, site.root)
