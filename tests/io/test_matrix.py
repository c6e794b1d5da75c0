"""One row for each kind of input that people give: it is counted correctly, or refused in one sentence.

Each row goes through the steps of a run: it is found by name and in a folder, ingested and counted.
"""

import bz2
import gzip
import io
import lzma
import os
import struct
import tarfile
import zipfile
import zlib
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from backports import zstd
from pyarrow import feather, orc

from opengenome.errors import Again, InputError
from opengenome.io import search

RECORDS = [("a", "ATGGCCTAA"), ("b", "ATGAAATGA")]
FASTA = b">a\nATGGCC\nTAA\n>b\nATGAAATGA\n"
TEXT = FASTA.decode()


def made(write, table=None):
    with io.BytesIO() as file:
        write(table, file) if table else write(file)
        return file.getvalue()


def archive(file):
    with tarfile.open(fileobj=file, mode="w") as tar:
        member = tarfile.TarInfo("in.fa")
        member.size = len(FASTA)
        tar.addfile(member, io.BytesIO(FASTA))


def zipped(*names):
    def write(file):
        with zipfile.ZipFile(file, "w") as packed:
            for name in names:
                packed.writestr(name, FASTA)

    return made(write)


TABLE = pa.table({"seq_id": ["a", "b"], "sequence": [letters for _, letters in RECORDS]})
TAR, PARQUET = made(archive), made(pq.write_table, TABLE)

COUNTED = {
    "FASTA": FASTA,
    "Parquet": PARQUET,
    "gzip": gzip.compress(FASTA),
    "gzip of two members": gzip.compress(FASTA[:18]) + gzip.compress(FASTA[18:]),
    "gzip that a tape filled up": gzip.compress(FASTA) + bytes(512),
    "bzip2": bz2.compress(FASTA),
    "xz": lzma.compress(FASTA),
    "zstd": zstd.compress(FASTA),
    "a byte order mark": b"\xef\xbb\xbf" + FASTA,
    "a byte order mark in gzip": gzip.compress(b"\xef\xbb\xbf" + FASTA),
    "lines of DOS": FASTA.replace(b"\n", b"\r\n"),
    "lines of an old Mac": FASTA.replace(b"\n", b"\r"),
    "blank lines first": b"\n \t\r\n" + FASTA,
    "lower case and U": FASTA.replace(b"ATG", b"aug"),
    "indented headers": FASTA.replace(b">", b" \t>"),
    "no last line end": FASTA.rstrip(),
    "headers that begin with '>>'": FASTA.replace(b">", b">>"),
}


@pytest.mark.parametrize("kind", COUNTED)
def test_supported_input_is_counted(pipeline, kind):
    ids = ">" if ">>" in kind else ""
    assert pipeline.count(pipeline.write(COUNTED[kind])) == pipeline.naive([(ids + name, s) for name, s in RECORDS])


def test_masked_bases_are_ambiguous_in_either_case(pipeline):
    ((_, counts, ambiguous, _, trailing),) = pipeline.count(pipeline.write(b">m\nATGxxxTAA\nATXXX\n"))
    assert (sum(counts), ambiguous, trailing) == (2, 2, 2)


