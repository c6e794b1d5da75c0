"""Messages about invalid bytes in sequences: what the byte is, its likely cause, and what to do."""

from __future__ import annotations

import re
import unicodedata
from typing import Any, BinaryIO

from opengenome.core.alphabet import BYTE_ORDER_MARK, INVALID, byte_classes
from opengenome.core.counting import identifier
from opengenome.core.measuring import WrongByteError
from opengenome.errors import InputError

_BLOCK_BYTES = 1 << 20
_NAME_BYTES = 200  # of a header, for a message
_CHARACTER_BYTES = 4  # of UTF-8, at most
_LINE_BYTES = 200  # of a line on each side of the wrong byte
_QUOTED_BYTES = 40  # of a line, in a message
_LINE_END = re.compile(rb"\r\n|\r|\n")
_HEADER = re.compile(rb"[\r\n][ \t]*>")

# What the invalid byte may begin: pattern, message, advice. The first match counts.
_BYTES = [
    (rb"\xef\xbb\xbf", "A UTF-8 byte order mark is inside the file", "Were files joined? Keep only the first mark."),
    (rb"\xc2?\xa0", "A no-break space is inside a sequence", "Remove it, e.g. sed 's/\\xc2\\xa0//g'."),
    (rb"\x1a", "Byte 0x1a (Ctrl-Z, the old end of a DOS file) is not text", "Remove it, e.g. tr -d '\\032'."),
    (rb"\x0c", "Byte 0x0c (form feed, a new page) is not text", "Remove it, e.g. tr -d '\\f'."),
    (rb"\x0b", "Byte 0x0b (vertical tab) is not text", "Remove it, e.g. tr -d '\\v'."),
    (rb"\0", "Byte 0x00 is not text", "Is this a binary file, UTF-16, or a file that was not fully written?"),
]
# Characters that begin a line in another format.
_LINES = [
    *(
        (sign, f"Comment lines ('{sign}') are not supported", f"Remove such lines, e.g. grep -v '^{sign}'.")
        for sign in ";#"
    ),
    ("@", "'@' begins a line, as in FASTQ", "Were FASTA and FASTQ joined? Convert FASTQ first, e.g. seqkit fq2fa."),
    ("+", "'+' begins a line, as in FASTQ", "Were FASTA and FASTQ joined? Convert FASTQ first, e.g. seqkit fq2fa."),
    ("/", "'/' begins a line, as at the end of GenBank and EMBL", "Remove the lines of //, e.g. grep -v '^//'."),
]
# Whole lines that belong to no sequence: pattern, what the line is, advice.
_OTHERS_LINES = [
    (
        rb"(LOCUS|DEFINITION|ACCESSION|VERSION|KEYWORDS|FEATURES|ORIGIN|BASE COUNT)\b",
        "A line of GenBank",
        "Were FASTA and GenBank joined? Convert GenBank first, e.g. seqret.",
    ),
    (
        rb"(ID|AC|DE|DR|FH|FT|KW|OS|SQ|SV)   \S",
        "A line of EMBL",
        "Were FASTA and EMBL joined? Convert EMBL first, e.g. seqret.",
    ),
    (rb"(<{7}|={7}|\|{7})([ \r\n]|\Z)", "A git conflict marker", "Resolve the conflict."),
    (rb"<[A-Za-z!?/]", "A line of HTML or XML", "Was an error page saved into the file? Fetch it again."),
    (rb"[{\[]\s*([\"'{\[}\]]|\Z)", "A line of JSON", "Was an error message saved into the file? Fetch it again."),
    (
        rb"HTTP/\d|(?i:curl|wget|error|fatal|traceback|exception|warning|killed|segmentation fault)\b"
        rb"|(?i:[^\r\n]*\b(failed|time[d ]*out|not found|refused|denied|unable to|try again|no such)\b)",
        "A message of a program",
        "Did a download or a program fail halfway? Fetch the file again.",
    ),
    (
        # Words with several letters that are not nucleotides, and no blocks of ten.
        rb"(?=([^efijlopqz]*[efijlopqz]){3})(?![a-z]{10} )[A-Z]?[a-z]+[,.:;]?( +[A-Za-z][a-z]*[,.:;]?)",
        "A line of prose",
        "Remove it, or begin it with '>' as a header.",
    ),
]
_INOSINE = re.compile(rb"[ACGTUNacgtun \t]*[Ii][ACGTUNIacgtuni \t]*[\r\n]*\Z")
_DNA = 0.85  # share of A, C, G, T, U and N from which a line is not protein; proteins have about a quarter
_LEAST_INOSINE = 6  # a shorter line is too short to suggest inosine
_NO_PROTEIN = "codon usage needs nucleotide sequences. Start a new run with those."
_LETTERS = [
    (b"-.~", "This looks like an alignment; remove its gaps first, e.g. seqkit seq -g."),
    (b"*", f"This looks like protein with a stop; {_NO_PROTEIN}"),
    (b"EFILPQZJOefilpqzjo", f"This looks like protein; {_NO_PROTEIN}"),
    (
        b"0123456789",
        "Line numbers, counts or quality values are in the sequence; remove them, e.g. with seqkit seq.",
    ),
    (b"?", "Write N for a base that is not known."),
    (b"[]/(){}", "Write one IUPAC letter for a choice of bases: R for [A/G]."),
]
_PLAIN = re.compile(rb"[\t -~\xa1-\xff]*")  # letters of Latin-1, and no other bytes
_NUCLEOTIDES = "Nucleotides are A C G T U, the IUPAC letters R Y S W K M B D H V N, and X for a masked base."


