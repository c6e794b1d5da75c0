"""The registry of input formats: one module for each, and one line here.

The formats are asked in this order, and the first that recognises a file reads it. `interface.Format` declares what
each module provides. Code outside this package does not depend on a file's format.
"""

from opengenome.io.formats import fasta, genbank, gff3, parquet
from opengenome.io.formats.interface import Format

FORMATS: dict[str, Format] = {
    parquet.NAME: parquet,
    genbank.NAME: genbank,
    gff3.NAME: gff3,
    fasta.NAME: fasta,
}
