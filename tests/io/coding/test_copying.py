"""Every CDS that a reader finds becomes a sequence, or a row with the reason why it does not."""

from __future__ import annotations

import os
import tracemalloc

import numpy as np
import pytest

from opengenome.annotation.cds import Cds
from opengenome.annotation.insdc import read_location
from opengenome.annotation.location import unreadable
from opengenome.annotation.reading import Spliced
from opengenome.annotation.rules import Reason, Rules
from opengenome.annotation.splice import Molecule, place, splice
from opengenome.core.genetic_code import genetic_code
from opengenome.errors import InputError
from opengenome.io import entries, ingest, sources
from opengenome.io.coding import READERS, cds_fasta
from opengenome.io.coding.interface import Codes, Found
from opengenome.io.coding.isoforms import judge
from opengenome.io.coding.table import CDS_TABLE, read_all
from opengenome.io.content import Content, digest_of_bytes
from opengenome.io.parquet.rows import read_strings
from opengenome.io.schemas import Coding, Material, Unit

UNIT = Unit("toy", 1)
DEFAULT = Coding(("internal_stop", "length", "location", "pseudo"), 0, False, 1)
#          1234567890123456789012345678901
GENOME = b"ATGAAATAAccATGTAATTTTAGgATGCCCTGA"
CDS = {
    "good": "1..9",
    "stopped": "12..23",
    "broken": "12..22",
    "outside": "30..40",
    "late": "2..9",
    "other": "25..33",
}


class Toy:
    """A reader of lines `name location [words]`, with GENOME as the letters of each file."""

    NAME = "toy"

    def read(self, contents, codes):
        for content in contents:
            with content.text() as file:
                lines = bytes(file.readall() if hasattr(file, "readall") else file.read()).decode().splitlines()
            yield Found("chr", 1, len(lines) - 1, (self._cds(line, codes) for line in lines[1:]))

    def _cds(self, line, codes):
        name, text, *words = line.split()
        code, source = codes.choose(int(words.pop(0)) if words and words[0].isdecimal() else None)
        location = read_location(text) if text != "?" else unreadable(text, "it is a riddle")
        options = {"pseudo": "pseudo" in words, "gene": words[-1] if "of" in words else ""}
        start = 2 if "late" in words else 1
        cds = Cds(
            name,
            "chr",
            location,
            genetic_code=code.id,
            code_source=source,
            codon_start=start,
            **options,
            partial_5=location.partial_5,
        )
        placed = place(location, Molecule(len(GENOME)))
        return Spliced(cds, placed, splice(GENOME, placed.segments), code)


@pytest.fixture(autouse=True)
def toy(monkeypatch):
    monkeypatch.setitem(READERS, Toy.NAME, Toy())


def ingested(pipeline, *lines, coding=DEFAULT, units=(UNIT,), names=("a.fa",)):
    """The manifest, {name: letters} of the shards, and {name: reason} of the table."""
    text = "\n".join([">toy", *lines])
    paths = [pipeline.folder / name for name in names]
    for path in paths:
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
    files = tuple(map(sources.fingerprint, paths))
    material = Material(files, units, coding)
    manifest, _ = ingest.ingest(material, pipeline.store, lambda _: None)
    folder = pipeline.store.ingest(manifest.key)
    assert entries.committed(folder, material) == manifest
    letters = {}
    for shard in manifest.files:
        for block in read_strings(shard.path, 0, shard.stop):
            for k, name in enumerate(block.ids):
                letters[name] = bytes(block.data[block.offsets[k] : block.offsets[k + 1]]).decode()
    reasons = {
        row["seq_id"]: row["reason"] for rows in read_all(folder, ["seq_id", "reason"]) for row in rows.to_pylist()
    }
    return manifest, letters, reasons


def table(pipeline, manifest, *columns):
    """The rows of the table of CDS, counted or not."""
    folder = pipeline.store.ingest(manifest.key)
    return [tuple(row.values()) for rows in read_all(folder, columns) for row in rows.to_pylist()]


def test_a_cds_is_a_sequence_or_a_row_with_its_reason(pipeline):
    manifest, letters, reasons = ingested(pipeline, *(f"{name} {where}" for name, where in CDS.items()), "riddle ?")
    assert letters == {"good": "ATGAAATAA", "other": "ATGCCCTGA"}
    assert reasons == {
        "good": "", "stopped": "internal_stop", "broken": "length", "outside": "location", "late": "length",
        "other": "", "riddle": "location",
    }  # fmt: skip
    (account,) = manifest.cds
    assert (account.found, account.counted, account.features) == (7, 2, 7)
    assert account.dropped == {"internal_stop": 1, "length": 2, "location": 2}
    assert account.codes == {"1": 2}
    assert (manifest.sequences, manifest.bases) == ((2,), (18,))


