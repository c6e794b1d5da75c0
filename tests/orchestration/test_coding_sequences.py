"""What a run of coding sequences publishes, and that each law is named when it is broken."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace

import numpy as np
import pyarrow.parquet as pq
import pytest

from opengenome import flow
from opengenome.core.alphabet import CODONS
from opengenome.core.genetic_code import genetic_code
from opengenome.core.measures.table import by_sequence
from opengenome.orchestration import results
from tests.orchestration.annotated_runs import Row, cds_run, some_cds


def proven(run):
    handed = run.aggregate()
    assert results.validate(run.run_id, handed)["proven"]
    return run.run.report, handed


def read_csv(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def document(report, name):
    return json.loads((report / name).read_text())


MIXED = {
    "a.fasta": [
        *some_cds(12, organism="Saccharomyces cerevisiae"),
        Row("p", "ATGTAAAAATAA", reason="internal_stop"),
        Row("q", "GATGAAATAA", offset=1, flags="codon_start;partial_5", organism=""),
    ],
    "b.fasta": [
        *some_cds(9, seed=5, organism="Saccharomyces cerevisiae", code=3, source="parameter"),
        Row("=cmd|x", "ATG", reason="pseudo", gene="-x"),
    ],
}


@pytest.mark.parametrize("size", [1, 5, 5000])
def test_the_summary_accounts_for_every_cds(house, size):
    report, _ = proven(cds_run(house, "r", MIXED, batch_size=size, require_all_codons="never"))
    summary = document(report, flow.SUMMARY)
    assert summary["mode"] == "cds"
    assert summary["cds"] == {
        "found": 24,
        "counted": 22,
        "dropped": {"internal_stop": 1, "pseudo": 1},
        "flags": {"codon_start": 1, "partial_5": 1},
        "codes": {"1": 13, "3": 9},
        "code_sources": {"annotation": 13, "parameter": 9},
    }
    ledger = summary["ledger"]
    counted = [row for rows in MIXED.values() for row in rows if not row.reason]
    assert (ledger["offset"], ledger["bases"]) == (1, sum(len(row.letters) for row in counted))


def test_every_dropped_cds_has_its_row_and_no_cell_is_a_formula(house):
    report, _ = proven(cds_run(house, "r", MIXED, require_all_codons="never"))
    rows = read_csv(report / flow.DROPPED)
    names = ["file", "record", "seq_id", "gene", "locus_tag", "protein_id", "location", "reason", "detail", "organism"]
    assert list(rows[0]) == names
    compared = ("file", "record", "seq_id", "gene", "reason", "organism")
    assert [tuple(row[name] for name in compared) for row in rows] == [
        ("a.fasta", "p.1", "p", "", "internal_stop", "Homo sapiens"),
        ("b.fasta", "'=cmd|x.1", "'=cmd|x", "'-x", "pseudo", "Homo sapiens"),
    ]


def test_groups_are_under_their_own_codes_and_sum_to_the_whole(house):
    report, _ = proven(cds_run(house, "r", MIXED, batch_size=5, group_by="organism", require_all_codons="never"))
    table = pq.read_table(report / flow.BY_GROUP_PARQUET).to_pylist()
    assert list(table[0])[:2] == ["group", "genetic_code"]
    yeast = "Saccharomyces cerevisiae"
    assert [(row["group"], row["genetic_code"]) for row in table[::64]] == [("", 1), (yeast, 1), (yeast, 3)]
    for row in table:
        assert row["amino_acid"] == genetic_code(row["genetic_code"]).amino_acids[CODONS.index(row["codon"])]
    whole = {row["codon"]: int(row["count"]) for row in read_csv(report / flow.CSV)}
    assert {codon: sum(row["count"] for row in table if row["codon"] == codon) for codon in CODONS} == whole
    measures = read_csv(report / flow.MEASURES_BY_GROUP)
    assert [(row["group"], row["genetic_code"], row["sequences"]) for row in measures] == [
        ("", "1", "1"),
        (yeast, "1", "12"),
        (yeast, "3", "9"),
    ]
    assert [int(row["codons"]) for row in measures] == [
        sum(row["count"] for row in table[k : k + 64]) for k in range(0, len(table), 64)
    ]
    text = read_csv(report / flow.BY_GROUP_CSV)
    assert [float(row["rscu"]) if row["rscu"] else None for row in text] == [row["rscu"] for row in table]
    assert document(report, flow.SUMMARY)["groups"] == {"by": "organism", "groups": 2, "sequences_without_a_value": 1}
    said = " ".join(document(report, flow.VALIDATION)["warnings"])
    assert "1 of 22 coding sequences has no organism" in said
    assert "9 of 22 coding sequences have a code with other amino acids (13 with code 1, 9 with code 3)" in said


def test_each_sequence_has_its_annotation_counts_and_measures_under_its_own_code(house):
    run = cds_run(house, "r", MIXED, batch_size=8, group_by="gene", require_all_codons="never")
    report, handed = proven(run)
    parts = [name for name in handed["files"] if name.startswith(flow.PER_SEQUENCE)]
    assert parts == [flow.per_sequence_part(number) for number in range(len(run.planned))]
    rows = [row for name in parts for row in pq.read_table(report / name).to_pylist()]
    counted = [(row, name) for name, rows in MIXED.items() for row in rows if not row.reason]
    assert len(rows) == len(counted)
    for row, (cds, file) in zip(rows, counted, strict=True):
        text = cds.counted
        assert (row["seq_id"], row["file"], row["gene"], row["group"]) == (cds.seq_id, file, cds.gene, cds.gene)
        assert (row["organism"], row["genetic_code"], row["flags"]) == (cds.organism, cds.code, cds.flags)
        assert (row["first_codon"], row["last_codon"], row["length"]) == (text[:3], text[-3:], len(text))
        counts = [[text[k : k + 3] for k in range(0, len(text), 3)].count(codon) for codon in CODONS]
        assert [row[codon] for codon in CODONS] == counts
        for name, value in by_sequence(counts, code=genetic_code(cds.code)).items():
            assert row[name] == (None if np.isnan(value) else value), name


def test_batches_change_nothing_in_the_tables_by_group(house):
    seen = set()
    for size in (1, 4, 5000):
        how = {"batch_size": size, "group_by": "organism", "require_all_codons": "never"}
        report, _ = proven(cds_run(house, f"r{size}", MIXED, **how))
        seen.add(((report / flow.BY_GROUP_CSV).read_bytes(), (report / flow.BY_GROUP_PARQUET).read_bytes()))
    assert len(seen) == 1


def test_one_code_in_use_is_that_of_the_table_whatever_the_parameter_says(house):
    report, _ = proven(cds_run(house, "r", {"a.fasta": some_cds(5, code=11)}, require_all_codons="never"))
    assert document(report, flow.SUMMARY)["genetic_code"]["id"] == 11
    assert document(report, flow.VALIDATION)["warnings"][-1].startswith("2 of 64 codons never occur")


def test_a_table_under_a_code_that_no_cds_has_says_so_and_which_codes_they_have(house):
    files = {"a.fasta": some_cds(3, code=2), "b.fasta": some_cds(1, seed=4, code=5)}
    report, _ = proven(cds_run(house, "r", files, require_all_codons="never"))
    (said,) = warned(report, "The codon table shows the amino acids")
    assert "genetic code 1. No coding sequence has that code. 4 of 4 coding sequences have a code with" in said
    assert "(3 with code 2, 1 with code 5)" in said
    code = document(report, flow.SUMMARY)["genetic_code"]
    assert code == {"id": 1, "name": "Standard", "with_other_amino_acids": 4}


def test_groups_without_the_dataset_are_summed_too(house):
    how = {"group_by": "organism", "per_sequence": False, "require_all_codons": "never"}
    report, handed = proven(cds_run(house, "r", MIXED, **how))
    assert not (report / flow.PER_SEQUENCE).exists()
    assert {flow.BY_GROUP_CSV, flow.BY_GROUP_PARQUET, flow.DROPPED} < set(handed["files"])


def warned(report, part):
    return [text for text in document(report, flow.VALIDATION)["warnings"] if part in text]


def test_a_sense_codon_of_its_own_code_raises_no_alarm_where_it_is_a_stop_in_the_code_of_the_table(house):
    files = {"a.fasta": some_cds(30), "b.fasta": [tryptophan_as_tga(row) for row in some_cds(30, seed=9, code=2)]}
    report, _ = proven(cds_run(house, "r", files, require_all_codons="never"))
    signal = document(report, flow.SUMMARY)["coding_signal"]
    codons = document(report, flow.SUMMARY)["codons"]
    assert signal["stops_per_thousand"] == 1000 * 60 / codons  # TAA, once in each
    assert signal["looks_like"] == "coding sequence"
    assert not warned(report, "look like coding")


def tryptophan_as_tga(row):
    codons = [row.letters[k : k + 3] for k in range(0, len(row.letters), 3)]
    return replace(row, letters="".join("TGA" if codon in ("TGG", "AGA", "AGG") else codon for codon in codons))


def test_cds_read_with_the_wrong_code_are_told_with_the_likely_cause(house):
    wrong = [replace(row, reason="internal_stop", source="parameter") for row in some_cds(20)]
    report, _ = proven(cds_run(house, "r", {"a.fasta": [*some_cds(4, seed=8), *wrong]}, require_all_codons="never"))
    (said,) = warned(report, "Is the genetic code right?")
    assert "20 of 24 CDS (83 %)" in said
    assert "20 of them were read with code 1: that of the run, because neither annotation nor" in said


def test_sequences_that_are_not_coding_are_told_with_their_numbers(house):
    shifted = [replace(row, letters=row.letters[1:] + "A") for row in some_cds(60)]
    report, _ = proven(cds_run(house, "r", {"a.fasta": shifted}, require_all_codons="never"))
    (said,) = warned(report, "do not look like coding sequence")
    assert re.search("[1-9][0-9]* in a thousand codons are stops before the end of a sequence", said)
    report, _ = proven(cds_run(house, "whole", {"a.fasta": some_cds(60)}, require_all_codons="never"))
    verdict = document(report, flow.SUMMARY)["coding_signal"]["verdict"]
    assert "in frame: no stop codon comes before the end of a sequence, and codons" in verdict
