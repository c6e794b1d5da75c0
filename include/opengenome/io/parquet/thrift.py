"""Decode Thrift's compact protocol, in which Parquet writes its footer and its page headers.

Each function takes the position of a value, and returns the value and the position after it. Truncated bytes raise
IndexError. Invalid bytes, and a value used as the wrong type, raise another of UNREADABLE. Time and memory are bounded
by the number of bytes, whatever sizes they claim.
Source: https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md.
"""

from __future__ import annotations

from typing import Any

UNREADABLE = (ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)
_VARINT_BYTES = 10  # of 64 bits


def struct(data: bytes, at: int) -> tuple[dict[int, Any], int]:
    """The fields of a struct by their number."""
    fields: dict[int, Any] = {}
    number = 0
    while True:
        head = data[at]
        at += 1
        if not head:
            return fields, at
        kind = head & 15
        if head >> 4:
            number += head >> 4
        else:
            stored, at = _value(5, data, at)
            number = stored
        if number in fields:
            raise ValueError("a field that occurs twice")  # two readers may see two values
        if kind in (1, 2):  # in a field, the kind itself says true or false
            fields[number] = kind == 1
        else:
            fields[number], at = _value(kind, data, at)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for place in range(_VARINT_BYTES):
        byte = data[at + place]
        value |= (byte & 127) << 7 * place
        if byte < 128:
            return value, at + place + 1
    raise ValueError("an integer of more than 64 bits")


def _value(kind: int, data: bytes, at: int) -> tuple[Any, int]:
    if kind in (4, 5, 6):  # integers, zigzag
        value, at = _varint(data, at)
        return (value >> 1) ^ -(value & 1), at
    if kind in (7, 8):  # a double, whose value is not used; bytes or text
        length, at = _varint(data, at) if kind == 8 else (8, at)
        if at + length > len(data):
            raise IndexError
        return data[at : at + length], at + length
    if kind == 12:
        return struct(data, at)
    if kind in (9, 10):
        return _list(data, at)
    if kind in (1, 2, 3):  # in a list, true, false and bytes take one byte each
        return data[at], at + 1
    raise ValueError(f"kind {kind}")  # a map: Parquet has none


def _list(data: bytes, at: int) -> tuple[list[Any], int]:
    size, kind, at = data[at] >> 4, data[at] & 15, at + 1
    if size == 15:
        size, at = _varint(data, at)
    if at + size > len(data):  # each value takes at least one byte
        raise IndexError
    values = []
    for _ in range(size):
        value, at = _value(kind, data, at)
        values.append(value)
    return values, at
