"""Which files belong to one assembly, by their names and folders. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

from opengenome.core.model import SourceFile
from opengenome.io import naming
from opengenome.io.formats import FORMATS, fasta

_GENES = (".ffn", ".frn", ".cds")  # endings of FASTA that holds genes, and lies beside that of the genome
_ACCESSION = re.compile(r"GC[AF]_[0-9]+(\.[0-9]+)?")
# NCBI's names are <accession>_<name>_<part>; in NCBI Datasets, whose folders are assemblies, the part alone.
_PART = re.compile(r"(?:^|_)(?:cds_from_genomic|rna_from_genomic|genomic|rna)$")
_GENOME = "genomic"
_OF_A_GENOME = re.compile(r"_(?:cds_from_)?genomic$")
_TRANSCRIPTS = re.compile(r"(?:^|_)rna(?:_from_genomic)?$")


class Assemblies:
    """The assemblies of these files. `x.gbk`, `x.gff.gz` and `x.fna` in one folder are one.

    links: as in `search.Found`.
    """

    def __init__(self, files: Iterable[SourceFile], links: Mapping[str, str]) -> None:
        self._places = {file.path: _place(links.get(file.path, file.path), file.format) for file in files}
        self._genomes = defaultdict[tuple[str, str], list[SourceFile]](list)
        self._accessions = defaultdict[str, set[str]](set)  # of a folder: names of assemblies, without the part
        for file in files:
            folder, stem = self._places[file.path]
            of_genes = file.cds or naming.ends_with(links.get(file.path, file.path), _GENES)
            if file.format == fasta.NAME and not of_genes:
                self._genomes[folder, stem].append(file)
            if _ACCESSION.match(stem):
                self._accessions[folder].add(_PART.sub("", stem))

    def of(self, file: SourceFile) -> tuple[str, str]:
        """A value that is equal for the files of one assembly. An accession means the same one in every folder."""
        folder, stem = self._places[file.path]
        if _ACCESSION.match(stem):
            return "", _PART.sub("", stem)
        if _PART.fullmatch(stem):
            accession = self._only_accession(folder)
            return ("", accession) if accession else (folder, "")
        return folder, _OF_A_GENOME.sub("", stem)

    def genome(self, file: SourceFile) -> SourceFile | None:
        """The FASTA beside a file, of the sequences that it describes: of the same name, or as in NCBI Datasets."""
        folder, stem = self._places[file.path]
        beside = self._genomes.get((folder, stem), [])
        if not beside and stem == _GENOME:
            beside = self._genomes.get((folder, f"{self._only_accession(folder)}_{_GENOME}"), [])
        return beside[0] if beside else None

    def transcripts(self, file: SourceFile) -> bool:
        """Whether a file holds the transcripts of its assembly, by its name. They have the same CDS again."""
        _, stem = self._places[file.path]
        return _TRANSCRIPTS.search(stem) is not None

    def _only_accession(self, folder: str) -> str:
        """The assembly that the names in a folder tell; "" if they tell none, or several."""
        names = self._accessions.get(folder, set())
        return next(iter(names)) if len(names) == 1 else ""


def _place(path: str, form: str) -> tuple[str, str]:
    """The folder of a file, and its name without endings."""
    folder, _, name = path.rpartition("/")
    return folder, naming.stem(name, FORMATS[form].SUFFIXES)
