"""A CDS from the header of its FASTA record, in NCBI's or Ensembl's convention, or in none.

NCBI: `lcl|NC_000913.3_cds_NP_414542.1_1 [gene=thrL] [locus_tag=b0001] [protein=…] [location=190..255] [gbkey=CDS]`
Ensembl: `ENST00000415118.1 cds chromosome:GRCh38:14:22438547:22438554:1 gene:ENSG… transcript_biotype:… description:…`
"""

from __future__ import annotations

import re
from typing import Any

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
    seq_id = header.replace("\t", " ").lstrip(" ").partition(" ")[0]
    if found := _NCBI.match(header):
        told = _of_ncbi(header, found["record"])
    elif found := _ENSEMBL.match(header):
        told = _of_ensembl(header, found)
    else:
        told = {"record": "", "location": Location("")}
    return Cds(seq_id, genetic_code=genetic_code, code_source=code_source, **told)


def _of_ncbi(header: str, record: str) -> dict[str, Any]:
    values: dict[str, str] = {}
    for name, value in _VALUE.findall(header):
        values[name] = f"{values[name]},{value}" if name in values else value
    partial, tag = values.get("partial", ""), values.get("locus_tag", "")
    exceptions = values.get("transl_except")
    return {
        "record": record,
        "location": Location(values.get("location", "")),
        "gene": values.get("gene", ""),
        "locus_tag": tag,
        "product": values.get("protein", ""),
        "protein_id": values.get("protein_id", ""),
        "codon_start": read_codon_start(values["frame"], "frame") if "frame" in values else 1,
        "transl_except": read_transl_except(exceptions) if exceptions else (),
        "exception": values.get("exception", ""),
        "pseudo": is_pseudo({name: (value,) for name, value in values.items() if name.startswith("pseudo")}),
        "partial_5": "5'" in partial,
        "partial_3": "3'" in partial,
        "gene_id": f"{record} {tag}" if tag else "",
    }


def _of_ensembl(header: str, found: re.Match[str]) -> dict[str, Any]:
    words, _, _ = header[found.end() :].partition(" description:")
    values = dict(_WORD.findall(words))
    gene_id, described = values.get("gene", ""), _DESCRIPTION.search(header)
    return {
        "record": found["record"],
        "location": Location(found["location"]),
        "gene": values.get("gene_symbol") or gene_id,
        "locus_tag": gene_id,
        "product": described[1] if described else "",
        "pseudo": any("pseudogene" in values.get(f"{of}_biotype", "") for of in ("gene", "transcript")),
        "gene_id": gene_id,
    }
