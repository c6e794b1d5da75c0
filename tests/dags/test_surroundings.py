"""The first task reports what an Airflow lacks, with advice."""

from __future__ import annotations

import re

import pytest


def test_a_complete_airflow_passes_the_check(airflow):
    assert airflow.ask("lacking") == ""
    # Only pip checks the version of pandas, because we use only its public interface.
    assert airflow.ask("lacking", requirements=["pyspark>=4", "pandas<1"]) == ""


def test_a_missing_connection_is_reported_with_the_command_that_makes_it(airflow):
    said = airflow.ask("lacking", without="connection")
    assert said.startswith("This Airflow has no connection spark_default, which says where Spark runs.")
    assert "Run: airflow connections add spark_default --conn-type spark --conn-host 'local[*]'" in said


def test_a_missing_plugin_is_reported_because_it_makes_the_pool(airflow):
    said = airflow.ask("lacking", without="plugin")
    assert re.match(r"This Airflow has not loaded the opengenome plugin.*opengenome_spark.*plugins folder.*start", said)


@pytest.mark.parametrize("requirement", ["pyspark<4", "apache-airflow-providers-apache-spark<8,>=7"])
def test_an_unsuitable_version_is_reported_with_the_suitable_range(airflow, requirement):
    said = airflow.ask("lacking", requirements=[requirement])
    assert re.match(r"[\w-]+ \d\S+ is installed, but opengenome needs ", said)
    assert said.endswith(f"Run: pip install '{requirement}'")
