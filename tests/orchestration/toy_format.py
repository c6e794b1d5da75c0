"""A third-party format: a line `TOY`, then one line for each sequence with its name and letters.

Plain files are read where they lie; compressed and small ones are copied into rows.
"""

import numpy as np

from opengenome.core.measuring import hash_strings, measure_strings
from opengenome.io.content import open_text
from opengenome.io.digests import ChunkDigest, RecordDigests
from opengenome.io.formats.interface import Recognised
from opengenome.io.opening import open_input
from opengenome.io.records import RecordTable
from opengenome.io.row_shards import RowShards

NAME = "toy"
SUFFIXES = (".toy",)
CAN_BE_EMPTY = False
IN_TABLES = False
SHARDS = RowShards

_FIRST_LINE = b"TOY\n"


def recognise(beginning):
    return Recognised(NAME, beginning.compression) if beginning.first.startswith(_FIRST_LINE) else None


def index(content):
    with open_text(content.file) as text:
        text.readline()
        at, digests = len(_FIRST_LINE), RecordDigests()
        for line in text:
            name, letters = line.split()
            digests.feed(memoryview(line), [0])
            yield RecordTable(np.array([at]), _strings(measure_strings, letters), digests.finish(),
                              _strings(hash_strings, name))  # fmt: skip
            at += len(line)


def copy(content, shards):
    with content.text() as text:
        lines = b"".join(iter(lambda: _block(text), b"")).splitlines()
    for name, letters in map(bytes.split, lines[1:]):
        yield from shards.add(name.decode(), np.frombuffer(letters, dtype=np.uint8))


def end(path):
    return path.stat().st_size


def count(chunk, counter, clock):
    digest = ChunkDigest(chunk, "bytes")
    with clock.section("read"), open_input(chunk.path) as file:
        file.seek(chunk.start)
        lines = file.read(chunk.stop - chunk.start).splitlines(keepends=True)
    for line in lines:
        name, letters = line.split()
        digest.feed(memoryview(line), [0])
        data = np.frombuffer(letters, dtype=np.uint8)
        yield from counter.feed_strings([name.decode()], data, np.array([0, len(data)]), np.zeros(1, dtype=np.uint8))
    yield from counter.finish()
    digest.check()


def why_empty(file):
    return "Its lines hold names alone."


def _strings(measure, text):
    return measure(np.frombuffer(text, dtype=np.uint8), np.array([0, len(text)]))


def _block(text):
    buffer = bytearray(1 << 16)
    return bytes(buffer[: text.readinto(memoryview(buffer))])
