"""An Airflow that runs the real DAG with the real Spark, in a process of its own."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from opengenome.io.store import remove_folder
from tests.e2e.dag_runs import Done, generate, write


@pytest.fixture(scope="session")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    path = Path(__file__).resolve().parents[1] / "dags" / "airflow_process.py"
    spec = importlib.util.spec_from_file_location("airflow_process", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    process = module.AirflowProcess(tmp_path_factory.mktemp("airflow"))
    yield process
    process.stop()


@pytest.fixture
def run(airflow, request):
    """Runs the DAG. A test that failed and runs once more finds no batch committed, as it did at first."""
    if getattr(request.node, "execution_count", 1) > 1:
        remove_folder(airflow.home / "store" / "batches")

    def run(source, trouble=None, timeout=None, **conf):
        conf = {"source": str(source)} | conf
        return Done(airflow.ask("run", conf=conf, trouble=trouble, timeout=timeout), airflow.home)

    return run


@pytest.fixture(scope="session")
def inputs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("inputs")
    return {
        (count, form): write(folder / f"{count}.{form}", generate(count))
        for count in (3, 8)
        for form in ("fasta", "fasta.gz", "parquet")
    }
