"""The coding sequences of a synthetic plastid-like GenBank file: ours beside Biopython, one core each.

`python -m benchmarks.coding NAME PATH` runs one of `WAYS` and prints a JSON object.
"""

from __future__ import annotations

import hashlib
import json
import random
import sys
import textwrap
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.measuring import measure, warm
from benchmarks.table import Check, Findings, Row
from opengenome.annotation.rules import Rules, judged
from opengenome.annotation.splice import reverse_complement
from opengenome.core.alphabet import CODONS
from opengenome.core.genetic_code import STOP, genetic_code
from opengenome.core.model import SourceFile
from opengenome.io.coding import genbank
from opengenome.io.coding.interface import Codes
from opengenome.io.content import Content
from opengenome.io.memory import few_collections

RECORDS = 60  # about 20 MB
_LENGTH, _GENES, _TRNAS = 150_000, 85, 35  # of a record
_TABLE = 11
_INTRON = 600
_STOP_WITHIN = 40  # one CDS of so many has a stop within, and is dropped
COUNTED = _GENES - _GENES // _STOP_WITHIN  # of a record
_REPEATS = 3
# Ours; Biopython's extraction alone; and with it what our rules ask by default.
OURS, EXTRACTED, JUDGED = "ours", "extract", "extract-and-judge"


def run_all(work: Path, found: Findings, log_line: Callable[[str], None]) -> None:
    """Measure each way in a process of its own; the seconds of CPU are those after its imports."""
    folder = work / "coding"
    folder.mkdir()
    path = folder / "plastids.gb"
    write_genbank(path, RECORDS)
    warm(path)
    size = path.stat().st_size / 1e6
    measured: dict[str, dict[str, Any]] = {}
    for name in WAYS:
        log_line(f"Measuring the coding sequences of {size:.0f} MB of GenBank: {name}")
        usage = measure([sys.executable, "-m", "benchmarks.coding", name, path], folder)
        measured[name] = one = json.loads(usage.output)
        note = f"{size / one['cpu']:.0f} MB/s, without its start; {one['cds']:,} CDS"
        found.rows.append(Row(f"GenBank, {name}", one["wall"], one["cpu"], usage.peak, note))
    path.unlink()
    ours, extracted, judged = (measured[name] for name in (OURS, EXTRACTED, JUDGED))
    same = (ours["cds"], ours["digest"]) == (judged["cds"], judged["digest"])
    detail = f"{ours['cds']:,} of {extracted['cds']:,} are counted"
    found.checks.append(Check("CDS of GenBank agree with Biopython's", same, detail))
    found.lines.append(
        f"coding sequences of GenBank: {size / ours['cpu']:.0f} MB/s on one core,"
        f" {judged['cpu'] / ours['cpu']:.1f} times as fast as Biopython with the same rules,"
        f" {extracted['cpu'] / ours['cpu']:.1f} times as fast as Biopython that only extracts"
    )
    found.json["coding"] = measured


def ours(path: str) -> Iterator[bytes]:
    """The letters of each CDS that is counted."""
    file = SourceFile(path, genbank.NAME, "", Path(path).stat().st_size, 0, 0, 0, 0)
    rules = Rules()
    with few_collections():  # as ingest does
        for record in genbank.read([Content(file)], Codes(0, genetic_code(1))):
            for spliced, drop in judged(record.cds, rules):
                if not drop:
                    yield spliced.letters


def extract(path: str) -> Iterator[bytes]:
    """The letters of each CDS by Biopython."""
    return (letters for letters, _ in _by_biopython(path))


def extract_and_judge(path: str) -> Iterator[bytes]:
    """The same without pseudogenes, broken lengths and stops within, as a script of a few lines would."""
    for letters, qualifiers in _by_biopython(path):
        coding = letters[int(qualifiers.get("codon_start", ["1"])[0]) - 1 :]
        if {"pseudo", "pseudogene"} & set(qualifiers) or len(coding) % 3:
            continue
        if STOP not in coding.translate(int(qualifiers.get("transl_table", ["1"])[0]))[:-1]:
            yield letters


WAYS: dict[str, Callable[[str], Iterator[Any]]] = {OURS: ours, EXTRACTED: extract, JUDGED: extract_and_judge}


