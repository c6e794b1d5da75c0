"""The page: what it shows is what was published, and what is missing is said."""

from __future__ import annotations

import csv
import re
from dataclasses import replace

import pytest

from opengenome import flow
from opengenome.core.alphabet import CODONS
from opengenome.core.measures.names import NAMES
from opengenome.report.figures import Figure
from opengenome.report.heatmap import MEASURES
from opengenome.report.material import Material, TaskTrace
from opengenome.report.page import page
from tests.orchestration.annotated_runs import Row, some_cds
from tests.orchestration.conftest import House
from tests.report.seen import Element, changed, coding_run, few_sequences, figure, proven, seen, unpacked


def _published(material: Material) -> dict[str, dict[str, str]]:
    with (material.folder / flow.CSV).open(encoding="utf-8", newline="") as file:
        return {row["codon"]: row for row in csv.DictReader(file)}


def _shown(whole: Element, codon: str, measure: str) -> str:
    """The exact value in a cell of the codon table; "" for a dash."""
    (place,) = whole.by_id(f"codon-{codon}").all("span", of=measure)
    return next((one.attributes["value"] for one in place.all("data")), "")


def test_each_cell_of_the_codon_table_has_the_published_value(house: House) -> None:
    material = few_sequences(house)
    whole = seen(page(material, []))
    for codon, row in _published(material).items():
        assert {m.column: _shown(whole, codon, m.column) for m in MEASURES} == {
            m.column: row[m.column] for m in MEASURES
        }


def test_the_codon_table_has_the_layout_of_the_genetic_code(house: House) -> None:
    whole = seen(page(few_sequences(house, genetic_code=2), []))
    (table,) = whole.all("table", of="code")
    order = [cell.attributes["id"].removeprefix("codon-") for cell in table.all("td")]
    assert order == [first + second + third for first in "TCAG" for third in "TCAG" for second in "TCAG"]
    stops = {cell.attributes["id"][-3:] for cell in table.all("td", of="stop")}
    assert stops == {"TAA", "TAG", "AGA", "AGG"}
    assert whole.by_id("codon-TGA").all("abbr")[0].attributes["title"] == "Tryptophan"


def test_a_value_that_is_not_defined_is_a_dash_with_its_reason(house: House) -> None:
    house.data.joinpath("one.fasta").write_text(">a\nATGATG\n", encoding="utf-8")
    material = proven(house.counted("r", source=str(house.data / "one.fasta"), require_all_codons="never"))
    whole = seen(page(material, []))
    assert _shown(whole, "TTT", "count") == "0"
    assert _shown(whole, "TTT", "rscu") == ""
    (dash,) = whole.by_id("codon-TTT").all("span", of="rscu")[0].all("span", of="none")
    assert dash.attributes["title"] == "Not defined because no codon of this amino acid was counted"
    enc = next(row for row in whole.rows("Measures of the whole table") if row[0] == "ENC (Wright)")
    assert enc[1] == "–Not defined because too few codons were counted"


def test_of_an_amino_acid_that_a_group_lacks_its_column_has_dashes_and_no_zeros(house: House) -> None:
    material = coding_run(house, [*some_cds(1, organism="A"), Row("short_0", "ATGAAATAA", organism="B")])
    (table,) = seen(page(material, [])).all("table", of="side")
    (row,) = [row for row in table.all("tr") if row.all("th")[0].words == "TTT"]
    whole, lacking = [cell.all("span", of="rscu")[0].words for cell in row.all("td")]
    assert whole.endswith("1.000")
    assert "–Not defined" in lacking


def test_every_measure_of_the_summary_stands_on_the_page_with_its_full_name(house: House) -> None:
    table = house.data / "reference.csv"
    table.write_text("codon,count\n" + "".join(f"{codon},{1 + at % 7}\n" for at, codon in enumerate(CODONS)))
    material = coding_run(house, some_cds(5), reference=str(table))
    summary = material.summary
    values = {name: summary[name] for name in ("gc", "gc1", "gc2", "gc3", "gc3s")} | summary["measures"]
    values |= {"enc_wright": summary["enc"]["wright_1990"], "enc_sun": summary["enc"]["sun_2013"]}
    assert {"cai", "gc12", "milc"} <= set(values)
    *measured, stops, symmetry = seen(page(material, [])).rows("Measures of the whole table")
    told = {symbol: (value, meaning) for symbol, value, meaning in measured}
    assert told == {
        NAMES[name].symbol: (f"{value:.4g}", f"{NAMES[name].title}; {NAMES[name].scale}")
        for name, value in values.items()
    }
    signal = summary["coding_signal"]
    assert [stops[1], symmetry[1]] == [f"{signal[key]:.4g}" for key in ("stops_per_thousand", "strand_symmetry_r")]


