"""Arrange found files: decide the mode, put files together that are read together, count each assembly once. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from opengenome.core.model import Mode, PassedOver, SourceFile
from opengenome.errors import InputError
from opengenome.io import copies, search
from opengenome.io.assemblies import Assemblies, Assembly
from opengenome.io.formats import fasta, genbank, gff3, parquet
from opengenome.io.overlaps import overlaps, versions
from opengenome.io.paths import path_of, shown
from opengenome.io.schemas import Unit

GENBANK, GFF3 = genbank.NAME, gff3.NAME  # formats, and their readers
CDS_FASTA = "cds_fasta"
_READERS = (GENBANK, GFF3, CDS_FASTA)  # of one assembly, the files of the first are counted
_NCBI = "ncbi"
_ASKED = "it was asked for"

_NO_ANNOTATION = "no annotation belongs to it; mode sequences counts it"
_NO_SEQUENCE = "GFF3 with neither a FASTA of its name beside it nor a ##FASTA section"
_TABLE = "Parquet has no annotation; mode sequences counts it"
_NO_RECORDS = "GFF3 is annotation; mode cds reads it"
# Why a file cannot be counted, and what to do if the user named it.
_ADVICE = {
    _NO_ANNOTATION: "Leave it out, give it the name of its GFF3, or count it in a run of its own.",
    _NO_SEQUENCE: "Give its FASTA too, under the same name, as x.fna to x.gff; or pair them in a samplesheet.",
    _TABLE: "Leave it out, or count it in a run of its own.",
    _NO_RECORDS: "Leave it out, or start a new run with another mode.",
}


@dataclass(frozen=True, slots=True)
class Group:
    """Files that together give coding sequences: a `schemas.Unit` with its files."""

    reader: str
    files: tuple[SourceFile, ...]


@dataclass(frozen=True, slots=True)
class Arranged:
    """What is counted, and how. reason: why in this mode. units: of the files, in order; none in mode `sequences`.

    passed_over: what is not counted, and what the search passed over. warnings: what a reader of the results should
    know, in sentences.
    """

    mode: Mode
    reason: str
    files: tuple[SourceFile, ...]
    units: tuple[Unit, ...] = ()
    passed_over: tuple[PassedOver, ...] = ()
    warnings: tuple[str, ...] = ()

    @classmethod
    def of(cls, groups: Iterable[Group], reason: str) -> Arranged:
        """The arrangement of groups in mode `cds`."""
        groups = tuple(groups)
        files = tuple(file for group in groups for file in group.files)
        units = tuple(Unit(group.reader, len(group.files)) for group in groups)
        return cls(Mode.CDS, reason, files, units)


def arrange(
    found: search.Found,
    mode: Mode,
    holds_sequences: Callable[[SourceFile], bool],
    is_copy: Callable[[SourceFile, SourceFile], bool],
) -> Arranged:
    """Arrange what a search found. holds_sequences: whether a GFF3 file has a ##FASTA section; asked where no FASTA is.
    is_copy: whether a compressed file has the bytes of a plain one; asked where both would be counted.

    Raises InputError for a file that was named and cannot be counted in this mode, NothingFoundError if none can.
    """
    assemblies, reason = Assemblies(found.files, found.links), _ASKED
    groups = [] if mode is Mode.SEQUENCES else list(_annotated(found.files, assemblies, holds_sequences))
    if mode is Mode.AUTO:
        mode, reason = _decided(found.files, groups)
    if mode is Mode.CDS:
        counted = _one_for_each(assemblies, groups)
        chosen = {group for some in counted.values() for group in some}
        groups = [group for group in groups if group in chosen]
        fasta_files = [] if groups else _all_as_cds(found.files)
        over = _copies(fasta_files, found.links, is_copy)
        groups += [Group(CDS_FASTA, (file,)) for file in fasta_files if file.path not in over]
        arranged = Arranged.of(groups, reason)
        over |= _without_cds([f for f in found.files if f.path not in over], arranged.files, assemblies, counted)
    else:
        over = dict(_without_records(found.files, assemblies, reason))
        over |= _copies([file for file in found.files if file.path not in over], found.links, is_copy)
        files = tuple(file for file in found.files if file.path not in over)
        arranged = Arranged(mode, reason, files, warnings=tuple(overlaps(files, assemblies)))
    _refuse(found.named, over, arranged)
    passed_over = (*found.passed_over, *(PassedOver(path, why) for path, why in over.items()))
    if not arranged.files:
        raise search.NothingFoundError(f"There is nothing to count in mode {mode}", advice=search.instead(passed_over))
    warnings = (*arranged.warnings, *versions(arranged.files, assemblies))
    return replace(arranged, passed_over=passed_over, warnings=warnings)


def _annotated(
    files: Sequence[SourceFile], assemblies: Assemblies, holds_sequences: Callable[[SourceFile], bool]
) -> Iterator[Group]:
    """The groups that have coding sequences, in the order of their first files."""
    for file in files:
        if file.format == GENBANK:
            yield Group(GENBANK, (file,))
        elif file.format == GFF3 and (genome := assemblies.genome(file)):
            yield Group(GFF3, (file, genome))
        elif (file.format == GFF3 and holds_sequences(file)) or file.cds:
            yield Group(GFF3 if file.format == GFF3 else CDS_FASTA, (file,))


def _decided(files: Sequence[SourceFile], groups: Sequence[Group]) -> tuple[Mode, str]:
    """The mode that suits these files, and why. Ensembl's headers alone do not decide."""
    kinds = {
        "GenBank": sum(group.reader == GENBANK for group in groups),
        "GFF3 with its sequences": sum(group.reader == GFF3 for group in groups),
        "FASTA of coding sequences from NCBI": sum(file.cds == _NCBI for file in files),
    }
    many = [(kind, number) for kind, number in kinds.items() if number]
    if not many:
        alone = any(file.format == GFF3 for file in files)
        return Mode.SEQUENCES, "no GFF3 has a FASTA of its name" if alone else "no annotated sequences were found"
    if len(files) == 1:
        return Mode.CDS, f"the file is {many[0][0]}"
    (kind, number), *others = many
    more = "".join(f", {number:,} {_is(number)} {kind}" for kind, number in others)
    return Mode.CDS, f"{number:,} of {len(files):,} files {_is(number)} {kind}{more}"


