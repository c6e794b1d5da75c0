"""A committed batch that verifies is reused; one that does not is set aside, and the reason is logged."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from opengenome.errors import ContractError, EngineError
from opengenome.io.batches import MANIFEST
from opengenome.io.verification import DESCRIPTIVE
from opengenome.orchestration import committed, inputs


@pytest.fixture
def counted(house, write, records):
    write(house.data / "a.fasta", records(12))
    return house.counted("r", source=str(house.data), batch_size=6)


def test_a_batch_without_output_is_counted(counted):
    (counted.folder() / MANIFEST).unlink()
    assert committed.reusable(counted.planned[0] | {"reason": ""}) == (
        False,
        "counted: no earlier output",
    )


def test_a_committed_batch_that_verifies_is_reused_unchanged(counted):
    before = {path: path.stat().st_mtime_ns for path in counted.folder().rglob("*")}
    assert committed.reusable(counted.planned[0]) == (True, "reused: the committed output verifies")
    assert {path: path.stat().st_mtime_ns for path in counted.folder().rglob("*")} == before


def test_a_second_run_with_other_genetic_code_counts_nothing(house, counted):
    again = house.counted("s", source=str(house.data), batch_size=6, genetic_code=11, require_all_codons="never")
    assert [report["reused"] for report in again.reports] == [True, True]
    assert [r["sha256"] for r in again.reports] == [r["sha256"] for r in counted.reports]


@pytest.mark.parametrize("asked", [{"frame": 1}, {"per_sequence": False}, {"batch_size": 5}])
def test_a_run_with_other_counting_parameters_reuses_no_batch(house, counted, asked):
    again = house.counted("s", **{"source": str(house.data), "batch_size": 6} | asked)
    assert not any(report["reused"] for report in again.reports)


def test_a_file_that_moved_is_not_counted_again(house, counted):
    (house.data / "a.fasta").rename(house.data / "b.fasta")
    again = house.counted("s", source=str(house.data), batch_size=6)
    assert all(report["reused"] for report in again.reports)


def lose_part(counted):
    counted.part().unlink()


def shorten_part(counted):
    counted.part().write_bytes(counted.part().read_bytes()[:-1])


def flip_a_bit(counted):
    data = bytearray(counted.part().read_bytes())
    data[len(data) // 2] ^= 1
    counted.part().write_bytes(data)


def cut_manifest(counted):
    path = counted.folder() / MANIFEST
    path.write_text(path.read_text()[:-20])


def empty_manifest(counted):
    (counted.folder() / MANIFEST).write_text("")


def lose_a_total(counted):
    counted.edit_manifest(lambda manifest: manifest["totals"].pop())


def rename_key(counted):
    counted.edit_manifest(lambda manifest: manifest.update(key="0" * 32))


def lose_bases(counted):
    counted.edit_manifest(lambda manifest: manifest["ledger"].update(trailing=manifest["ledger"]["trailing"] + 1))


def raise_a_total(counted):
    counted.edit_manifest(lambda manifest: manifest["totals"].__setitem__(5, manifest["totals"][5] + 1))


def swap_two_totals(counted):
    def swap(manifest):
        manifest["totals"][5] += 1
        manifest["totals"][6] -= 1

    counted.edit_manifest(swap)


def forget_the_chunks(counted):
    counted.edit_manifest(lambda manifest: manifest.pop("by_chunk"))


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lose_part, "part missing: attempts/try1-here/part-00000.parquet"),
        (shorten_part, "part changed: attempts/try1-here/part-00000.parquet"),
        (flip_a_bit, "part changed"),
        (cut_manifest, "not a sealed document"),
        (empty_manifest, "not a sealed document"),
        (lose_a_total, "63 totals instead of 64"),
        (rename_key, "the manifest's key does not match its content"),
        (lose_bases, r"accounts for [\d,]+ of [\d,]+ bases"),
        (raise_a_total, r"the totals have \d+ codons, the ledger has \d+"),
        (swap_two_totals, "chunks and total differ in ACC ACG"),
        (forget_the_chunks, "0 of 1 chunks have totals"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_damaged_output_is_set_aside_and_counted_again(house, counted, damage, reason):
    good = json.loads((counted.folder() / MANIFEST).read_text())
    damage(counted)
    reused, said = committed.reusable(counted.planned[0])
    assert not reused
    assert re.match(f"recomputed: .*{reason}", said)
    assert not (counted.folder() / MANIFEST).exists()
    assert (counted.folder() / "manifest.damaged.json").exists()
    again = house.proven("s", source=str(house.data), batch_size=6)
    assert [report["reused"] for report in again.reports] == [False, True]
    assert json.loads((counted.folder() / MANIFEST).read_text())["totals"] == good["totals"]


def test_without_per_sequence_parts_a_total_that_differs_from_its_ledger_is_damage(house, counted):
    alone = house.counted("s", source=str(house.data), batch_size=6, per_sequence=False)
    assert committed.reusable(alone.planned[0])[0]
    raise_a_total(alone)
    assert committed.reusable(alone.planned[0]) == (
        False,
        "recomputed: the totals have 167 codons, the ledger has 166",
    )


def test_the_xcom_of_a_batch_matches_its_manifest_and_is_small(counted):
    for number, report in enumerate(counted.reports):
        ledger = json.loads((counted.folder(number) / MANIFEST).read_text())["ledger"]
        assert list(report) == ["batch", "path", "sha256", "sequences", "codons", "reused", "seconds", "plan"]
        assert report["batch"] == number
        assert report["path"] == str(counted.folder(number))
        assert (report["sequences"], report["codons"]) == (ledger["sequences"], ledger["counted"])
        assert re.fullmatch("[0-9a-f]{64}", report["sha256"])
        assert len(json.dumps(report).encode()) < 1024


def test_a_submit_that_left_no_manifest_may_be_tried_again(counted):
    (counted.folder() / MANIFEST).unlink()
    with pytest.raises(EngineError, match=r"Spark ended without committing the batch \(batch 1") as caught:
        committed.outcome(counted.planned[0], reused=False)
    assert caught.value.retryable


# --- every field of a manifest has a reader that recomputes it ---


def leaves(value, path=()):
    """The dotted names of a manifest's values; of a list only the first item, as all have the same fields."""
    if isinstance(value, dict) and value:
        for name, below in value.items():
            yield from leaves(below, (*path, name))
    elif isinstance(value, list) and value:
        yield from leaves(value[0], (*path, 0))
    else:
        yield path


