"""The fast counter gives the same counts as the specification, however the input is cut into blocks."""

import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opengenome.core.alphabet import CODONS
from opengenome.core.counting import AMBIGUOUS_COLUMN, SequenceCounter, count_naive, decode, identifier, identifiers
from opengenome.core.model import Ledger
from opengenome.errors import InputError

LETTERS = "ACGTURYSWKMBDHVNX"
SLOTS = 2048

# Stretches of plain bases are common, so that the loop over twelve bases is entered and left everywhere.
RUNS = st.one_of(
    st.text("ACGT", min_size=9, max_size=40),
    st.text(LETTERS + LETTERS.lower(), max_size=12),
    st.sampled_from([" ", "\t", " \t ", "N", "u"]),
)
LINES = st.lists(RUNS, max_size=4).map("".join)
LINE_ENDS = st.sampled_from(["\n", "\r\n", "\r"])
RECORDS = st.lists(st.tuples(st.text("abc |.", max_size=5), st.lists(LINES, max_size=5)), min_size=1, max_size=6)
FRAMES = st.integers(0, 2)


@st.composite
def fasta_texts(draw):
    """FASTA as people write it: any line ends, blank lines, empty records, with and without a last line end."""
    end = draw(LINE_ENDS)
    text = draw(st.sampled_from(["", end, end * 2])) + "".join(
        f">{name}{end}" + "".join(line + end for line in lines) for name, lines in draw(RECORDS)
    )
    return text.removesuffix(end) if draw(st.booleans()) else text


def naive_fasta(text, frame):
    """[(identifier, row)] in the obvious way: split into lines, join those of a record, count."""
    records = []
    for line in re.split(r"[\r\n]", text):
        if line.startswith(">"):
            words = line[1:].split()
            records.append([words[0] if words else "", ""])
        elif line.strip(" \t") or records:
            records[-1][1] += line
    return [(name, naive_row(sequence, frame)) for name, sequence in records]


def naive_row(sequence, frame):
    counts, ambiguous, skipped, trailing = count_naive(sequence, frame)
    return [counts[codon] for codon in CODONS], ambiguous, skipped, trailing


def blocks_of(text, cuts):
    """The text cut at these places; a place inside a header line is moved back to the line's beginning."""
    data = text.encode()
    places = set()
    for cut in cuts:
        at = cut % (len(data) + 1)
        line = max(data.rfind(b"\n", 0, at), data.rfind(b"\r", 0, at)) + 1
        places.add(line if data[line : line + 1] == b">" else at)
    bounds = [0, *sorted(places), len(data)]
    return [np.frombuffer(data[a:b], dtype=np.uint8) for a, b in pairwise(bounds) if b > a]


def count_blocks(blocks, frame):
    counter = SequenceCounter(frame)
    groups = [group for block in blocks for group in counter.feed_fasta(block)]
    return groups + list(counter.finish())


def count_strings(rows, frame, cuts=()):
    """Rows of (id, letters, continues), fed in blocks that end before the rows named by `cuts`."""
    counter, groups = SequenceCounter(frame), []
    bounds = [0, *sorted({cut % (len(rows) + 1) for cut in cuts}), len(rows)]
    for begin, end in pairwise(bounds):
        part = rows[begin:end]
        data = np.frombuffer("".join(row[1] for row in part).encode(), dtype=np.uint8)
        offsets = np.cumsum([0] + [len(row[1]) for row in part], dtype=np.int64)
        groups += counter.feed_strings(
            [row[0] for row in part], data, offsets, np.array([row[2] for row in part], dtype=np.uint8)
        )
    return groups + list(counter.finish())


def rows_of(groups):
    return [
        (name, (row[:AMBIGUOUS_COLUMN].tolist(), int(row[AMBIGUOUS_COLUMN]), int(skipped), int(trailing)))
        for group in groups
        for name, row, skipped, trailing in zip(group.ids, group.counts, group.skipped, group.trailing, strict=True)
    ]


def letters_of(text):
    return sum(len(re.sub(r"\s", "", line)) for line in re.split(r"[\r\n]", text) if not line.startswith(">"))


# --- the twin -------------------------------------------------------------------------------------------------------


@settings(max_examples=250)
@given(text=fasta_texts(), frame=FRAMES, cuts=st.lists(st.integers(0, 10_000), max_size=8))
def test_fasta_counts_as_the_specification_however_it_is_cut_into_blocks(text, frame, cuts):
    assert rows_of(count_blocks(blocks_of(text, cuts), frame)) == naive_fasta(text, frame)


@settings(max_examples=50)
@given(text=fasta_texts(), frame=FRAMES)
def test_fasta_counts_as_the_specification_if_each_block_is_a_byte_or_a_header(text, frame):
    assert rows_of(count_blocks(blocks_of(text, range(len(text))), frame)) == naive_fasta(text, frame)