def test_the_codon_table_says_how_many_have_a_code_with_other_amino_acids(house: House) -> None:
    material = coding_run(house, [*some_cds(6, code=5), *some_cds(2, seed=4, code=11)])
    (table,) = seen(page(material, [])).all("table", of="code")
    said = "genetic code 1 (Standard), but 6 of 8 coding sequences have a code with other amino acids"
    assert f"with the amino acids of {said}; stops" in table.all("caption")[0].words


def test_warnings_come_first_and_the_coding_signal_with_them(house: House) -> None:
    stopped = [Row(f"x_{k}", "ATGTAAATG", reason="internal_stop") for k in range(9)]
    material = coding_run(house, [*some_cds(6), *stopped])
    whole = seen(page(material, []))
    first = whole.all("section")[0]
    told = [one.words for one in first.all("li")]
    assert told == material.validation["warnings"]
    assert "9 of 15 CDS (60 %) were dropped" in told[0]
    assert first.words.endswith(material.summary["coding_signal"]["verdict"])


def test_the_ledger_accounts_for_every_base(house: House) -> None:
    material = few_sequences(house, frame=1)
    whole = seen(page(material, []))
    rows = whole.rows("The ledger")
    assert sum(int(row[1].replace(",", "")) for row in rows) == material.summary["bases"]
    assert [row[0] for row in rows] == ["Counted", "Ambiguous", "Trailing", "Skipped"]
    assert rows[3][1] == "7"  # one base of each of seven sequences
    bar = whole.all("svg", of="bar")[0].all("rect")
    assert len(bar) == 4
    assert sum(float(part.attributes["width"]) for part in bar) == pytest.approx(1000, abs=0.1)


def test_every_law_is_told_with_its_figures(house: House) -> None:
    material = coding_run(house, [*some_cds(4), Row("p_1", "ATGAAA", reason="pseudo")])
    rows = seen(page(material, [])).rows("What was proven")
    assert [row[0] for row in rows] == [law["law"] for law in material.validation["laws"]]
    assert {row[1] for row in rows} == {"holds"}
    assert rows[0][2].endswith(f"= {material.summary['bases']:,} bases")
    assert rows[6][2] == "5 found = 4 counted + 1 dropped"


def test_dropped_coding_sequences_are_told_by_reason_with_the_records_that_lose_most(house: House) -> None:
    lost = [Row(f"rec{k}_{n}", "ATGAAA", reason="pseudo") for k in range(7) for n in range(k + 1)]
    lost += [Row(f"rec7_{n}", "ATGAAA", reason="pseudo", organism="Zea mays") for n in range(8)]
    material = coding_run(house, [*some_cds(3), *lost, Row("rec1_9", "ATGA", organism="", reason="length")])
    pseudo, length = seen(page(material, [])).rows("Dropped coding sequences")
    assert pseudo[:3] == ["pseudo", "36", "90 %"]
    most = [f"{8 - k}: rec{7 - k}.1, {'Homo sapiens' if k else 'Zea mays'}, in genome.fasta" for k in range(5)]
    assert pseudo[4].startswith("".join(most))
    assert pseudo[4].endswith("and 3 more records")
    assert [*length[:3], length[4]] == ["length", "1", "2.5 %", "1: rec1.1 in genome.fasta"]


def test_few_groups_stand_side_by_side(house: House) -> None:
    rows = [*some_cds(3, organism="Homo sapiens"), *some_cds(3, seed=4, organism="Zea mays", code=2)]
    material = coding_run(house, rows)
    whole = seen(page(material, []))
    assert [row[0] for row in whole.rows("Groups, the one")] == [
        row[0] for row in sorted(whole.rows("Groups, the one"), key=lambda row: -int(row[3].replace(",", "")))
    ]
    (table,) = whole.all("table", of="side")
    assert [head.words for head in table.all("thead")[0].all("th")] == ["Codon", "Homo sapiens", "Zea mays"]
    tga = next(row for row in table.all("tbody")[0].all("tr") if row.all("th")[0].words == "TGA")
    assert [cell.all("span", of="codon")[0].words for cell in tga.all("td")] == ["*", "W"]


