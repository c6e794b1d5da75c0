"""The arithmetic: numpy and one numba file; no I/O, no environment, no Airflow, no Spark."""