def test_a_row_of_a_counted_cds_has_its_first_and_last_codon_and_its_bases(pipeline):
    manifest, *_ = ingested(pipeline, "good 1..9", "stopped 12..23", "other 25..33")
    rows = table(pipeline, manifest, "reason", "seq_id", "first_codon", "last_codon", "offset", "bases")
    assert [row for row in rows if not row[0]] == [("", "good", "ATG", "TAA", 0, 9), ("", "other", "ATG", "TGA", 0, 9)]


def test_a_start_codon_that_is_left_out_is_still_the_first_codon_of_its_cds(pipeline):
    manifest, letters, _ = ingested(pipeline, "good 1..9", "late 6..9 late", coding=Coding(("location",), 0, True, 1))
    assert letters == {"good": "AAATAA", "late": "TAA"}
    rows = table(pipeline, manifest, "seq_id", "first_codon", "last_codon", "offset")
    assert rows == [("good", "ATG", "TAA", 3), ("late", "TAA", "TAA", 1)]


def test_counting_begins_at_the_first_whole_codon_and_the_bases_before_are_the_offset(pipeline):
    manifest, letters, _ = ingested(pipeline, "late 6..9 late", "good 1..9", coding=Coding(("location",), 0, False, 1))
    assert letters == {"late": "TAA", "good": "ATGAAATAA"}
    assert manifest.cds[0].offset == 1
    assert manifest.cds[0].flags == {"codon_start": 1}


def test_a_skipped_start_codon_belongs_to_the_offset(pipeline):
    manifest, letters, _ = ingested(pipeline, "good 1..9", "open <1..9", coding=Coding(DEFAULT.drop, 0, True, 1))
    assert letters == {"good": "AAATAA", "open": "ATGAAATAA"}
    assert manifest.cds[0].offset == 3


def test_of_a_gene_the_longest_counted_cds_stays(pipeline):
    coding = Coding((*DEFAULT.drop, "isoform"), 0, False, 1)
    lines = [
        "short 1..9 of g",
        "long 12..23 of g",
        "long2 1..9 4 of h",
        "none 1..9",
        "same 1..9 of g",
        "copy 25..33 of g",
    ]
    _, letters, reasons = ingested(pipeline, *lines, coding=coding)
    assert reasons == {"short": "", "long": "internal_stop", "long2": "", "none": "", "same": "isoform", "copy": ""}
    assert set(letters) == {"short", "long2", "none", "copy"}


def fasta_of_cds(tmp_path, codons):
    """The only group of a file with a CDS of so many codons after its start, each of gene `g` but the last."""
    genes = ["[gene=g]"] * (len(codons) - 1) + [""]
    path = tmp_path / "cds.fna"
    path.write_text(
        "".join(
            f">lcl|c_cds_{k} {gene}\nATG{'GCA' * number}\n"
            for k, (gene, number) in enumerate(zip(genes, codons, strict=True))
        )
    )
    content = Content(sources.inspect(path, os.fstat)[0])
    [found] = cds_fasta.read([content], Codes(0, genetic_code(1)))
    return found, content


@pytest.mark.parametrize(
    ("codons", "stays"),
    [([1, 9], {0, 1}), ([1, 3, 2, 9], {1, 3}), ([3, 1, 3, 9], {0, 3}), ([1, 3, 3, 9], {1, 3})],
)
def test_the_longest_of_a_gene_stays_and_of_equals_the_first_wherever_they_lie_in_a_fasta(tmp_path, codons, stays):
    found, content = fasta_of_cds(tmp_path, codons)
    judged = list(judge(found, Rules(frozenset({Reason.ISOFORM}))))
    assert {place for place, (_, drop) in enumerate(judged) if not drop} == stays
    assert {drop.reason for _, drop in judged if drop} <= {Reason.ISOFORM}
    assert content.digest() == digest_of_bytes(content.file)  # of one reading, although there were two


