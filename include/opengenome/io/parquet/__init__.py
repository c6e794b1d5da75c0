"""Read Parquet files of sequences by row range, in blocks of bounded size, and check their layout."""
