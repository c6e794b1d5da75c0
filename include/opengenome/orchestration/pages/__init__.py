"""What the pages inside Airflow show. Plain functions: which user may see them is decided in `adapters/web.py`."""