@pytest.mark.parametrize(
    ("told", "stays"),
    [
        (("1..9", "40..48", "5..9"), {1, 2}),
        (("1..9", "40..48", "5..44"), {2}),
        (("complement(join(1..3,40..48))", "20..30", "60..61"), {1, 2}),
        (("80..3", "90..99", "60..61"), {1, 2}),
        (("1..9", "40..48", "nonsense"), {2}),
        (("1..9 l", "40..48 l", "60..69 m"), {0, 2}),
    ],
)
def test_cds_of_one_name_are_isoforms_if_they_overlap_or_share_a_locus_tag(tmp_path, told, stays):
    codons = [3, 3 if " " in told[1] else 4, 5]
    path = tmp_path / "cds.fna"
    with path.open("w") as file:
        for k, (place, number) in enumerate(zip(told, codons, strict=True)):
            location, _, tag = place.partition(" ")
            tagged = f" [locus_tag={tag}]" if tag else ""
            file.write(f">lcl|c_cds_{k} [gene=g]{tagged} [location={location}]\nATG{'GCA' * number}\n")
    [found] = cds_fasta.read([Content(sources.inspect(path, os.fstat)[0])], Codes(0, genetic_code(1)))
    kept = judge(found, Rules(frozenset({Reason.ISOFORM})))
    assert {place for place, (_, drop) in enumerate(kept) if not drop} == stays


def test_the_isoforms_of_a_fasta_are_not_held_together(tmp_path):
    found, _ = fasta_of_cds(tmp_path, [10_000] * 400)  # 12 MB
    tracemalloc.start()
    try:
        assert sum(not drop for _, drop in judge(found, Rules(frozenset({Reason.ISOFORM})))) == 2
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 5_000_000


def test_the_code_is_that_of_the_annotation_else_of_the_samplesheet_else_of_the_run(pipeline):
    lines = ["told 1..9 11", "untold 1..9"]
    for sheet, run, codes in (
        (0, 4, [(11, "annotation"), (4, "parameter")]),
        (5, 4, [(11, "annotation"), (5, "samplesheet")]),
    ):
        coding = Coding(DEFAULT.drop, 0, False, run)
        manifest, *_ = ingested(pipeline, *lines, coding=coding, units=(Unit("toy", 1, sheet),))
        assert table(pipeline, manifest, "genetic_code", "code_source") == codes


def test_files_of_a_unit_count_once_and_units_are_told_apart(pipeline):
    units = (Unit("toy", 2), Unit("toy", 1))
    manifest, *_ = ingested(pipeline, "good 1..9", units=units, names=("a.fa", "b.fa", "c.fa"))
    assert manifest.sequences == (2, 0, 1)
    assert [account.counted for account in manifest.cds] == [2, 1]
    assert table(pipeline, manifest, "unit") == [(0,), (0,), (1,)]


def test_other_rules_are_another_entry_and_the_same_rules_are_known(pipeline):
    first, *_ = ingested(pipeline, "good 1..9", "stopped 12..23")
    again, *_ = ingested(pipeline, "good 1..9", "stopped 12..23")
    other, *_ = ingested(pipeline, "good 1..9", "stopped 12..23", coding=Coding(("location",), 0, False, 1))
    assert first == again
    assert other.key != first.key
    assert (first.sequences, other.sequences) == ((1,), (2,))


def test_a_damaged_table_of_cds_is_not_a_committed_entry(pipeline):
    manifest, *_ = ingested(pipeline, "good 1..9")
    path = pipeline.store.ingest(manifest.key) / CDS_TABLE
    data = bytearray(path.read_bytes())
    data[20] ^= 1
    path.write_bytes(data)
    material = Material((sources.fingerprint(pipeline.folder / "a.fa"),), (UNIT,), DEFAULT)
    assert entries.committed(pipeline.store.ingest(manifest.key), material) is None


def test_a_wrong_letter_is_refused_with_its_record(pipeline, monkeypatch):
    monkeypatch.setattr("test_copying.GENOME", GENOME.replace(b"CCC", b"C!C"))
    with pytest.raises(InputError, match="chr, CDS other"):
        ingested(pipeline, "good 1..9", "other 25..33")


def test_many_cds_in_shards_are_those_of_one_by_one(pipeline, monkeypatch):
    lines = [f"n{k} {1 + 24 * (k % 2)}..{9 + 24 * (k % 2)}" for k in range(50)]
    at_once, letters, _ = ingested(pipeline, *lines)
    monkeypatch.setattr("opengenome.io.coding.copying._CHECKED_CDS", 7)
    pipeline.store.root.rename(pipeline.folder / "before")
    few, same, _ = ingested(pipeline, *lines)
    assert (few.records_sha256, same) == (at_once.records_sha256, letters)
    assert np.sum(few.sequences) == 50
