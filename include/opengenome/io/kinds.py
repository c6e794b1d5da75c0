"""Recognise files that are not supported inputs by their first bytes, and say what to do with each kind."""

from __future__ import annotations

import re
import tarfile
from dataclasses import dataclass

TEXT = "text"
_UNPACK = "Unpack it first."
_GIVE_FASTA = "It is not read; give FASTA or Parquet."
_OF_A_TABLE = "Write it as FASTA, or as Parquet with the columns seq_id and sequence."
_OF_TEXT = f"{_OF_A_TABLE} A samplesheet ends with .csv or .tsv and is the only source."
_RESOLVE = "Resolve the merge or apply the patch, and give the FASTA file."
_FETCH = "Did a download or a program fail halfway? Fetch the file again."
_UTF_8 = "Save it as UTF-8 (plain text), e.g. iconv -f {} -t UTF-8."
_HEADER_FIRST = "A FASTA record begins with '>'."
_ASCII = rb"[\t\r\n -~]"
_LINE = rb"[^\r\n]*[\r\n]+"
_LETTER = rb"[ACGTURYSWKMBDHVNXacgturyswkmbdhvnx]"
_CELL = rb"[\w .\"'-]+"  # of the head of a table


@dataclass(frozen=True, slots=True)
class Kind:
    """what: in few words; TEXT if nothing else is known. advice: what to do, a sentence.

    packed: whether compression is a part of the format, so that a message need not mention it. same: whether the advice
    repairs this file; else it makes a new one.
    """

    what: str
    advice: str
    packed: bool = False
    same: bool = False


