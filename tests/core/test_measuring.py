"""Ingest measures bases, places and hashes independently of the counter, and finds the exact place of a wrong byte."""

import pickle
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_counting import blocks_of, fasta_texts

from opengenome.core.counting import SequenceCounter, identifier
from opengenome.core.measuring import FastaMeasurer, WrongByteError, hash_strings, measure_strings

FNV_OFFSET, FNV_PRIME = 0xCBF29CE484222325, 0x100000001B3


def fnv(data):
    """FNV-1a as its authors define it."""
    value = FNV_OFFSET
    for byte in data:
        value = (value ^ byte) * FNV_PRIME % 2**64
    return value


def measure(blocks):
    """[(start, bases, hash)] of each record."""
    measurer, records, offset = FastaMeasurer(), [], 0
    for block in blocks:
        at = 0
        while at < len(block):
            at, found = measurer.step(block, at)
            if found.carried:
                records[-1][1] = int(found.bases[0])
            new = slice(found.carried, None)
            records += [
                [offset + start, bases, id_hash]
                for start, bases, id_hash in zip(
                    found.starts[new].tolist(), found.bases[new].tolist(), found.hashes[new].tolist(), strict=True
                )
            ]
        offset += len(block)
    return records


def strings_of(values):
    data = np.frombuffer(b"".join(values), dtype=np.uint8)
    return data, np.cumsum([0] + [len(value) for value in values], dtype=np.int64)


@given(text=fasta_texts(), cuts=st.lists(st.integers(0, 10_000), max_size=8))
def test_measured_bases_places_and_hashes_are_those_of_the_text(text, cuts):
    records = measure(blocks_of(text, cuts))
    lines = re.split(r"[\r\n]", text)
    headers = [line[1:].encode() for line in lines if line.startswith(">")]
    assert [record[0] for record in records] == [match.start() for match in re.finditer(">", text)]
    assert [record[2] for record in records] == [fnv(identifier(header).encode()) for header in headers]
    letters = "".join(line for line in lines if not line.startswith(">"))
    assert sum(record[1] for record in records) == len(re.sub(r"\s", "", letters))


@given(text=fasta_texts(), frame=st.integers(0, 2), cuts=st.lists(st.integers(0, 10_000), max_size=8))
def test_the_counter_accounts_for_what_was_measured_without_it(text, frame, cuts):
    counter = SequenceCounter(frame)
    groups = [group for block in blocks_of(text, []) for group in counter.feed_fasta(block)] + list(counter.finish())
    counted = [length for group in groups for length in group.lengths.tolist()]
    assert [record[1] for record in measure(blocks_of(text, cuts))] == counted


@given(values=st.lists(st.text("ACGTNacgtu \t\r\n", max_size=30).map(str.encode), max_size=8))
def test_strings_measure_without_their_white_space(values):
    assert measure_strings(*strings_of(values)).tolist() == [len(re.sub(rb"\s", b"", value)) for value in values]


@given(values=st.lists(st.binary(max_size=20), max_size=6))
def test_hashes_of_strings_are_fnv_1a(values):
    assert hash_strings(*strings_of(values)).tolist() == [fnv(value) for value in values]


@given(text=fasta_texts(), at=st.integers(0, 10_000), cuts=st.lists(st.integers(0, 10_000), max_size=4),
       wrong=st.sampled_from("-*E\0\x0b1"))  # fmt: skip
def test_the_place_of_a_wrong_byte_is_exact(text, at, cuts, wrong):
    places = [k for k in range(1, len(text) + 1) if not in_header(text, k)]
    if not places:
        return
    place = places[at % len(places)]
    broken = text[:place] + wrong + text[place:]
    blocks, offset = blocks_of(broken, cuts), 0
    measurer = FastaMeasurer()
    with pytest.raises(WrongByteError) as caught:
        for block in blocks:
            at = 0
            while at < len(block):
                at, _ = measurer.step(block, at)
            offset += len(block)
    assert offset + caught.value.at == place
    assert caught.value.before_first_header == (">" not in broken[:place])


def in_header(text, place):
    """Whether a byte put here would be in a header line."""
    line = max(text.rfind("\n", 0, place), text.rfind("\r", 0, place)) + 1
    return text[line : line + 1] == ">" and place > line


@pytest.mark.parametrize("k", [0, 1, 2])
@pytest.mark.parametrize("wrong", [b">", b"-", b"\0", b"AC GJ"])
def test_a_wrong_string_is_named(k, wrong):
    values = [b"ACGTACGTACGT"] * 3
    values[k] = values[k] + wrong
    with pytest.raises(WrongByteError) as caught:
        measure_strings(*strings_of(values))
    assert caught.value.at == k


@pytest.mark.parametrize("n", [(1 << 14) - 1, 1 << 14, (1 << 14) + 1, (1 << 15) + 3])
def test_more_records_than_slots_are_all_measured(n):
    text = "".join(f">{k}\n{'A' * (k % 3)}\n" for k in range(n))
    records = measure(blocks_of(text, [len(text) // 2]))
    assert [record[1] for record in records] == [k % 3 for k in range(n)]
    assert records[-1][2] == fnv(str(n - 1).encode())


def test_a_wrong_byte_keeps_its_place_when_pickled():
    error = pickle.loads(pickle.dumps(WrongByteError("no", at=7, before_first_header=True)))  # noqa: S301
    assert (error.message, error.at, error.before_first_header) == ("no", 7, True)