# For each: its bytes, what the message says that it is, and the advice. {} is the file.
OTHERS = {
    "FASTQ": (b"@r\nATG\n+\nIII\n", "FASTQ", "seqkit fq2fa"),
    "FASTQ after blank lines": (b"\n\n@r\nATG\n+\nIII\n", "FASTQ", "seqkit fq2fa"),
    "FASTQ behind FASTA": (FASTA + b"@r\nATG\n+\nIII\n", "'@' begins a line, as in FASTQ", "line 6, record 2 (b)"),
    "FASTA with qualities": (b">a\n40 40 38\n", "'4' is not", "quality values"),
    "GenBank of proteins": (b"LOCUS       X1  9 aa\nORIGIN\n", "This is GenBank of proteins", "needs nucleotide"),
    "GenBank without a sequence": (b"LOCUS       X1  9 bp DNA\n//\n", "has no sequence", "GenBank (full)"),
    "EMBL": (b"ID   X56734; SV 1;\nXX\n", "This is EMBL", "seqret"),
    "the end of GenBank": (FASTA + b"//\n", "'/' begins a line", "grep -v '^//'"),
    "GFF3": (b"##gff-version 3\nc\ts\tgene\t1\t2\t.\t+\t.\tID=a\n", "GFF3 annotates sequences", "mode cds"),
    "GFF without its first line": (b"c\ts\tgene\t1\t2\t.\t+\t.\tID=a\n", "GFF3 annotates", "mode cds"),
    "GTF": (b'c\ts\tgene\t1\t2\t.\t+\t.\tgene_id "a";\n', "This is GTF or GFF2", "gffread"),
    "BED": (b"chr1\t1\t200\tname\n", "This is BED", "give FASTA"),
    "SAM": (b"@HD\tVN:1.6\n@SQ\tSN:a\tLN:9\n", "This is SAM", "samtools fasta"),
    "SAM without a header": (b"r\t0\tchr1\t100\t60\t3M\t*\t0\t0\tATG\tIII\n", "This is SAM", "samtools fasta"),
    "BAM": (gzip.compress(b"BAM\1\0\0\0\0"), "This is BAM,", "samtools fasta"),
    "CRAM": (b"CRAM\3\0", "This is CRAM", "samtools fasta"),
    "an index of BAM": (b"BAI\1\0\0\0\0", "an index of another file", "that it was made from"),
    "an index of a table": (gzip.compress(b"TBI\1\0\0"), "an index of another file", "that it was made from"),
    "VCF in gzip": (gzip.compress(b"##fileformat=VCFv4.2\n"), "VCF or BCF", "give FASTA"),
    "2bit": (struct.pack("<4I", 0x1A412743, 0, 1, 0), "This is 2bit", "twoBitToFa"),
    "SRA": (b"NCBI.sra\5\3\x19\x88", "This is SRA", "fasterq-dump"),
    "a trace": (b"ABIF\0\x65tdir", "trace", "seqret"),
    "GFA": (b"H\tVN:Z:1.0\nS\t1\tACG\n", "This is GFA", "gfatools"),
    "PIR": (b">DL;x\na title\nACGT*\n", "This is PIR", "seqret"),
    "tar": (TAR, "a tar archive,", "Unpack it"),
    "tar in gzip": (gzip.compress(TAR), "a tar archive in gzip", "Unpack it"),
    "tar in xz": (lzma.compress(TAR), "a tar archive in xz", "Unpack it"),
    "zip": (zipped("in.fa"), "a zip archive", "Unpack it"),
    "a zip in parts": (b"PK\7\x08PK\3\4", "a zip archive", "Unpack it"),
    "Excel": (zipped("[Content_Types].xml", "xl/workbook.xml"), "an office document (.xlsx", "plain text"),
    "old Excel": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100), "an office document (.xls", "as FASTA"),
    "7z": (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "Unpack it"),
    "RAR": (b"Rar!\x1a\7\0", "a RAR archive", "Unpack it"),
    "ar": (b"!<arch>\n", "an archive", "Unpack it"),
    "gzip in gzip": (gzip.compress(gzip.compress(FASTA)), "gzip in gzip", "Unpack it once"),
    "zstd in bzip2": (bz2.compress(zstd.compress(FASTA)), "zstd in bzip2", "Unpack it once"),
    "Parquet in gzip": (gzip.compress(PARQUET), "Parquet in gzip", "Unpack it"),
    ".Z": (b"\x1f\x9d\x90", "compress (.Z)", "gzip -d"),
    "lz4": (b"\x04\x22\x4d\x18", "lz4", "lz4 -d"),
    "zlib": (zlib.compress(FASTA), "zlib", "pigz -dz"),
    "lzma": (lzma.compress(FASTA, lzma.FORMAT_ALONE), "lzma", "xz -d"),
    "bytes after gzip": (gzip.compress(FASTA) + b"x", "bytes after the end of the gzip data, from byte", "gzip -dc"),
    "plain after gzip": (gzip.compress(FASTA) + FASTA, "bytes after the end of the gzip data", "one by one"),
    "bytes after bzip2": (bz2.compress(FASTA) + b"\n", "bytes after the end of the bzip2 data", "bzip2 -dc"),
    "a cut gzip": (gzip.compress(FASTA)[:-4], "is truncated, at about byte", "Fetch it again"),
    "UTF-16": (TEXT.encode("utf-16"), "UTF-16", "iconv -f UTF-16 "),
    "UTF-16 without a mark": (TEXT.encode("utf-16-le"), "UTF-16", "iconv -f UTF-16LE "),
    "UTF-16 of the other end": (TEXT.encode("utf-16-be"), "UTF-16", "iconv -f UTF-16BE "),
    "UTF-16 after a blank line": (f"\r\n{TEXT}".encode("utf-16-le"), "UTF-16", "iconv -f UTF-16LE "),
    "UTF-32": (TEXT.encode("utf-32"), "UTF-32", "iconv -f UTF-32 "),
    "two byte order marks": (b"\xef\xbb\xbf" * 2 + FASTA, "text before the first header", "invisible"),
    "a mark between files": (FASTA + b"\xef\xbb\xbf" + FASTA, "byte order mark is inside", "joined"),
    "a no-break space first": (b"\xc2\xa0" + FASTA, "text before the first header", "no-break space"),
    "a no-break space": (b">a\nAC\xc2\xa0GT\n", "A no-break space is inside", "line 2, record 1 (a)"),
    "a space of no width": (b">a\nAC\xe2\x80\x8bGT\n", "U+200B (zero width space)", "Remove it"),
    "a control character": (b">a\nAC\x01G\n", "Byte 0x01 is not text", "line 2, record 1 (a)"),
    "a character of four bytes": (">a\nAC😀\n".encode(), "U+1F600 (grinning face)", "Remove it"),
    "a byte that is no UTF-8": (b">a\nAC\xe9G\n", "Byte 0xe9 is not valid UTF-8", "line 2, record 1 (a)"),
    "a quotation mark": (">a\nAC’\n".encode(), "U+2019 (right single quotation mark)", "Remove it"),
    "Ctrl-Z": (FASTA + b"\x1a", "Ctrl-Z", "line 6, record 2 (b)"),
    "a form feed": (b">a\nAC\x0cG\n", "form feed", "tr -d"),
    "zeros at the end": (FASTA + bytes(64), "binary", "fully written"),
    "; first": (b"; note\n" + FASTA, "FASTA with comment lines", "grep -v"),
    "# first": (b"# note\n\n" + FASTA, "FASTA with comment lines", "grep -v"),
    "; inside": (FASTA + b"; note\n", "Comment lines (';')", "line 6, record 2 (b)"),
    "# inside": (FASTA + b"# note\n", "Comment lines ('#')", "grep -v '^#'"),
    "'>' inside a line": (b">a\nATG>b\nATG\n", "a line break is missing before '>'", "joined"),
    "digits": (b">a\n        1 acgta\n", "'1' is not", "remove them"),
    "gaps": (b">a\nA--T\n", "'-' is not", "seqkit seq -g"),
    "dots": (b">a\nA..T\n", "'.' is not", "seqkit seq -g"),
    "protein": (b">a\nMKVLE\n", "'L' is not", "protein"),
    "a choice of bases": (b">a\nAC[A/G]\n", "'[' is not", "R for [A/G]"),
    "an indented record": (b">a\nATG\n  >b\nATG\n\t>c\nAT*\n", "'*' is not", "line 6, record 3 (c)"),
    "no header": (b"ACGTACGT\n", "text before the first header (file {}, line 1)", "without a header"),
    "a note first": (b"\nnote\n>a\nACG\n", "text before the first header (file {}, line 2)", "begins with '>'"),
    "quotes": (b'">a"\n"ACG"\n', "text before the first header", "quotes around"),
    "CSV": (b"id,sequence\na,ACG\n", "a table of text", "seq_id and sequence"),
    "TSV": (b"id\tsequence\na\tACG\n", "a table of text", "seq_id and sequence"),
    "JSON": (b'{"message": "Not Found"}\n', "JSON", "FASTA"),
    "other columns": (made(pq.write_table, pa.table({"id": ["a"], "seq": ["ACG"]})), "no column 'seq_id'", "Rename"),
    "an encrypted Parquet file": (b"PARE" + bytes(20) + b"PARE", "encrypted footer", "without encryption"),
    "Arrow": (made(lambda file: feather.write_feather(TABLE, file)), "a table that is not Parquet", "Export"),
    "ORC": (made(orc.write_table, TABLE), "a table that is not Parquet", "Export"),
    "PDF": (b"%PDF-1.4\n", "a document", "give FASTA"),
    "a picture": (b"\x89PNG\r\n\x1a\n", "a picture", "give FASTA"),
    "a program": (b"#!/bin/sh\n", "a program", "give FASTA"),
    "HTML": (b"\n<HTML><head>", "HTML or XML", "error page"),
    "XML": (b"<Error><Code>AccessDenied</Code></Error>", "HTML or XML", "error page"),
    "a pointer of Git LFS": (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS", "git lfs pull"),
    "PHYLIP": (b" 5 42\nTurkey    AAGCTNGGGC\n", "an alignment", "gaps"),
    "Clustal": (b"CLUSTAL W (1.82)\n\na ACG\n", "an alignment", "gaps"),
    "Stockholm": (b"# STOCKHOLM 1.0\n", "an alignment", "gaps"),
    "NEXUS": (b"#nexus\n", "an alignment", "gaps"),
    "a tree": (b"(a,b,(c,d));\n", "a tree", "give FASTA"),
    "encrypted": (b"-----BEGIN PGP MESSAGE-----\n", "encrypted", "Decrypt"),
    "a mail that quotes FASTA": (b"> >a\n> ACGT\n>\n> >b\n> ACGT\n", "quoted as in a mail", "sed 's/^> *//'"),
    "a table behind a '>'": (b">seq_id\tsequence\na\tACGT\n", "a table of text after a '>'", "seq_id and sequence"),
    "CSV with blanks": (b"Gene id,CDS sequence\na,ACG\n", "a table of text", "seq_id and sequence"),
    "CSV of R": (b'"gene.id", "cds-seq"\n"a", "ACG"\n', "a table of text", "seq_id and sequence"),
    "a table of bars": (b"a | ACG\nb | ACG\n", "a table of text", "seq_id and sequence"),
    "FASTQ cut in its first read": (b"@r\nATGATGNN", "FASTQ", "seqkit fq2fa"),
    "a sequence without a line end": (b"ACGTRYN", "text before the first header", "without a header"),
    "a '>' of HTML": (b"&gt;a\nACGT\n", "text before the first header", "write '>' itself"),
    "a wide '>'": ("\uff1ea\nACGT\n".encode(), "text before the first header", "write '>' itself"),
    "cat -n": (b"     1\t>a\n     2\tACGT\n", "text before the first header", "cat -n or grep"),
    "grep": (b"in.fa:>a\nin.fa:ACGT\n", "text before the first header", "cat -n or grep"),
    "UTF-16 after a line end": (b"\n" + TEXT.encode("utf-16"), "UTF-16", "iconv"),
    "the head of an answer": (b"HTTP/1.1 200 OK\r\nServer: x\r\n\r\n" + FASTA, "a web server", "curl without -i"),
    "a message of curl": (b"curl: (56) Recv failure\n" + FASTA, "a message of a program", "Fetch the file again"),
    "a message of NCBI": (b"Error: Unable to obtain query #1\n", "a message of a program", "Fetch the file again"),
    "a conflict of git": (b"<<<<<<< HEAD\n" + FASTA, "a git merge conflict", "give the FASTA file"),
    "BLAST": (b"BLASTN 2.12.0+\n", "a report of BLAST", "give FASTA"),
    "checksums": (b"d41d8cd98f00b204e9800998ecf8427e  a.fa\n", "a list of checksums", "give FASTA"),
    "a mail": (b"From: a@b.c\nSubject: genes\n\n" + FASTA, "a mail", "give FASTA"),
    "UniProt": (b"ID   INS_HUMAN   Reviewed;   110 AA.\n", "This is UniProt", "protein"),
    "SnapGene": (b"\t\0\0\0\x0eSnapGene\0\1", "This is SnapGene", "as FASTA"),
    "binary": (bytes(range(256)), "binary", "give FASTA"),
    "binary without zeros": (b"\x80\x04\x95\x0b", "binary", "give FASTA"),
}


