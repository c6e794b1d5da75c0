"""The arithmetic: numpy, and numba in two files; no Airflow, no Spark, no I/O but the file of the compiled loops.

`atomic` writes files for everybody, that file too.
"""