@settings(max_examples=200)
@given(
    sequences=st.lists(st.lists(LINES, min_size=1, max_size=4), max_size=6),
    frame=FRAMES,
    cuts=st.lists(st.integers(0, 10_000), max_size=5),
)
def test_strings_count_as_the_specification_however_cut_into_pieces_and_blocks(sequences, frame, cuts):
    rows = [(f"s{k}", piece, n > 0) for k, pieces in enumerate(sequences) for n, piece in enumerate(pieces)]
    expected = [(f"s{k}", naive_row("".join(pieces), frame)) for k, pieces in enumerate(sequences)]
    assert rows_of(count_strings(rows, frame, cuts)) == expected


@settings(max_examples=100)
@given(text=fasta_texts(), frame=FRAMES)
def test_the_ledger_accounts_for_every_base(text, frame):
    ledger = sum((group.ledger() for group in count_blocks(blocks_of(text, []), frame)), Ledger())
    assert ledger.accounted == ledger.bases == letters_of(text)
    assert ledger.sequences == text.count(">")


@settings(max_examples=100)
@given(text=fasta_texts(), frame=FRAMES, at=st.integers(0, 10_000))
def test_counts_merge_split_between_any_two_records_the_total_is_the_same(text, frame, at):
    starts = [match.start() for match in re.finditer(">", text)]
    cut = starts[at % len(starts)]
    whole = totals(count_blocks(blocks_of(text, []), frame))
    left, right = (totals(count_blocks(blocks_of(part, []), frame)) for part in (text[:cut], text[cut:]))
    assert whole[0].tolist() == (left[0] + right[0]).tolist()
    assert whole[1] == left[1] + right[1] == right[1] + left[1]


def totals(groups):
    counts = sum((group.counts.sum(axis=0) for group in groups), np.zeros(AMBIGUOUS_COLUMN + 1, dtype=np.int64))
    return counts, sum((group.ledger() for group in groups), Ledger())


# --- named cases: sequence, frame, codons, ambiguous, skipped, trailing ----------------------------------------------

CASES = {
    "one codon": ("ATG", 0, {"ATG": 1}, 0, 0, 0),
    "lower case": ("atgaaa", 0, {"ATG": 1, "AAA": 1}, 0, 0, 0),
    "mixed case": ("aTg", 0, {"ATG": 1}, 0, 0, 0),
    "RNA": ("AUGuuu", 0, {"ATG": 1, "TTT": 1}, 0, 0, 0),
    "N": ("NATGNNATG", 0, {"ATG": 1}, 2, 0, 0),
    "n first, second, third": ("NAAANAAANAAA", 0, {"AAA": 1}, 3, 0, 0),
    "every ambiguity code": ("RAAYAASAAWAAKAAMAABAADAAHAAVAANAA", 0, {}, 11, 0, 0),
    "ambiguity codes in lower case": ("raaAyaAAs", 0, {}, 3, 0, 0),
    "a codon of nothing but N beside plain ones": ("AAANNNCCC", 0, {"AAA": 1, "CCC": 1}, 1, 0, 0),
    "one trailing base": ("ATGA", 0, {"ATG": 1}, 0, 0, 1),
    "two trailing bases, one of them N": ("ATGAN", 0, {"ATG": 1}, 0, 0, 2),
    "shorter than a codon": ("AT", 0, {}, 0, 0, 2),
    "frame 1": ("AATGC", 1, {"ATG": 1}, 0, 1, 1),
    "frame 2": ("CAATG", 2, {"ATG": 1}, 0, 2, 0),
    "frame 2 skips N like any base": ("NNATG", 2, {"ATG": 1}, 0, 2, 0),
    "as long as the frame": ("AC", 2, {}, 0, 2, 0),
    "shorter than the frame": ("A", 2, {}, 0, 1, 0),
    "empty": ("", 0, {}, 0, 0, 0),
    "empty with a frame": ("", 2, {}, 0, 0, 0),
    "a codon over lines": ("A\nT\nG", 0, {"ATG": 1}, 0, 0, 0),
    "a codon over CRLF lines": ("A\r\nTG\r\nA", 0, {"ATG": 1}, 0, 0, 1),
    "a codon over CR lines": ("AT\rG", 0, {"ATG": 1}, 0, 0, 0),
    "blank lines": ("\n\nATG\n\n\nAAA\n\n", 0, {"ATG": 1, "AAA": 1}, 0, 0, 0),
    "spaces and tabs": (" A\tT G ", 0, {"ATG": 1}, 0, 0, 0),
    "the first and the last codon": ("AAATTT", 0, {"AAA": 1, "TTT": 1}, 0, 0, 0),
    "twelve bases": ("ACGTACGTACGT", 0, {"ACG": 1, "TAC": 1, "GTA": 1, "CGT": 1}, 0, 0, 0),
    "N in the last of twelve": ("AAAAAAAAAAAN", 0, {"AAA": 3}, 1, 0, 0),
    "thirteen": ("A" * 13, 0, {"AAA": 4}, 0, 0, 1),
    "a space within twelve": ("AAAAA AAAAAAAAAA", 0, {"AAA": 5}, 0, 0, 0),
    "one line of a million": ("ACG" * 333_333 + "A", 0, {"ACG": 333_333}, 0, 0, 1),
}


