"""Arrow columns without pandas. `pa.array` and `Array.to_numpy` import pandas, which costs half a second and 50 MB."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from opengenome.errors import ContractError

if TYPE_CHECKING:
    import pyarrow as pa


def column(values: npt.NDArray[Any]) -> pa.Array:
    """A (n,) integer array as an Arrow array of the same type. It shares contiguous memory."""
    import pyarrow as pa

    kind = pa.from_numpy_dtype(values.dtype)
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(np.ascontiguousarray(values))])


def fixed_column(values: npt.NDArray[np.uint8]) -> pa.Array:
    """The rows of a (n, width) array as an Arrow array of fixed-size binary. It shares contiguous memory."""
    import pyarrow as pa

    buffer = pa.py_buffer(np.ascontiguousarray(values))
    return pa.Array.from_buffers(pa.binary(values.shape[1]), len(values), [None, buffer])


def numbers(array: pa.Array) -> npt.NDArray[Any]:
    """The numbers of an integer array without nulls, (n,), without copying."""
    _, buffer = array.buffers()
    kind = np.dtype(array.type.to_pandas_dtype())  # a numpy type, despite its name
    if not len(array):
        return np.empty(0, dtype=kind)
    return np.frombuffer(buffer, dtype=kind, count=len(array), offset=array.offset * kind.itemsize)


def fixed_bytes(array: pa.Array) -> npt.NDArray[np.uint8]:
    """The values of a fixed-size binary array without nulls, (n, width), without copying."""
    width = array.type.byte_width
    if not len(array):
        return np.empty((0, width), dtype=np.uint8)
    _, buffer = array.buffers()
    values = np.frombuffer(buffer, dtype=np.uint8, count=len(array) * width, offset=array.offset * width)
    return values.reshape(-1, width)


def text_column(texts: Iterable[str]) -> pa.Array:
    """Text as an Arrow string array. Raises ContractError if it is too long for 32-bit offsets."""
    import pyarrow as pa

    texts = list(texts)
    joined = "".join(texts)
    data = joined.encode()
    sizes = map(len, texts if joined.isascii() else map(str.encode, texts))
    ends = np.zeros(len(texts) + 1, dtype=np.int64)
    np.cumsum(np.fromiter(sizes, np.int64, len(texts)), out=ends[1:])
    if ends[-1] > np.iinfo(np.int32).max:
        raise ContractError(
            f"{ends[-1]:,} bytes of identifiers in {len(texts):,} sequences are too many to write",
            advice="Shorten the identifiers.",
        )
    return pa.StringArray.from_buffers(len(texts), pa.py_buffer(ends.astype(np.int32)), pa.py_buffer(data))
