"""Real genomes: the reader finds the CDS that Biopython finds, with their letters; and Biopython's way is as good."""

import gzip

import pytest

from opengenome.annotation.cds import flags
from opengenome.io.genbank import table
from tests.annotation import genomes
from tests.io.coding.genbanks import read, reason

# What may make a protein unlike its plain translation; a CDS without any of these translates exactly.
EXPLAINS = {"exception", "transl_except"}


def files():
    organelles = genomes.folder()
    return sorted(path for root in (organelles, organelles.parent / "annotated") for path in root.glob("*.gb*.gz"))


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    return read(tmp_path_factory.mktemp("genomes"), *(path.read_bytes() for path in files()))


@pytest.fixture(scope="module")
def theirs():
    return list(genomes.genbank_records())


def test_every_cds_has_the_letters_and_names_that_biopython_gives(found, theirs):
    compared = 0
    for (record, cds), (theirs_record, features) in zip(found, theirs, strict=True):
        assert (record.record, record.features) == (theirs_record.id, len(features))
        for ours, (text, feature) in zip(cds, features, strict=True):
            assert ours.letters.upper() == bytes(feature.extract(theirs_record.seq)), (record.record, text)
            told = feature.qualifiers
            assert ours.cds.location.text == "".join(text.split())
            for name in ("gene", "locus_tag", "product", "protein_id"):
                assert getattr(ours.cds, name) == " ".join(told.get(name, [""])[0].split()), (record.record, text)
            assert ours.cds.genetic_code == int(told.get("transl_table", ["1"])[0])
            assert ours.cds.organism == theirs_record.annotations["organism"]
            compared += 1
    assert compared > 100


def test_a_counted_cds_translates_to_its_translation_or_a_flag_says_why_not(found, theirs):
    compared = 0
    for (_, cds), (_, features) in zip(found, theirs, strict=True):
        for ours, (_, feature) in zip(cds, features, strict=True):
            if reason(ours) or "translation" not in feature.qualifiers:
                continue
            from Bio.Seq import Seq  # noqa: PLC0415 - only where the genomes are

            whole = ours.text[: 3 * ours.whole_codons]
            protein = str(Seq(whole).translate(ours.cds.genetic_code)).removesuffix("*")
            expected = feature.qualifiers["translation"][0]
            assert protein[1:] == expected[1:] or EXPLAINS & set(flags(ours.cds, ours.placed)), ours.cds.seq_id
            compared += 1
    assert compared > 100


@pytest.mark.parametrize("refusing", [["_plain"], ["_plain", "_by_gb_io"]], ids=["gb-io", "Biopython"])
def test_gb_io_and_biopython_read_what_the_cut_table_tells(found, tmp_path, monkeypatch, refusing):
    def refuses(_table, _keys):
        raise table._UnreadableError

    for name in refusing:
        monkeypatch.setattr(table, name, refuses)
    again = read(tmp_path, *(gzip.decompress(path.read_bytes()) for path in files()))
    assert [cds for _, cds in again] == [cds for _, cds in found]
