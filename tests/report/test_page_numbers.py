"""What the page says of a run in numbers: each is the published one, in its place."""

from __future__ import annotations

import csv
import json
import re
from base64 import b64decode
from dataclasses import replace
from typing import Any

import pytest

from opengenome import flow
from opengenome.annotation.rules import REASONS
from opengenome.core.genetic_code import OWN
from opengenome.core.measures.names import NAMES
from opengenome.report.figures.theme import theme
from opengenome.report.heatmap import AMINO_ACIDS, MEASURES
from opengenome.report.material import Material, TaskTrace
from opengenome.report.page import facts, page
from opengenome.report.page.groups import COLUMNS
from opengenome.report.page.shown import size
from tests.orchestration.annotated_runs import Row, some_cds
from tests.orchestration.conftest import House, some_records, write_input
from tests.report.seen import Element, changed, coding_run, few_sequences, figure, proven, seen


def _read(material: Material, name: str) -> list[dict[str, str]]:
    with (material.folder / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _facts(whole: Element) -> dict[str, str]:
    """What stands beside each title of the section about the run."""
    (place,) = whole.by_id("run").all("dl")
    return dict(zip(*([one.words for one in place.all(tag)] for tag in ("dt", "dd")), strict=True))


def test_each_amino_acid_has_its_share_and_its_codons_the_most_used_one_first(house: House) -> None:
    material = few_sequences(house)
    rows = seen(page(material, [])).rows("Usage of amino acids")
    table = _read(material, flow.CSV)
    names = {letter: name if letter == "*" else f"{name} ({letter})" for letter, name in AMINO_ACIDS.items()}
    assert len(set(AMINO_ACIDS.values())) == len(AMINO_ACIDS)
    expected = []
    for letter in {row["amino_acid"] for row in table}:
        family = sorted(
            (one for one in table if one["amino_acid"] == letter), key=lambda one: (-int(one["count"]), one["codon"])
        )
        share = sum(float(one["per_thousand"]) for one in family)
        each = " ".join(f"{one['codon']} {float(one['rscu']):.3f}" for one in family)
        expected.append([names[letter], f"{sum(int(one['count']) for one in family):,}", f"{share:.2f}", each])
    assert rows == sorted(expected, key=lambda row: (row[0] == "Stop", row[0]))


def test_the_scale_of_each_measure_says_what_its_colours_mean(house: House) -> None:
    material = few_sequences(house)
    legends = [one.all("p", of="legend")[0].words for one in seen(page(material, [])).all("div", of="scale")]
    top = max(_read(material, flow.CSV), key=lambda row: int(row["count"]))
    assert legends == [
        f"0 {int(top['count']):,}",
        f"0 {float(top['per_thousand']):.2f}",
        "0 1.000",
        "0 6 (middle: 1)",
    ]


def test_the_measures_of_a_group_stand_below_their_titles(house: House) -> None:
    rows = [*some_cds(4, organism="A"), *some_cds(1, seed=4, organism="B", code=2), *some_cds(2, seed=5, organism="")]
    material = coding_run(house, rows)
    whole = seen(page(material, []))
    table = next(one for one in whole.all("table") if one.all("caption")[0].words.startswith("Groups, the one"))
    head = [one.words for one in table.all("thead")[0].all("th")]
    columns = {"Organism": "group", "Code": "genetic_code", "Sequences": "sequences", "Codons": "codons"}
    columns |= {NAMES[name].symbol: name for name in COLUMNS if name not in ("cai", "tai", "cpb")}  # they need more
    assert head == list(columns)
    published = {row["group"]: row for row in _read(material, flow.MEASURES_BY_GROUP)}
    for shown in whole.rows("Groups, the one"):
        row = published[shown[0].replace("(no value)", "")]
        assert shown[1:4] == [row["genetic_code"], row["sequences"], f"{int(row['codons']):,}"]
        for title, text in list(zip(head, shown, strict=True))[4:]:
            value = row[columns[title]]
            assert text.startswith("–Not defined") if not value else abs(float(text) - float(value)) <= 0.0051, title
    assert "3 groups. 2 sequences have no organism." in whole.by_id("groups").words


@pytest.mark.parametrize(("few", "tables"), [(2, 1), (1, 0)])
def test_more_groups_than_fit_do_not_stand_side_by_side(
    house: House, monkeypatch: pytest.MonkeyPatch, few: int, tables: int
) -> None:
    monkeypatch.setattr("opengenome.report.page.groups.FEW", few)
    material = coding_run(house, [*some_cds(1, organism="A"), *some_cds(1, seed=4, organism="B")])
    assert len(seen(page(material, [])).all("table", of="side")) == tables


def test_each_cell_of_groups_side_by_side_has_the_published_value(house: House) -> None:
    material = coding_run(house, [*some_cds(3, organism="A"), *some_cds(3, seed=4, organism="B", code=2)])
    published = {(row["group"], row["codon"]): row for row in _read(material, flow.BY_GROUP_CSV)}
    (table,) = seen(page(material, [])).all("table", of="side")
    for row in table.all("tbody")[0].all("tr"):
        for name, cell in zip("AB", row.all("td"), strict=True):
            told = published[name, row.all("th")[0].words]
            shown = [one.attributes["value"] for one in cell.all("data")]
            assert [float(one) for one in shown] == [float(told[m.column]) for m in MEASURES if told[m.column]]


def test_each_cell_of_the_codon_table_is_written_with_the_digits_of_its_measure(house: House) -> None:
    material = few_sequences(house)
    whole = seen(page(material, []))
    for row in _read(material, flow.CSV):
        assert [one.words for one in whole.by_id(f"codon-{row['codon']}").all("data")] == [
            f"{int(row['count']):,}",
            *(f"{float(row[name]):.{digits}f}" for name, digits in (("per_thousand", 2), ("fraction", 3), ("rscu", 3))),
        ]


def test_the_ledger_has_the_numbers_of_the_summary(house: House) -> None:
    material = few_sequences(house, frame=1)
    ledger = material.summary["ledger"]
    rows = seen(page(material, [])).rows("The ledger")
    codons = ledger["counted"], ledger["ambiguous"]
    assert [row[1] for row in rows] == [f"{n:,}" for n in (3 * codons[0], 3 * codons[1], ledger["trailing"], 7)]
    assert [row[3].split()[0] for row in rows[:2]] == [f"{n:,}" for n in codons]
    assert rows[0][2] == f"{round(300 * codons[0] / ledger['bases'], 2):g} %"


def test_each_law_is_told_with_its_own_figures(house: House) -> None:
    material = coding_run(house, [*some_cds(4), Row("p_1", "ATGAAA", reason="pseudo")])
    counted, bases = material.summary["codons"], material.summary["bases"]
    absent = len(material.summary["absent_codons"])
    assert absent not in (0, 32)
    assert [row[2] for row in seen(page(material, [])).rows("What was proven")] == [
        f"0 + 3 × ({counted:,} + 0) + {bases - 3 * counted:,} = {bases:,} bases",
        "1 batch, 4 sequences",
        f"{counted:,} counted; {64 - absent} of 64 occur, {absent} never",
        "per thousand sums to 1000",
        "4 sequences in 1 part, 1 group",
        f"{len(material.validation['files'])} files, each with its SHA-256",
        "5 found = 4 counted + 1 dropped",
    ]


def test_the_first_law_adds_what_was_skipped_and_what_is_left(house: House) -> None:
    material = few_sequences(house, frame=2)
    ledger = material.summary["ledger"]
    assert ledger["trailing"] != ledger["offset"]
    assert seen(page(material, [])).rows("What was proven")[0][2].startswith(f"{ledger['offset']} + 3 × (")


def test_a_broken_law_is_told_with_what_breaks_it(house: House) -> None:
    material = few_sequences(house)
    first, *others = material.validation["laws"]
    broken = first | {"holds": False, "detail": "3 bases are missing"}
    whole = seen(page(changed(material, validation={"laws": [broken, *others]}), []))
    assert whole.rows("What was proven")[0][1:] == ["broken", "3 bases are missing"]
    assert "not proven" in whole.all("p", of="lead")[0].words


def test_records_that_lose_alike_stand_in_the_order_of_the_input_and_names_are_as_in_the_input(house: House) -> None:
    lost = [Row(f"rec{k}_0", "ATGA", reason="length") for k in (3, 1, 2)]
    material = coding_run(house, [*some_cds(3, organism="=A"), *lost, Row("=b_0", "ATGA", reason="length")])
    whole = seen(page(material, []))
    [row] = whole.rows("Dropped coding sequences")
    assert row[3] == f"I{REASONS['length'][1:]}"
    assert re.findall(r"1: ([^ ,]+)", row[4]) == ["rec3.1", "rec1.1", "rec2.1", "=b.1"]  # no guards of spreadsheets
    isolated = {one.text for one in whole.by_id("coding").all("bdi")}  # a name from right to left moves no other
    assert {"rec3.1", "=b.1", "genome.fasta"} <= isolated
    assert "=A" in [one[0] for one in whole.rows("Groups, the one")]
    assert "=A" in [head.words for head in whole.all("table", of="side")[0].all("thead")[0].all("th")]


def test_a_figure_says_what_its_columns_are_and_equal_data_give_equal_bytes(house: House) -> None:
    whole = seen(page(few_sequences(house), [figure("nc")]))
    (place,) = whole.all("figure")
    assert json.loads(place.attributes["data-kinds"]) == {"x": "number", "y": "number"}
    assert b64decode(whole.by_id("table-0").text)[4:8] == bytes(4)  # no time in it


def test_a_light_page_has_the_figures_look_for_light_pages_and_a_dark_one_that_for_dark_ones(house: House) -> None:
    told = seen(page(few_sequences(house), [figure("nc")])).by_id("themes").text
    assert json.loads(told) == {"light": theme(dark=False), "dark": theme(dark=True)}


def test_a_reused_batch_is_told_apart_from_a_counted_one(house: House) -> None:
    material = few_sequences(house, batch_size=4)
    one, two = material.provenance["batches"]
    facts = {"peak_memory": {"driver": 1_500_000_000, "worker": 20_000}, "timings": {"total": 4.0}}
    trace = [
        TaskTrace(flow.COUNT_CODONS, k, f"batch {k + 1}", 100.0 + k, 2.0 + 3 * k, 1 + k, 0, "node") for k in (0, 1)
    ]
    traced = replace(material, trace=tuple(trace))
    whole = seen(page(changed(traced, provenance={"batches": [one | facts, two | facts | {"reused": True}]}), []))
    first, second = whole.rows("Batches")
    assert first[:4] == ["1", str(one["sequences"]), f"{one['bases']:,}", "counted"]
    assert first[6:] == ["1", f"{round(one['bases'] / 4):,}", "driver 1.5 GB worker 20 kB", "node"]
    assert second[3] == "reused"
    assert second[6:8] == ["2", f"{round(two['bases'] / 4):,}"]
    told = whole.by_id("batches").words
    assert "2 batches: 1 counted, 1 reused." in told
    assert "Rate and memory of a reused batch are those of the run that counted it." in told
    (drawn,) = whole.all("svg", of="timeline")
    assert [bar.attributes["class"] for bar in drawn.all("rect")] == ["k-counted", "k-reused"]
    assert [bar.all("title")[0].words for bar in drawn.all("rect")] == [
        "batch 1: from 0.0 s, for 2.0 s",
        "batch 2: from 1.0 s, for 5.0 s, attempt 2, reused",
    ]


def test_all_warnings_are_told_once_and_identifiers_that_occur_twice(house: House) -> None:
    material = few_sequences(house)
    changed(
        material,
        summary={"warnings": ["Of the summary.", "Of both."], "duplicate_ids": {"ids": 1, "records": 3}},
        validation={"warnings": ["Of both.", "Of the laws."]},
    )
    assert [one.words for one in seen(page(material, [])).by_id("warnings").all("li")] == [
        *("Of the summary.", "Of both.", "Of the laws."),
        "1 identifier occurs more than once, in 3 records. All of these records are counted.",
    ]


@pytest.mark.parametrize(
    ("cds", "looks_like", "how"),
    [
        ({"found": 1}, "coding sequence", "plain"),
        ({"found": 1}, "unclear", "plain"),
        ({"found": 1}, "whole genome", "odd"),
        (None, "whole genome", "plain"),
    ],
)
def test_only_coding_sequences_that_do_not_look_so_are_odd(house: House, cds: Any, looks_like: str, how: str) -> None:
    material = few_sequences(house)
    changed(material, summary={"cds": cds, "coding_signal": {"looks_like": looks_like, "verdict": "So it looks."}})
    assert facts.signal(material) == (how, "So it looks.")


def test_each_genetic_code_is_told_with_its_coding_sequences(house: House) -> None:
    material = coding_run(house, [*some_cds(3), *some_cds(2, seed=4, code=2)])
    assert _facts(seen(page(material, [])))["Genetic code"] == (
        "1 (Standard): 3 coding sequences2 (Vertebrate Mitochondrial): 2 coding sequences"
    )
    changed(material, summary={"cds": material.summary["cds"] | {"codes": {str(OWN): 5}}})
    assert facts.codes(material) == [("the run's own code", "5 coding sequences")]
    changed(material, summary={"cds": None, "genetic_code": {"id": OWN, "name": "mine"}})
    assert facts.codes(material) == [("the run's own code", "")]


def test_the_input_is_told_with_formats_and_sizes_and_what_was_passed_over(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.fasta", "b.fasta.gz"):
        write_input(house.data / name, some_records(4))
    (house.data / "notes.txt").write_text("nothing to count\n")
    material = proven(house.counted("r", source=str(house.data), require_all_codons="never", genetic_code=2))
    sizes = [file["size"] for file in material.provenance["inputs"]]
    whole = seen(page(material, []))
    told = _facts(whole)
    assert told["Files"] == f"2 read, {size(sum(sizes))}; 1 passed over"
    assert told["Genetic code"] == "2 (Vertebrate Mitochondrial)"
    assert whole.rows("Input files") == [
        [str(house.data / "a.fasta"), "FASTA", "none", size(sizes[0])],
        [str(house.data / "b.fasta.gz"), "FASTA", "gzip", size(sizes[1])],
    ]
    [why] = [one["why"] for one in material.provenance["passed_over"]]
    assert whole.rows("Files passed over") == [[str(house.data / "notes.txt"), why]]
    assert "The first" not in whole.by_id("run").words
    monkeypatch.setattr(facts, "ROWS", 1)
    assert "The first 1 of 2 files; provenance.json has all of them." in seen(page(material, [])).by_id("run").words


def test_every_published_file_is_told_with_its_digest(house: House) -> None:
    material = few_sequences(house, batch_size=4)
    digests = {name: digest for name, digest in material.validation["files"].items() if "/" not in name}
    assert seen(page(material, [])).rows("Published files") == [
        *map(list, digests.items()),
        ["per_sequence/ (2 files)", "in validation.json"],
        ["validation.json", material.proof.sha256],
    ]


def test_of_coding_sequences_the_page_tells_how_many_were_dropped_their_flags_and_where_codes_are_from(
    house: House,
) -> None:
    material = coding_run(house, some_cds(4))
    cds = {"found": 9, "counted": 4, "dropped": {}, "flags": {"order": 3}, "code_sources": {"annotation": 4}}
    changed(material, summary={"cds": cds | {"codes": {}}})
    whole = seen(page(material, []))
    told = "9 coding sequences were found; 4 counted (44.44 %), 5 dropped."
    assert told in whole.by_id("coding").words
    assert [row[:2] for row in whole.rows("Flags of counted")] == [["order", "3"]]
    assert [row[:2] for row in whole.rows("Where the genetic code")] == [["annotation", "4"]]
    for flags, heads in (({"order": 3}, ["Flag", "Source"]), ({}, ["Source"])):
        changed(material, summary={"cds": cds | {"codes": {}, "flags": flags}})
        tables = seen(page(material, [])).by_id("coding").all("table")
        assert [one.all("th")[0].words for one in tables] == heads


def test_stops_are_those_of_each_sequences_own_code_and_this_is_said(house: House) -> None:
    material = coding_run(house, [*some_cds(6), *some_cds(6, seed=3, code=2, organism="Mus musculus")])
    whole = seen(page(material, []))
    (stops,) = [row for row in whole.rows("Measures of the whole table") if row[0] == "Stops"]
    assert stops[2].startswith("Stop codons of the genetic code that each sequence has; per thousand codons")
    (of_the_table,) = [row[2] for row in whole.rows("Usage of amino acids") if row[0] == "Stop"]
    assert float(stops[1]) != pytest.approx(float(of_the_table), abs=0.01)  # of one code for all
