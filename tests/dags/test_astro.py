"""The files for a project of Astro's CLI name what exists."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from airflow_process import ROOT

from opengenome.orchestration import settings

ASTRO = ROOT / "docs" / "astro"


def lines(name):
    return [line for line in (ASTRO / name).read_text().splitlines() if line and not line.startswith("#")]


def test_the_settings_make_the_connection_and_the_pool_that_we_use():
    airflow = yaml.safe_load((ASTRO / "airflow_settings.yaml").read_text())["airflow"]
    [connection], [pool] = airflow["connections"], airflow["pools"]
    assert connection == {"conn_id": settings.CONNECTION, "conn_type": "spark", "conn_host": "local[*]"}
    assert (pool["pool_name"], pool["pool_slot"] >= 1) == (settings.POOL, True)


def test_the_requirements_are_those_of_the_package_but_for_airflow():
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    assert lines("requirements.txt") == [line for line in wanted if not re.match("apache-airflow[<>=]", line)]
    direct = re.findall(r"(?m)^([\w.-]+)", (ROOT / "requirements.in").read_text())
    assert [re.match(r"[\w.-]+", line)[0] for line in wanted] == direct


def test_the_environment_sets_what_we_read_to_folders_that_astro_shares(monkeypatch):
    variables = dict(line.split("=") for line in lines("env"))
    assert {value.removeprefix("/usr/local/airflow/include").partition("/")[0] for value in variables.values()} == {""}
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    found = settings.load()
    assert [str(folder) for folder in (found.store, found.results, found.landing)] == [
        variables[f"OPENGENOME_{name}"] for name in ("STORE", "RESULTS", "LANDING")
    ]
    assert str(found.source_roots[1]) == variables.pop("OPENGENOME_SOURCE_ROOTS")
    assert len(variables) == 4
    assert variables["PYTHONPATH"] == "/usr/local/airflow/include"


def test_the_packages_are_debians():
    if not list(Path("/var/lib/apt/lists").glob("*_Packages*")):
        pytest.skip("no lists of Debian's packages: apt-get update makes them")
    for name in lines("packages.txt"):
        known = subprocess.run(["apt-cache", "show", name], capture_output=True, text=True, check=False)
        assert f"Package: {name}" in known.stdout, known.stderr
