"""GenBank text of any shape gives what the plain text gives, or an error with file, record and line."""

import gzip
import random

import pytest

from opengenome.errors import InputError
from opengenome.io.genbank import text as genbank_text
from tests.io.coding.genbanks import LETTERS, feature, read, record

FEATURES = (
    feature("1..90", 'organism="Homo\nsapiens"', key="source"),
    feature("1..9", 'gene="a"', key="gene"),
    feature("1..9", 'gene="a"', 'note="é and\nmore"', 'product="a\nb"'),
    feature("complement(join(13..21,\n31..39))", 'gene="b"', "codon_start=2", "transl_table=11"),
    feature("40..48", 'translation="MKV\nMKV"'),
)
TEXT = record(*FEATURES)


def told(folder, *texts):
    return [
        (found.record, found.features, [(one.cds, one.letters) for one in cds]) for found, cds in read(folder, *texts)
    ]


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    return told(tmp_path_factory.mktemp("plain"), TEXT)


def with_tabs(text):
    """As an editor that turns eight blanks into a tab leaves it."""
    return "".join(
        line.replace("     CDS             ", "     CDS\t\t     ").replace(" " * 21, "\t\t     ")
        for line in text.splitlines(keepends=True)
    )


SHAPES = {
    "CR LF": TEXT.replace("\n", "\r\n"),
    "CR": TEXT.replace("\n", "\r"),
    "Latin-1": TEXT.encode("latin-1"),
    "a byte order mark": b"\xef\xbb\xbf" + TEXT.encode(),
    "tabs for blanks": with_tabs(TEXT),
    "one tab before each value": TEXT.replace("     CDS             ", "     CDS\t").replace(" " * 21, "\t\t"),
    "a blank line before ORIGIN": TEXT.replace("ORIGIN", "\nORIGIN"),
    "blank lines everywhere": TEXT.replace("\n", "\n\n"),
    "blanks at the end of each line": TEXT.replace("\n", "   \n"),
    "no line break at the end": TEXT.removesuffix("\n"),
    "no line of // at the end": TEXT.removesuffix("//\n"),
    "another length in LOCUS": TEXT.replace("90 bp", "91 bp"),
    "no unit in LOCUS": TEXT.replace("90 bp", ""),
    "a length of thousands of digits": TEXT.replace("90 bp", f"{'9' * 5000} bp"),
    "an odd date": TEXT.replace("01-JAN-1980", "99-FOO-19"),
    "no date": TEXT.replace("01-JAN-1980", ""),
    "no topology": TEXT.replace("linear  ", ""),
    "narrow columns": TEXT.replace("     CDS             ", "   CDS "),
    "wide columns": TEXT.replace("     CDS             ", "      CDS             "),
    "no numbers in ORIGIN": TEXT.replace("        1 ", "").replace("       61 ", ""),
    "one line of sequence": TEXT.split("ORIGIN")[0] + "ORIGIN\n" + LETTERS + "\n//\n",
    "the head of a release": "GBPLN1.SEQ          Genetic Sequence Data Bank\n\n   1 loci\n\n" + TEXT,
    "CONTIG and a sequence": TEXT.replace("ORIGIN", "CONTIG      join(Y1:1..9)\nORIGIN"),
    "BASE COUNT": TEXT.replace("ORIGIN", "BASE COUNT  9 a 9 c\nORIGIN"),
    "blank lines around the record": "\n\n" + TEXT + "\n\n",
}


@pytest.mark.parametrize("shape", SHAPES)
def test_text_of_any_shape_gives_the_same_coding_sequences(tmp_path, plain, shape):
    assert told(tmp_path, SHAPES[shape]) == plain


def test_a_quote_within_a_value_is_read_by_biopython_where_gb_io_refuses_it(tmp_path):
    odd = record(feature("1..9", 'note="the 5"-end"', 'gene="a"'), feature("4..9", 'gene="b"'))
    [(_, cds)] = read(tmp_path, odd)
    assert [one.cds.gene for one in cds] == ["a", "b"]


