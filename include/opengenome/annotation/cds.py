"""A coding sequence as its annotation tells it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from opengenome.annotation.location import Location
from opengenome.annotation.splice import Placed
from opengenome.annotation.transl_except import TranslExcept

# Exceptions that the segments of a location already express: they explain no stop within.
_TOLD_BY_THE_LOCATION = {"ribosomal slippage", "trans splicing"}


class Cds(NamedTuple):
    """A CDS before its letters are known; a text that the annotation does not have is "".

    record: what the sequence it lies in is called. genetic_code: an NCBI table, as `code_source` gave it. codon_start:
    1 to 3, the base (1-based) with which the first whole codon begins; GFF3's phase + 1. exception: as it was written.
    partial_5, partial_3: whether it goes on beyond its biological ends. noted: flags that a reader knows of. gene_id:
    what two isoforms of one gene share within their record; "" if only locus_tag or gene can tell.
    """

    seq_id: str
    record: str
    location: Location
    gene: str = ""
    locus_tag: str = ""
    product: str = ""
    protein_id: str = ""
    organism: str = ""
    taxon: str = ""
    organelle: str = ""
    genetic_code: int = 1
    code_source: str = ""
    codon_start: int = 1
    transl_except: tuple[TranslExcept, ...] = ()
    exception: str = ""
    pseudo: bool = False
    partial_5: bool = False
    partial_3: bool = False
    noted: tuple[str, ...] = ()
    gene_id: str = ""

    @property
    def explains_stops(self) -> bool:
        """Whether an exception accounts for stop codons within, such as RNA editing."""
        if not self.exception:
            return False
        told = self.exception.casefold().translate(str.maketrans("_-", "  "))
        kinds = (" ".join(kind.split()) for kind in told.split(","))
        return any(kind and kind not in _TOLD_BY_THE_LOCATION for kind in kinds)


def flags(cds: Cds, placed: Placed) -> tuple[str, ...]:
    """What is unusual about a CDS, sorted; a reader's own notes are among them."""
    found = [*cds.noted, *_of_annotation(cds), *_of_segments(placed)]
    return tuple(sorted(set(found))) if found else ()


def _of_annotation(cds: Cds) -> Iterator[str]:
    if cds.partial_5:
        yield "partial_5"
    if cds.partial_3:
        yield "partial_3"
    if cds.codon_start != 1:
        yield "codon_start"
    if cds.transl_except:
        yield "transl_except"
    if cds.exception:
        yield "exception"
    if cds.pseudo:
        yield "pseudo"
    if cds.location.uncertain:
        yield "uncertain_end"
    if "order(" in cds.location.text:
        yield "order"
    segments = cds.location.segments
    if any(a.open_3 or b.open_5 for a, b in pairwise(segments)):
        yield "open_within"


def _of_segments(placed: Placed) -> Iterator[str]:
    if len(placed.segments) < 2:
        return
    neighbours = list(pairwise(placed.segments))
    if any(a.strand != b.strand for a, b in neighbours):
        yield "both_strands"
    if any(a.start < b.end and b.start < a.end for a, b in neighbours):
        yield "overlap"
    # Downstream on the strand lies upstream in the record: round the origin, or spliced in another order.
    if any(a.strand == b.strand and (b.start - a.start) * a.strand < 0 for a, b in neighbours):
        yield "out_of_order"
