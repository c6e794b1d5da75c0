"""Blocks that are read ahead arrive complete and in order, and an error is raised where its block would come."""

import io
import threading
import time

import pytest

from opengenome.io.ahead import ReadAhead

DATA = bytes(range(256)) * 40


def read_all(text, size):
    buffer, found = bytearray(size), b""
    while filled := text.readinto(memoryview(buffer)):
        found += buffer[:filled]
    return found


@pytest.mark.parametrize("size", [1, 7, 100, 20_000])
@pytest.mark.parametrize("block", [1, 64, 20_000])
def test_every_byte_comes_once_and_in_order(size, block):
    with ReadAhead(io.BytesIO(DATA[:500]), block) as text:
        assert read_all(text, size) == DATA[:500]
        assert text.readinto(memoryview(bytearray(1))) == 0  # the end stays the end


def test_nothing_is_lost_if_the_thread_ends_long_before_its_blocks_are_read():
    with ReadAhead(io.BytesIO(DATA), len(DATA)) as text:
        time.sleep(0.1)
        assert read_all(text, 999) == DATA


class Breaks(io.BytesIO):
    def read(self, size=-1):
        found = super().read(size)
        if not found:
            raise EOFError("no trailer")
        return found


def test_an_error_is_raised_after_all_blocks_before_it():
    found = b""
    with ReadAhead(Breaks(DATA), 1000) as text, pytest.raises(EOFError, match="no trailer"):
        buffer = bytearray(300)
        while True:
            found += buffer[: text.readinto(memoryview(buffer))]
    assert found == DATA


def test_no_thread_outlives_it():
    before = threading.active_count()
    with pytest.raises(KeyError), ReadAhead(io.BytesIO(DATA), 10):
        raise KeyError
    assert threading.active_count() == before