def _is(number: int) -> str:
    return "is" if number == 1 else "are"


def _one_for_each(assemblies: Assemblies, groups: Sequence[Group]) -> dict[Assembly, list[Group]]:
    """The groups that are counted of each assembly: one, or one for each part where none has all of it."""

    def order(group: Group) -> tuple[object, ...]:
        file = group.files[0]
        whole = not assemblies.part(file)
        return assemblies.is_guess(file), not whole, _READERS.index(group.reader), assemblies.rank(file)

    counted: dict[Assembly, list[Group]] = {}
    for group in sorted(groups, key=order):
        part = assemblies.part(group.files[0])
        before = counted.setdefault(assemblies.of(group.files[0]), [])
        if not before or (part and not {assemblies.part(one.files[0]) for one in before} & {"", part}):
            before.append(group)
    return counted


def _copies(
    files: Sequence[SourceFile], links: Mapping[str, str], is_copy: Callable[[SourceFile, SourceFile], bool]
) -> dict[str, str]:
    """The path of each file that is a compressed copy of another one, and why it is not counted."""
    return {
        packed.path: f"a compressed copy of {_name(plain)}, which is counted"
        for packed, plain in copies.candidates(files, links)
        if is_copy(packed, plain)
    }


def _all_as_cds(files: Sequence[SourceFile]) -> list[SourceFile]:
    """Each FASTA as coding sequences, as the user says, unless there is a GFF3: then they may be its genomes."""
    if any(file.format == GFF3 for file in files):
        return []
    return [file for file in files if file.format == fasta.NAME]


def _without_cds(
    files: Sequence[SourceFile],
    counted: Sequence[SourceFile],
    assemblies: Assemblies,
    groups: Mapping[Assembly, Sequence[Group]],
) -> Iterator[tuple[str, str]]:
    """The path of each file that is not counted in mode `cds`, and why."""
    taken = {file.path for file in counted}
    for file in files:
        if file.path in taken:
            continue
        if file.format == parquet.NAME:
            yield file.path, _TABLE
        elif of_it := groups.get(assemblies.of(file)):
            part = [group for group in of_it if assemblies.part(group.files[0]) == assemblies.part(file)]
            yield file.path, f"{_name((part or of_it)[0].files[0])} of the same assembly is counted"
        else:
            yield file.path, _NO_SEQUENCE if file.format == GFF3 else _NO_ANNOTATION


def _without_records(files: Sequence[SourceFile], assemblies: Assemblies, reason: str) -> Iterator[tuple[str, str]]:
    """The path of each file that is not counted in mode `sequences`, and why."""
    for file in files:
        if file.format == GFF3:
            yield file.path, _NO_RECORDS if reason == _ASKED else _NO_SEQUENCE
        elif file.format == GENBANK and (genome := assemblies.genome(file)):
            yield file.path, f"{_name(genome)} of the same assembly is counted"


def _refuse(named: frozenset[str], over: Mapping[str, str], arranged: Arranged) -> None:
    """Raises InputError for the first file that was named and cannot be counted."""
    for path, why in over.items():
        if path in named and why in _ADVICE:
            told, _, _ = why.partition(";")
            raise InputError(
                f"Mode {arranged.mode} ({arranged.reason}) cannot count this file: {told}",
                file=path,
                advice=_ADVICE[why],
            )


def _name(file: SourceFile) -> str:
    return shown(path_of(file.path).name)
