"""The machine code of the counting loops is compiled once, checked before it runs, and runs without numba."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys

import llvmlite.binding as llvm
import numpy as np
import pytest

from opengenome.core import kernels
from opengenome.core.kernels import FOLDERS, load_kernels

COUNT = """
import sys
import numpy as np
from opengenome.core.counting import SequenceCounter
from opengenome.core.measuring import hash_strings
counter = SequenceCounter(0)
block = np.frombuffer(b">a\\nACGACGTT\\n", dtype=np.uint8)
counted = [*counter.feed_fasta(block), *counter.finish()]
hash_strings(block, np.array([0, 4]))
print(counted[0].counts[0].nonzero()[0].tolist(), [name for name in ("numba", "pandas") if name in sys.modules])
"""
COUNTED = "[6] []\n"


def count(folder, **environment):
    """The output of a new process that counts one record, with its machine code in this folder."""
    surroundings = os.environ | {FOLDERS: str(folder)} | environment
    return subprocess.run([sys.executable, "-c", COUNT], env=surroundings, capture_output=True, text=True, check=True)


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    """A folder with the machine code of this source."""
    folder = tmp_path_factory.mktemp("loops")
    assert count(folder).stdout == COUNTED
    return folder


def only(folder):
    [path] = folder.iterdir()
    return path


def test_a_process_that_counts_and_measures_has_neither_numba_nor_pandas(compiled):
    assert count(compiled).stdout == COUNTED


def test_loops_are_compiled_once_for_all_processes(compiled):
    before = only(compiled).stat()
    count(compiled)
    assert only(compiled).stat().st_mtime_ns == before.st_mtime_ns


@pytest.mark.parametrize(
    "damage", ["a bit", *(pytest.param(part, marks=pytest.mark.e2e) for part in ("the end", "everything"))]
)
def test_damaged_machine_code_is_compiled_again_and_never_run(compiled, damage):
    path = only(compiled)
    whole = path.read_bytes()
    path.write_bytes(
        {"a bit": whole[:-9] + bytes([whole[-9] ^ 1]) + whole[-8:], "the end": whole[:-1], "everything": b""}[damage]
    )
    assert count(compiled).stdout == COUNTED
    assert only(compiled).read_bytes() == whole  # the same source gives the same code


@pytest.mark.e2e
def test_settings_of_the_users_numba_have_no_effect(compiled, tmp_path):
    count(tmp_path, NUMBA_DISABLE_JIT="1", NUMBA_BOUNDSCHECK="1", NUMBA_OPT="0", PYTHONWARNINGS="error")
    assert only(tmp_path).read_bytes() == only(compiled).read_bytes()


def test_each_source_numba_and_cpu_has_its_own_file(monkeypatch):
    found = {kernels._key()}
    with monkeypatch.context() as changed:
        changed.setattr(kernels.pkgutil, "get_data", lambda _, name: name.encode())
        found.add(kernels._key())
    with monkeypatch.context() as changed:
        changed.setattr(kernels.importlib.metadata, "version", lambda _: "0")
        found.add(kernels._key())
    with monkeypatch.context() as changed:
        changed.setattr(llvm, "get_host_cpu_name", lambda: "another")
        found.add(kernels._key())
    assert len(found) == 4


def test_a_failure_of_numba_is_reported_in_one_sentence(monkeypatch):
    monkeypatch.setattr(kernels, "_COMPILER", "no_such_file")
    with pytest.raises(kernels.SetupError, match=r"numba cannot compile the counting loops: .*no_such_file"):
        kernels._compiled()


ARRAYS = {
    "of another type": np.zeros(3, dtype=np.int32),
    "not contiguous": np.zeros(6, dtype=np.int64)[::2],
    "that cannot be written to": np.frombuffer(bytes(24), dtype=np.int64),
    "of another shape": np.zeros((3, 1), dtype=np.int64),
}


@pytest.mark.parametrize("bases", ARRAYS.values(), ids=ARRAYS.keys())
def test_a_loop_refuses_an_array_of_the_wrong_kind(bases):
    data, offsets = np.zeros(0, dtype=np.uint8), np.zeros(4, dtype=np.int64)
    with pytest.raises(ctypes.ArgumentError):
        load_kernels().measure_strings(data, 0, offsets, 4, np.zeros(256, dtype=np.uint8), bases)


def test_a_loop_refuses_a_table_that_lacks_bytes():
    data, offsets = np.zeros(0, dtype=np.uint8), np.zeros(4, dtype=np.int64)
    with pytest.raises(ctypes.ArgumentError):
        load_kernels().measure_strings(data, 0, offsets, 4, np.zeros(255, dtype=np.uint8), np.zeros(3, dtype=np.int64))
