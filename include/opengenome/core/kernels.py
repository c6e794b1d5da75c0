"""Load the compiled loops of `*_numba.py` as functions over numpy arrays, without importing numba.

Importing numba and linking its cached code takes most of a second of CPU; LLVM loads machine code in 0.05 s. A
separate process compiles the loops once for each combination of source, numba version and CPU. The file of machine
code begins with its SHA-256, so that damaged code is compiled again and never run.
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

# The layout of `state`, which carries the position in a record from one block to the next.
SLOT, LINE_START, ERROR, PHASE, VALUE, SKIP, PREVIOUS, ENTRIES = range(8)
STATE_SIZE = 8
NO_ERROR, BAD_BYTE, NO_HEADER = range(3)
NO_CODON = -1  # in PREVIOUS: the next codon is the second of no pair

CLASSES = 256  # one for each value of a byte
TRIPLES = 1 << 12  # numbers of three digits of four bits
KEPT, REFUSED = 1, 2  # bits of a kind of byte
COLUMNS = 65  # of a row of counts: the 64 codons and the ambiguous ones
PAIRS = 64 * 64

FOLDERS = "OPENGENOME_LOOPS"  # environment variable: folders for machine code, separated by os.pathsep
_COMPILER = "compiling"
_SOURCES = (_COMPILER, "counting_numba", "codon_pairs_numba", "bulk_numba", "kernels", "alphabet")
_DIGEST_SIZE = hashlib.sha256().digest_size

# C arguments. ctypes refuses an array of another type, shape or order, and a read-only array for an output.
_contiguous = functools.partial(np.ctypeslib.ndpointer, flags="C_CONTIGUOUS")
_writeable = functools.partial(np.ctypeslib.ndpointer, flags="C_CONTIGUOUS,WRITEABLE")
_int = ctypes.c_int64
_text, _classes, _offsets = _contiguous(np.uint8, 1), _contiguous(np.uint8, 1, (CLASSES,)), _contiguous(np.int64, 1)
_state, _ints, _rows = _writeable(np.int64, 1, (STATE_SIZE,)), _writeable(np.int64, 1), _writeable(np.int64, 2)
_hashes, _bytes, _floats = _writeable(np.uint64, 1), _writeable(np.uint8, 1), _writeable(np.float64, 1)
_pairs = _writeable(np.int64, 1, (PAIRS,))


@dataclass(frozen=True, slots=True)
class Kernels:
    """The loops, documented in `*_numba.py`. They run without Python's global lock.

    The length of an array follows it where the loop needs it. Raises ctypes.ArgumentError for a wrong kind of array.
    """

    count_fasta: Callable[..., int]
    count_strings: Callable[..., int]
    pair_strings: Callable[..., int]
    measure_fasta: Callable[..., int]
    measure_strings: Callable[..., int]
    hash_strings: Callable[..., int]
    strip: Callable[..., int]
    find_codons: Callable[..., int]
    sum_columns: Callable[..., int]
    engine: object  # owns the machine code


_ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "count_fasta": (_text, _int, _int, _classes, _int, _state, _rows, _int, _ints, _ints, _rows),
    "count_strings": (
        _text, _int, _offsets, _int, _text, _int, _classes, _int, _state, _rows, _int, _ints, _ints
    ),
    "pair_strings": (
        _text, _int, _offsets, _int, _text, _int, _classes, _int, _state, _pairs, _ints, _int, _ints, _ints, _int
    ),
    "measure_fasta": (_text, _int, _int, _classes, _state, _ints, _int, _ints, _hashes),
    "measure_strings": (_text, _int, _offsets, _int, _classes, _ints),
    "hash_strings": (_text, _int, _offsets, _int, _hashes),
    "strip": (_text, _int, _int, _classes, _bytes, _int),
    "find_codons": (_text, _int, _offsets, _int, _classes, _contiguous(np.uint8, 1, (TRIPLES,)), _bytes),
    "sum_columns": (_contiguous(np.float64, 2), _int, _int, _floats, _floats, _floats),
}  # fmt: skip


def new_state() -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """The state before the first byte: at the start of a line, no record open."""
    state = np.zeros(STATE_SIZE, dtype=np.int64)
    state[SLOT] = -1
    state[LINE_START] = 1
    return state


@functools.cache
def load_kernels() -> Kernels:
    """The loops, compiled if they are not cached. Starts no threads. Raises SetupError or EngineError if it fails."""
    # Imported here, so that only processes that count or measure load LLVM.
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
    """A digest of everything that the machine code depends on: sources, versions and CPU."""
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
    """The folders to look for machine code in. It is saved in the first one that is writable."""
    if named := os.environ.get(FOLDERS):
        return [Path(folder) for folder in named.split(os.pathsep) if folder]
    try:
        return [Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "opengenome"]
    except RuntimeError:  # the user has no home
        return []


def _keep(path: Path, content: bytes) -> None:
    """Save machine code; several processes may save the same file. Only its owner may change it, because it is run."""

    def fill(file: BinaryIO) -> None:
        file.write(content)
        os.fchmod(file.fileno(), 0o644)  # for other users too, whatever the umask is

    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    atomic.write(path, fill, mode=0o600)


def _compiled() -> bytes:
    """Compile for this machine, ignoring the user's NUMBA_* and PYTHON* settings."""
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
        output = done.stderr.decode(errors="backslashreplace").strip() or f"exit code {done.returncode}"
        kind = EngineError if done.returncode < 0 else SetupError  # a killed compiler may succeed next time
        raise kind(f"numba cannot compile the counting loops: {output.splitlines()[-1]}")
    return done.stdout
