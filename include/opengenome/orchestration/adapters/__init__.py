"""Airflow on top of our plain functions; the only part of the package that imports Airflow."""
