"""`export`: write a codon table as text that another program reads."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from opengenome.cli.named_tables import named_table
from opengenome.cli.output import write_text
from opengenome.errors import UsageError, number_of, printable
from opengenome.io.exports import EXPORTS, absent_families


def export(given: argparse.Namespace, log_line: Callable[[str], None]) -> None:
    """`opengenome export TABLE --as …`. Raises the errors of `named_table` and `write_text`."""
    table = named_table(given.table)
    if not table.amino_acids:
        raise UsageError(
            f"{printable(str(given.table))} does not say what its codons mean, so no other format can be written of it",
            advice="Give a run, or a table of ours.",
        )
    text, absent = EXPORTS[given.form](table), absent_families(table)
    output = given.output and str(given.output)
    given.answer.update({"as": given.form, "codons": table.codons, "absent": absent, "output": output})
    if given.output:
        write_text(given.output, text)
        log_line(f"{number_of(table.codons, 'codon is', 'codons are')} in {printable(output)}")
    elif given.json:
        given.answer["text"] = text
    else:
        print(text, end="")
    if table.caution:
        log_line(printable(f"Note that {table.caution}"))
    if absent:
        log_line(f"Amino acids that do not occur have fractions of 0 in this format: {', '.join(absent)}")
