"""--ordination places the sequences of a run on axes; validate proves the file and what the summary says of it."""

from __future__ import annotations

import csv
import json
import re

import numpy as np
import pyarrow.parquet as pq
import pytest

from opengenome import flow
from opengenome.core.alphabet import CODONS
from opengenome.core.genetic_code import genetic_code
from opengenome.core.measures import ordination
from opengenome.core.measures.ordination import correspondence_of_rscu, pca_of_rscu, sample
from opengenome.errors import LawError
from opengenome.io.store import sealed
from opengenome.orchestration import results
from tests.orchestration.annotated_runs import cds_run, some_cds

AXES = [f"{analysis}{axis}" for analysis in ("ca", "pca") for axis in (1, 2, 3, 4)]


@pytest.fixture
def counted(house, write, records):
    """A run over `count` records, with an ordination, up to its counted batches."""

    def run(run_id="r", count=30, **asked):
        write(house.data / "a.fasta", records(count))
        how = {"batch_size": 7, "ordination": True, "require_all_codons": "never"}
        return house.counted(run_id, source=str(house.data), **how | asked)

    return run


def rows_of(run, name=flow.ORDINATION):
    return list(csv.DictReader((run.run.report / name).read_text().splitlines()))


def told_of(run):
    return json.loads((run.run.report / flow.SUMMARY).read_text())["ordination"]


def table_of(run):
    parts = [run.run.report / flow.per_sequence_part(batch) for batch in range(len(run.planned))]
    return [row for part in parts for row in pq.read_table(part).to_pylist()]


def expected(rows, code=1, codons=()):
    """The coordinates that the core gives for rows of the per-sequence table, as text has them."""
    counts = np.array([[row[codon] for codon in CODONS] for row in rows])
    found = [analysis(counts, genetic_code(code), codons=codons) for analysis in (correspondence_of_rscu, pca_of_rscu)]
    return np.hstack([one.of_sequences for one in found]), found


def check_codons(run, found, code=1):
    """The published codons are those of the core, with their coordinates."""
    rows = rows_of(run, flow.ORDINATION_CODONS)
    assert [*rows[0]] == ["codon", "amino_acid", *AXES]
    assert [row["codon"] for row in rows] == [CODONS[codon] for codon in found[0].codons]
    letters = dict(zip(CODONS, genetic_code(code).amino_acids, strict=True))
    assert all(row["amino_acid"] == letters[row["codon"]] for row in rows)
    np.testing.assert_array_equal(coordinates(rows), np.hstack([one.of_codons for one in found]))


def coordinates(rows):
    return np.array([[float(row[name]) for name in AXES] for row in rows])


def test_a_proven_run_places_each_sequence_on_the_axes_of_both_analyses(counted):
    run = counted()
    assert results.validate("r", run.aggregate())["proven"]
    rows, told = rows_of(run), told_of(run)
    where, (ca, pca) = expected(table_of(run))
    assert [*rows[0]] == ["seq_id", *AXES]
    assert [row["seq_id"] for row in rows] == [f"seq{k}" for k in range(30)]
    np.testing.assert_array_equal(coordinates(rows), where)
    check_codons(run, (ca, pca))
    assert told["correspondence"] == {"eigenvalues": ca.eigenvalues.tolist(), "shares": ca.share.tolist()}
    assert told["principal_components"] == {"eigenvalues": pca.eigenvalues.tolist(), "shares": pca.share.tolist()}
    counts = ("sequences", "left_out", "not_sampled", "genetic_codes")
    assert [told[name] for name in counts] == [30, 0, 0, [1]]
    assert len(told["codons"]) == 59


def test_a_run_that_does_not_ask_has_none(counted):
    run = counted(ordination=False)
    results.validate("r", run.aggregate())
    assert not (run.run.report / flow.ORDINATION).exists()
    assert "ordination" not in json.loads((run.run.report / flow.SUMMARY).read_text())


