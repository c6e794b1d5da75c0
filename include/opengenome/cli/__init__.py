"""The command `opengenome`: its options, the embedded Airflow and its REST client, progress, and printed results."""
