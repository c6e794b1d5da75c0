"""Counting batches on Spark. Only this package imports pyspark."""