@pytest.mark.parametrize("named", [True, False], ids=["named", "in a folder"])
@pytest.mark.parametrize("kind", OTHERS)
def test_unsupported_input_is_refused_with_its_kind_and_advice(pipeline, kind, named):
    data, what, advice = OTHERS[kind]
    folder = pipeline.folder / "in"
    folder.mkdir()
    path = folder / "in.fa"
    path.write_bytes(data)
    with pytest.raises(InputError) as caught:
        for file in search.search(str(path if named else folder), [pipeline.folder]).files:
            pipeline.ingest(pipeline.folder / file.path)
    told = str(caught.value)
    assert what.format(path) in told
    assert advice in told
    assert f"file {path}" in told
    assert "\n" not in told
    assert not caught.value.retryable


@pytest.mark.parametrize("named", [True, False], ids=["named", "in a folder"])
@pytest.mark.parametrize(("kind", "same"), [("FASTQ", False), ("zip", False), ("UTF-16", False), ("HTML", True)])
def test_a_retry_is_offered_if_the_same_path_can_be_repaired_and_else_a_new_run(pipeline, kind, same, named):
    """A retry searches a folder again, but it cannot find a new file that replaces a named one."""
    folder = pipeline.folder / "in"
    folder.mkdir()
    (folder / "in.fa").write_bytes(OTHERS[kind][0])
    with pytest.raises(InputError) as caught:
        search.search(str(folder / "in.fa" if named else folder), [pipeline.folder])
    assert caught.value.again == (Again.MENDED if same or not named else Again.NO)
    assert ("Start a new run with the new file." in str(caught.value)) == (caught.value.again == Again.NO)


