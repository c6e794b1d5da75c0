"""Arrow columns without pandas, which `pa.array` imports to look at what it is given: half a second and 50 MB."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from opengenome.errors import ContractError

if TYPE_CHECKING:
    import pyarrow as pa


def column(values: npt.NDArray[Any]) -> pa.Array:
    """A (n,) integer array as an Arrow array of the same type; it shares the memory where that is contiguous."""
    import pyarrow as pa

    kind = pa.from_numpy_dtype(values.dtype)
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(np.ascontiguousarray(values))])


def text_column(values: Iterable[str]) -> pa.Array:
    """Text as an Arrow string array. Raises ContractError for more than an array of 32-bit offsets can hold."""
    import pyarrow as pa

    encoded = [value.encode() for value in values]
    ends = np.cumsum([0, *(len(text) for text in encoded)])
    if ends[-1] > np.iinfo(np.int32).max:
        raise ContractError(f"{ends[-1]:,} bytes of identifiers in {len(encoded):,} sequences are too many to write")
    offsets = ends.astype(np.int32)
    return pa.StringArray.from_buffers(len(encoded), pa.py_buffer(offsets), pa.py_buffer(b"".join(encoded)))
