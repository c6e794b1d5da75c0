"""The formats of inputs: a module for each, and a line here.

A file is asked for in this order; the first format that says it is its own has it. `interface.Format` says what each
module answers. Nobody outside of this package asks which format a file has.
"""

from opengenome.io.formats import fasta, parquet
from opengenome.io.formats.interface import Format

FORMATS: dict[str, Format] = {
    parquet.NAME: parquet,
    fasta.NAME: fasta,
}
