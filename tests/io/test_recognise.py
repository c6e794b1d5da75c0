"""A file is recognised by its first bytes, in any compression; a refusal says what it is and what to do."""

import bz2
import gzip
import io
import lzma
import tarfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from backports import zstd

from opengenome.io import naming, sources
from opengenome.io.naming import says_sequence

with io.BytesIO() as _made:
    with tarfile.open(fileobj=_made, mode="w") as _archive:
        _archive.addfile(tarfile.TarInfo("in.fa"))
    TAR = _made.getvalue()
V7_TAR = bytearray(TAR)
V7_TAR[257:265] = bytes(8)
V7_TAR[148:156] = b"%06o\0 " % (sum(V7_TAR[:148]) + sum(V7_TAR[156:512]) + 8 * 32)

LONG_READ = b"@r1 long\n" + b"ACGT" * 40_000 + b"\n+\n"
KINDS = {
    "FASTQ": (b"@r1\nATGGCC\n+\nIIIIII\n", "FASTQ", "seqkit fq2fa"),
    "FASTQ of DOS": (b"@r1\r\nATG\r\nATG\r\n+r1\r\nIII\r\nIII\r\n", "FASTQ", "seqkit fq2fa"),
    "FASTQ of a long read": (LONG_READ, "FASTQ", "seqkit fq2fa"),
    "FASTQ of an empty read": (b"@r1\n\n+\n\n", "FASTQ", "seqkit fq2fa"),
    "GenBank of proteins": (b"LOCUS       X1  9 aa linear\nORIGIN\n", "GenPept", "needs nucleotide sequences"),
    "EMBL": (b"ID   X56734; SV 1; linear;\n", "EMBL", "not read yet"),
    "GFF2": (b"##gff-version 2\nc\ts\tgene\t1\t2\t.\t+\t.\tGene abc\n", "GTF or GFF2", "gffread"),
    "GTF": (b'#!build x\nchr1\thavana\tgene\t11\t14\t.\t+\t.\tgene_id "a";\n', "GTF or GFF2", "gffread"),
    "GTF that claims to be GFF3": (
        b'##gff-version 3\nchr1\thavana\tgene\t11\t14\t.\t+\t.\tgene_id "a";\n',
        "GTF or GFF2",
        "gffread",
    ),
    "SAM": (b"@HD\tVN:1.6\n@SQ\tSN:a\tLN:9\n", "SAM", "samtools fasta"),
    "BAM": (gzip.compress(b"BAM\1\0\0\0\0"), "BAM", "samtools fasta"),
    "CRAM": (b"CRAM\3\0", "CRAM", "samtools fasta"),
    "VCF": (b"##fileformat=VCFv4.2\n", "VCF", "give FASTA"),
    "tar": (TAR, "a tar archive", "Unpack it"),
    "an old tar": (bytes(V7_TAR), "a tar archive", "Unpack it"),
    "tar in gzip": (gzip.compress(TAR), "a tar archive in gzip", "Unpack it"),
    "tar in zstd": (zstd.compress(TAR), "a tar archive in zstd", "Unpack it"),
    "zip": (b"PK\3\4xxxx", "a zip archive", "Unpack it"),
    "7z": (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "Unpack it"),
    ".Z": (b"\x1f\x9d\x90", "compress", "gzip -d"),
    "lz4": (b"\x04\x22\x4d\x18", "lz4", "lz4 -d"),
    "lzip": (b"LZIP\1", "lzip", "lzip -d"),
    "lzma": (lzma.compress(b"ACG", lzma.FORMAT_ALONE), "lzma", "xz -d"),
    "gzip in gzip": (gzip.compress(gzip.compress(b">a")), "gzip in gzip", "Unpack it once"),
    "xz in bzip2": (bz2.compress(lzma.compress(b">a")), "xz in bzip2", "Unpack it once"),
    "Parquet in gzip": (gzip.compress(b"PAR1xxxx"), "Parquet in gzip", "Unpack it"),
    "UTF-16": (">a\nACG\n".encode("utf-16"), "UTF-16", "iconv"),
    "UTF-16 of Java": ("\ufeff>a\nACG\n".encode("utf-16-be"), "UTF-16", "iconv"),
    "UTF-16 without a mark": (">a\nACG\n".encode("utf-16-le"), "UTF-16", "iconv"),
    "HTML": (b"<!DOCTYPE html>", "HTML", "error page"),
    "NEXUS": (b"#NEXUS\n", "an alignment", "gaps"),
    "SQLite": (b"SQLite format 3\0", "a table that is not Parquet", "Export"),
    "comments": (b"; made by hand\n;\n>a\nACG\n", "FASTA with comment lines", "not supported"),
    "comments of a shell": (b"# made by hand\n>a\nACG\n", "FASTA with comment lines", "not supported"),
    "binary": (bytes(range(256)), "binary", "give FASTA"),
    "binary that begins with '>'": (b">a\nAC\0\1\2", "binary", "give FASTA"),
    "text": (b"\n\nACGT\n", "before the first header", "begins with '>'"),
    "protein in prose": (b"MKV\n", "before the first header", "begins with '>'"),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["in.fa", "in.gz", "in"])
def test_a_file_of_another_kind_is_refused_with_its_kind_and_advice(tmp_path, kind, name):
    data, what, advice = KINDS[kind]
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(sources.InputError) as caught:
        sources.fingerprint(path)
    told = str(caught.value)
    assert what in told
    assert advice in told
    assert str(path) in told
    assert "\n" not in told
    assert sources.inspect(path)[1].what