def test_a_circle_is_one_whatever_else_its_locus_line_tells(tmp_path):
    [(_, [one])] = read(tmp_path, record(feature("88..3"), locus="90 bp DNA CIRCULAR"))
    assert one.letters == (LETTERS[87:] + LETTERS[:3]).encode()


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize("block", [7, 64, 1000, 1 << 20])
def test_records_are_the_same_in_blocks_of_any_size_and_in_any_compression(tmp_path, plain, monkeypatch, pack, block):
    monkeypatch.setattr(genbank_text, "_BLOCK_BYTES", block)
    other = TEXT.replace("X1", "X2").replace("\n", "\r\n")
    found = read(tmp_path, pack((TEXT + other).encode() * 20), pack(TEXT.encode()))
    lines = TEXT.count("\n")
    assert [one.line for one, _ in found] == [1 + lines * k for k in range(40)] + [1]
    assert [one.record for one, _ in found] == ["X1.2", "X2.2"] * 20 + ["X1.2"]
    assert [[(spliced.cds, spliced.letters) for spliced in cds] for _, cds in found[::2]] == [plain[0][2]] * 21


# Text, what the error says, and its line.
BAD = {
    "a protein": (TEXT + TEXT.replace("90 bp", "90 aa"), "protein", 29),
    "a sequence that is elsewhere": (
        TEXT.split("ORIGIN")[0] + "CONTIG      join(Y1.1:1..90)\n//\n", "but names its parts (CONTIG)", 1,
    ),
    "no sequence": (TEXT.split("ORIGIN")[0] + "//\n", "has no sequence", 1),
    "an unknown genetic code": (record(feature("1..9"), feature("1..9", "transl_table=7")), "transl_table='7'", 7),
    "an unknown codon_start": (record(feature("1..9"), feature("1..9", "codon_start=4")), "codon_start='4'", 7),
    "an unreadable transl_except": (record(feature("1..9", "transl_except=(x)")), "transl_except=", 6),
    "a letter of protein": (TEXT.replace(LETTERS[:10], "e" + LETTERS[1:10]), "'e' is not", 26),
    "a torn sequence": (TEXT[: TEXT.index("       61 ")], "after 60 of 90 bases", 1),
    "a record torn within its features": (TEXT[: TEXT.index('/gene="b"')], "before its sequence", 1),
    "a record torn in its head": (TEXT[:60], "before its sequence", 1),
    "a torn record before another": (TEXT[: TEXT.index("       61 ")] + TEXT, "after 60 of 90 bases", 1),
    "a lost line of sequence": (
        TEXT.replace(f"        1 {TEXT.split('        1 ')[1].split(chr(10))[0]}\n", ""), "begins with base 61", 26,
    ),
    "a lost letter": (TEXT.replace(f"        1 {LETTERS[0]}", "        1 "), "begins with base 61", 27),
    "an indentation that was lost": (TEXT.replace(" " * 21 + "b\"", "B\""), "belongs to no section", 16),
    "a feature without a location": (record("     CDS\n"), "no feature", 6),
    "a CDS where no key is": (
        record(feature("1..9", "pseudo", key="gene"), f"{' ' * 12}CDS 4..9\n{' ' * 21}/gene=\"b\"\n", feature("1..9")),
        "feature table of the record cannot be read", 5,
    ),
    "a quote that does not end": (
        record(feature("1..9", 'product="a', 'gene="b"')), "feature table of the record cannot be read", 5,
    ),
    "a quote that does not end in the last value": (
        record(feature("1..9", 'gene="b"', 'product="a')), "feature table of the record cannot be read", 5,
    ),
    "no line of FEATURES": (
        TEXT.replace("FEATURES             Location/Qualifiers\n", ""), "feature table of the record cannot be read", 1,
    ),
    "a line of ORIGIN in the head": (TEXT.replace("FEATURES", "ORIGIN\nFEATURES"), "is inside a sequence: FEATURES", 6),
    "text between records": (TEXT + "\nEnd of file\n" + TEXT, "belongs to no record", 30),
    "EMBL behind GenBank": (TEXT + "ID   X56734; SV 1;\nXX\n//\n", "belongs to no record", 29),
    "an end that goes on": (TEXT.replace("//", "// LOCUS"), "goes on after //", 28),
    "no record": ("GBPLN1.SEQ          Genetic Sequence Data Bank\n", "belongs to no record", 1),
}  # fmt: skip


