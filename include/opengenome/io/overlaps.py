"""Files of one assembly that are all counted: the same bases may be in several of them. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from opengenome.core.model import SourceFile
from opengenome.errors import number_of
from opengenome.io.assemblies import Assemblies, Assembly
from opengenome.io.formats import parquet
from opengenome.io.paths import path_of, shown

_NAMED = 3  # files
_DIGITS = re.compile(r"^GC._|\..*$")  # what stands around them in an accession


def overlaps(files: Iterable[SourceFile], assemblies: Assemblies) -> Iterator[str]:
    """A warning, if files of one assembly are all counted; their names tell the assembly."""
    of = defaultdict[Assembly, list[SourceFile]](list)
    for file in files:
        if file.format != parquet.NAME:  # the same name of FASTA and Parquet says nothing
            of[assemblies.of(file)].append(file)
    several = [some for some in of.values() if _overlap([assemblies.part(file) for file in some])]
    if several:
        more = f", and so are files of {number_of(len(several) - 1, 'more assembly', 'more assemblies')}"
        yield (
            f"{_names(several[0])} are files of one assembly{more if several[1:] else ''}: mode sequences counts all"
            " records of all files, so bases that are in several of them are counted several times. Give one file of"
            " each assembly, or use mode cds, which counts its coding sequences once."
        )


def versions(files: Iterable[SourceFile], assemblies: Assemblies) -> Iterator[str]:
    """A warning, if accessions with the same digits are all counted, as GCA_1.1, GCF_1.1 and GCF_1.2."""
    of = defaultdict[str, set[str]](set)
    for accession in filter(None, map(assemblies.accession, files)):
        of[_DIGITS.sub("", accession)].add(accession)
    several = [sorted(some) for some in of.values() if len(some) > 1]
    if several:
        others = len(several) - 1
        more = f" So it is with {number_of(others, 'more assembly', 'more assemblies')}." if others else ""
        yield (
            f"{_listed(several[0])} are one assembly in several versions, or as GenBank (GCA) and RefSeq (GCF) have it:"
            f" all are counted, so what they share is counted several times. Give one of them.{more}"
        )


def _overlap(parts: Sequence[str]) -> bool:
    """Whether some files share bases. parts: of the assembly, "" for all of it."""
    return len(parts) > 1 and ("" in parts or len({*parts}) < len(parts))


def _names(files: Sequence[SourceFile]) -> str:
    return _listed([shown(path_of(file.path).name) for file in files])


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    first = names[:_NAMED] if more > 0 else names[:-1]
    return f"{', '.join(first)} and {f'{more:,} more' if more > 0 else names[-1]}"
