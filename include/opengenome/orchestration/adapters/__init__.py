"""Where Airflow and our plain functions meet; the only part of the package that imports Airflow."""
