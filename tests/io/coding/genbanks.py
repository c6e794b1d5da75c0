"""GenBank text built for a test, and what the reader finds in it."""

import random
import textwrap

from opengenome.annotation.rules import Rules, dropped
from opengenome.core.genetic_code import genetic_code
from opengenome.core.model import SourceFile
from opengenome.io.coding import genbank
from opengenome.io.coding.interface import Codes
from opengenome.io.content import Content

CODES = Codes(0, genetic_code(1))
LETTERS = "".join(random.Random(14).choices("acgt", k=90))  # noqa: S311


def feature(location, *qualifiers, key="CDS"):
    """The lines of a feature; a location or qualifier of several lines goes on in its column."""
    column = " " * 21
    lines = [f"     {key:<16}{location}", *(f"{column}/{one}" for one in qualifiers)]
    return "".join(line.replace("\n", f"\n{column}") + "\n" for line in lines)


def record(*features, letters=LETTERS, locus=None, head="", end="//\n"):
    """A record of these features. locus: what follows its name in the LOCUS line."""
    locus = locus or f"{len(letters)} bp    DNA     linear   UNK 01-JAN-1980"
    rows = [f"{k + 1:>9} {' '.join(textwrap.wrap(letters[k : k + 60], 10))}\n" for k in range(0, len(letters), 60)]
    return "".join([
        f"LOCUS       X1 {locus}\nDEFINITION  Made by a test.\nACCESSION   X1 W7\nVERSION     X1.2\n{head}",
        "FEATURES             Location/Qualifiers\n", *features, "ORIGIN\n", *rows, end,
    ])  # fmt: skip


def read(folder, *texts, codes=CODES):
    """[(what was found in a record, its CDS)] of each record of the files."""
    contents = []
    for number, text in enumerate(texts):
        path = folder / f"{number}.gb"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        compression = "gzip" if path.read_bytes().startswith(b"\x1f\x8b") else ""
        contents.append(Content(SourceFile(str(path), "genbank", compression, path.stat().st_size, 0, 0, 0, 0)))
    return [(found, list(found.cds)) for found in genbank.read(contents, codes)]


def only(folder, text, codes=CODES):
    """The one CDS of the one record of a text."""
    [(found, [spliced])] = read(folder, text, codes=codes)
    assert found.features == 1
    return spliced


def reason(spliced):
    """Why a CDS is not counted by default; "" if it is."""
    drop = dropped(spliced, Rules())
    return str(drop.reason) if drop else ""
