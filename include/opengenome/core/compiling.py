"""Compile the loops of `*_numba.py`.

`python -m opengenome.core.compiling` writes machine code to stdout.
Each loop has an entry point with the calling convention of C. An array is passed as a pointer to its first element,
followed by its length where the loop needs it. `kernels.py` declares the same arguments in ctypes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import llvmlite.binding as llvm
import numba
from numba import carray, types

from opengenome.core import bulk_numba as bulk
from opengenome.core import codon_pairs_numba
from opengenome.core import counting_numba as loops
from opengenome.core.kernels import CLASSES, COLUMNS, PAIRS, STATE_SIZE, TRIPLES

_int = types.int64
_int_pointer, _byte_pointer, _hash_pointer = (types.CPointer(kind) for kind in (_int, types.uint8, types.uint64))
_float_pointer = types.CPointer(types.float64)
_ENTRIES: dict[str, Any] = {}


def _entry(*arguments: Any) -> Callable[[Any], Any]:
    def compiled(function: Any) -> Any:
        made = _ENTRIES[function.__name__[1:]] = numba.cfunc(_int(*arguments))(function)
        return made

    return compiled


@_entry(
    _byte_pointer, _int, _int, _byte_pointer, _int, _int_pointer, _int_pointer, _int, _int_pointer, _int_pointer,
    _int_pointer,
)  # fmt: skip
def _count_fasta(
    block: Any, size: int, i: int, classes: Any, frame: int, state: Any, counts: Any, slots: int, skipped: Any,
    trailing: Any, headers: Any,
) -> Any:  # fmt: skip
    return loops.count_fasta(
        carray(block, size), i, carray(classes, CLASSES), frame, carray(state, STATE_SIZE),
        carray(counts, (slots, COLUMNS)), carray(skipped, slots), carray(trailing, slots), carray(headers, (slots, 2)),
    )  # fmt: skip


@_entry(
    _byte_pointer, _int, _int_pointer, _int, _byte_pointer, _int, _byte_pointer, _int, _int_pointer, _int_pointer, _int,
    _int_pointer, _int_pointer,
)  # fmt: skip
def _count_strings(
    data: Any, size: int, offsets: Any, ends: int, continues: Any, k: int, classes: Any, frame: int, state: Any,
    counts: Any, slots: int, skipped: Any, trailing: Any,
) -> Any:  # fmt: skip
    return loops.count_strings(
        carray(data, size), carray(offsets, ends), carray(continues, ends - 1), k, carray(classes, CLASSES), frame,
        carray(state, STATE_SIZE), carray(counts, (slots, COLUMNS)), carray(skipped, slots), carray(trailing, slots),
    )  # fmt: skip


@_entry(
    _byte_pointer, _int, _int_pointer, _int, _byte_pointer, _int, _byte_pointer, _int, _int_pointer, _int_pointer,
    _int_pointer, _int, _int_pointer, _int_pointer, _int,
)  # fmt: skip
def _pair_strings(
    data: Any, size: int, offsets: Any, ends: int, continues: Any, k: int, classes: Any, frame: int, state: Any,
    table: Any, closed: Any, slots: int, pair: Any, count: Any, room: int,
) -> Any:  # fmt: skip
    return codon_pairs_numba.pair_strings(
        carray(data, size), carray(offsets, ends), carray(continues, ends - 1), k, carray(classes, CLASSES), frame,
        carray(state, STATE_SIZE), carray(table, PAIRS), carray(closed, slots), carray(pair, room), carray(count, room),
    )  # fmt: skip


@_entry(_byte_pointer, _int, _int, _byte_pointer, _int_pointer, _int_pointer, _int, _int_pointer, _hash_pointer)
def _measure_fasta(
    block: Any, size: int, i: int, classes: Any, state: Any, starts: Any, slots: int, bases: Any, hashes: Any
) -> Any:
    return loops.measure_fasta(
        carray(block, size), i, carray(classes, CLASSES), carray(state, STATE_SIZE), carray(starts, slots),
        carray(bases, slots), carray(hashes, slots),
    )  # fmt: skip


@_entry(_byte_pointer, _int, _int_pointer, _int, _byte_pointer, _int_pointer)
def _measure_strings(data: Any, size: int, offsets: Any, ends: int, classes: Any, bases: Any) -> Any:
    return loops.measure_strings(
        carray(data, size), carray(offsets, ends), carray(classes, CLASSES), carray(bases, ends - 1)
    )


@_entry(_byte_pointer, _int, _int_pointer, _int, _hash_pointer)
def _hash_strings(data: Any, size: int, offsets: Any, ends: int, hashes: Any) -> Any:
    loops.hash_strings(carray(data, size), carray(offsets, ends), carray(hashes, ends - 1))
    return 0


@_entry(_byte_pointer, _int, _int, _byte_pointer, _byte_pointer, _int)
def _strip(text: Any, size: int, i: int, kinds: Any, kept: Any, room: int) -> Any:
    return bulk.strip(carray(text, size), i, carray(kinds, CLASSES), carray(kept, room))


@_entry(_byte_pointer, _int, _int_pointer, _int, _byte_pointer, _byte_pointer, _byte_pointer)
def _find_codons(data: Any, size: int, offsets: Any, ends: int, digits: Any, wanted: Any, found: Any) -> Any:
    bulk.find_codons(
        carray(data, size), carray(offsets, ends), carray(digits, CLASSES), carray(wanted, TRIPLES),
        carray(found, ends - 1),
    )  # fmt: skip
    return 0


@_entry(_float_pointer, _int, _int, _float_pointer, _float_pointer, _float_pointer)
def _sum_columns(terms: Any, rows: int, columns: int, total: Any, error: Any, doubt: Any) -> Any:
    bulk.sum_columns(
        carray(terms, (rows, columns)), carray(total, columns), carray(error, columns), carray(doubt, columns)
    )
    return 0


def machine_code() -> bytes:
    """An object file with the entry points, for this CPU. It depends on nothing but `memset` and the like.

    numba's code for raising errors depends on numba. The loops never raise, so LLVM removes that code as unused.
    """
    target = llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=llvm.get_host_cpu_features().flatten(), opt=3, jit=True
    )
    module = llvm.parse_assembly("")
    for name, entry in _ENTRIES.items():
        part = llvm.parse_assembly(entry.inspect_llvm())
        part.get_function(entry.native_name).name = name
        module.link_in(part)
    for symbol in (*module.functions, *module.global_variables):
        if symbol.name not in _ENTRIES and not symbol.is_declaration:
            symbol.linkage = "internal"
    passes = llvm.create_new_module_pass_manager()
    passes.add_ipsccp_pass()  # finds that no call returns an error
    passes.add_simplify_cfg_pass()  # removes the branches that handle errors
    passes.add_global_dead_code_eliminate_pass()  # removes the code that raises them
    passes.run(module, llvm.create_pass_builder(target, llvm.create_pipeline_tuning_options()))
    needed = [function.name for function in module.functions if function.is_declaration]
    if foreign := [name for name in needed if not name.startswith("llvm.")]:
        raise RuntimeError(f"the compiled loops depend on {', '.join(foreign)}")
    code: bytes = target.emit_object(module)
    return code


if __name__ == "__main__":
    sys.stdout.buffer.write(machine_code())
