"""The printed results may hide rows, but never change a number."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

from opengenome.cli import printing, terminal
from opengenome.cli.facts import Facts
from opengenome.cli.printing import View, printable
from opengenome.errors import ContractError
from opengenome.io import tables
from tests.published import provenance


def report(folder: Path, view: View) -> Iterator[str]:
    return terminal.lines(printing.report(folder, view))


def table(rows: list[dict[str, str]], view: View) -> Iterator[str]:
    return terminal.lines(printing.table(rows, view))


CODONS = ["".join(letters) for letters in product("ACGT", repeat=3)]


def rows(**counts: int) -> list[dict[str, str]]:
    return [
        {
            "codon": codon,
            "amino_acid": "*" if codon in ("TAA", "TAG", "TGA") else "K",
            "count": str(counts.get(codon, 0)),
            "fraction": "0.25",
            "per_thousand": "15.625",
            "rscu": "" if codon == "GGG" else "1.0",
        }
        for codon in CODONS
    ]


def write(folder: Path, more: dict[str, object] | None = None, **changed: int) -> None:
    lines = ["codon,amino_acid,count,fraction,per_thousand,rscu", *(",".join(row.values()) for row in rows(AAA=5))]
    (folder / "codon_usage.csv").write_text("\n".join(lines) + "\n")
    ledger = {"sequences": 1, "bases": 20, "offset": 1, "counted": 5, "ambiguous": 1, "trailing": 1}
    duplicates = {"ids": 0, "records": 0, "examples": []}
    verdict = {"looks_like": "unclear", "verdict": "5 codons are too few."}
    found = {"ledger": {**ledger, **changed}, "duplicate_ids": duplicates, "coding_signal": verdict}
    tables.write_document(folder / tables.SUMMARY, found | (more or {}))
    tables.write_document(folder / tables.PROVENANCE, provenance(1))
    laws = [{"law": "Ledger", "holds": True, "detail": ""}]
    tables.write_document(folder / tables.VALIDATION, {"proven": True, "laws": laws, "files": {}})


def test_codons_come_by_count_and_ties_alphabetically():
    lines = list(table(rows(TTT=9, CCC=3, AAC=3), View(top=3)))
    assert [line.split()[0] for line in lines[1:4]] == ["TTT", "AAC", "CCC"]


def test_hiding_rows_does_not_change_other_lines():
    everything = set(table(rows(TTT=9, TAA=8, AAC=3), View(top=64)))
    some = list(table(rows(TTT=9, TAA=8, AAC=3), View(top=64, skip_stops=True, min_count=3)))
    assert set(some[:-1]) < everything
    assert not any(line.startswith("TAA") for line in some)


def test_the_number_of_hidden_rows_is_shown_for_each_reason():
    last = list(table(rows(TTT=9, TAA=8, AAC=3), View(top=1, skip_stops=True, min_count=3)))[-1]
    assert last.startswith("63 of 64 codons are not shown: 3 stop codons")
    assert "59 counted fewer than 3 times" in last
    assert "1 beyond the first 1" in last


def test_without_hidden_rows_no_line_mentions_them():
    assert len(list(table(rows(), View(top=64)))) == 65


def test_an_empty_family_is_shown_as_missing_and_not_as_zero():
    line = next(line for line in table(rows(), View(top=64, rscu=True)) if line.startswith("GGG"))
    assert line.endswith("–")


def test_columns_are_aligned_whatever_the_counts():
    lines = list(table(rows(TTT=1_234_567, AAA=1), View(top=3, rscu=True)))[:4]
    assert len({len(line) for line in lines}) == 1


def test_a_table_under_one_of_several_codes_says_so_before_its_first_row(tmp_path):
    code = {"id": 1, "name": "Standard", "with_other_amino_acids": 4}
    write(tmp_path, {"genetic_code": code, "cds": {"found": 6, "counted": 5, "dropped": {"pseudo": 1}}})
    told = [str(line) for line in report(tmp_path, View())]
    said = "genetic code 1 (Standard), but 4 of 5 coding sequences have a code with other amino acids"
    assert told[:3] == ["Found 1 unique codon: 5 in 1 sequence, 20 nt", "", f"The amino acids are those of {said}"]
    write(tmp_path, {"genetic_code": {"id": 1, "name": "Standard"}})
    assert not any("genetic code" in str(line) for line in report(tmp_path, View()))


def test_a_top_of_0_prints_no_table(tmp_path):
    write(tmp_path)
    first, _, ledger, *_ = report(tmp_path, View(top=0))
    assert first == "Found 1 unique codon: 5 in 1 sequence, 20 nt"
    assert ledger.startswith("Ledger of 1 sequence,")


def test_the_ledger_is_shown_as_an_equation(tmp_path):
    write(tmp_path)
    assert "  1 + 3 × (5 + 1) + 1 = 20 bases, all of them" in list(report(tmp_path, View()))


def test_a_ledger_that_does_not_add_up_is_shown_as_wrong(tmp_path):
    write(tmp_path, bases=21)
    assert "  1 + 3 × (5 + 1) + 1 = 20 bases, NOT the 21 that were read" in list(report(tmp_path, View()))


def test_a_warning_of_the_proof_is_printed_before_the_verdict(tmp_path):
    write(tmp_path)
    proof = {**tables.read_document(tmp_path / tables.VALIDATION), "warnings": ["2 of 64 codons\x1b never occur."]}
    tables.write_document(tmp_path / tables.VALIDATION, proof)
    lines = list(report(tmp_path, View()))
    assert lines.count("Warning: 2 of 64 codons\\x1b never occur.") == 1
    assert lines[-1].startswith("Proven")


def test_broken_laws_are_named(tmp_path):
    write(tmp_path)
    broken = {"proven": False, "laws": [{"law": "Ledger", "holds": False, "detail": "3 bases \x1b[31mmissing"}]}
    tables.write_document(tmp_path / tables.VALIDATION, broken)
    lines = list(report(tmp_path, View()))
    assert "NOT proven: 1 of 1 laws are broken" in lines
    assert "  Ledger: 3 bases \\x1b[31mmissing" in lines


def before_the_verdict(folder: Path) -> list[str]:
    """The lines between the ledger and the verdict."""
    lines = list(report(folder, View()))
    return lines[[number for number, line in enumerate(lines) if not line][2] + 1 : -2]


def test_files_read_and_batches_reused_are_printed_before_the_verdict(tmp_path):
    write(tmp_path)
    assert before_the_verdict(tmp_path) == [
        "1 file was read",
        "Batches: 1 counted, 1 reused: committed before",
        "5 codons are too few.",
    ]


def test_the_number_of_files_passed_over_duplicates_and_warnings_are_printed_before_the_verdict(tmp_path):
    duplicates = {"ids": 2, "records": 1234, "examples": [[1, 2]]}
    write(tmp_path, {"duplicate_ids": duplicates, "warnings": ["3 codons never occur: \x1b[2J"]})
    passed = [{"path": f"/in/{name}", "why": "no sequences"} for name in "abcd"]
    tables.write_document(tmp_path / tables.PROVENANCE, provenance(1) | {"passed_over": passed})
    first, _, *others = before_the_verdict(tmp_path)
    assert first == "1 file was read; 4 were passed over, which provenance.json names"
    assert others == [
        "2 identifiers occur more than once, in 1,234 records; all records are counted",
        r"Warning: 3 codons never occur: \x1b[2J",
        "5 codons are too few.",
    ]


@pytest.mark.parametrize(
    ("found", "dropped", "line"),
    [
        (
            1067,
            {"length": 1, "internal_stop": 2, "pseudo": 1064 - 50},
            "1,067 coding sequences were found: 50 counted, 1,017 dropped (1,014 pseudo, 2 internal_stop, 1 length);"
            " dropped.csv names them",
        ),
        (2, {}, "2 coding sequences were found and counted"),
        (1, {}, "1 coding sequence was found and counted"),
    ],
)
def test_found_counted_and_dropped_coding_sequences_are_printed_with_the_most_frequent_reason_first(
    tmp_path, found, dropped, line
):
    counted = found - sum(dropped.values())
    write(tmp_path, {"mode": "cds", "cds": {"found": found, "counted": counted, "dropped": dropped}})
    assert before_the_verdict(tmp_path)[1] == line


def test_the_ledger_of_coding_sequences_says_so(tmp_path):
    write(tmp_path, {"mode": "cds", "cds": {"found": 1, "counted": 1, "dropped": {}}}, sequences=1234)
    lines = list(report(tmp_path, View(top=0)))
    assert lines[2] == "Ledger of 1,234 coding sequences, accounting for every base:"
    assert [line.split("  ")[1] for line in lines[3:5]] == ["in those counted", "before the first codon"]


@pytest.mark.parametrize(("dropped", "named"), [({"pseudo": 1}, True), ({}, False)])
def test_dropped_coding_sequences_have_a_file_to_read_only_if_there_are_any(tmp_path, dropped, named):
    write(tmp_path, {"mode": "cds", "cds": {"found": 1, "counted": 0, "dropped": dropped}})
    proof = tables.read_document(tmp_path / tables.VALIDATION) | {"files": {"dropped.csv": ""}}
    tables.write_document(tmp_path / tables.VALIDATION, proof)
    assert any("dropped.csv" in line for line in Facts.of(tmp_path).further(tmp_path)) is named


def test_incomplete_results_raise_our_error(tmp_path):
    write(tmp_path)
    tables.write_document(tmp_path / tables.PROVENANCE, {"run": "r"})
    with pytest.raises(ContractError, match="cannot be read"):
        list(report(tmp_path, View()))


def test_missing_results_raise_our_error(tmp_path):
    with pytest.raises(ContractError, match="cannot be read"):
        list(report(tmp_path, View()))


@pytest.mark.parametrize("text", ["\x1b[2Jgone", "a\rb", "a\nb", "\x07", "\u202ereversed", "\u2028"])
def test_nothing_from_input_can_drive_the_terminal(text):
    assert printable(text).isprintable()


def test_ordinary_text_is_printed_as_it_is():
    assert printable("batch 3/7 · 5,000 × Größe") == "batch 3/7 · 5,000 × Größe"
