"""Coding sequences from annotated files: a reader for each way of annotating, and one line here.

A reader gives the spliced CDS of each record. `copying` judges them by the drop rules, writes those that are counted
into row shards, and lists every CDS in `cds.parquet` (`table`).
"""

from opengenome.io.coding import cds_fasta
from opengenome.io.coding.interface import Reader

READERS: dict[str, Reader] = {
    cds_fasta.NAME: cds_fasta,
}
