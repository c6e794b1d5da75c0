"""Runs without Airflow and Spark, as in tests/orchestration."""

from tests.orchestration.conftest import house

__all__ = ["house"]