FASTA = {
    "plain": b">a\nACG\n",
    "blank lines": b"\n \t\r\n>a\nACG\n",
    "more blank lines than are looked at at once": b"\n" * 200_000 + b">a\nACG\n",
    "a byte order mark": b"\xef\xbb\xbf\n>a\nACG\n",
    "a NUL in a header": b">a\0b\nACG\n>\0\nACG\n",
    "NULs in headers of Mac lines": b">a\0b\rACG\r>b\0\rACG\r",
    "an indented header": b"  >a\nACG\n",
}


@pytest.mark.parametrize("way", FASTA)
@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress, lzma.compress, zstd.compress])
def test_fasta_is_recognised_in_every_compression(tmp_path, way, pack):
    path = tmp_path / "x.log"
    path.write_bytes(pack(FASTA[way]))
    assert sources.fingerprint(path).format == "fasta"


GENBANK = {
    "plain": b"LOCUS       X1  9 bp DNA\nORIGIN\n",
    "a release": b"GBBCT1.SEQ          Genetic Sequence Data Bank\n",
    "blank lines and a mark": b"\xef\xbb\xbf\n \nLOCUS       X1\n",
}


@pytest.mark.parametrize("way", GENBANK)
@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstd.compress])
@pytest.mark.parametrize("name", ["x.gb", "x.fa", "x"])
def test_genbank_is_recognised_by_its_content(tmp_path, way, pack, name):
    path = tmp_path / name
    path.write_bytes(pack(GENBANK[way]))
    assert sources.fingerprint(path).format == "genbank"


_ROW = b"c\ts\tgene\t1\t2\t.\t+\t.\tID=a\n"
GFF3 = {
    "its first line": b"##gff-version 3\n",
    "its first line with a version of that": b"##gff-version   3.1.26\n" + _ROW,
    "a row": _ROW,
    "a row without attributes": b"c\ts\tgene\t1\t2\t.\t+\t.\t.\n",
    "comments and blank lines": b"#!x\n\n##sequence-region c 1 2\r\n \n" + _ROW,
    "a byte order mark": b"\xef\xbb\xbf##gff-version 3\n" + _ROW,
    "lines of an old Mac": b"# x\r" + _ROW.replace(b"\n", b"\r"),
    "sequences inside": b"##gff-version 3\n##FASTA\n>a\nACG\n",
}


@pytest.mark.parametrize("way", GFF3)
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_gff3_is_recognised_by_its_content(tmp_path, way, pack):
    path = tmp_path / "x.txt"
    path.write_bytes(pack(GFF3[way]))
    assert sources.fingerprint(path).format == "gff3"


def test_the_line_of_the_first_text_is_exact_after_many_blank_lines(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"\n" * 200_000 + b"text")
    assert sources.inspect(path)[1].line == 200_001


def test_text_that_looks_like_fastq_is_recognised_quickly(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"@" + b"\r\n1" * 21_000)
    assert sources.inspect(path)[1].what == "text"


def test_parquet_of_sequences_is_recognised_and_a_damaged_one_is_left_to_its_reader(tmp_path):
    path = tmp_path / "x"
    pq.write_table(pa.table({"seq_id": ["a"], "sequence": ["ACG"]}), path)
    assert sources.fingerprint(path).format == "parquet"
    path.write_bytes(path.read_bytes()[:-20])
    assert sources.fingerprint(path).format == "parquet"


@pytest.mark.parametrize(
    "name",
    ["a.fa", "A.FASTA.GZ", "b.cds.zst", "c.seq.bgz", "d.mfa.Z", "e.parquet", "f.fna.zip", "g.gbff.gz", "h.gff.gz"],
)
def test_names_that_promise_sequences(name):
    assert says_sequence(name)
    assert not naming.says_other(name)


@pytest.mark.parametrize("name", ["a.faa", "fa", "a.fasta.txt", "a.fai", "a.fa.tbi", "a.tar.gz", "a.gz", ".gz"])
def test_names_that_do_not_promise_sequences(name):
    assert not says_sequence(name)


@pytest.mark.parametrize(
    ("text", "cds"),
    [
        (b">lcl|NC_1.1_cds_P_1 [gene=g] [gbkey=CDS]\nATG\n", "ncbi"),
        (b"\xef\xbb\xbf\n\n>lcl|NC_1.1_cds_1 [gene=g]\r\nATG\r\n", "ncbi"),
        (b">ENST1 cds chromosome:GRCh38:1:1:9:1 gene:ENSG1\nATG\n", "ensembl"),
        (b">a\nATG\n>lcl|NC_1.1_cds_P_1 [gene=g]\nATG\n", ""),
        (b">NC_1.1 a genome\nATG\n", ""),
        (b"", ""),
    ],
)
def test_the_first_header_of_fasta_says_whether_its_records_are_cds(tmp_path, text, cds):
    for name, data in (("a.fna", text), ("a.fna.gz", gzip.compress(text))):
        (tmp_path / name).write_bytes(data)
        found = sources.fingerprint(tmp_path / name)
        assert (found.format, found.cds) == ("fasta", cds)


@pytest.mark.parametrize("text", [b">>a\n>b\n", b"> > a\r\n\r\n>A C\r\n", b">>\n", b">>a\n>AC\n"])
def test_records_without_sequence_are_fasta_even_if_a_name_begins_like_a_quoted_mail(tmp_path, text):
    path = tmp_path / "x.fa"
    path.write_bytes(text)
    assert sources.fingerprint(path).format == "fasta"
