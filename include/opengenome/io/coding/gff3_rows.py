"""What a GFF3 file says of each sequence: the rows that decide its CDS, and the region that it is.

A human genome has 1.8 million rows of CDS in 4 million. Those that are needed wait as compressed text until the
sequence comes: about a tenth of what they take in the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from opengenome.annotation.gff3 import CDS, Row
from opengenome.annotation.gff3_cds import Region, region_of
from opengenome.core.counting import decode
from opengenome.core.numerals import whole
from opengenome.errors import ContractError, InputError
from opengenome.io.coding.gff3_row import (
    CONVERT,
    OF_REGION,
    TYPES,
    WrongRowError,
    check_attributes,
    read_attributes,
    read_row,
    refuse,
    unescaped,
)
from opengenome.io.coding.gff3_text import Gff3Text

_PACKED_BYTES = 1 << 18
_CDS_TYPES = frozenset({CDS.encode(), *(term.encode() for term, name in TYPES.items() if name == CDS)})
# Whatever has an ID may be the ancestor of a CDS, but for these, which are half of a file.
_LEAVES = re.compile(rb"exon|intron|.*UTR|.*codon|.*match(_part)?|.*repeat.*|.*site|SNV|.*variant")
_REGIONS = frozenset(
    b"region chromosome supercontig scaffold contig plasmid sequence_assembly"
    b" mitochondrial_chromosome chloroplast_chromosome".split()
)
_TAXON = re.compile(r"(?:[?&]id=|taxon(?:omy)?[:/])(\d+)")
# Prodigal's comments.
_PRODIGAL_SEQUENCE = re.compile(rb'# Sequence Data:.*seqhdr="(\S+?)[\s"]')
_PRODIGAL_MODEL = re.compile(rb"# Model Data:.*transl_table=(\d+)")
# The rows of CDS again, so that none can be lost between the text and the CDS.
_FEATURES = re.compile(
    rb"^([^\t\n#][^\t\n]*)\t[^\t\n]*\t(?:%b)\t(?:[^\n]*?(Parent=[^\n]*))?" % b"|".join(sorted(_CDS_TYPES)), re.MULTILINE
)
_PARENT = b"Parent="


@dataclass
class Annotated:
    """A sequence as the file annotates it.

    line: of its first row that is held. rows_of_cds: in the text. places: rows of CDS, each as often as it has Parents,
    because it may be of a CDS of each. sources: first base, last base and region of each row that tells a taxon; NCBI
    has several where DNA of several organisms was joined.
    """

    line: int
    region: Region
    rows_of_cds: int = 0
    places: int = 0
    sources: list[tuple[int, int, Region]] = field(default_factory=list)
    _packed: list[bytes] = field(default_factory=list)
    _lines: bytearray = field(default_factory=bytearray)

    def hold(self, number: int, line: bytes) -> None:
        self._lines += b"%d\t%b\n" % (number, line)
        if len(self._lines) > _PACKED_BYTES:
            from backports import zstd

            self._packed.append(zstd.compress(bytes(self._lines), 1))
            self._lines = bytearray()

    def around(self, rows: Sequence[Row], region: Region) -> Region:
        """The region with the organism of the shortest source that has all of these rows."""
        if len(self.sources) < 2:
            return region
        begin, end = min(row.start for row in rows), max(row.end for row in rows)
        around = [source for source in self.sources if source[0] <= begin and end <= source[1]]
        if not around:
            return region
        _, _, told = min(around, key=lambda source: source[1] - source[0])
        return replace(region, taxon=told.taxon, organelle=told.organelle, organism=told.organism or region.organism)

    def rows(self, path: str, record: str) -> Iterator[Row]:
        """The rows that decide its CDS, in the order of the file. Raises InputError, with record and line."""
        last, attributes = "", read_attributes("")  # the rows of one CDS often have equal attributes
        found = 0
        for line in self._held():
            number, *columns = line.split("\t")
            if columns[-1] != last:
                last = columns[-1]
                attributes = read_attributes(last)
            try:
                row = read_row(columns, int(number), attributes)
            except WrongRowError as error:
                raise InputError(
                    error.message, file=path, record=record, line=int(number), advice=error.advice
                ) from error
            found += row.type == CDS
            yield row
        if found != self.rows_of_cds:
            raise ContractError(f"Of {self.rows_of_cds:,} rows of CDS, {found:,} were read", file=path, record=record)

    def _held(self) -> Iterator[str]:
        from backports import zstd

        for text in (*map(zstd.decompress, self._packed), bytes(self._lines)):
            try:
                yield from text.decode().split("\n")[:-1]
            except UnicodeDecodeError:
                yield from map(decode, text.split(b"\n")[:-1])


class Annotation:
    """All that a GFF3 file says of its sequences, by their names, in the order of the file."""

    def __init__(self, path: str) -> None:
        self.sequences: dict[str, Annotated] = {}
        self._path = path
        self._by_column: dict[bytes, Annotated] = {}
        self._told: dict[str, Region] = {}  # of sequences by directives and comments
        self._species = Region()
        self._commented = b""  # the sequence that Prodigal's comment names

    def read(self, text: Gff3Text) -> None:
        """Read all rows. Raises InputError, with the line, for one that is not of GFF3."""
        for block in text:
            begin = text.line
            for text.line, line in enumerate(block.split(b"\n"), begin):
                if line:
                    try:
                        self._line(line, text.line)
                    except WrongRowError as error:
                        raise InputError(error.message, file=self._path, line=text.line, advice=error.advice) from error
            text.line += bool(block and block[-1:] != b"\n")  # the last line may have no end
            for column, parents in _FEATURES.findall(block):
                annotated = self._by_column[column]
                annotated.rows_of_cds += 1
                named = [part.partition(b";")[0] for part in parents.split(_PARENT)[1:]]
                annotated.places += sum(1 + one.count(b",") for one in named) or 1

    def _line(self, line: bytes, number: int) -> None:
        if line[0] == 35:  # '#'
            self._directive(line)
            return
        try:
            column, _, kind, start, _, _, _, _, told = line.split(b"\t")
        except ValueError:
            if line.strip():
                refuse(line)
            return
        if kind in _CDS_TYPES:
            check_attributes(told)
        elif len(kind) == len(CDS) and kind.upper() == CDS.encode():
            said = f"The feature type is {decode(kind)!r}, not {CDS}"
            raise WrongRowError(said, advice="Write it in capital letters.")
        elif b"ID=" not in told or _LEAVES.fullmatch(kind):
            return
        if not column:
            raise WrongRowError("A row names no sequence in its first column")
        sequence = self._by_column.get(column) or self._begun(column, number)
        sequence.hold(number, line)
        if kind in _REGIONS and (start == b"1" or b"taxon:" in told):
            row = read_row(decode(line).split("\t"), number, read_attributes(decode(told), OF_REGION))
            region = region_of(row)
            if row.start == 1:
                sequence.region = _joined(region, sequence.region)
            if region.taxon:
                sequence.sources.append((row.start, row.end, region))

    def _begun(self, column: bytes, number: int) -> Annotated:
        name = unescaped(decode(column))
        region = _joined(self._told.pop(name, Region()), self._species)
        new = self.sequences.setdefault(name, Annotated(number, region))
        self._by_column[column] = new
        return new

    def _directive(self, line: bytes) -> None:
        if line.startswith(b"##gff-version"):
            if not line.removeprefix(b"##gff-version").strip().startswith(b"3"):
                raise WrongRowError(f"This is not GFF3: {decode(line[:40])}", advice=CONVERT)
        elif line.startswith(b"##sequence-region"):
            words = line.split()
            if len(words) == 4 and (length := whole(decode(words[3]))) is not None:
                self._tell(words[1], Region(length))
        elif line.startswith(b"##species"):
            text = unescaped(decode(line.removeprefix(b"##species").strip()))
            taxon = _TAXON.search(text)
            self._species = Region(taxon=taxon[1]) if taxon else Region(organism="" if "://" in text else text)
        elif found := _PRODIGAL_SEQUENCE.match(line):
            self._commented = found[1]
        elif self._commented and (found := _PRODIGAL_MODEL.match(line)):
            self._tell(self._commented, Region(genetic_code=decode(found[1])))

    def _tell(self, column: bytes, region: Region) -> None:
        name = unescaped(decode(column))
        if name in self.sequences:
            self.sequences[name].region = _joined(self.sequences[name].region, region)
        else:
            self._told[name] = _joined(region, self._told.get(name, Region()))


def _joined(region: Region, known: Region) -> Region:
    """What either tells; of what both tell, the first. But a circle has its own length."""
    return Region(
        known.length if known.length and not region.circular else region.length,
        region.circular or known.circular,
        region.taxon or known.taxon,
        region.organelle or known.organelle,
        region.organism or known.organism,
        region.genetic_code or known.genetic_code,
    )
