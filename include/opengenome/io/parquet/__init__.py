"""Parquet files of sequences, read by row range in blocks of bounded size, and what their bytes must look like."""
