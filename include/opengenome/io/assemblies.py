"""Which files belong to one assembly, by their names and folders. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from opengenome.core.model import SourceFile
from opengenome.io import naming
from opengenome.io.ensembl_names import EnsemblName, of_annotation, of_fasta
from opengenome.io.formats import FORMATS, fasta

_GENES = (".ffn", ".frn", ".cds")  # endings of FASTA that holds genes, and lies beside that of the genome
_ACCESSION = re.compile(r"GC[AF]_[0-9]+(\.[0-9]+)?")
# NCBI's names are <accession>_<name>_<part>; in NCBI Datasets, whose folders are assemblies, the part alone.
_PART = re.compile(r"(?:^|_)(?:cds_from_genomic|rna_from_genomic|genomic|rna)$")
_GENOME = "genomic"
_OF_A_GENOME = re.compile(r"_(?:cds_from_)?genomic$")
_TRANSCRIPTS = re.compile(r"(?:^|_)rna(?:_from_genomic)?$")


Assembly = tuple[str, str]  # equal for the files of one assembly


class Assemblies:
    """The assemblies of these files. `x.gbk`, `x.gff.gz` and `x.fna` in one folder are one.

    links: as in `search.Found`.
    """

    def __init__(self, files: Sequence[SourceFile], links: Mapping[str, str]) -> None:
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
        self._ensembl = self._of_ensembl(files)
        self._parts = defaultdict[tuple[str, str, str], list[SourceFile]](list)  # genomes with Ensembl's names
        for file in files:
            if (named := self._ensembl.get(file.path)) and named.is_genome:
                self._parts[self._places[file.path][0], named.assembly, named.part].append(file)

    def _of_ensembl(self, files: Iterable[SourceFile]) -> dict[str, EnsemblName]:
        """The files with Ensembl's names, by their paths."""
        found: dict[str, EnsemblName] = {}
        beside = defaultdict[str, set[str]](set)  # of a folder: the assemblies of its FASTA
        for file in sorted(files, key=lambda file: file.format != fasta.NAME):
            folder, stem = self._places[file.path]
            is_fasta = file.format == fasta.NAME
            named = of_fasta(stem) if is_fasta else of_annotation(stem, beside[folder])
            if named:
                found[file.path] = named
                beside[folder].add(named.assembly)
        return found

    def of(self, file: SourceFile) -> Assembly:
        """Its assembly. An accession means the same one in every folder."""
        folder, stem = self._places[file.path]
        if named := self._ensembl.get(file.path):
            return folder, named.assembly
        if _ACCESSION.match(stem):
            return "", _PART.sub("", stem)
        if _PART.fullmatch(stem):
            accession = self._only_accession(folder)
            return ("", accession) if accession else (folder, "")
        return folder, _OF_A_GENOME.sub("", stem)

    def accession(self, file: SourceFile) -> str:
        """As GCF_000005845.2, by its name or that of its folder; "" if neither tells it."""
        folder, stem = self._places[file.path]
        found = _ACCESSION.match(stem) or _ACCESSION.match(folder.rpartition("/")[2])
        return found[0] if found else ""

    def genome(self, file: SourceFile) -> SourceFile | None:
        """The FASTA of the sequences that a file describes, beside it: of the same name, or as Ensembl and NCBI do."""
        folder, stem = self._places[file.path]
        if (named := self._ensembl.get(file.path)) and (parts := self._parts[folder, named.assembly, named.part]):
            return min(parts, key=lambda part: self._ensembl[part.path].rank)
        beside = self._genomes.get((folder, stem), [])
        if not beside and stem == _GENOME:
            beside = self._genomes.get((folder, f"{self._only_accession(folder)}_{_GENOME}"), [])
        return beside[0] if beside else None

    def part(self, file: SourceFile) -> str:
        """Which part of its assembly a file is of, by its name, as "chromosome.1"; "" for all of it."""
        named = self._ensembl.get(file.path)
        return named.part if named else ""

    def is_guess(self, file: SourceFile) -> bool:
        """Whether a file has predictions without evidence, by its name."""
        named = self._ensembl.get(file.path)
        return named is not None and named.is_guess

    def rank(self, file: SourceFile) -> tuple[bool, tuple[int, int]]:
        """Of files of one assembly and format, the lowest is taken.

        The last are its transcripts, which have the same CDS again.
        """
        _, stem = self._places[file.path]
        named = self._ensembl.get(file.path)
        return _TRANSCRIPTS.search(stem) is not None, named.rank if named else (0, 0)

    def _only_accession(self, folder: str) -> str:
        """The assembly that the names in a folder tell; "" if they tell none, or several."""
        names = self._accessions.get(folder, set())
        return next(iter(names)) if len(names) == 1 else ""


def _place(path: str, form: str) -> tuple[str, str]:
    """The folder of a file, and its name without endings."""
    folder, _, name = path.rpartition("/")
    return folder, naming.stem(name, FORMATS[form].SUFFIXES)
