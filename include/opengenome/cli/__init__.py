"""The command `opengenome`: argument parsing, the embedded Airflow, its REST client, what is printed."""
