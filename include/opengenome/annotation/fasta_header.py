"""A CDS from the header of its FASTA record, in NCBI's or Ensembl's convention, or in none.

NCBI: `lcl|NC_000913.3_cds_NP_414542.1_1 [gene=thrL] [locus_tag=b0001] [protein=…] [location=190..255] [gbkey=CDS]`
Ensembl: `ENST00000415118.1 cds chromosome:GRCh38:14:22438547:22438554:1 gene:ENSG… transcript_biotype:… description:…`
"""

from __future__ import annotations

import re
from dataclasses import replace

from opengenome.annotation.cds import Cds
from opengenome.annotation.location import Location
from opengenome.annotation.qualifiers import is_pseudo, read_codon_start
from opengenome.annotation.transl_except import read_transl_except

NCBI, ENSEMBL = "ncbi", "ensembl"

_NCBI = re.compile(r"[ \t]*lcl\|(?P<record>[^ \t]+?)_cds_")
# A value may contain brackets, even blanks before them: it ends before the next [name= or at the end of the line.
_VALUE = re.compile(r"\[([a-z_]+)=(.*?)\](?=[ \t]*(?:\[[a-z_]+=|$))")
_ENSEMBL = re.compile(
    r"[ \t]*[^ \t]+[ \t]+cds(?::[a-z_]+)?[ \t]+"
    r"(?P<location>[a-z_]+:[^: \t]*:(?P<record>[^: \t]+):[0-9]+:[0-9]+:-?1)(?![^ \t])"
)
_WORD = re.compile(r"(?:^|[ \t])([a-z_]+):([^ \t]*)")
_DESCRIPTION = re.compile(r"[ \t]description:(.*?)[ \t]*(?:\[Source:[^]]*\])?[ \t]*$")


def convention(header: str) -> str:
    """By which convention a header says that its record is a CDS: NCBI or ENSEMBL; "" if it does not say so.

    header: the line without '>'.
    """
    if _NCBI.match(header):
        return NCBI
    return ENSEMBL if _ENSEMBL.match(header) else ""


def read_header(header: str, genetic_code: int = 1, code_source: str = "") -> Cds:
    """The CDS that a header describes. Its location is a text alone, because its letters are spliced already.

    header: the line without '>'. genetic_code, code_source: as in Cds, since no header tells them. Raises InputError
    for a value that cannot be read.
    """
    words = header.replace("\t", " ").lstrip(" ")
    plain = Cds(words.partition(" ")[0], "", Location(""), genetic_code=genetic_code, code_source=code_source)
    if found := _NCBI.match(header):
        return _of_ncbi(plain, header, found["record"])
    found = _ENSEMBL.match(header)
    return _of_ensembl(plain, header, found) if found else plain


def _of_ncbi(plain: Cds, header: str, record: str) -> Cds:
    values: dict[str, str] = {}
    for name, value in _VALUE.findall(header):
        values[name] = f"{values[name]},{value}" if name in values else value
    tell = values.get
    gene, locus_tag, partial, exceptions = (
        tell(name, "") for name in ("gene", "locus_tag", "partial", "transl_except")
    )
    named = locus_tag or gene
    return replace(
        plain,
        record=record,
        location=Location(tell("location", "")),
        gene=gene,
        locus_tag=locus_tag,
        product=tell("protein", ""),
        protein_id=tell("protein_id", ""),
        codon_start=read_codon_start(tell("frame", "1"), "frame"),
        transl_except=read_transl_except(exceptions) if exceptions else (),
        exception=tell("exception", ""),
        pseudo=is_pseudo({name: (value,) for name, value in values.items()}),
        partial_5="5'" in partial,
        partial_3="3'" in partial,
        gene_id=f"{record} {named}" if named else "",
    )


def _of_ensembl(plain: Cds, header: str, found: re.Match[str]) -> Cds:
    words, _, _ = header[found.end() :].partition(" description:")
    tell = dict(_WORD.findall(words)).get
    gene_id = tell("gene", "")
    description = _DESCRIPTION.search(header)
    return replace(
        plain,
        record=found["record"],
        location=Location(found["location"]),
        gene=tell("gene_symbol", "") or gene_id,
        locus_tag=gene_id,
        product=description[1] if description else "",
        pseudo=any("pseudogene" in tell(f"{of}_biotype", "") for of in ("gene", "transcript")),
        gene_id=gene_id,
    )
