"""Read a genetic code of the user's own from a file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from opengenome.core.code_table import parse
from opengenome.core.genetic_code import GeneticCode
from opengenome.io.given import located, read_text
from opengenome.io.paths import shown
from opengenome.io.roots import Roots


def read(line: str, roots: Iterable[Path]) -> GeneticCode:
    """The code in a file, see `core.code_table`; without a name of its own it has that of the file.

    Raises InputError for a wrong file, UsageError for one outside `roots`.
    """
    path = located(line, Roots(roots))
    return parse(read_text(path, "genetic code"), shown(path.name), path)