def test_of_many_groups_the_largest_are_shown_and_this_is_said(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("opengenome.report.page.groups.ROWS", 10)
    rows = [row for k in range(30) for row in some_cds(1 + k % 5, seed=k, organism=f"Organism {k}")]
    material = coding_run(house, rows)
    whole = seen(page(material, []))
    table = whole.rows("The 10 groups with the most codons, of 30; measures_by_group.csv has all")
    with (material.folder / flow.MEASURES_BY_GROUP).open(encoding="utf-8", newline="") as file:
        all_of_them = sorted((int(row["codons"]) for row in csv.DictReader(file)), reverse=True)
    assert [int(row[3].replace(",", "")) for row in table] == all_of_them[:10]
    assert not whole.all("table", of="side")


def _trace(*tasks: tuple[str, int, float, float]) -> tuple[TaskTrace, ...]:
    return tuple(TaskTrace(task, index, task, begin, took, 1, 0, "node") for task, index, begin, took in tasks)


def test_tasks_that_overlap_lie_beside_each_other_on_the_timeline(house: House) -> None:
    material = few_sequences(house, batch_size=3)
    counted = flow.COUNT_CODONS
    trace = _trace(("plan", -1, 10.0, 2.0), (counted, 0, 12.0, 6.0), (counted, 1, 13.0, 4.0), (counted, 2, 17.5, 1.0))
    (drawn,) = seen(page(replace(material, trace=trace), [])).all("svg", of="timeline")
    boxes = [tuple(float(one.attributes[name]) for name in ("x", "y", "width")) for one in drawn.all("rect")]
    plan, first, second, third = boxes
    assert first[1] != second[1]  # at the same time
    assert third[1] == second[1]  # where it was free again
    assert plan[1] not in {first[1], second[1]}
    assert [round(box[0]) for box in boxes] == [0, 235, 353, 882]


def test_a_batch_has_its_rate_and_when_it_ran(house: House) -> None:
    material = few_sequences(house, batch_size=4)
    trace = _trace((flow.COUNT_CODONS, 0, 1_795_000_000.0, 2.0), (flow.COUNT_CODONS, 1, 1_795_000_001.0, 5.0))
    one, two = material.provenance["batches"]
    batches = [one | {"timings": {"session": 1.0, "total": 4.0}}, two]
    timed = changed(replace(material, trace=trace), provenance={"batches": batches})
    first, second = seen(page(timed, [])).rows("Batches")
    assert first[3:8] == ["counted", "2026-11-18 11:06:40 UTC", "2.00 s", "1", f"{round(one['bases'] / 4):,}"]
    assert second[7] == "not known"


def test_where_nobody_knows_when_the_tasks_ran_the_page_says_so(house: House) -> None:
    whole = seen(page(few_sequences(house), []))
    assert not whole.all("svg", of="timeline")
    assert "When the tasks ran is not known." in whole.by_id("batches").words
    assert whole.rows("Batches")[0][4:7] == ["not known"] * 3
    assert "The command is not known" in whole.by_id("reproduce").words


def test_the_command_stands_on_the_page_and_can_be_pasted(house: House) -> None:
    command = ("./opengenome analyze codon", "--input '/a b/$HOME'", "--frame 1")
    whole = seen(page(replace(few_sequences(house), command=command), []))
    told = whole.by_id("reproduce").all("pre")[0].text
    assert told.replace("\\\n", "").split() == " ".join(command).split()
    assert [one.text for one in whole.by_id("run").all("code")] == list(command[1:])


def test_figures_of_the_same_sequences_hold_their_table_once(house: House) -> None:
    drawn = [
        figure("nc"),
        figure("pr2"),
        figure("gc", "x,y\n3,4\n"),
        Figure("none", "None", "Too few.", None, figure("a").data),
    ]
    whole = seen(page(few_sequences(house), drawn))
    tables = [unpacked(one.text) for one in whole.all("script") if one.attributes["id"].startswith("table-")]
    assert tables == ["x,y\n1,2\n", "x,y\n3,4\n"]
    shown = whole.all("figure")
    assert [one.attributes["data-table"] for one in shown] == ["0", "0", "1", "-1"]
    assert '"mark": "point"' in unpacked(shown[0].all("script")[0].text)
    assert [len(one.all("button")) for one in shown] == [3, 3, 3, 0]
    assert "Too few." in shown[3].words


def test_a_figure_that_is_no_json_is_refused(house: House) -> None:
    broken = figure("nc")
    assert broken.chart
    broken.chart["height"] = float("nan")
    with pytest.raises(ValueError, match="JSON"):
        page(few_sequences(house), [broken])


def test_every_link_on_the_page_has_its_target_and_headings_skip_no_level(house: House) -> None:
    whole = seen(page(coding_run(house, some_cds(3)), [figure("nc")]))
    ids = [one.attributes["id"] for one in whole.all() if one.attributes["id"]]
    assert len(ids) == len(set(ids))
    links = [one.attributes["href"] for one in whole.all("a")]
    assert links
    assert {link.removeprefix("#") for link in links} <= set(ids)
    assert {one.attributes["id"] for one in whole.all("section")} == {link.removeprefix("#") for link in links} - {
        "main"
    }
    levels = [int(one.tag[1]) for one in whole.all() if re.fullmatch("h[1-6]", one.tag)]
    assert levels.count(1) == 1
    described = [
        name
        for one in whole.all()
        for key in ("aria-labelledby", "aria-describedby")
        for name in one.attributes.get(key, "").split()
    ]
    assert set(described) <= set(ids)
    assert all(table.all("caption") for table in whole.all("table"))