def test_beyond_the_limit_the_sample_is_placed_whatever_the_batches_are(counted, monkeypatch):
    monkeypatch.setattr(ordination, "MOST", 12)
    texts = set()
    for batch_size in (4, 7, 100):
        run = counted(f"r{batch_size}", batch_size=batch_size)
        assert results.validate(run.run_id, run.aggregate())["proven"]
        texts.add((run.run.report / flow.ORDINATION).read_bytes())
    assert len(texts) == 1
    assert [row["seq_id"] for row in rows_of(run)] == [f"seq{k}" for k in sample(30)]
    assert (told_of(run)["sequences"], told_of(run)["not_sampled"]) == (12, 18)


def test_a_run_whose_dataset_was_computed_before_has_the_same_ordination(counted):
    first = counted("first")
    first.aggregate()
    again = counted("again")
    results.validate("again", again.aggregate())
    assert rows_of(again) == rows_of(first)


def test_the_dataset_need_not_be_published_for_it(counted):
    run = counted(per_sequence=False)
    assert results.validate("r", run.aggregate())["proven"]
    assert not (run.run.report / flow.PER_SEQUENCE).exists()
    assert len(rows_of(run)) == 30


def test_of_two_sequences_there_is_none_and_the_summary_says_why(counted):
    run = counted(count=2)
    assert results.validate("r", run.aggregate())["proven"]
    assert not any((run.run.report / name).exists() for name in BOTH)
    assert told_of(run)["not_done"] == "2 sequences have codons to compare; an ordination needs 3"


def test_under_several_codes_the_families_that_all_have_are_compared(house):
    files = {"a.fasta": some_cds(6, seed=3), "b.fasta": some_cds(5, seed=4, code=2, organism="Mus musculus")}
    how = {"batch_size": 4, "group_by": "organism", "require_all_codons": "never", "ordination": True}
    run = cds_run(house, "r", files, **how)
    assert results.validate("r", run.aggregate())["proven"]
    told, rows = told_of(run), rows_of(run)
    assert told["genetic_codes"] == [1, 2]
    # Ile, Met, Trp and Arg have other codons in code 2.
    assert set(told["codons"]) == {
        codon for codon, letter in zip(CODONS, genetic_code(1).amino_acids, strict=True) if letter not in "*IMWR"
    }
    codons = [CODONS.index(codon) for codon in told["codons"]]
    where, found = expected(table_of(run), 2, codons)
    np.testing.assert_array_equal(coordinates(rows), where)
    check_codons(run, found)
    assert [row["group"] for row in rows] == ["Homo sapiens"] * 6 + ["Mus musculus"] * 5


def test_a_sequence_without_synonymous_codons_is_left_out_and_counted(house, write, records):
    write(house.data / "a.fasta", [*records(5), ("met", "ATG" * 9), ("short", "A")])
    run = house.counted("r", source=str(house.data), ordination=True, require_all_codons="never")
    assert results.validate("r", run.aggregate())["proven"]
    assert [row["seq_id"] for row in rows_of(run)] == [f"seq{k}" for k in range(5)]
    assert (told_of(run)["sequences"], told_of(run)["left_out"]) == (5, 2)


BOTH = [flow.ORDINATION, flow.ORDINATION_CODONS]


@pytest.mark.parametrize("name", BOTH)
def test_law_5_names_another_place_on_an_axis(counted, name):
    run = counted()
    run.aggregate()
    path = run.run.report / name
    text = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*text[:2], text[2].replace("0.", "0.9", 1), *text[3:]]))
    with pytest.raises(LawError, match=rf"law 5 sequences: {re.escape(name)} does not say what the sequences say"):
        results.validate("r")


@pytest.mark.parametrize("name", BOTH)
def test_law_5_names_an_ordination_that_is_gone(counted, name):
    run = counted()
    run.aggregate()
    (run.run.report / name).unlink()
    with pytest.raises(LawError, match=rf"law 5 sequences: {re.escape(name)} does not say"):
        results.validate("r")


def test_law_6_names_another_eigenvalue(counted):
    run = counted()
    run.aggregate()
    path = run.run.report / flow.SUMMARY
    document = json.loads(path.read_text())
    document.pop("seal")
    document["ordination"]["principal_components"]["eigenvalues"][0] += 1e-6
    path.write_text(json.dumps(sealed(document)))
    with pytest.raises(
        LawError, match=r"law 6 report: summary\.json: ordination\.principal_components\.eigenvalues\.0"
    ):
        results.validate("r")
