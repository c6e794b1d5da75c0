"""GenBank: the CDS features of each record."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from opengenome.annotation.cds import Cds
from opengenome.annotation.insdc import read_location
from opengenome.annotation.location import Location, unreadable
from opengenome.annotation.qualifiers import cds_name, is_pseudo, read_codon_start, read_genetic_code
from opengenome.annotation.reading import Spliced
from opengenome.annotation.splice import Molecule, place, splice
from opengenome.annotation.transl_except import TranslExcept, read_transl_except
from opengenome.errors import InputError
from opengenome.io.coding.interface import Codes, Found
from opengenome.io.content import Content
from opengenome.io.formats import genbank
from opengenome.io.genbank.record import Record
from opengenome.io.genbank.table import CDS, GENE, NOTED, SOURCE, Feature, Qualifiers, cds_places, read_features
from opengenome.io.genbank.text import read_records
from opengenome.io.opening import reading

NAME = genbank.NAME


def read(contents: Sequence[Content], codes: Codes) -> Iterator[Found]:
    for content in contents:
        with content.text() as text, reading(content.file.path):
            for record in read_records(text, content.file.path):
                places = cds_places(record)
                yield Found(record.name, record.line, len(places), _spliced(record, places, codes))


def _spliced(record: Record, places: Sequence[int], codes: Codes) -> Iterator[Spliced]:
    """places: where in the record's text each CDS begins."""
    letters = record.letters
    molecule = Molecule(len(letters), record.circular, record.names)
    features = read_features(record, len(places))
    told = _About(record, features)
    for number, feature in enumerate(features[CDS]):
        try:
            code, source = codes.choose(_genetic_code(feature.qualifiers))
            cds = told.cds(feature, number + 1, code.id, source)
        except InputError as error:
            raise InputError(error.message, advice=error.advice, **record.where(places[number])) from error
        placed = place(cds.location, molecule)
        yield Spliced(cds, placed, splice(letters, placed.segments), code)


class _Source(NamedTuple):
    """What a source feature says. begin, end: the place that it spans, as in Segment."""

    begin: int
    end: int
    organism: str
    taxon: str
    organelle: str

    @classmethod
    def of(cls, feature: Feature, organism: str) -> _Source:
        """organism: of the record, if the feature names none."""
        told, segments = feature.qualifiers, _location(feature.location).segments
        taxa = (value for value in told.get("db_xref", ()) if value and value.startswith("taxon:"))
        return cls(
            min((one.start for one in segments), default=0),
            max((one.end for one in segments), default=0),
            _text(told, "organism") or organism,
            next(taxa, "").removeprefix("taxon:"),
            _text(told, "organelle"),
        )


class _About:
    """What a record and its other features say of its CDS."""

    def __init__(self, record: Record, features: Mapping[str, Sequence[Feature]]) -> None:
        self.name = record.name
        found = [_Source.of(feature, record.organism) for feature in features[SOURCE]]
        self._sources = found or [_Source(0, 0, record.organism, "", "")]
        self._pseudogenes: dict[tuple[str, str], list[tuple[Feature, Location]]] = defaultdict(list)
        for gene in features.get(GENE, ()):
            if is_pseudo(gene.qualifiers):
                location = _location(gene.location)
                for name in _names(gene, location):
                    self._pseudogenes[name].append((gene, location))

    def cds(self, feature: Feature, number: int, genetic_code: int, code_source: str) -> Cds:
        """number: of the record's CDS, from 1. Raises InputError for a qualifier without a meaning."""
        told = feature.qualifiers
        location = _location(feature.location)
        source = self._source(location)
        gene, locus_tag, protein_id = _text(told, "gene"), _text(told, "locus_tag"), _text(told, "protein_id")
        return Cds(  # by position, since by name takes three times as long
            cds_name(self.name, protein_id, number),
            self.name,
            location,
            gene,
            locus_tag,
            _text(told, "product"),
            protein_id,
            source.organism,
            source.taxon,
            source.organelle,
            genetic_code,
            code_source,
            read_codon_start(_text(told, "codon_start") or "1"),
            _transl_except(told) if "transl_except" in told else (),
            _exceptions(told) if "exception" in told else "",
            is_pseudo(told) or (bool(self._pseudogenes) and self._is_of_a_pseudogene(feature, location)),
            location.partial_5,
            location.partial_3,
            () if told.keys().isdisjoint(NOTED) else tuple(name for name in NOTED if name in told),
            locus_tag,
        )

    def _source(self, location: Location) -> _Source:
        """The shortest source that has the whole of a place, such as foreign DNA in that of a host; else the first."""
        if len(self._sources) == 1 or not location.segments:
            return self._sources[0]
        begin, end = min(one.start for one in location.segments), max(one.end for one in location.segments)
        around = [source for source in self._sources if source.begin <= begin and end <= source.end]
        return min(around, key=lambda source: source.end - source.begin, default=self._sources[0])

    def _is_of_a_pseudogene(self, cds: Feature, location: Location) -> bool:
        return any(
            _is_of(gene, place_of_gene, cds, location)
            for name in _names(cds, location)
            for gene, place_of_gene in self._pseudogenes.get(name, ())
        )


def _location(text: str) -> Location:
    try:
        return read_location(text)
    except InputError as error:
        return unreadable(text, error.message)


def _genetic_code(told: Qualifiers) -> int | None:
    return read_genetic_code(_text(told, "transl_table")) if "transl_table" in told else None


def _exceptions(told: Qualifiers) -> str:
    return ", ".join(" ".join((value or "").split()) for value in told["exception"])


def _transl_except(told: Qualifiers) -> tuple[TranslExcept, ...]:
    return tuple(one for value in told["transl_except"] for one in read_transl_except(value or ""))


def _names(feature: Feature, location: Location) -> list[tuple[str, str]]:
    """What a gene must share with its CDS, one of them at least."""
    told = feature.qualifiers
    tagged = [(name, text) for name in ("locus_tag", "gene") if (text := _text(told, name))]
    return [*tagged, ("location", location.text)]


def _is_of(gene: Feature, place_of_gene: Location, cds: Feature, place_of_cds: Location) -> bool:
    """Whether this is the gene of a CDS: it overlaps it, and shares its locus_tag, else its name, else its location.

    Names alone do not tell: a plastid often has a whole gene and a pseudogene of one name.
    """
    for name in ("locus_tag", "gene"):
        ours, theirs = _text(cds.qualifiers, name), _text(gene.qualifiers, name)
        if ours and theirs:
            return ours == theirs and _overlap(place_of_gene, place_of_cds)
    return place_of_gene.text == place_of_cds.text


def _overlap(a: Location, b: Location) -> bool:
    return any(
        one.record == other.record and one.start < other.end and other.start < one.end
        for one in a.segments
        for other in b.segments
    )


def _text(told: Qualifiers, name: str) -> str:
    """A qualifier's first value on one line; "" if it has none."""
    values = told.get(name)
    return " ".join(values[0].split()) if values and values[0] else ""