@pytest.mark.parametrize("kind", [kind for kind in OTHERS if not OTHERS[kind][0].startswith((b"\x1f\x8b", b"BZh"))])
def test_it_is_refused_in_gzip_too(pipeline, kind):
    data, what, _ = OTHERS[kind]
    path = pipeline.write(gzip.compress(data))
    with pytest.raises(InputError) as caught:
        pipeline.ingest(path)
    told = str(caught.value)
    if kind in ("other columns", "an encrypted Parquet file"):
        assert "Parquet" in told
    elif data.startswith((b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")):
        assert "in gzip" in told
    else:
        assert what.format(path).rstrip(",") in told
    assert "\n" not in told


def test_a_file_name_that_is_not_utf_8_is_counted_and_can_be_printed(pipeline):
    for data, counted in ((FASTA, True), (b"@r\nATG\n+\nIII\n", False)):
        path = pipeline.folder / os.fsdecode(b"caf\xe9.fa")
        path.write_bytes(data)
        for source in (pipeline.folder, path.as_uri()):
            if counted:
                (file,) = search.search(str(source), [pipeline.folder]).files
                assert file.path.isascii()
            else:
                with pytest.raises(InputError, match=r"This is FASTQ.*caf") as caught:
                    search.search(str(source), [pipeline.folder])
                assert str(caught.value).isprintable()
        assert pipeline.naive(RECORDS) == pipeline.count(path) if counted else True


def test_a_link_to_nothing_says_where_it_leads(pipeline):
    link = pipeline.folder / "z.fa"
    link.symlink_to("/nonexistent/z.fa")
    for source in (pipeline.folder, link):
        with pytest.raises(InputError) as caught:
            search.search(str(source), [Path("/")])
        assert f"{link} is a link to /nonexistent/z.fa, which is not there" in str(caught.value)
