"""What the page says in words: names explained, numbers that agree with their nouns, nothing missing told as zero."""

from __future__ import annotations

import csv
import re
from dataclasses import replace
from pathlib import Path

import pytest

from opengenome import annotation, flow
from opengenome.io.genbank.table import NOTED
from opengenome.report.page import page
from opengenome.report.page.account import FLAGS
from opengenome.report.page.pairs import FEWEST, MOST
from tests.orchestration.annotated_runs import Row, some_cds
from tests.orchestration.conftest import House
from tests.report.seen import Element, changed, coding_run, few_sequences, proven, seen


def _of_fasta(house: House, text: str, **asked: object) -> Element:
    house.data.joinpath("some.fasta").write_text(text, encoding="utf-8")
    how = {"source": str(house.data / "some.fasta"), "require_all_codons": "never"} | asked
    return seen(page(proven(house.counted("r", **how)), []))


def test_one_of_a_thing_is_told_in_the_singular(house: House) -> None:
    whole = _of_fasta(house, ">a\nATG\n")
    assert "1 sequence · 3 bases · 1 codon · proven by 6 laws" in whole.words
    found = re.search(r".{60}\b1 (sequences|codons|batches|parts|files|groups|bases)\b.{40}", whole.words)
    assert not found, found[0]


def test_sums_of_nothing_are_not_told_as_zero(house: House) -> None:
    whole = _of_fasta(house, ">a\nNNN\n")
    assert whole.rows("What was proven")[3][2] == "nothing was counted"
    assert {row[1][0] for row in whole.rows("Measures of the whole table")} == {"–"}


def test_the_frame_is_told_in_words(house: House) -> None:
    assert "1 (from the second base of each sequence)" in seen(page(few_sequences(house, frame=1), [])).words


def test_every_flag_of_a_coding_sequence_is_explained(house: House) -> None:
    code = "".join(path.read_text() for path in Path(annotation.__path__[0]).glob("*cds.py"))
    given = {*re.findall(r'yield "(\w+)"', code), *re.findall(r'noted=\("(\w+)"', code), *NOTED}
    assert {"both_strands", "phases_disagree", "repeated_row", "trans_splicing"} <= given
    assert given == set(FLAGS)
    rows = [*some_cds(3), Row("q", "GATGAAATAA", offset=1, flags="codon_start;partial_5", source="parameter")]
    whole = seen(page(coding_run(house, rows), []))
    assert [row[:2] for row in whole.rows("Flags of counted")] == [["codon_start", "1"], ["partial_5", "1"]]
    assert whole.rows("Flags of counted")[1][2] == "It goes on beyond its 5' end"
    assert [row[:2] for row in whole.rows("Where the genetic code")] == [["annotation", "3"], ["parameter", "1"]]


@pytest.mark.parametrize("skipped", [True, False])
def test_a_run_without_start_codons_says_so(house: House, skipped: bool) -> None:
    material = coding_run(house, some_cds(3))
    material.provenance["parameters"]["skip_start_codon"] = skipped
    told = seen(page(material, [])).by_id("run").words
    assert ("without their start codons" in told) is skipped


def test_the_reference_is_named(house: House) -> None:
    material = few_sequences(house)
    material.summary["reference"] = {"name": "the group <Zea>", "codons": 1234}
    assert "the group <Zea>, 1,234 codons" in seen(page(material, [])).by_id("run").words


def test_the_pairs_that_are_preferred_and_avoided_most_are_those_of_the_table(house: House) -> None:
    house.data.joinpath("some.fasta").write_text("".join(f">{cds.seq_id}\n{cds.letters}\n" for cds in some_cds(900)))
    asked = {"source": str(house.data), "mode": "cds", "codon_pairs": True, "require_all_codons": "never"}
    material = proven(house.counted("r", **asked))
    with (material.folder / flow.CODON_PAIRS_CSV).open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["cps"] and float(row["expected"]) >= FEWEST]
    rows.sort(key=lambda row: float(row["cps"]))
    assert len(rows) > 2 * MOST
    whole = seen(page(material, []))
    for caption, expected in (("Most avoided", rows[:MOST]), ("Most preferred", rows[: -MOST - 1 : -1])):
        assert [[row[0], row[2], row[4]] for row in whole.rows(caption)] == [
            [f"{row['first']} {row['second']}", row["count"], f"{float(row['cps']):.3f}"] for row in expected
        ]
    assert f"{len(rows):,} pairs are expected {FEWEST} times or more" in whole.by_id("pairs").words


def test_a_run_without_codon_pairs_has_no_part_for_them(house: House) -> None:
    assert "pairs" not in {one.attributes["id"] for one in seen(page(few_sequences(house), [])).all("section")}


def test_of_many_sources_the_first_ten_are_named_and_the_others_counted(house: House) -> None:
    material = few_sequences(house)
    for named, told in ((12, "and 2 more"), (10, ""), (0, "the landing folder")):
        source = [f"/in/{k}.fasta" for k in range(named)]
        changed(material, provenance={"source": "\n".join(source)})
        place = seen(page(material, [])).by_id("run").all("dd")[0]
        assert place.words == "".join(source[:10]) + told


@pytest.mark.parametrize(
    ("command", "told"), [((), "–The options are not known"), (("./opengenome analyze codon",), "nothing")]
)
def test_a_run_with_defaults_only_is_told_from_one_whose_options_nobody_knows(
    house: House, command: tuple[str, ...], told: str
) -> None:
    place = seen(page(replace(few_sequences(house), command=command), [])).by_id("run")
    titles = [one.words for one in place.all("dt")]
    assert place.all("dd")[titles.index("Other than default")].words == told


def test_a_group_of_two_genetic_codes_has_a_column_of_each_with_its_number(house: House) -> None:
    rows = [row for code in (1, 2) for row in some_cds(2, seed=code, organism="A", code=code)]
    whole = seen(page(coding_run(house, rows), []))
    (table,) = whole.all("table", of="side")
    assert [head.words for head in table.all("thead")[0].all("th")] == ["Codon", "A (code 1)", "A (code 2)"]
    assert "1 group, 2 with each of their genetic codes apart." in whole.by_id("groups").words


def test_what_a_run_rests_on_is_told_as_it_is_recorded(house: House) -> None:
    material = few_sequences(house, batch_size=4)
    whole, told = seen(page(material, [])), material.provenance
    assert whole.rows("Keys of the batches") == [[f"{k}", one["key"]] for k, one in enumerate(told["batches"], 1)]
    assert whole.rows("Input files; blake3") == [[one["path"], one["digest"]] for one in told["inputs"]]
    assert whole.rows("Versions") == [[name, value] for name, value in told["versions"].items()]
    assert [row[0] for row in whole.rows("All parameters")] == list(told["parameters"])


def test_a_run_without_warnings_says_so(house: House) -> None:
    material = coding_run(house, some_cds(60))
    changed(material, summary={"warnings": []}, validation={"warnings": []})
    first = seen(page(material, [])).all("section")[0]
    assert (first.all("h2")[0].words, first.all("li")) == ("No warnings", [])
