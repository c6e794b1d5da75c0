"""Each record of FASTA of CDS becomes a CDS, whatever the line ends, blocks and compression."""

import gzip
import os
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from opengenome.annotation.reading import Spliced
from opengenome.annotation.rules import Reason, Rules, dropped
from opengenome.core.genetic_code import genetic_code
from opengenome.errors import InputError
from opengenome.io import fasta_text
from opengenome.io.coding import cds_fasta
from opengenome.io.coding.interface import PARAMETER, SAMPLESHEET, Codes
from opengenome.io.content import Content
from opengenome.io.sources import fingerprint
from tests.io.searched import put

HEADER = b">lcl|NC_1.1_cds_P%d_%d [gene=g%d] [frame=%d] [location=1..9] [gbkey=CDS]\n"
CODES = Codes(0, genetic_code(11))
TEXT = b"".join(HEADER % (k, k, k, k % 3 + 1) + b"ATGAAAC\nGTtrn\n" * k for k in range(12))


@pytest.fixture
def read(tmp_path):
    def _read(data, name="a.fna", codes=CODES):
        content = Content(fingerprint(put(tmp_path / name, data)))
        (found,) = cds_fasta.read([content], codes)
        return found, list(found.cds), content

    return _read


def told(cds):
    return [(one.cds.seq_id, one.cds.gene, one.cds.codon_start, one.letters) for one in cds]


def expected():
    return [(f"lcl|NC_1.1_cds_P{k}_{k}", f"g{k}", k % 3 + 1, b"ATGAAACGTtrn" * k) for k in range(12)]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("block", [128, 200, 1 << 20])
@pytest.mark.parametrize("around", [(b"", b""), (b"\xef\xbb\xbf", b""), (b"\n \n", b"\n\n"), (b"", b"\n \t")])
def test_every_record_is_a_cds_with_all_of_its_letters(read, monkeypatch, end, block, around):
    monkeypatch.setattr(fasta_text.read_blocks, "__defaults__", (block, None))
    monkeypatch.setattr(cds_fasta, "_BLOCK_BYTES", block // 2)
    text = (around[0] + TEXT + around[1]).replace(b"\n", end)
    for data, name in ((text, "a.fna"), (gzip.compress(text), "a.fna.gz")):
        found, cds, _ = read(data, name)
        assert told(cds) == expected()
        assert found.features == 12


def test_the_last_line_needs_no_end(read):
    _, cds, _ = read(TEXT.rstrip(b"\n"))
    assert told(cds) == expected()


def test_the_record_itself_is_where_a_cds_lies_and_an_empty_one_has_no_place(read):
    _, cds, _ = read(b">a\nACG\n>b\n>c\nAC\n")
    assert [(one.placed.bases, one.placed.fault) for one in cds] == [(3, ""), (0, "it has no bases"), (2, "")]
    assert dropped(cds[1], Rules()).reason == Reason.LOCATION


def test_a_transl_except_counts_from_the_start_of_the_cds(read):
    _, cds, _ = read(
        b">lcl|N_cds_1 [frame=2] [transl_except=(pos:5..7,aa:Sec)] [location=complement(90..99)]\nATTTTGATTTTAA"
    )
    assert cds[0].named == {1: "SEC"}


def test_the_code_is_the_samplesheets_else_the_runs(read):
    for codes, number, source in (
        (Codes(0, genetic_code(4)), 4, PARAMETER),
        (Codes(2, genetic_code(4)), 2, SAMPLESHEET),
    ):
        _, [cds], _ = read(b">a\nACG\n", codes=codes)
        assert (cds.code.id, cds.cds.genetic_code, cds.cds.code_source) == (number, number, source)


def test_the_same_identifier_may_occur_twice(read):
    found, cds, _ = read(b">a\nACG\n>a\nAC\n")
    assert [one.letters for one in cds] == [b"ACG", b"AC"]
    assert found.features == 2


def test_features_are_lines_that_begin_with_a_sign_after_blanks_or_none(read):
    found, cds, _ = read(b">a > b>c\nACG\n \t>d\nA\n>e [protein=x->y] > \n")
    assert found.features == len(cds) == 3


def test_the_content_is_read_to_its_end(read):
    _, _, content = read(TEXT)
    other = Content(content.file)
    with other.text() as text:
        while text.read(9999):
            pass
    assert content.digest() == other.digest()


def test_an_empty_file_has_no_cds(read):
    found, cds, _ = read(b"", "a.fna")
    assert (found.features, cds) == (0, [])


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        (">a\nACG\n>b x\nACG\nA-G\n", ("2 (b)", 5), "'-' is not an IUPAC nucleotide letter"),
        (">a\nACG\n>b\nMKV*\n", ("2 (b)", 4), "This looks like protein"),
        (">a\nACG\n\n>lcl|N_cds_1 [frame=7]\nACG\n", ("2 (lcl|N_cds_1)", 4), "frame='7' is none of 1, 2 and 3"),
        (">a\nACG\n>lcl|N_cds_1 [transl_except=x]\nACG\n", ("2 (lcl|N_cds_1)", 3), "transl_except='x' cannot be read"),
    ],
)
def test_an_error_names_file_record_and_line(read, text, place, said, end):
    data = text.replace("\n", end).encode()
    for packed, name in ((data, "a.fna"), (gzip.compress(data), "a.fna.gz")):
        with pytest.raises(InputError) as caught:
            read(packed, name)
        assert said in str(caught.value)
        assert (caught.value.where["record"], caught.value.where["line"]) == place
        assert Path(caught.value.where["file"]).name == name


@pytest.mark.skipif("OPENGENOME_REAL_DATA" not in os.environ, reason="OPENGENOME_REAL_DATA names no folder")
def test_real_cds_of_e_coli_are_read_and_their_selenocysteine_is_no_internal_stop():
    path = Path(os.environ["OPENGENOME_REAL_DATA"]).parent / "annotated" / "ecoli_cds_from_genomic.fna.gz"
    (found,) = cds_fasta.read([Content(fingerprint(path))], Codes(0, genetic_code(11)))
    cds: list[Spliced] = list(found.cds)
    assert found.features == len(cds) == 412
    assert {one.cds.record for one in cds} == {"NC_000913.3"}
    assert all(one.cds.locus_tag and one.cds.product and one.cds.location.text for one in cds)
    reasons = Counter(drop.reason if (drop := dropped(one, Rules())) else "" for one in cds)
    assert reasons == {"": 397, "pseudo": 15}
    (seleno,) = [one for one in cds if one.cds.transl_except]
    assert (seleno.cds.gene, seleno.named) == ("fdnG", {195: "SEC"})
    numbers = [int(one.cds.seq_id.rpartition("_")[2]) for one in cds]
    assert all(a < b for a, b in pairwise(numbers))
