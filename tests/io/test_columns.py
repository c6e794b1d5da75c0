"""Arrow columns are made and read through their buffers, so that no process loads pandas for them."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from opengenome.io.columns import fixed_bytes, fixed_column

WORK = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[3])
import test_memory

test_memory.count(Path(sys.argv[1]), Path(sys.argv[2]))
sys.exit("pandas" in sys.modules)
"""


@pytest.mark.parametrize("rows", [0, 1, 5])
def test_fixed_bytes_are_read_back_as_they_were_written_also_from_a_slice(rows):
    values = np.arange(rows * 32, dtype=np.uint8).reshape(rows, 32)
    array = fixed_column(values)
    assert (array.type, array.to_pylist()) == (pa.binary(32), [bytes(value) for value in values])
    assert fixed_bytes(array).tolist() == values.tolist()
    assert fixed_bytes(array[1:4]).tolist() == values[1:4].tolist()


@pytest.mark.parametrize("kind", [pa.string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())])
def test_ingest_plan_and_count_load_no_pandas(tmp_path, kind):
    path = tmp_path / "in.parquet"
    pq.write_table(pa.table({"seq_id": pa.array(["a", "b"], kind), "sequence": pa.array(["ACG", "T"], kind)}), path)
    include, here = str(Path(__file__).parents[2] / "include"), str(Path(__file__).parent)
    command = [sys.executable, "-c", WORK, path, tmp_path, here]
    subprocess.run(command, env=os.environ | {"PYTHONPATH": include}, check=True)
