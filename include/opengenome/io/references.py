"""Find out what a run's `reference` names: a codon usage table, a list of genes, an earlier run, or a group."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from opengenome import flow
from opengenome.core.alphabet import CODONS
from opengenome.errors import InputError, OpenGenomeError
from opengenome.io import codon_tables, gene_lists, published, tables
from opengenome.io.given import located, read_text
from opengenome.io.opening import reading
from opengenome.io.paths import shown
from opengenome.io.roots import Roots
from opengenome.io.schemas import Reference
from opengenome.io.store import run_slug

_GROUP = "group:"
_PARQUET = b"PAR1"


def read(text: str, roots: Iterable[Path], results: Path) -> Reference:
    """The reference that a text names: `group:NAME`, the name of a run in `results`, or a path.

    A folder holds results of a run, which are verified. Raises InputError for what cannot be read, and UsageError for a
    path outside `roots` and `results`.
    """
    if text.startswith(_GROUP):
        return _group(text.removeprefix(_GROUP).strip())
    if "/" not in text:
        return _run(_folder(text, results))
    path = located(text, Roots((*roots, results)))
    if path.is_dir():
        return _run(path)
    with reading(path), path.open("rb") as file:
        is_parquet = file.read(len(_PARQUET)) == _PARQUET
    if is_parquet:
        return Reference(shown(path.name), _of_parquet(path))
    content = read_text(path, "reference")
    if codon_tables.is_table(content):
        return Reference(shown(path.name), codon_tables.counts_of(content, path))
    said, genes = gene_lists.genes_of(content, path)
    return Reference(f"{said} ({shown(path.name)})", genes=genes)


def read_trna(text: str, roots: Iterable[Path]) -> tuple[int, ...]:
    """The tRNA gene copies in a file, see `gene_lists.copies_of`. Raises as `read`."""
    path = located(text, Roots(roots))
    return gene_lists.copies_of(read_text(path, "list of tRNA genes"), path)


def _group(name: str) -> Reference:
    if not name:
        raise InputError("The reference names no group", advice=f"Write {_GROUP}NAME.")
    return Reference(f"the group {name}", group=name)


def _folder(name: str, results: Path) -> Path:
    """The results of a run, by its id or the name of its folder."""
    for folder in (results / run_slug(name), results / name):
        if name.strip(".") and folder.is_dir():
            return folder
    raise InputError(
        f"There is no run {shown(name)} in the results",
        advice=f"Give the name of a run, the full path of a file, or {_GROUP}NAME.",
    )


def _run(folder: Path) -> Reference:
    """The codon table of a run, after its files were verified."""
    try:
        published.verify(folder)
        counts = tables.read_codon_table(folder)["count"]
        run = tables.read_document(folder / tables.PROVENANCE)["run"]
    except OpenGenomeError as error:
        raise InputError(
            f"The reference is not the proven results of a run: {error.message}",
            file=folder,
            advice="Give results/<run>, or a codon table.",
        ) from error
    return _counted(f"the run {shown(str(run))}", counts, folder)


def _of_parquet(path: Path) -> tuple[int, ...]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            if file.metadata.num_rows != len(CODONS) or not {"codon", "count"} <= set(file.schema_arrow.names):
                raise InputError(
                    "The reference is no codon table: it has not 64 rows with the columns codon and count",
                    file=path,
                    advice=f"Give {flow.PARQUET}.",
                )
            rows = file.read(columns=["codon", "count"]).to_pydict()
    except (pa.ArrowException, OSError, ValueError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(f"The reference cannot be read: {reason}", file=path, advice="Is it damaged?") from error
    by_codon = dict(zip(rows["codon"], rows["count"], strict=True))
    return _counted("", [by_codon.get(codon) for codon in CODONS], path).counts


def _counted(name: str, counts: list[int | None], path: Path) -> Reference:
    if any(type(count) is not int or count < 0 for count in counts) or not any(counts):
        raise InputError(
            "The reference is no codon table: its counts are not 64 whole numbers above 0 in all", file=path
        )
    return Reference(name, tuple(map(int, counts)))  # type: ignore[arg-type]
