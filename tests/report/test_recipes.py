"""Every recipe of docs/recipes.md runs on the results of a run, and finds what the run counted."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import peers
from tests.report import finished

PAGE = (peers.ROOT / "docs" / "recipes.md").read_text()
BLOCKS = dict(re.findall(r"## (\w+)\n(?:(?!## ).*\n)*?```(?:python|r)\n((?:.*\n)*?)```", PAGE))

# What is asked of the names that a block leaves behind; each prints codons in all, and a sequence or so.
ASKED = {
    "pandas": "print(int(by_amino_acid.sum()), len(longest), len(preferred) >= 20)",
    "Polars": "print(by_amino_acid['count'].sum(), int(totals.sum_horizontal()[0]), long_and_rich.height > 0)",
    "DuckDB": "print(int(sum(codons for _, codons in by_amino_acid)), means[0][0], 20 <= means[0][2] <= 61)",
}


@pytest.fixture
def run(house):
    return finished.sequences(house)


def written(folder: Path, block: str, *lines: str) -> Path:
    path = folder / "recipe"
    path.write_text("\n".join([lines[0], block, *lines[1:]]))
    return path


def test_the_page_has_a_recipe_for_each_program():
    assert list(BLOCKS) == [*ASKED, "R"]


@pytest.mark.e2e
@pytest.mark.parametrize("name", ASKED)
def test_a_recipe_runs_and_finds_what_was_counted(run, tmp_path, name):
    program = written(tmp_path, BLOCKS[name], f"folder = {str(run.folder)!r}", ASKED[name])
    if name == "pandas":
        said = subprocess.run([sys.executable, program], capture_output=True, text=True, check=True).stdout
    else:
        said = peers.run("python", program, cwd=tmp_path)
    codons = run.summary["codons"]
    expected = {"pandas": f"{codons} 10 True", "Polars": f"{codons} {codons} True", "DuckDB": f"{codons} 21 True"}
    assert said.strip() == expected[name]


@pytest.mark.e2e
def test_the_recipe_for_r_runs_where_r_has_arrow(run, tmp_path):
    needed = ["Rscript", "-e", "library(arrow); library(dplyr)"]
    if not shutil.which("Rscript") or subprocess.run(needed, capture_output=True, check=False).returncode:
        pytest.skip("no R with arrow and dplyr is here: the recipe for R was not run")
    asked = "cat(sum(by_amino_acid$codons), nrow(longest))"
    program = written(tmp_path, BLOCKS["R"], f"folder <- '{run.folder}'", asked)
    done = subprocess.run(["Rscript", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"{run.summary['codons']} 10"
