"""`plan` cuts the ingested records into the same batches in every run, and labels them with their size."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from opengenome.errors import Again, ContractError, InputError, PlanError
from opengenome.io.schemas import read_batch_spec
from opengenome.io.store import remove_folder
from opengenome.orchestration import inputs
from opengenome.orchestration.runs import Run
from tests.orchestration.conftest import ingested, planned


def test_labels_show_batch_number_total_and_size(house, write):
    write(house.data / "a.fasta", [(f"s{n}", "ACGTA" * 20_000) for n in range(7)])
    labels = [batch["label"] for batch in planned(house, source=str(house.data), batch_size=3)]
    assert labels[0] == "batch 1/3 · 3 sequences · 0.3 Mnt"
    assert labels[2].startswith("batch 3/3 · 1 sequence")


def test_labels_group_thousands(house, write, records):
    write(house.data / "a.fasta", [(f"s{n}", "ACG" * 7) for n in range(12_000)])
    labels = [batch["label"] for batch in planned(house, source=str(house.data))]
    assert [re.sub(r" · [\d.,]+ M?nt", "", label) for label in labels] == [
        "batch 1/3 · 5,000 sequences",
        "batch 2/3 · 5,000 sequences",
        "batch 3/3 · 2,000 sequences",
    ]


def test_mapped_values_are_small_and_name_files_that_are_there(house, write, records):
    write(house.data / ("x" * 200 + ".fasta"), records(40))
    for batch in planned(house, run_id="manual__2026-01-01T00:00:00+00:00_" + "y" * 80, source=str(house.data)):
        assert len(json.dumps(batch).encode()) < 1024
        assert read_batch_spec(Path(batch["spec"])).batch.key == batch["key"]


def test_the_same_input_gives_the_same_batches_in_another_run(house, write, records):
    write(house.data / "a.fasta", records(40))
    keys = [[batch["key"] for batch in planned(house, run, source=str(house.data), batch_size=7)] for run in "rs"]
    assert keys[0] == keys[1]
    assert len(set(keys[0])) == 6


def test_too_many_batches_names_a_batch_size_that_fits(house, write):
    write(house.data / "a.fasta", [(f"s{n}", "ACG") for n in range(1100)])
    handed = ingested("r", house.discover("r", source=str(house.data), batch_size=1))
    with pytest.raises(PlanError, match="1,100 sequences with 3,300 bases need more than 1,000 batches") as caught:
        inputs.plan("r", handed)
    named = int(re.search(r'Set "Batch size" to ([\d,]+) or more', str(caught.value))[1].replace(",", ""))
    assert not Run.of("r").plan_file.exists()
    assert len(planned(house, "s", source=str(house.data), batch_size=named)) <= 1000
    with pytest.raises(PlanError):
        planned(house, "t", source=str(house.data), batch_size=named - 1)


def test_a_file_that_changed_after_discovery_stops_the_plan(house, write, records):
    path = write(house.data / "a.fasta", records(4))
    handed = ingested("r", house.discover("r", source=str(house.data)))
    path.write_bytes(path.read_bytes().replace(b"A", b"C", 1))
    with pytest.raises(InputError, match=r"changed after it was discovered.*begins with `discover`") as caught:
        inputs.plan("r", handed)
    assert caught.value.again == Again.YES
    assert inputs.plan("r", ingested("r", house.discover("r", source=str(house.data))))


def test_a_file_that_was_not_ingested_stops_the_plan(house, write, records):
    write(house.data / "a.fasta", records(4))
    handed = ingested("r", house.discover("r", source=str(house.data)))
    remove_folder(next((house.root / "store" / "ingest").iterdir()))
    with pytest.raises(ContractError, match=r"not ingested.*Start a new run"):
        inputs.plan("r", handed)


def test_duplicate_ids_are_counted_and_reported(house, write, records, caplog):
    caplog.set_level("INFO")
    write(house.data / "a.fasta", [("same", "ACGACG"), ("other", "ACG"), ("same", "TTT")])
    assert planned(house, source=str(house.data))[0]["sequences"] == 3
    assert Run.of("r").plan().duplicate_ids == {"ids": 1, "records": 2, "examples": [[1, 3]]}
    assert "1 identifier occurs more than once" in caplog.text