def _by_biopython(path: str) -> Iterator[tuple[Any, dict[str, list[str]]]]:
    from Bio import SeqIO  # noqa: PLC0415 - not while ours is measured

    warnings.simplefilter("ignore")
    for record in SeqIO.parse(path, "genbank"):
        for feature in record.features:
            if feature.type == "CDS":
                yield feature.extract(record.seq), feature.qualifiers


def write_genbank(path: Path, records: int) -> None:
    """Write plastid-like records: genes on both strands, some with an intron, most without a stop within."""
    source = random.Random(14)  # noqa: S311
    with path.open("w") as file:
        for number in range(records):
            file.write(_record(f"NC_{number:06d}", source))


def _record(name: str, source: random.Random) -> str:
    letters = bytearray(random.Random(source.random()).choices(b"ACGT", k=_LENGTH))  # noqa: S311
    lines = [
        f"LOCUS       {name:<16} {_LENGTH} bp    DNA     circular PLN 01-JAN-1980",
        f"DEFINITION  Synthetic plastid.\nACCESSION   {name}\nVERSION     {name}.1",
        "FEATURES             Location/Qualifiers",
        *_feature("source", f"1..{_LENGTH}", ['organism="Synthetic plastid"', 'organelle="plastid:chloroplast"']),
    ]
    code = genetic_code(_TABLE)
    amino_acids = dict(zip(CODONS, code.amino_acids, strict=True))
    sense = [codon for codon in CODONS if amino_acids[codon] != STOP]
    at = 0
    for gene in range(_GENES):
        codons = ["ATG", *source.choices(sense, k=source.randrange(60, 360)), "TAA"]
        if gene % _STOP_WITHIN == _STOP_WITHIN - 1:
            codons[9] = "TAG"
        coding = "".join(codons).encode()
        strand = -1 if gene % 2 else 1
        written = coding if strand > 0 else reverse_complement(coding)
        cut = len(written) // 2 if gene % 6 == 0 else len(written)
        first, second = (at, at + cut), (at + cut + _INTRON, at + _INTRON + len(written))
        letters[first[0] : first[1]] = written[:cut]
        location = f"{first[0] + 1}..{first[1]}"
        if cut < len(written):
            letters[second[0] : second[1]] = written[cut:]
            location = f"join({location},{second[0] + 1}..{second[1]})"
        location = location if strand > 0 else f"complement({location})"
        at += (_LENGTH - 3_000) // _GENES
        protein = "".join(amino_acids[codon] for codon in codons[:-1])
        told = [f'gene="g{gene}"', f'locus_tag="S_{gene:04d}"']
        lines += _feature("gene", location, told)
        lines += _feature("CDS", location, [
            *told, "codon_start=1", f"transl_table={_TABLE}", f'product="synthetic protein {gene}"',
            f'protein_id="{name}_{gene}.1"', 'db_xref="GeneID:1"', f'translation="{protein}"',
        ])  # fmt: skip
    for gene in range(_TRNAS):
        lines += _feature("tRNA", f"{gene * 70 + 1}..{gene * 70 + 70}", [f'gene="t{gene}"', 'note="made by a program"'])
    text = letters.decode().lower()
    rows = (
        f"{begin + 1:>9} {' '.join(text[k : k + 10] for k in range(begin, min(begin + 60, _LENGTH), 10))}"
        for begin in range(0, _LENGTH, 60)
    )
    return "\n".join([*lines, "ORIGIN", *rows, "//\n"])


def _feature(key: str, location: str, qualifiers: list[str]) -> Iterator[str]:
    yield f"     {key:<16}{location}"
    for qualifier in qualifiers:
        yield from (f"{' ' * 21}{line}" for line in textwrap.wrap(f"/{qualifier}", 58))


if __name__ == "__main__":
    seconds = []
    for _ in range(_REPEATS):
        began = time.process_time(), time.perf_counter()
        found = list(WAYS[sys.argv[1]](sys.argv[2]))
        seconds.append((time.process_time() - began[0], time.perf_counter() - began[1]))
    cpu, wall = min(seconds)
    digest = hashlib.sha256(b"".join(bytes(letters).upper() for letters in found)).hexdigest()
    print(json.dumps({"cpu": cpu, "wall": wall, "cds": len(found), "digest": digest}))