def wrong_byte(before: bytes, seen: bytes, *, begins_line: bool, **where: Any) -> InputError:
    """The error for the first byte of `seen`, which is not valid in a sequence.

    before: the line up to the byte. seen: the line from the byte on. begins_line: whether only blanks come before it.
    """
    for pattern, message, advice in _BYTES:
        if re.match(pattern, seen):
            return InputError(message, advice=advice, **where)
    letter = seen[:1].decode("latin-1")
    if letter == ">":
        return InputError(
            "'>' is inside a line: a line break is missing before '>'",
            advice="Were files joined, one of them without a line break at its end?",
            **where,
        )
    line = (before + seen).strip()
    for pattern, message, advice in _OTHERS_LINES:
        if re.match(pattern, line):
            quoted = line[:_QUOTED_BYTES].decode("utf-8", "replace")
            more = "…" if len(line) > _QUOTED_BYTES else ""
            return InputError(f"{message} is inside a sequence: {quoted}{more}", advice=advice, **where)
    if begins_line:
        for begin, message, advice in _LINES:
            if letter == begin:
                return InputError(message, advice=advice, **where)
    if not letter.isascii() or not letter.isprintable():
        return _odd_character(seen, line, where)
    advice = next((advice for letters, advice in _LETTERS if seen[0] in letters), _NUCLEOTIDES)
    if _NO_PROTEIN in advice and len(re.findall(rb"[ACGTUNacgtun]", line)) >= _DNA * len(line):
        advice = _NUCLEOTIDES
    if letter in "Ii" and len(line) > _LEAST_INOSINE and _INOSINE.match(line):
        advice = "Is it inosine? It has no IUPAC letter; write N."
    return InputError(f"{letter!r} is not an IUPAC nucleotide letter", advice=advice, **where)


def _odd_character(seen: bytes, whole: bytes, where: dict[str, Any]) -> InputError:
    """The error for a byte that is not printable ASCII. It names the whole character if that is UTF-8."""
    for size in range(2, _CHARACTER_BYTES + 1) if seen[0] > 0x7F else ():
        try:
            character = seen[:size].decode()
        except UnicodeDecodeError:
            continue
        name = unicodedata.name(character, "without a name").lower()
        return InputError(
            f"U+{ord(character):04X} ({name}) is not a nucleotide letter",
            advice="Was it copied from a document? Remove it.",
            **where,
        )
    latin = seen[:1].decode("latin-1")
    if latin.isalpha() and _PLAIN.fullmatch(whole):
        return InputError(
            f"Byte 0x{seen[0]:02x} is not valid UTF-8; in Latin-1 it is {latin!r}",
            advice="Was it copied from a document? Remove it.",
            **where,
        )
    return InputError(f"Byte 0x{seen[0]:02x} is not text", advice="Is this a binary file?", **where)


def wrong_letter(letters: bytes, **where: Any) -> InputError:
    """The error for the first letter of a sequence that is not a nucleotide."""
    classes = byte_classes()
    at = next(at for at, byte in enumerate(letters) if classes[byte] == INVALID)
    before = re.split(rb"[\r\n]", letters[:at])[-1]
    seen = letters[at : at + _LINE_BYTES]
    return wrong_byte(before[-_LINE_BYTES:], _to_its_end(seen), begins_line=not before.strip(), **where)


def _to_its_end(seen: bytes) -> bytes:
    """These bytes up to the end of their line."""
    return seen[:1] + re.split(rb"[\r\n]", seen[1:], maxsplit=1)[0]


def locate(text: BinaryIO, error: WrongByteError, path: str) -> InputError:
    """Read the text again up to the invalid byte, and return the error with its record and line.

    text: from its first byte on. Memory: a block.
    """
    lines = records = 0
    header = b""  # what follows the last '>'
    last, begins_line = b"\n", True  # the last byte read, and whether its line has only blanks so far
    before = b""  # the end of the line so far
    left = error.at
    while left > 0 and (block := text.read(min(left, _BLOCK_BYTES))):
        if left == error.at:
            left -= len(block) - len(block.removeprefix(BYTE_ORDER_MARK))
            block = block.removeprefix(BYTE_ORDER_MARK)
        left -= len(block)
        lines += len(_LINE_END.findall(last + block)) - len(_LINE_END.findall(last))
        # A header may follow blanks, which may have begun in the block before.
        joined = (b"\n" if begins_line else b" ") + block
        headers = [match.end() for match in _HEADER.finditer(joined)]
        records += len(headers)
        if headers:
            header = joined[headers[-1] :][:_NAME_BYTES]
        elif len(header) < _NAME_BYTES:
            header += block[: _NAME_BYTES - len(header)]
        end = max(joined.rfind(b"\n"), joined.rfind(b"\r"))
        begins_line = end >= 0 and not joined[end:].strip()
        end = max(block.rfind(b"\n"), block.rfind(b"\r"))
        before = (block[end + 1 :] if end >= 0 else before + block)[-_LINE_BYTES:]
        last = block[-1:]
    where: dict[str, Any] = {"file": path, "line": lines + 1}
    seen = _to_its_end(text.read(_LINE_BYTES))
    if error.before_first_header:
        return InputError("There is text before the first header", advice="A FASTA record begins with '>'.", **where)
    name = identifier(re.split(rb"[\r\n]", header, maxsplit=1)[0])
    where["record"] = f"{records} ({name})" if name else records
    return wrong_byte(before, seen, begins_line=begins_line, **where)
