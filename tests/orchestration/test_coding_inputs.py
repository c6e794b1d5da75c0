"""`discover` in mode `cds`: which parameters fit together, and how units become entries."""

from __future__ import annotations

import re

import pytest

from opengenome.core import bundling
from opengenome.core.model import Mode
from opengenome.errors import InputError, NothingToDo, UsageError
from opengenome.io.entries import entry_key
from opengenome.io.schemas import Unit
from opengenome.orchestration import discovery
from opengenome.orchestration.runs import Run, parameters_of
from tests.orchestration.conftest import planned

NCBI = ">lcl|NC_1.1_cds_P{0}_{0} [gene=g{0}] [location={0}..9] [gbkey=CDS]\nATGAAATAA\n"


@pytest.fixture
def cds(house):
    """Put FASTA of CDS with NCBI's headers below the source."""

    def put(name, number=1):
        path = house.data / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(NCBI.format(number))
        return path

    return put


def test_the_mode_and_why_are_recorded_logged_first_and_given_to_the_command(house, cds, caplog):
    caplog.set_level("INFO")
    cds("a.fna")
    (house.data / "b.fa").write_text(">b\nACG\n")
    house.discover("r", source=str(house.data))
    found = Run.of("r").inputs()
    reason = "1 of 2 files is FASTA of coding sequences from NCBI"
    assert (found.mode, found.mode_reason) == (Mode.CDS, reason)
    assert caplog.messages[0] == f"Mode cds: {reason}"
    assert {"mode": "cds", "reason": reason, "read": 1, "passed_over": 1}.items() <= discovery.discovered("r").items()
    house.discover("s", source=str(house.data), mode="sequences")
    found = Run.of("s").inputs()
    assert (found.mode, found.mode_reason, found.coding, len(found.files)) == (
        Mode.SEQUENCES,
        "it was asked for",
        None,
        2,
    )
    assert {entry.units for entry in found.entries} == {()}


def test_a_batch_has_more_coding_sequences_than_records_unless_its_size_is_given(house, cds, caplog):
    caplog.set_level("INFO")
    cds("a.fna")
    runs = {"r": ({}, 100_000), "s": ({"batch_size": 5_000}, 5_000), "t": ({"mode": "sequences"}, 5_000)}
    for run, (asked, size) in runs.items():
        caplog.clear()
        house.discover(run, source=str(house.data), **asked)
        assert parameters_of(Run.of(run).inputs()).batch_size == size
        assert any("Batches have up to 100,000 coding sequences" in said for said in caplog.messages) == (run == "r")


def test_small_units_share_an_entry_whose_key_depends_on_how_cds_are_read(house, cds, monkeypatch):
    monkeypatch.setattr(bundling, "SMALL_BYTES", 1 << 20)  # the house's tests see no file as small
    for number in range(3):
        cds(f"{number}.fna", number)
    house.discover("r", source=str(house.data))
    found = Run.of("r").inputs()
    (entry,) = found.entries
    assert (entry.first, entry.count, entry.units) == (0, 3, (Unit("cds_fasta", 1),) * 3)
    assert entry.key == entry_key(found.files, entry.units, found.coding) != entry_key(found.files)
    house.discover("s", source=str(house.data), drop=["partial"])
    assert Run.of("s").inputs().entries[0].key != entry.key
    house.discover("t", source=str(house.data), batch_size=7)
    assert Run.of("t").inputs().entries[0].key == entry.key


@pytest.mark.parametrize(
    ("asked", "drop"),
    [
        ({}, ("internal_stop", "length", "location", "pseudo")),
        ({"drop": ["none"]}, ("location",)),
        ({"drop": []}, ("location",)),
        ({"drop": ["partial"]}, ("location", "partial")),
        ({"drop": ["partial"], "min_codons": 9}, ("location", "partial", "short")),
        ({"drop": ["short"], "min_codons": 9}, ("location", "short")),
    ],
)
def test_location_is_always_a_reason_and_a_least_length_makes_short_one(house, cds, asked, drop):
    cds("a.fna")
    house.discover("r", source=str(house.data), skip_start_codon=True, genetic_code=11, **asked)
    coding = Run.of("r").inputs().coding
    assert (coding.drop, coding.min_codons) == (drop, asked.get("min_codons", 0))
    assert (coding.skip_start_codon, coding.genetic_code) == (True, 11)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"frame": 1}, '"Frame" is 1, but mode cds (the file is FASTA of coding sequences from NCBI) begins at'),
        ({"drop": ["none", "partial"]}, '"Reasons to drop a coding sequence" is none together with partial'),
        ({"drop": ["none"], "min_codons": 3}, 'is none, but "Fewest codons" is 3'),
        ({"drop": ["short"]}, 'has short, but "Fewest codons" is 0'),
    ],
)
def test_parameters_that_contradict_each_other_are_refused_and_leave_no_file(house, cds, asked, said):
    cds("a.fna")
    with pytest.raises(UsageError, match=re.escape(said)):
        house.discover("r", source=str(house.data), **asked)
    assert not (house.root / "store").exists()
    if "frame" in asked:
        house.discover("r", source=str(house.data), mode="sequences", **asked)


def test_a_landing_folder_without_a_file_that_the_mode_counts_is_a_skipped_run(house, write, records):
    write(house.root / "landing" / "a.parquet", records(3))
    with pytest.raises(NothingToDo, match=r"Nothing to count in .*a\.parquet: Parquet has no annotation"):
        house.discover("r", mode="cds")


@pytest.mark.parametrize(
    ("text", "asked", "said"),
    [
        ("##gff-version 3\n##FASTA\n>s\nACG\n", {}, "The input file has no coding sequence"),
        (">a\nATG\n>b\nATG\n", {"skip_start_codon": True}, "No coding sequence has a codon after its start codon"),
        (">a\nATGTAATAA\n", {}, "The only coding sequence was dropped as internal_stop"),
    ],
)
def test_a_run_with_no_codon_of_a_cds_says_why(house, text, asked, said):
    (house.data / "a.fa").write_text(text)
    with pytest.raises(InputError, match=said):
        planned(house, source=str(house.data / "a.fa"), mode="cds", **asked)


@pytest.mark.parametrize("column", ["gene", "seq_id", "file", "length", "AAA", "GC3", "cai", "first_codon"])
def test_a_column_of_the_samplesheet_that_the_results_have_is_refused_by_its_name(house, cds, column):
    cds("a.fna")
    sheet = house.data / "sheet.csv"
    sheet.write_text(f"sample,fasta,mine,{column}\ns,a.fna,x,y\n")
    with pytest.raises(InputError, match=f"Row 1 of the samplesheet: the column '{column}' has a name"):
        house.discover("r", source=str(sheet))
    assert not Run.of("r").inputs_file.exists()