@pytest.mark.parametrize("bad", BAD)
def test_bad_text_is_refused_with_file_record_and_line(tmp_path, bad):
    text, what, line = BAD[bad]
    with pytest.raises(InputError) as caught:
        read(tmp_path, text)
    assert what in str(caught.value)
    assert caught.value.where["file"] == str(tmp_path / "0.gb")
    assert caught.value.where["line"] == line
    outside = "belongs to no record" in what or "goes on after" in what
    assert ("record" in caught.value.where) is not outside


def _mangled(text, source):
    """The text after an accident of editors, transfers and programs; never with another letter, number or word."""
    lines = text.split("\n")
    at = source.randrange(len(lines))
    accidents = {
        "cut": lambda: text[: source.randrange(len(text))],
        "no such line": lambda: "\n".join(lines[:at] + lines[at + 1 :]),
        "twice the line": lambda: "\n".join(lines[: at + 1] + lines[at:]),
        "a blank line": lambda: "\n".join([*lines[:at], " " * source.randrange(3), *lines[at:]]),
        "joined lines": lambda: "\n".join([*lines[:at], "".join(lines[at : at + 2]), *lines[at + 2 :]]),
        "no indentation": lambda: "\n".join([*lines[:at], lines[at].lstrip(), *lines[at + 1 :]]),
        "another indentation": lambda: "\n".join(
            [*lines[:at], " " * source.randrange(25) + lines[at].lstrip(), *lines[at + 1 :]]
        ),
        "a tab": lambda: "\n".join([*lines[:at], lines[at].replace("     ", "\t", 1), *lines[at + 1 :]]),
        "CR": lambda: text.replace("\n", "\r", source.randrange(40)),
        "a NUL": lambda: "\n".join([*lines[:at], lines[at] + "\0", *lines[at + 1 :]]),
        "no quote": lambda: text.replace('"', "", 1) if source.random() < 0.5 else text.replace('"', "", at),
        "two records of which one is cut": lambda: text[: source.randrange(len(text))] + text,
    }
    return accidents[source.choice(sorted(accidents))]()


def test_mangled_text_gives_the_same_letters_or_an_error(tmp_path, plain):
    known = {one.location.text: letters for one, letters in plain[0][2]}
    refused = 0
    for seed in range(1500):
        text = _mangled(TEXT, random.Random(seed))  # noqa: S311
        try:
            found = told(tmp_path, text)
        except InputError as error:
            assert error.where["file"]
            refused += 1
            continue
        for _, features, cds in found:
            assert features == len(cds)
            for one, letters in cds:
                assert one.location.unclear or letters in (known.get(one.location.text), b""), (seed, one)
    assert 200 < refused < 1400


@pytest.mark.parametrize("key", ["cds", "Cds", "CdS"])
def test_a_cds_whose_key_is_in_other_letters_is_told_and_not_lost(tmp_path, key):
    text = record(feature("1..9"), feature("10..18", key=key))
    with pytest.raises(InputError, match=f"The feature key is '{key}', not CDS") as caught:
        read(tmp_path, text)
    assert caught.value.where["line"] == text[: text.index(f"     {key} ")].count("\n") + 1
    assert caught.value.where["record"] == "X1.2"


def test_the_word_cds_elsewhere_in_a_feature_table_is_no_key(tmp_path):
    text = record(feature("1..9", 'note="the\ncds of x"'), feature("10..18", key="cds_like"))
    assert len(read(tmp_path, text)[0][1]) == 1