@pytest.mark.parametrize("case", CASES)
def test_named_case(case):
    sequence, frame, codons, ambiguous, skipped, trailing = CASES[case]
    expected = [("x", ([codons.get(codon, 0) for codon in CODONS], ambiguous, skipped, trailing))]
    assert [("x", naive_row(sequence, frame))] == expected
    assert rows_of(count_strings([("x", sequence, False)], frame)) == expected
    assert rows_of(count_blocks(blocks_of(f">x\n{sequence}", []), frame)) == expected
    assert rows_of(count_blocks(blocks_of(f">x\r\n{sequence}\r\n", [5, 6, 7, 9]), frame)) == expected


@pytest.mark.parametrize(
    "text",
    [
        ">a\nAC>b\nACG\n",
        ">a\nACG>b\nACG\n",
        ">a\nACGTACGTACGT>b\n",
        ">a\nA >b\n",
        ">a\nA-C",
        ">a\nMEEPQ",
        ">a\n\0",
        "ACG\n>a\nACG\n",
    ],
)
@pytest.mark.parametrize("cuts", [[], [4], range(40)])
def test_a_character_that_is_not_a_nucleotide_is_an_error(text, cuts):
    with pytest.raises(InputError):
        count_blocks(blocks_of(text, cuts), 0)


@pytest.mark.parametrize("letters", ["AC>", "A-", "EF", "\0", "é"])
def test_a_string_with_an_invalid_letter_is_not_counted(letters):
    with pytest.raises(InputError):
        count_naive(letters)
    with pytest.raises(InputError):
        count_strings([("x", "ACG", False), ("y", letters, False)], 0)


def test_a_continuation_without_a_beginning_is_an_error():
    with pytest.raises(InputError):
        count_strings([("x", "ACG", True)], 0)


@pytest.mark.parametrize("n", [SLOTS - 1, SLOTS, SLOTS + 1, 3 * SLOTS + 5])
def test_more_records_than_slots_all_come_out_in_order(n):
    sequences = ["ACGTN"[: k % 6] + "A" * (k % 4) for k in range(n)]
    expected = [(f"r{k}", naive_row(sequence, 1)) for k, sequence in enumerate(sequences)]
    text = "".join(f">r{k}\n{sequence}\n" for k, sequence in enumerate(sequences))
    assert rows_of(count_blocks(blocks_of(text, []), 1)) == expected
    assert rows_of(count_blocks(blocks_of(text, [len(text) // 3, len(text) // 2]), 1)) == expected
    assert rows_of(count_strings([(f"r{k}", s, False) for k, s in enumerate(sequences)], 1)) == expected


def test_records_begin_where_the_counter_says():
    counter = SequenceCounter(0)
    block = np.frombuffer(b"\n>a x\nACG\n>b\n\n>c", dtype=np.uint8)
    list(counter.feed_fasta(block))
    assert counter.record_starts == [1, 10, 14]


def test_a_finished_counter_counts_the_next_stream_from_zero():
    counter = SequenceCounter(2)
    block = np.frombuffer(b">a\nAACGTT", dtype=np.uint8)
    first, second = ([*counter.feed_fasta(block), *counter.finish()] for _ in range(2))
    assert rows_of(first) == rows_of(second) == [("a", naive_row("AACGTT", 2))]


def test_read_only_memory_is_counted():
    mapped = np.frombuffer(b">a\nACG\n", dtype=np.uint8)
    assert not mapped.flags.writeable
    assert rows_of(count_blocks([mapped], 0)) == rows_of(count_blocks([mapped.copy()], 0))


@pytest.mark.parametrize(
    ("header", "name"),
    [(b"a b", "a"), (b" a", "a"), (b"a\tb", "a"), (b"", ""), (b"  ", ""), (b"a\x0bb c", "a\x0bb"), (b"\xe9 x", "é"),
     ("é x".encode(), "é")],
)  # fmt: skip
def test_an_identifier_is_the_first_word_and_loses_no_byte(header, name):
    assert identifier(header) == name
    assert len(decode(header)) <= len(header)


@given(st.lists(st.binary(max_size=8).map(lambda header: header.replace(b"\n", b" \t")), max_size=5))
def test_identifiers_of_many_headers_are_those_of_each(headers):
    assert identifiers([memoryview(header) for header in headers]) == [identifier(header) for header in headers]