# In each list the first match counts. Kinds by the first bytes:
_BYTES: list[tuple[bytes, Kind]] = [
    (rb"PAR1", Kind("Parquet", _UNPACK)),  # met only inside a compressed file
    (rb"PARE", Kind("a Parquet file with an encrypted footer", "Write it again without encryption.")),
    (
        rb"PK\x03\x04[\0-\xff]{26}(\[Content_Types\]\.xml|_rels/|docProps/|xl/|word/|mimetype)",
        Kind("an office document (.xlsx, .docx, .ods)", "Save the sequences as FASTA, in a file of plain text."),
    ),
    (
        rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        Kind("an office document (.xls, .doc)", "Save the sequences as FASTA text."),
    ),
    (rb"PK(\x03\x04|\x05\x06|\x07\x08)", Kind("a zip archive", _UNPACK)),
    (rb"7z\xbc\xaf\x27\x1c", Kind("a 7z archive", _UNPACK)),
    (rb"Rar!\x1a\x07", Kind("a RAR archive", _UNPACK)),
    (rb"!<arch>\n|07070[127]|MSCF\0", Kind("an archive", _UNPACK)),
    (rb"\x1f[\x9d\xa0\x1e]", Kind("compressed with compress (.Z)", "Unpack it with `gzip -d`, or use gzip.")),
    (rb"\x04\x22\x4d\x18|\x02\x21\x4c\x18", Kind("compressed with lz4", "Unpack it with `lz4 -d`, or use zstd.")),
    (rb"LZIP", Kind("compressed with lzip", "Unpack it with `lzip -d`, or use xz.")),
    (rb"\x89LZO", Kind("compressed with lzop", "Unpack it with `lzop -d`, or use gzip.")),
    (rb"\xff\x06\0\0sNaPpY", Kind("compressed with snappy", "Unpack it, or use zstd.")),
    (rb"\x5d\0\0[\0-\xff]{2}\xff{8}", Kind("compressed with lzma", "Unpack it with `xz -d`, or use xz.")),
    (rb"\x78[\x01\x5e\x9c\xda]", Kind("compressed with zlib", "Unpack it with `pigz -dz`, or use gzip.")),
    (rb"\x37\xa4\x30\xec", Kind("a dictionary of zstd", _GIVE_FASTA)),
    (rb"-----BEGIN (?!CERT)|age-encryption|crypt4gh|\x85[\x01-\x04]", Kind("encrypted", "Decrypt it first.")),
    (rb"BAM\x01", Kind("BAM", "Convert it to FASTA first, e.g. samtools fasta.", packed=True)),
    (rb"CRAM", Kind("CRAM", "Convert it to FASTA first, e.g. samtools fasta.")),
    (rb"BCF\x02|##fileformat=VCF", Kind("VCF or BCF", _GIVE_FASTA, packed=True)),
    (rb"(BAI|CSI|TBI)\x01", Kind("an index of another file", "Give the file that it was made from.", packed=True)),
    (rb"\x43\x27\x41\x1a|\x1a\x41\x27\x43", Kind("2bit", "Convert it to FASTA first, e.g. twoBitToFa.")),
    (rb"\x3a\x3d\xe9\x6b|\x6b\xe9\x3d\x3a", Kind("nib", "Convert it to FASTA first, e.g. nibFrag.")),
    (rb"NCBI\.sra", Kind("SRA", "Convert it to FASTA first, e.g. fasterq-dump --fasta.")),
    (rb"ABIF|\.scf", Kind("a trace of a sequencer", "Convert it to FASTA first, e.g. seqret.")),
    (rb"\.sff", Kind("SFF", "Convert it to FASTA first, e.g. seqret.")),
    (rb"\x8bPOD", Kind("POD5", "Call its bases first.")),
    (
        rb"ORC|Obj\x01|ARROW1|FEA1|\x89HDF|SQLite format 3\0",
        Kind("a table that is not Parquet", "Export it as Parquet or FASTA."),
    ),
    (rb"%PDF|%!PS|\{\\rtf", Kind("a document", _GIVE_FASTA)),
    (rb"\x89PNG|\xff\xd8\xff|GIF8|II\*\0|MM\0\*|BM[\0-\xff]{4}\0{4}", Kind("a picture", _GIVE_FASTA)),
    (rb"\x7fELF|MZ[\0-\xff]{2}\0|#![ /]", Kind("a program", _GIVE_FASTA)),
    (rb"version https://git-lfs", Kind("a pointer of Git LFS", "Fetch the file itself, e.g. git lfs pull.", same=True)),
    (rb"\0\0\0\x0eSnapGene", Kind("SnapGene", "Export its sequence as FASTA.")),
    (rb"ID   [^\r\n]*\d+ AA\.", Kind("UniProt", "It holds protein; codon usage needs nucleotide sequences.")),
    (rb"ID   ?\S", Kind("EMBL", "It is not read yet; convert it to GenBank, e.g. seqret -feature.")),
]
# Kinds by the first text, if the beginning has no control bytes:
_TEXTS: list[tuple[bytes, Kind]] = [
    (
        # A line of letters besides: records without sequence, of which one is called `>a`, are FASTA.
        rb"(?=>[ \t]*>)(?=[\0-\xff]*[\r\n]>[ \t]*(?i:[ACGTUN]{3,})[ \t]*([\r\n]|\Z))"
        rb"(>[^\r\n]*([\r\n][ \t\r\n]*|\Z))+\Z",
        Kind("FASTA quoted as in a mail", "Remove the first '>' of each line, e.g. sed 's/^> *//'.", same=True),
    ),
    (
        rb">(?i:\w*(?:id|name|accession|header|gene)([\t,;|])\w*(?:seq|dna|cds)\w*[\r\n]+(?!>)[^\r\n]*\1)",
        Kind("a table of text after a '>'", _OF_A_TABLE),
    ),
    (rb"@(HD|SQ|RG|PG|CO)\t", Kind("SAM", "Convert it to FASTA first, e.g. samtools fasta.")),
    (
        rb"[^\t\r\n>]+\t\d+\t[^\t\r\n]+\t\d+\t\d+\t(\*|(\d+[MIDNSHP=X])+)\t",
        Kind("SAM", "Convert it to FASTA first, e.g. samtools fasta."),
    ),
    (
        # A long read may fill the whole beginning, and a truncated file may end in its first read.
        rb"@[^\r\n]*[\r\n]+(([^\r\n@+]+[\r\n]+)*\+|[A-Za-z\r\n]{40}|%b{3,}[\r\n]*\Z)" % _LETTER,
        Kind("FASTQ", "Convert it to FASTA first, e.g. seqkit fq2fa."),
    ),
    (
        rb"##gff|(#[^\n]*\n)*([^\t\n>]+\t){3}\d+\t\d+\t[^\t\n]+\t[+.?-]\t[012.]\t",
        Kind("GTF or GFF2", "Convert it to GFF3 first, e.g. gffread x.gtf -o x.gff3."),
    ),
    (
        rb"(?i:#nexus|#mega|clustal|# stockholm|muscle|!!na_|pileup|##maf)|[ \t]*\d+[ \t]+\d+[ \t]*[\r\n]",
        Kind("an alignment", "Convert it to FASTA and remove its gaps, e.g. seqret and seqkit seq -g."),
    ),
    (rb"HTTP/\d", Kind("the answer of a web server", "Fetch it without HTTP headers, e.g. curl without -i.")),
    (
        rb"(<{7}|={7}) |diff --git |--- [^\r\n]+[\r\n]+\+\+\+ ",
        Kind("a git merge conflict or diff", _RESOLVE, same=True),
    ),
    (rb"(# )?T?BLAST[NPX] \d|psLayout ", Kind("a report of BLAST or BLAT", _GIVE_FASTA)),
    (rb"[0-9a-fA-F]{32,128} [ *]\S|(MD5|SHA\d+) ?\(", Kind("a list of checksums", _GIVE_FASTA)),
    (rb"(From|Received|Return-Path|Delivered-To|Subject|Date|MIME-Version): ", Kind("a mail", _GIVE_FASTA)),
    (
        rb"(?i:curl|wget|error|fatal|traceback|exception|warning)\b[^\r\n>]*:",
        Kind("a message of a program", _FETCH, same=True),
    ),
    (rb"H\tVN:Z:|S\t[^\t\r\n]+\t[A-Za-z*]", Kind("GFA", "Convert it to FASTA first, e.g. gfatools gfa2fa.")),
    (rb">(P1|F1|DL|DC|RL|RC|N1|N3|XX);%b%b[^>*]*\*" % (_LINE, _LINE), Kind("PIR", "Convert it to FASTA, e.g. seqret.")),
    (rb"Seq-entry ::=|Bioseq", Kind("ASN.1", "Convert it to FASTA first, e.g. asn2fasta.")),
    (rb"HEADER   |ATOM  |data_\w", Kind("a structure (PDB or mmCIF)", _GIVE_FASTA)),
    (rb"\(.*;[ \t]*[\r\n]", Kind("a tree", _GIVE_FASTA)),
    (
        rb"(track|browser|fixedStep|variableStep)[ \t]|[^\t\r\n>]+\t\d+\t\d+[\t\r\n]",
        Kind("BED, or a table", _GIVE_FASTA),
    ),
    (rb"<[A-Za-z!?]", Kind("HTML or XML", "Was an error page saved instead of the file? Fetch it again.", same=True)),
    (rb"\{\s*[\"}]|\[\s*[\[{\"\]]", Kind("JSON", _OF_A_TABLE)),
    (rb"[^\t\r\n>]*\t[^\r\n>]*[\r\n]|(\"?\w+\"?[,;])+\"?\w+\"?[\r\n]", Kind("a table of text", _OF_TEXT)),
    (rb"%b([,;|])(%b\1)*%b[\r\n]+(?!>)[^\r\n]*\1" % ((_CELL,) * 3), Kind("a table of text", _OF_TEXT)),
    (
        rb"([;#][^\r\n]*[\r\n]+)+[ \t]*>",
        Kind(
            "FASTA with comment lines",
            "Comment lines (; or #) are not supported; remove them, e.g. grep -v '^[;#]'.",
            same=True,
        ),
    ),
    (
        rb"(\xc2?\xa0|\xe2\x80[\x80-\xaf]|\xef\xbb\xbf|[\x0b\x0c\x1a\s])+>",
        Kind(TEXT, "Remove the invisible characters before its '>' (a no-break space?)."),
    ),
    (
        rb"(%b|[ \t]){3,}([\r\n]|\Z)" % _LETTER,
        Kind(TEXT, f"Is it a sequence without a header? {_HEADER_FIRST}"),
    ),
    (rb"(&gt;|\xef\xbc\x9e|\xef\xb9\xa5|&#62;)", Kind(TEXT, "Another character is used for '>'; write '>' itself.")),
    (rb"([ \t]*\d+[:\t ]+|[^\s>]+:)>", Kind(TEXT, "Remove what cat -n or grep wrote before its '>'.")),
    (rb"[\"'`]+>", Kind(TEXT, f"Remove the quotes around it. {_HEADER_FIRST}")),
]
# Text with two or four bytes for a character; these patterns see the beginning with its white space.
_WIDE: list[tuple[bytes, Kind]] = [
    (
        rb"\xff\xfe\0\0|\0\0\xfe\xff|(%b\0{3}){2}|(\0{3}%b){2}" % (_ASCII, _ASCII),
        Kind("UTF-32 text", _UTF_8.format("UTF-32")),
    ),
    (rb"[\r\n]*(\xff\xfe|\xfe\xff)", Kind("UTF-16 text", _UTF_8.format("UTF-16"))),
    (rb"(%b\0){3}" % _ASCII, Kind("UTF-16 text", _UTF_8.format("UTF-16LE"))),
    (rb"(\0%b){3}" % _ASCII, Kind("UTF-16 text", _UTF_8.format("UTF-16BE"))),
]
_WIDE_KINDS, _KINDS_OF_BYTES, _KINDS_OF_TEXT = (
    [(re.compile(pattern), kind) for pattern, kind in kinds] for kinds in (_WIDE, _BYTES, _TEXTS)
)
_HEADER_LINE = re.compile(rb"(?:^|[\r\n])[ \t]*>[^\r\n]*")  # it may hold anything
_AS_FASTA = re.compile(rb"(?:[;#][^\r\n]*[\r\n]|[^A-Za-z0-9;#>])*>")
_CONTROL = re.compile(rb"[\0-\x08\x0e-\x19\x1c-\x1f\x7f]")
BINARY = Kind("binary", _GIVE_FASTA)
HOLED = Kind(
    "binary", "It begins like FASTA but holds zero bytes: was it fully written? Otherwise give FASTA.", same=True
)
TAR = Kind("a tar archive", _UNPACK)
NO_HEADER = Kind(TEXT, _HEADER_FIRST)


def kind_of(first: bytes, text: bytes) -> Kind | None:
    """The kind of a file that begins with these bytes; None for FASTA. text: the same without leading white space."""
    if kind := _first(_WIDE_KINDS, first) or _first(_KINDS_OF_BYTES, text):
        return kind
    if _is_tar(first):
        return TAR
    fasta = text.startswith(b">")
    if not fasta and _CONTROL.search(text):
        return BINARY
    if kind := _first(_KINDS_OF_TEXT, text):
        return kind
    if not fasta:
        return NO_HEADER
    return HOLED if b"\0" in text and b"\0" in _HEADER_LINE.sub(b"", text) else None


def begins_as_fasta(first: bytes) -> bool:
    """Whether the first FASTA header comes before any letter or digit outside comment lines."""
    return _AS_FASTA.match(first) is not None


def _first(kinds: list[tuple[re.Pattern[bytes], Kind]], begin: bytes) -> Kind | None:
    return next((kind for pattern, kind in kinds if pattern.match(begin)), None)


def _is_tar(first: bytes) -> bool:
    try:
        tarfile.TarInfo.frombuf(first[: tarfile.BLOCKSIZE], "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True
