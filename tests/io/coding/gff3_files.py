"""Small GFF3 and FASTA files, written and read for a test."""

from pathlib import Path

from opengenome.core.genetic_code import genetic_code
from opengenome.io import sources
from opengenome.io.coding import gff3
from opengenome.io.coding.interface import Codes
from opengenome.io.content import Content, digest_of_bytes

SEQUENCE = "ATGGCACGTTTACCGGATATTCATGCCTAAGCTTGACCATTGCAGTCGGATTACAGGCAT"  # 60 bases
PLUS = dict(enumerate(SEQUENCE, 1))
MINUS = {number: {"A": "T", "C": "G", "G": "C", "T": "A"}[base] for number, base in PLUS.items()}
CODE_1 = Codes(0, genetic_code(1))


def plus(first, last):
    """The bases first..last, one by one."""
    return "".join(PLUS[number] for number in range(first, last + 1))


def minus(first, last):
    """The other strand of first..last, one by one from its 5' end."""
    return "".join(MINUS[number] for number in range(last, first - 1, -1))


def rows(text, seqid="s"):
    """Lines of GFF3 from lines of `type start end strand phase attributes`; other lines stay as they are."""
    lines = []
    for line in text.strip().split("\n"):
        fields = line.split(" ", 5)
        is_row = len(fields) == 6 and fields[3] in "+-.?" and not line.startswith("#")
        lines.append("\t".join([seqid, "t", *fields[:3], ".", *fields[3:]]) if is_row else line)
    return "\n".join(lines) + "\n"


def read(folder, *files, codes=CODE_1):
    """[(Found, its CDS)] of a unit of these texts or bytes: GFF3, and its FASTA if there are two."""
    contents = []
    for name, data in zip(("a.gff3", "a.fna"), files, strict=False):
        path = Path(folder) / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        contents.append(Content(sources.inspect(path)[0]))
    found = [(record, list(record.cds)) for record in gff3.read(contents, codes)]
    assert all(record.features >= len(cds) for record, cds in found)  # law 7
    assert all(content.digest() == digest_of_bytes(content.file) for content in contents)
    return found


def cds_of(folder, text, sequence=SEQUENCE, codes=CODE_1):
    """The CDS of a text of `rows` in one sequence, which is called s."""
    ((_, cds),) = read(folder, "##gff-version 3\n" + rows(text), f">s of a test\n{sequence}\n", codes=codes)
    return cds
