"""Published runs to draw, without Airflow: random sequences of several groups, some too short for a measure."""

from __future__ import annotations

import random

import pandas as pd
import pyarrow.parquet as pq

from opengenome.report.figures import figures
from opengenome.report.material import Material
from tests.orchestration.conftest import write_input

FILES, RECORDS = 8, 30


def sequence_run(house, run_id="r", **asked):
    """The material of a proven run over FILES files, a group each, the last group of one short sequence.

    A sequence is called NA, which readers of CSV take for a missing value.
    """
    source = random.Random(5)  # noqa: S311  (test data)
    for file in range(FILES):
        weights = [source.uniform(0.1, 1) for _ in "ACGT"]
        records = [
            (
                f"s{file}_{k}" if file or k else "NA",
                "".join(source.choices("ACGT", weights, k=source.randint(150, 3000))),
            )
            for k in range(RECORDS if file < FILES - 1 else 0)
        ]
        write_input(house.data / f"f{file}.fasta", records or [("=short", "ATGAAA"), ("empty", "")])
    how = {"group_by": "file", "ordination": True, "require_all_codons": "never", "batch_size": 50}
    house.proven(run_id, source=str(house.data), **how | asked)
    return Material(house.results / run_id)


def by_name(material):
    return {figure.name: figure for figure in figures(material)}


def rows_of(material):
    assert [part.name for part in material.parts] == [f"part-{k:05d}.parquet" for k in range(len(material.parts))]
    return pd.concat([pq.read_table(part).to_pandas() for part in material.parts], ignore_index=True)
