"""One Airflow for the tests of our plugin and DAG."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from airflow_process import AirflowProcess


@pytest.fixture(scope="session")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AirflowProcess]:
    process = AirflowProcess(tmp_path_factory.mktemp("airflow"))
    yield process
    process.stop()
