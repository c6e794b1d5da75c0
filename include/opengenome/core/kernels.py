"""The compiled loops of `counting_numba.py` as functions over numpy arrays, without numba in the process.

To import numba and to link what it cached takes most of a second of CPU; LLVM loads machine code in 0.05 s. A process
of its own compiles the loops once for each source, numba and CPU. Their machine code is kept in a file that begins
with its SHA-256, so that a damaged one is compiled anew and never run.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import hashlib
import importlib.metadata
import os
import pkgutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from opengenome.core import atomic
from opengenome.errors import EngineError, SetupError

# Layout of `state`, which holds what must survive from one block to the next.
SLOT, LINE_START, ERROR, PHASE, VALUE, SKIP = range(6)
STATE_SIZE = 6
NO_ERROR, BAD_BYTE, NO_HEADER = range(3)

CLASSES = 256  # one for each value of a byte
COLUMNS = 65  # of a row of counts: the 64 codons and the ambiguous ones

FOLDERS = "OPENGENOME_LOOPS"  # where machine code is looked for, and kept: folders apart by os.pathsep
_COMPILER = "compiling"
_SOURCES = (_COMPILER, "counting_numba", "kernels", "alphabet")
_DIGEST_SIZE = hashlib.sha256().digest_size

# C arguments. An array of another type, shape or order is refused, and one that is written to but must not be.
_contiguous = functools.partial(np.ctypeslib.ndpointer, flags="C_CONTIGUOUS")
_writeable = functools.partial(np.ctypeslib.ndpointer, flags="C_CONTIGUOUS,WRITEABLE")
_int = ctypes.c_int64
_text, _classes, _offsets = _contiguous(np.uint8, 1), _contiguous(np.uint8, 1, (CLASSES,)), _contiguous(np.int64, 1)
_state, _ints, _rows = _writeable(np.int64, 1, (STATE_SIZE,)), _writeable(np.int64, 1), _writeable(np.int64, 2)
_hashes = _writeable(np.uint64, 1)


@dataclass(frozen=True, slots=True)
class Kernels:
    """The loops; `counting_numba.py` tells what each does, takes and returns. Python's lock is free while one runs.

    An array whose length matters is followed by it. Raises ctypes.ArgumentError for an array of another kind.
    """

    count_fasta: Callable[..., int]
    count_strings: Callable[..., int]
    measure_fasta: Callable[..., int]
    measure_strings: Callable[..., int]
    hash_strings: Callable[..., int]
    engine: object  # the machine code goes when it goes


_ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "count_fasta": (_text, _int, _int, _classes, _int, _state, _rows, _int, _ints, _ints, _rows),
    "count_strings": (
        _text, _int, _offsets, _int, _text, _int, _classes, _int, _state, _rows, _int, _ints, _ints
    ),
    "measure_fasta": (_text, _int, _int, _classes, _state, _ints, _int, _ints, _hashes),
    "measure_strings": (_text, _int, _offsets, _int, _classes, _ints),
    "hash_strings": (_text, _int, _offsets, _int, _hashes),
}  # fmt: skip


@functools.cache
def load_kernels() -> Kernels:
    """The loops, compiled if nobody did before. No threads. Raises SetupError or EngineError where that fails."""
    # Only those who count or measure pay for LLVM.
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    machine = llvm.Target.from_default_triple().create_target_machine(jit=True)
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
    engine.add_object_file(llvm.ObjectFileRef.from_data(_machine_code(_key())))
    engine.finalize_object()
    loops = {
        name: ctypes.CFUNCTYPE(_int, *arguments)(engine.get_function_address(name))
        for name, arguments in _ARGUMENTS.items()
    }
    return Kernels(**loops, engine=engine)


def _key() -> str:
    """Of everything that the machine code depends on."""
    import llvmlite.binding as llvm

    ingredients = [
        *(pkgutil.get_data(__package__, f"{name}.py") or b"" for name in _SOURCES),
        importlib.metadata.version("numba").encode(),
        importlib.metadata.version("llvmlite").encode(),
        llvm.get_process_triple().encode(),
        llvm.get_host_cpu_name().encode(),
        llvm.get_host_cpu_features().flatten().encode(),
    ]
    total = hashlib.sha256()
    for ingredient in ingredients:
        total.update(b"%d " % len(ingredient) + ingredient)
    return total.hexdigest()[:16]


def _machine_code(key: str) -> bytes:
    name = f"loops-{key}.o"
    folders = _folders()
    for folder in folders:
        with contextlib.suppress(OSError):
            held = (folder / name).read_bytes()
            code = held[_DIGEST_SIZE:]
            if hashlib.sha256(code).digest() == held[:_DIGEST_SIZE]:
                return code
    code = _compiled()
    for folder in folders:
        with contextlib.suppress(OSError):
            _keep(folder / name, hashlib.sha256(code).digest() + code)
            break
    return code


def _folders() -> list[Path]:
    """Where machine code may be; it is kept in the first that can be written to."""
    if named := os.environ.get(FOLDERS):
        return [Path(folder) for folder in named.split(os.pathsep) if folder]
    try:
        return [Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "opengenome"]
    except RuntimeError:  # the user has no home
        return []


def _keep(path: Path, content: bytes) -> None:
    """Others may write the same file meanwhile. Only its owner may write to it: what is in it, is run."""

    def fill(file: BinaryIO) -> None:
        file.write(content)
        os.fchmod(file.fileno(), 0o644)  # for other users too, whatever the umask is

    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    atomic.write(path, fill, mode=0o600)


def _compiled() -> bytes:
    """Machine code for this machine. Nothing that is set for another numba bends it."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("NUMBA_", "PYTHON"))}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))  # the package may be in a zip
    done = subprocess.run(
        [sys.executable, "-P", "-m", f"{__package__}.{_COMPILER}"],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        said = done.stderr.decode(errors="backslashreplace").strip() or f"exit code {done.returncode}"
        kind = EngineError if done.returncode < 0 else SetupError  # what was killed may pass the next time
        raise kind(f"numba cannot compile the counting loops: {said.splitlines()[-1]}")
    return done.stdout
