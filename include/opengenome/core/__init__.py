"""Counting, planning, measures and validation, in numpy; no Airflow, no Spark, and no input or output files.

Two modules do touch the disk: `kernels` caches the machine code of the loops, and `atomic` writes files for all others.
Only `counting_numba`, `bulk_numba` and `compiling` import numba.
"""
