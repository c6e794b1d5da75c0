"""`export` writes the text of another program, to standard output or to a file."""

from __future__ import annotations

import json

import numpy as np
import pytest

from opengenome.cli.__main__ import DONE, USAGE, main
from opengenome.cli.options import EXPORTS as OFFERED
from opengenome.core.genetic_code import genetic_code
from opengenome.core.usage import codon_table
from opengenome.io import tables
from opengenome.io.exports import EXPORTS
from opengenome.io.usage_tables import read_file, read_results
from tests.published import write_published


@pytest.mark.parametrize("form", OFFERED)
def test_each_format_is_printed_alone_or_written_to_a_file(form, tmp_path, capsys):
    folder, output = write_published(tmp_path / "r1"), tmp_path / "new" / "out"
    expected = EXPORTS[form](read_results(folder))
    assert main(["export", str(folder), "--as", form]) == DONE
    assert capsys.readouterr() == (expected, "")
    assert main(["export", str(folder), "--as", form, "--output", str(output)]) == DONE
    assert output.read_text() == expected
    assert capsys.readouterr() == ("", f"31,814 codons are in {output}\n")


def test_one_codon_is_told_in_the_singular(tmp_path, capsys):
    counts = np.zeros(64, dtype=np.int64)
    counts[0] = 1
    tables.write_codon_table(tmp_path, codon_table(counts, genetic_code(1)).columns())
    table, output = str(tmp_path / tables.CSV), str(tmp_path / "out")
    assert main(["export", table, "--as", "gcg", "--output", output]) == DONE
    assert capsys.readouterr().err.startswith(f"1 codon is in {output}\n")
    assert main(["compare", table, table]) == DONE
    assert capsys.readouterr().out.startswith(f"A  {table}: 1 codon (")


def test_scripts_get_the_text_or_the_file(tmp_path, capsys):
    folder, output = write_published(tmp_path / "r1"), tmp_path / "out.cut"
    text = EXPORTS["cut"](read_results(folder))
    told = {"as": "cut", "codons": 31814, "absent": [], "exit": 0}
    assert main(["export", str(folder), "--as", "cut", "--json"]) == DONE
    assert json.loads(capsys.readouterr().out) == {**told, "output": None, "text": text}
    assert main(["export", str(folder), "--as", "cut", "--json", "--output", str(output)]) == DONE
    assert json.loads(capsys.readouterr().out) == {**told, "output": str(output)}


def test_families_that_do_not_occur_are_named(tmp_path, capsys):
    counts = np.arange(64)
    counts[list(genetic_code(1).families["C"])] = 0
    tables.write_codon_table(tmp_path, codon_table(counts, genetic_code(1)).columns())
    file = tmp_path / tables.CSV
    assert main(["export", str(file), "--as", "cut"]) == DONE
    said = capsys.readouterr()
    assert said.out == EXPORTS["cut"](read_file(file))
    assert said.err == "Amino acids that do not occur have fractions of 0 in this format: C\n"


def test_a_table_of_several_genetic_codes_is_written_and_that_is_said(tmp_path, capsys):
    folder = write_published(tmp_path / "r1", with_others=3)
    assert main(["export", str(folder), "--as", "cut"]) == DONE
    said = capsys.readouterr()
    assert said.out == EXPORTS["cut"](read_results(folder))
    shown = "the table shows the amino acids of genetic code 1, but 3 input files have a code with other amino acids"
    assert said.err == f"Note that {shown}\n"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--as", "emboss"], "invalid choice: 'emboss'"),
        ([], "required: --as"),
        (["--as", "cut", "--output", "."], "--output . is a folder, not a file."),
    ],
)
def test_an_unknown_format_or_a_folder_as_output_is_wrong_usage(words, sentence, tmp_path, capsys):
    assert main(["export", str(write_published(tmp_path / "r1")), *words]) == USAGE
    said = capsys.readouterr()
    assert (said.out, sentence in said.err) == ("", True)
