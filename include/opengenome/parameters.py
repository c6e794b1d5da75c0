"""The parameters of a run. To add one, add a field here and the code that uses it.

All else follows from the field. Form: orchestration/adapters/form.py. Options: cli/run_options.py. Checks:
`RunParameters.check`, in the first task. docs/usage.md: cli/option_table.py. How a field describes itself: fields.py.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from opengenome.annotation.rules import REASONS, Reason
from opengenome.core.genetic_code import GENETIC_CODES
from opengenome.core.model import AllCodons, Mode
from opengenome.core.validation import COLLECTION
from opengenome.fields import About, Parameters
from opengenome.flow import CSV, MAX_BATCHES
from opengenome.io.identity import Trust

BATCH_OF_CDS = 100_000  # the batch size in mode cds where none is given: about 100 Mnt, as coding sequences are short


class RunParameters(Parameters):
    """The fields, in the order of the form. The usual ones have no section, because sections are folded."""

    source: Annotated[
        str,
        About(
            "Source",
            "GenBank, GFF3, FASTA or Parquet, also compressed: files, folders, patterns",
            note="One in each line, such as /data/*.fasta.gz. Parquet needs the columns seq_id and sequence. "
            "A single .csv or .tsv file is a samplesheet, with the columns sample, fasta, gff, genbank, "
            "genetic_code, group, and others of your own. Empty: the landing folder.",
            unit="a path, a folder or a glob in each line",
            option="--input",
            lines=True,
            needed=True,
            other={"--samplesheet": "A table of samples, .csv or .tsv: sample,fasta,gff,genbank,genetic_code,group"},
        ),
    ] = ""
    mode: Annotated[
        Mode,
        About(
            "Mode",
            "What is counted",
            note="Coding sequences come from GenBank, from GFF3 with FASTA, or from FASTA of coding sequences.",
            choices={
                Mode.AUTO: "coding sequences where the input is annotated, else whole records",
                Mode.SEQUENCES: "whole records, from their first base on",
                Mode.CDS: "coding sequences (CDS), spliced",
            },
        ),
    ] = Mode.AUTO
    genetic_code: Annotated[
        int,
        About(
            "Genetic code",
            "NCBI translation table: 11 for plastids, 2 for vertebrate and 5 for invertebrate mitochondria",
            note="Plant mitochondria and nuclear genes have table 1. It decides amino acids, fractions and RSCU. "
            "A coding sequence has the code of its annotation; this one is for those without. "
            "After a change of it, only batches in which other coding sequences are dropped are counted again.",
            unit="the number of an NCBI translation table",
            choices=GENETIC_CODES,
        ),
    ] = 1
    code_table: Annotated[
        str,
        About(
            "Own genetic code",
            "A file with a genetic code of your own, instead of an NCBI table",
            note="In NCBI's notation (AAs, Starts, Base1 to Base3), or 64 rows codon,amino_acid.",
            unit="a path",
            path=True,
            section="Genetic code",
        ),
    ] = ""
    frame: Annotated[
        int,
        About(
            "Frame",
            "Bases skipped at the start of every sequence",
            choices={0: "from the first base", 1: "skip one base", 2: "skip two bases"},
        ),
    ] = 0
    drop: Annotated[
        tuple[str, ...],
        About(
            "Reasons to drop a coding sequence",
            "Why a coding sequence is not counted",
            note="The first reason that holds is recorded. location always holds.",
            choices=REASONS,
            section="Coding sequences",
        ),
    ] = (Reason.PSEUDO, Reason.LOCATION, Reason.LENGTH, Reason.INTERNAL_STOP)
    min_codons: Annotated[
        int,
        Field(ge=0, le=1_000_000),
        About(
            "Fewest codons",
            "Fewest codons that a coding sequence must have, or it is dropped as `short`",
            unit="codons",
            section="Coding sequences",
        ),
    ] = 0
    skip_start_codon: Annotated[
        bool,
        About(
            "Skip start codons",
            "Leave out the first codon of each coding sequence that is complete at its 5' end",
            section="Coding sequences",
        ),
    ] = False
    group_by: Annotated[
        str,
        About(
            "Group by",
            "Make a table for each group of sequences too",
            note="A column of the annotation (organism, organelle, taxon, gene, record), file, sample, "
            "or another column of the samplesheet.",
            unit="the name of a column",
            section="Groups",
        ),
    ] = ""
    reference: Annotated[
        str,
        About(
            "Reference",
            "What CAI, Fop, CBI and MILC compare with: a codon usage table, a list of genes, a run, or group:NAME",
            note=f"Tables: EMBOSS .cut, Kazusa, or a {CSV} or .parquet. Genes: an identifier in each "
            "line, or two columns, identifier and expression, of which the top tenth is taken. "
            "A run: its name, or its results folder. group:NAME: a group of this run.",
            unit="a path, the name of a run, or group:NAME",
            path=True,
            section="Measures",
        ),
    ] = ""
    trna: Annotated[
        str,
        About(
            "tRNA genes",
            "A file with the tRNA gene copies, for the tRNA adaptation index: anticodon,copies",
            unit="a path",
            path=True,
            section="Measures",
        ),
    ] = ""
    ordination: Annotated[
        bool,
        About(
            "Ordination",
            "Place the sequences on the axes along which their synonymous codon usage differs most",
            note="Correspondence analysis and principal components of RSCU; of a sample where there are very many.",
            section="Measures",
        ),
    ] = False
    codon_pairs: Annotated[
        bool,
        About(
            "Codon pairs",
            "Count pairs of adjacent codons too, for their scores (CPS) and the bias of each sequence (CPB)",
            note="Of coding sequences only. Batches that were counted without pairs are counted again.",
            section="Measures",
        ),
    ] = False
    require_all_codons: Annotated[
        AllCodons,
        About(
            "Require all 64 codons",
            "Whether the run fails when a codon never occurs",
            note="Otherwise a warning names the codon. Small inputs lack some codons by chance.",
            choices={
                AllCodons.AUTO: f"fail if {COLLECTION:,} codons or more of whole records were counted, else warn",
                AllCodons.ALWAYS: "fail when a codon never occurs",
                AllCodons.NEVER: "warn when a codon never occurs",
            },
            flags={AllCodons.ALWAYS: "--require-all-codons", AllCodons.NEVER: "--allow-missing-codons"},
        ),
    ] = AllCodons.AUTO
    per_sequence: Annotated[
        bool,
        About("Keep the per-sequence table", "Keep the 64 counts of each sequence, as Parquet beside each batch"),
    ] = True
    recount: Annotated[
        bool,
        About(
            "Recount all batches",
            "Count every batch again, and fail where one differs from what is committed",
        ),
    ] = False
    verify_inputs: Annotated[
        Trust,
        About(
            "Verify known inputs by content",
            "Whether an input that was counted before is read again and its content compared",
            note="A known input is recognised by its size, times and inode. These show every change on ext4 and xfs, "
            "but not on other disks.",
            choices={
                Trust.AUTO: "read known inputs again where size and times are no proof",
                Trust.CONTENT: "read all known inputs again and compare their content",
                Trust.STAT: "never read known inputs again, on any disk",
            },
            flags={Trust.CONTENT: "--verify-inputs", Trust.STAT: "--trust-stat"},
            section="Inputs",
        ),
    ] = Trust.AUTO
    batch_size: Annotated[
        int,
        Field(ge=1, le=1_000_000_000),
        About(
            "Batch size",
            f"Most sequences in a batch; where none is given, {BATCH_OF_CDS:,} coding sequences",
            note=f"A run has at most {MAX_BATCHES:,} batches.",
            unit="sequences",
            section="Batches",
        ),
    ] = 5_000
    max_batch_bases: Annotated[
        int,
        Field(ge=1, le=1_000_000_000_000_000),
        About(
            "Most bases in a batch",
            "Most bases in a batch",
            note="A batch ends before the sequence that would exceed this.",
            unit="bases",
            section="Batches",
        ),
    ] = 1_000_000_000


PARAMETERS = RunParameters.described()
