"""Real genomes: letters are those of Biopython's extraction, and what is counted translates to its /translation."""

import gzip

import pytest
from Bio.Seq import Seq

from opengenome.annotation.cds import Cds, flags
from opengenome.annotation.gff3 import Row, group_cds
from opengenome.annotation.gff3_cds import cds_of
from opengenome.annotation.insdc import read_location
from opengenome.annotation.qualifiers import is_pseudo, read_codon_start, read_genetic_code
from opengenome.annotation.reading import Spliced
from opengenome.annotation.rules import Rules, dropped
from opengenome.annotation.splice import Molecule, place, splice
from opengenome.annotation.transl_except import read_transl_except
from opengenome.core.genetic_code import genetic_code
from tests.annotation import genomes

# What may make a protein unlike its plain translation; a CDS without any of these translates exactly.
EXPLAINS = {"exception", "transl_except"}


def spliced(record, text, feature):
    """A CDS of GenBank as our modules read it."""
    told = feature.qualifiers
    location = read_location(text)
    circular = record.annotations.get("topology") == "circular"
    placed = place(location, Molecule(len(record.seq), circular, frozenset({record.id, record.name})))
    cds = Cds(
        "", record.id, location,
        genetic_code=read_genetic_code(told.get("transl_table", ["1"])[0]),
        codon_start=read_codon_start(told.get("codon_start", ["1"])[0]),
        transl_except=tuple(one for text in told.get("transl_except", ()) for one in read_transl_except(text)),
        exception=",".join(told.get("exception", ())),
        pseudo=is_pseudo(told), partial_5=location.partial_5, partial_3=location.partial_3,
    )  # fmt: skip
    return Spliced(cds, placed, splice(bytes(record.seq), placed.segments), genetic_code(cds.genetic_code))


def test_spliced_letters_are_those_that_biopython_extracts():
    found = 0
    for record, cds in genomes.genbank_records():
        for text, feature in cds:
            assert spliced(record, text, feature).letters == bytes(feature.extract(record.seq)), (record.id, text)
            found += 1
    assert found > 100


def test_what_is_counted_translates_to_its_translation_or_has_a_flag_that_says_why_not():
    compared = 0
    for record, cds in genomes.genbank_records():
        for text, feature in cds:
            ours = spliced(record, text, feature)
            if dropped(ours, Rules()) or "translation" not in feature.qualifiers:
                continue
            whole = ours.text[: 3 * ours.whole_codons]
            protein = str(Seq(whole).translate(ours.cds.genetic_code)).removesuffix("*")
            theirs = feature.qualifiers["translation"][0]
            if protein[1:] != theirs[1:]:
                assert EXPLAINS & set(flags(ours.cds, ours.placed)), (record.id, text)
            elif protein[0] != theirs[0] and not ours.cds.exception and ours.named.get(0) != "MET":
                # A start codon is read as Met, whatever it means within.
                assert (theirs[0], ours.text[:3] in ours.code.starts) == ("M", True), (record.id, text)
            compared += 1
    assert compared > 100


def rows_of(text):
    """The rows of a plain GFF3 file, for a test."""
    from urllib.parse import unquote  # noqa: PLC0415

    for line in text.splitlines():
        fields = line.split("\t")
        if len(fields) == 9:
            pairs = (pair.partition("=") for pair in fields[8].split(";") if pair)
            told = {name: tuple(map(unquote, value.split(","))) for name, _, value in pairs}
            phase = None if fields[7] == "." else int(fields[7])
            yield Row(fields[0], fields[2], int(fields[3]), int(fields[4]), fields[6], phase, told)


def test_gff3_and_genbank_of_lambda_have_the_same_coding_sequences():
    path = genomes.folder().parent / "annotated" / "lambda.gff3.gz"
    if not path.exists():
        pytest.skip(f"no {path.name}")
    groups = group_cds(rows_of(gzip.decompress(path.read_bytes()).decode()))
    gff3 = [(cds.location.text, cds.protein_id, cds.pseudo) for cds in map(cds_of, groups)]
    records = [found for found in genomes.genbank_records() if found[0].id == gff3_record(path)]
    genbank = [
        ("".join(text.split()), feature.qualifiers.get("protein_id", [""])[0], is_pseudo(feature.qualifiers))
        for _, cds in records
        for text, feature in cds
    ]
    assert sorted(gff3) == sorted(genbank)
    assert len(gff3) > 50


def gff3_record(path):
    return gzip.decompress(path.read_bytes()).decode().split("##sequence-region ")[1].split()[0]
