"""A recount of a committed batch is identical, or fails and names the batch. The committed output stays."""

from __future__ import annotations

import json

import pyarrow.parquet as pq
import pytest

from opengenome.errors import LawError
from opengenome.io.batches import MANIFEST, sha256_of
from opengenome.orchestration import recounting


@pytest.fixture
def counted(house, write, records):
    write(house.data / "a.fasta", records(12))
    return house.counted("r", source=str(house.data), batch_size=6)


def test_a_recount_counts_every_batch_and_leaves_the_committed_output_untouched(house, counted):
    def state():
        files = [path for number in (0, 1) for path in counted.folder(number).rglob("*") if "tables" not in path.parts]
        return {path: (path.stat().st_mtime_ns, path.stat().st_ino, path.stat().st_size) for path in files}

    before = state()
    again = house.proven("s", source=str(house.data), batch_size=6, recount=True)
    assert [report["reused"] for report in again.reports] == [False, False]
    assert [r["sha256"] for r in again.reports] == [r["sha256"] for r in counted.reports]
    assert state() == before
    assert list((again.run.folder / "recount").iterdir()) == []
    provenance = json.loads((house.results / "s" / "provenance.json").read_text())
    assert provenance["parameters"]["recount"] is True


@pytest.fixture
def again(counted, count):
    """The first batch, counted a second time beside the first."""
    folder = recounting.place(counted.run_id, counted.planned[0])
    count(counted.planned[0] | {"output": str(folder)}, "try1-again")
    return folder


def test_an_identical_recount_is_removed(counted, again):
    assert recounting.compare(counted.planned[0], again) == "recounted: identical to the committed output"
    assert not again.exists()


def moved(counted):
    """Move one codon from one sequence to another: no sum changes."""
    counted.edit_rows(
        [(0, "AAC", 1), (0, "length", 3), (1, "AAC", -1), (1, "length", -3)], rehash=True, forge_report=True
    )


def more(counted):
    counted.edit_manifest(lambda manifest: manifest["totals"].__setitem__(0, manifest["totals"][0] + 1))


@pytest.mark.parametrize(
    ("forge", "words"), [(moved, "the counts of a sequence differ"), (more, "the counts of its codons differ")]
)
def test_a_recount_that_differs_fails_with_its_batch_and_both_stay(counted, again, forge, words):
    forge(counted)
    with pytest.raises(LawError, match=words) as caught:
        recounting.compare(counted.planned[0], again)
    assert caught.value.where["batch"] == 1
    assert str(counted.folder()) in str(caught.value)
    assert (again / MANIFEST).exists()
    assert (counted.folder() / MANIFEST).exists()


def test_leftovers_of_a_killed_recount_are_removed_before_the_next(counted, again):
    assert recounting.place(counted.run_id, counted.planned[0]) == again
    assert not again.exists()


def test_a_recount_that_does_not_match_the_plan_is_refused(counted, again):
    (again / MANIFEST).unlink()
    with pytest.raises(LawError, match="no batch manifest"):
        recounting.compare(counted.planned[0], again)


def test_equal_rows_in_different_bytes_are_equal(counted, again):
    """Write the same rows as another version of Arrow would."""
    part = counted.part()
    pq.write_table(pq.read_table(part), part, compression="none")
    facts = {"bytes": part.stat().st_size, "sha256": sha256_of(part)}
    counted.edit_manifest(lambda manifest: manifest["parts"][0].update(facts))
    assert recounting.compare(counted.planned[0], again).endswith("identical to the committed output")