def changed(value):
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    return {"a": 1} if isinstance(value, dict) else f"{value}x"


def test_every_field_of_a_manifest_is_recomputed_or_listed_as_descriptive(house, write, records):
    """Even with a new seal. A new field that nothing recomputes fails here."""
    write(house.data / "a.fasta", records(12))
    unread = set()
    counted = house.counted("r", source=str(house.data), batch_size=6)
    good = (counted.folder() / MANIFEST).read_bytes()
    for path in leaves(json.loads(good)):
        if path[0] == "seal":
            continue

        def edit(manifest, path=path):
            for step in path[:-1]:
                manifest = manifest[step]
            manifest[path[-1]] = changed(manifest[path[-1]])

        (counted.folder() / MANIFEST).write_bytes(good)
        counted.edit_manifest(edit)
        if committed.reusable(counted.planned[0])[0]:
            unread.add(".".join(map(str, path)))
    # A path only says where a file was when it was counted; its content is part of the batch.
    where = {"chunks.0.path", "chunks.0.start", "chunks.0.stop"}
    assert [name for name in unread - where if not name.startswith(DESCRIPTIVE)] == []
    assert "timings.read" in unread


@pytest.mark.parametrize("per_sequence", [True, False])
def test_a_flipped_bit_anywhere_in_a_manifest_is_found(house, write, records, per_sequence):
    write(house.data / "a.fasta", records(12))
    counted = house.counted("r", source=str(house.data), batch_size=6, per_sequence=per_sequence)
    path = counted.folder() / MANIFEST
    good = path.read_bytes()
    meaning = json.loads(good)
    for at in range(0, len(good), 7):
        for bit in (1, 4):
            bad = bytearray(good)
            bad[at] ^= bit
            try:
                if json.loads(bad) == meaning:  # only whitespace differs
                    continue
            except ValueError:
                pass
            path.write_bytes(bad)
            assert not committed.reusable(counted.planned[0])[0], at


def test_one_flipped_bit_in_a_spec_publishes_nothing(house, write, records):
    write(house.data / "a.fasta", records(12))
    ingested = [inputs.ingest_files("r", group) for group in house.discover("r", source=str(house.data))]
    (planned,) = inputs.plan("r", ingested)
    spec = Path(planned["spec"])
    spec.write_bytes(spec.read_bytes().replace(b'"frame": 0', b'"frame": 1'))
    with pytest.raises(ContractError, match=r"00000.json is not what an earlier task .* Start a new run"):
        committed.reusable(planned)


def test_output_of_another_engine_is_counted_again_and_the_reason_is_logged(house, counted, monkeypatch):
    monkeypatch.setattr("opengenome.io.package.counting_digest", lambda: "0123456789abcdef")
    reused, said = committed.reusable(counted.planned[0])
    assert not reused
    assert re.match(r"recomputed: counting code changed: engine \w+ \(\w+\) → \w+ \(0123456789abcdef\)", said)
