"""A CDS from its GFF3 rows: where it lies, 5' to 3', and what its attributes and those of its ancestors tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from opengenome.annotation.cds import Cds
from opengenome.annotation.gff3 import Attributes, Group, Row, first, is_transcript
from opengenome.annotation.location import Location, Segment, written
from opengenome.annotation.qualifiers import cds_name, is_pseudo
from opengenome.annotation.transl_except import read_transl_except
from opengenome.core.numerals import whole
from opengenome.errors import InputError, quoted


@dataclass(frozen=True)
class Region:
    """What a file says of one sequence. length: 0 if unknown. genetic_code: as a text; "" if it names none."""

    length: int = 0
    circular: bool = False
    taxon: str = ""
    organelle: str = ""
    organism: str = ""
    genetic_code: str = ""


_ORGANELLES = {"mitochondrion", "chloroplast", "plastid", "apicoplast", "chromoplast", "cyanelle", "kinetoplast",
               "leucoplast", "proplastid", "nucleomorph", "hydrogenosome", "chromatophore"}  # fmt: skip


# What Ensembl, NCBI and GENCODE call the attribute that may say "pseudogene".
BIOTYPES = ("biotype", "gene_biotype", "transcript_biotype", "gene_type", "transcript_type")


def region_of(row: Row) -> Region:
    """The region that a row describes, such as NCBI's `region` or Ensembl's `chromosome`."""
    taxa = (value.removeprefix("taxon:") for value in row.attributes.get("Dbxref", ()) if value.startswith("taxon:"))
    genome = first(row.attributes, "genome")
    circular = first(row.attributes, "Is_circular").casefold() == "true"
    organelle = genome if genome in _ORGANELLES else ""
    return Region(row.end, circular, next(taxa, ""), organelle, first(row.attributes, "organism"))


def cds_of(group: Group, region: Region = Region(), number: int = 0, code: tuple[int, str] = (1, "")) -> Cds:
    """The CDS of these rows. Raises InputError for a bad attribute.

    number: of the CDS in its record, from 1; 0 if it keeps its ID as its name. code: its genetic code, and the source
    of that.
    """
    rows = in_order(group.rows, region)
    own = [*{id(row.attributes): row.attributes for row in rows}.values()]  # rows of one CDS may share theirs
    sources = [*own, *[row.attributes for row in group.ancestors]]
    gene, locus_tag, product, protein_id = [told(sources, name) for name in _TOLD]
    genes = [row for row in group.ancestors if row.type.endswith("gene")]
    exceptions = _all(own, "transl_except")
    location = location_of(rows, region)
    return Cds(
        seq_id=cds_name(rows[0].seqid, protein_id, number) if number else rows[0].id,
        record=rows[0].seqid,
        location=location,
        gene=gene or told([row.attributes for row in genes], "Name"),
        locus_tag=locus_tag,
        product=product,
        protein_id=protein_id,
        organism=region.organism,
        taxon=region.taxon,
        organelle=region.organelle,
        genetic_code=code[0],
        code_source=code[1],
        codon_start=(rows[0].phase or 0) + 1,
        transl_except=read_transl_except(exceptions) if exceptions else (),
        exception=_all(own, "exception"),
        pseudo=is_pseudo(*sources) or _is_pseudogene(sources, group.ancestors),
        partial_5=location.partial_5 or _is_tagged(sources, "cds_start_NF"),
        partial_3=location.partial_3 or _is_tagged(sources, "cds_end_NF"),
        noted=("repeated_row",) * group.repeated + tuple(_notes(rows, group.ancestors)),
        gene_id=next((row.id for row in genes if row.id), ""),
    )


def _is_pseudogene(sources: Iterable[Attributes], ancestors: Iterable[Row]) -> bool:
    biotypes = (value for source in sources for name in BIOTYPES if name in source for value in source[name])
    return any(row.type.startswith("pseudogen") for row in ancestors) or any("pseudogene" in one for one in biotypes)


def _is_tagged(sources: Iterable[Attributes], tag: str) -> bool:
    return any(tag in source["tag"] for source in sources if "tag" in source)


def told(sources: Iterable[Attributes], name: str) -> str:
    """The first value of an attribute that is not empty; "" if there is none."""
    for source in sources:
        if (values := source.get(name)) and values[0]:
            return values[0]
    return ""


def _all(sources: Iterable[Attributes], name: str) -> str:
    """All values of an attribute, each once, with commas."""
    return ",".join(dict.fromkeys([value for source in sources if name in source for value in source[name]]))


_TOLD = ("gene", "locus_tag", "product", "protein_id")


def in_order(rows: Sequence[Row], region: Region = Region()) -> list[Row]:
    """The rows of one CDS from 5' to 3': by `part=`, else by strand; rows on both strands stay as they are."""
    if len(rows) == 1:
        return [*rows]
    if parts := _parts(rows):
        return [row for _, row in sorted(zip(parts, rows, strict=True), key=lambda pair: pair[0])]
    if len({row.strand for row in rows}) > 1:
        return list(rows)
    ascending = sorted(rows, key=lambda row: (row.start, row.end))
    if region.circular and len(rows) > 1 and ascending[0].start == 1 and ascending[-1].end == region.length:
        # Rows that meet at the origin: the CDS begins after the widest gap.
        gaps = [after.start - before.end for before, after in pairwise(ascending)]
        begin = gaps.index(max(gaps)) + 1
        ascending = ascending[begin:] + ascending[:begin]
    return ascending if rows[0].strand != "-" else ascending[::-1]


def location_of(rows: Sequence[Row], region: Region = Region()) -> Location:
    """Where rows in biological order lie. On a circle, a row that ends beyond its length goes round the origin."""
    segments = [segment for row in rows for segment in _segments(row, region)]
    # In each pair, the ends in the direction of the strand.
    open_5, _ = _open(rows[0])[:: segments[0].strand]
    _, open_3 = _open(rows[-1])[:: segments[-1].strand]
    if open_5:
        segments[0] = segments[0]._replace(open_5=True)
    if open_3:
        segments[-1] = segments[-1]._replace(open_3=True)
    return Location(written(segments), tuple(segments), unclear=_unclear(rows))


def check_seqids(annotated: Iterable[str], sequences: Iterable[str]) -> None:
    """Raises InputError where an annotated seqid is not among the sequences but is there in another version."""
    there = set(sequences)
    by_stem = {without_version(name): name for name in there}
    for seqid in annotated:
        if seqid not in there and (other := by_stem.get(without_version(seqid))):
            raise InputError(
                f"The annotation is of {seqid}, and the sequence is {other}",
                record=seqid,
                advice="Give both the same version: positions in one need not fit the other.",
            )


def without_version(name: str) -> str:
    """NC_1 of NC_1.1; a name without a version stays as it is."""
    stem, _, version = name.rpartition(".")
    return stem if stem and version.isdecimal() else name


def _parts(rows: Sequence[Row]) -> list[int]:
    """The place of each row by its attribute `part`; none if they do not tell it."""
    parts = [whole(first(row.attributes, "part").partition("/")[0]) for row in rows]
    known = [part for part in parts if part is not None]
    return known if len(set(known)) == len(rows) else []


def _unclear(rows: Sequence[Row]) -> str:
    """Why nobody can tell where a CDS of these rows lies, else ""."""
    strands = {row.strand for row in rows}
    if strands <= {"+"} or strands <= {"-"}:
        return ""
    if unstranded := strands - {"+", "-"}:
        return f"its strand is {quoted(min(unstranded))}"
    trans_spliced = any("trans" in first(row.attributes, "exception").casefold() for row in rows)
    if trans_spliced or _parts(rows):
        return ""
    return "its rows lie on both strands, and neither part= nor exception=trans-splicing explains it"


def _segments(row: Row, region: Region) -> Iterator[Segment]:
    strand = -1 if row.strand == "-" else 1
    length = region.length if region.circular and region.length else max(row.start, row.end)
    if row.start > length:
        yield Segment(row.start - 1 - length, row.end - length, strand)
    elif row.end > length:
        parts = Segment(row.start - 1, length, strand), Segment(0, row.end - length, strand)
        yield from parts[::strand]
    else:
        yield Segment(row.start - 1, row.end, strand)


def _open(row: Row) -> tuple[bool, bool]:
    """Whether the CDS goes on beyond the lower and the higher end of a row: NCBI's ranges, or Prodigal's two digits."""
    if "partial" not in row.attributes:
        return False, False
    partial = first(row.attributes, "partial")
    if partial == "true":
        return "start_range" in row.attributes, "end_range" in row.attributes
    return (partial[0] == "1", partial[1] == "1") if partial in ("10", "01", "11") else (False, False)


def _notes(rows: Sequence[Row], ancestors: Sequence[Row]) -> Iterator[str]:
    kinds = {row.type for row in ancestors if is_transcript(row.type)}
    if kinds and all(kind.endswith("RNA") and kind != "mRNA" for kind in kinds):
        yield "parent_noncoding"
    bases = -(rows[0].phase or 0)
    for before, row in pairwise(rows):
        bases += before.end - before.start + 1
        if row.phase is not None and row.phase != -bases % 3:
            yield "phases_disagree"
            break
