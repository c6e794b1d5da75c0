"""`compare` finds two tables by folder, file, run or `latest`, and says how alike they are."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from opengenome.cli.__main__ import DONE, FAILED, USAGE, main
from opengenome.core import comparing
from opengenome.core.alphabet import CODONS
from opengenome.core.genetic_code import genetic_code
from opengenome.core.measures.synonymous import fraction, per_thousand, rscu
from opengenome.core.usage import codon_table
from opengenome.io import tables
from opengenome.io.exports import EXPORTS
from opengenome.io.usage_tables import UsageTable, read_file
from tests.core.count_tables import random_table
from tests.published import write_published


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("STORE", "RESULTS"):
        monkeypatch.setenv(f"OPENGENOME_{name}", str(tmp_path / name.lower()))
    monkeypatch.chdir(tmp_path)
    for seed in (1, 2):
        write_published(tmp_path / "results" / f"r{seed}", seed)
    (tmp_path / "results" / "latest").symlink_to("r2")
    return tmp_path / "results"


def written(folder: Path, seed: int, code: int = 1, absent: str = "") -> str:
    """A codon_usage.csv of random counts, alone in its folder."""
    counts = random_table(seed)
    if absent:
        counts[CODONS.index(absent)] = 0
    folder.mkdir()
    tables.write_codon_table(folder, codon_table(counts, genetic_code(code)).columns())
    return str(folder / tables.CSV)


def answered(capsys: pytest.CaptureFixture[str], *words: str) -> dict:
    assert main(["compare", *words, "--json"]) == DONE
    return json.loads(capsys.readouterr().out)


def test_a_run_a_folder_latest_and_files_name_the_same_tables(results, capsys):
    expected = answered(capsys, "r1", "r2")
    assert expected["a"] == {"title": "r1", "run": "r1", "proven": True, "genetic_code": 1, "codons": 31814}
    for a, b in ((results / "r1", "latest"), ("results/r1", results / "latest")):
        assert answered(capsys, str(a), str(b)) == expected
    files = answered(capsys, str(results / "r1" / tables.CSV), str(results / "r2" / tables.PARQUET))
    assert files["a"] == {
        "title": "codon_usage.csv", "run": None, "proven": False, "genetic_code": None, "codons": 31814
    }  # fmt: skip
    assert {key: files[key] for key in files if key not in "ab"} == {k: v for k, v in expected.items() if k not in "ab"}


def test_the_answer_has_every_figure_of_the_arithmetic(tmp_path, capsys):
    a, b = random_table(1), random_table(2)
    found = answered(capsys, written(tmp_path / "a", 1), written(tmp_path / "b", 2))
    for name, expected in comparing.likenesses(a, b, genetic_code(1)).items():
        assert found[name] == {
            "codons": expected.codons, "pearson": expected.pearson, "spearman": expected.spearman,
            "cosine": expected.cosine,
        }  # fmt: skip
    assert found["kullback_leibler_a_b"] == comparing.kullback_leibler(a, b)
    assert found["kullback_leibler_b_a"] == comparing.kullback_leibler(b, a)
    assert found["jensen_shannon"] == comparing.jensen_shannon(a, b)
    assert [row["codon"] for row in found["by_codon"]] == list(CODONS)
    assert [row["count_a"] for row in found["by_codon"]] == a.tolist()
    code = genetic_code(1)
    columns = {"per_thousand": per_thousand(b), "fraction": fraction(b, code), "rscu": rscu(b, code)}
    for name, column in columns.items():
        assert [row[f"{name}_b"] for row in found["by_codon"]] == column.tolist()
    ratios = [[row[name] for name in ("log2_ratio", "low", "high")] for row in found["by_codon"]]
    assert ratios == comparing.log_ratios(a, b).tolist()


def test_people_read_the_sizes_the_likeness_and_the_codons_that_differ_most(tmp_path, capsys):
    a, b = written(tmp_path / "a", 1), written(tmp_path / "b", 2)
    assert main(["compare", a, b, "--top", "2"]) == DONE
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"A  {a}: {random_table(1).sum():,} codons (a file, without a proof)"
    assert lines[1].startswith(f"B  {b}: ")
    r = comparing.pearson(random_table(1), random_table(2))
    assert any(line.split()[:3] == ["Pearson's", "r", f"{r:.3f}"] for line in lines)
    assert any(line.split() == ["codons", "compared", "64", "59", "59"] for line in lines)
    shown = [line.split() for line in lines if line[:3] in CODONS and line[3:5] == "  "]
    ratios = comparing.log_ratios(random_table(1), random_table(2))
    furthest = max(range(64), key=lambda i: abs(ratios[i, 0]))
    assert shown[0][0] == CODONS[furthest]
    assert len(shown) == 2
    assert "62 more codons are not shown" in lines[-2]
    clear = ((ratios[:, 1] > 0) | (ratios[:, 2] < 0)).sum()
    assert lines[-1] == f"{clear} of 64 intervals do not include 0"


@pytest.mark.parametrize(
    ("top", "said"), [("63", "1 more codon is not shown"), ("64", ""), ("1", "63 more codons are")]
)
def test_codons_that_are_not_shown_are_told_by_their_number(results, capsys, top, said):
    assert main(["compare", "r1", "r2", "--top", top]) == DONE
    *_, before, last = capsys.readouterr().out.splitlines()
    assert last.endswith("of 64 intervals do not include 0")
    assert said in before
    assert ("not shown" in before) is bool(said)


def test_tables_of_different_codes_are_compared_by_codon_only_and_that_is_said(tmp_path, capsys):
    a, b = written(tmp_path / "a", 1), written(tmp_path / "b", 2, code=2)
    found = answered(capsys, a, b)
    assert found["rscu"] is found["fraction"] is None
    assert found["codons_that_differ_in_meaning"] == ["AGA (R, *)", "AGG (R, *)", "ATA (I, M)", "TGA (*, W)"]
    assert found["per_thousand"]["codons"] == 64
    assert main(["compare", a, b, "--top", "0"]) == DONE
    said = capsys.readouterr().out
    assert "The genetic codes differ in 4 codons, so RSCU and fractions are not compared: AGA (R, *)" in said
    assert "RSCU  fraction" not in said


def test_a_run_of_several_genetic_codes_says_so_once(tmp_path, capsys):
    a, b = write_published(tmp_path / "a", 1), write_published(tmp_path / "b", 2, with_others=3)
    assert main(["compare", str(a), str(b)]) == DONE
    said = "the table shows the amino acids of genetic code 1, but 3 input files have a code with other amino acids"
    assert [line for line in capsys.readouterr().out.splitlines() if "a code with" in line] == [f"B: {said}"]


def test_codes_of_other_numbers_and_the_same_letters_are_one_code(tmp_path, capsys):
    found = answered(capsys, written(tmp_path / "a", 1), written(tmp_path / "b", 2, code=11))
    assert found["rscu"]["codons"] == 59


def test_an_infinite_divergence_names_the_codons_and_is_null_for_scripts(tmp_path, capsys):
    a, b = written(tmp_path / "a", 1), written(tmp_path / "b", 2, absent="CGA")
    found = answered(capsys, a, b)
    assert found["kullback_leibler_a_b"] is None
    assert found["kullback_leibler_b_a"] > 0
    assert main(["compare", a, b]) == DONE
    lines = capsys.readouterr().out.splitlines()
    assert "  Kullback–Leibler, A described by B  infinite: B lacks CGA" in lines


def test_the_output_has_64_rows_and_replaces_the_file_that_was_there(tmp_path, capsys):
    a, b = written(tmp_path / "a", 1), written(tmp_path / "b", 2, absent="CGA")
    output = tmp_path / "new" / "folders" / "out.csv"
    found = answered(capsys, a, b, "--output", str(output))
    assert found["output"] == str(output)
    first = output.read_text()
    rows = list(csv.DictReader(first.splitlines()))
    expected = [{name: "" if value is None else str(value) for name, value in row.items()} for row in found["by_codon"]]
    assert rows == expected
    assert main(["compare", a, b, "--output", str(output)]) == DONE
    assert output.read_text() == first
    assert f"All 64 codons are in {output}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["r1", "r9"], "There is no file, folder or run r9. `./opengenome runs` lists the runs."),
        (["r1", "."], "holds no results"),
        (["r1", "mine.txt"], "mine.txt is not a codon table"),
        (["r1"], "required: B"),
        (["r1", "r2", "--output", "results"], "--output results is a folder, not a file."),
        (["r1", "r2", "--top", "65"], "--top is 65, which is out of bounds."),
    ],
)
def test_what_is_no_table_or_no_file_is_wrong_usage_and_prints_nothing(results, capsys, words, sentence):
    Path("mine.txt").write_text("hello")
    assert main(["compare", *words]) == USAGE
    said = capsys.readouterr()
    assert (said.out, sentence in said.err) == ("", True)


def test_results_that_are_not_what_was_proven_are_not_compared(results, capsys):
    (results / "r1" / tables.CSV).write_text("codon\n")
    assert main(["compare", "r1", "r2"]) == FAILED
    said = capsys.readouterr()
    assert (said.out, f"{tables.CSV} is not the file that was proven" in said.err) == ("", True)


def test_a_run_without_results_says_how_to_continue_it(results, capsys):
    (results.parent / "store" / "runs" / "r7").mkdir(parents=True)
    assert main(["compare", "r7", "r2"]) == USAGE
    said = capsys.readouterr().err
    assert "The run r7 has published no results" in said
    assert "retry r7" in said


def test_an_output_that_cannot_be_written_is_a_failure_that_leaves_no_file(results, capsys):
    Path("file").write_text("")
    assert main(["compare", "r1", "r2", "--output", "file/out.csv"]) == FAILED
    assert "--output file/out.csv cannot be written" in capsys.readouterr().err


def test_a_table_of_another_program_is_read_under_the_code_of_the_other(tmp_path, capsys):
    ours = written(tmp_path / "a", 1, code=11)
    counts = read_file(tmp_path / "a" / "codon_usage.csv").counts
    other = tmp_path / "b.cut"
    other.write_text(EXPORTS["cut"](UsageTable(counts, genetic_code(11).amino_acids, title="b")))
    found = answered(capsys, ours, str(other))
    assert (found["rscu"]["pearson"], found["rscu"]["codons"]) == (pytest.approx(1), 59)
    assert main(["compare", ours, str(other)]) == DONE
    assert "its own is not told" in capsys.readouterr().out
    assert main(["export", str(other), "--as", "gcg"]) == USAGE
    assert "does not say what its codons mean" in capsys.readouterr().err
