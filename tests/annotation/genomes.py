"""Real annotated genomes, read where they lie: each CDS as its file has it, and as Biopython reads it."""

import gzip
import io
import os
import re
import warnings
from pathlib import Path

import pytest

_LOCATION = re.compile(r"^ {5}CDS {13}((?:.|\n {21}(?!/))*)", re.MULTILINE)


def folder():
    """The annotated genomes lie beside the organelles that OPENGENOME_REAL_DATA names."""
    if "OPENGENOME_REAL_DATA" not in os.environ:
        pytest.skip("OPENGENOME_REAL_DATA is unset: no real genomes")
    return Path(os.environ["OPENGENOME_REAL_DATA"])


def genbank_records():
    """(Biopython's record, [(text of the location, Biopython's feature) of each CDS]) of every file."""
    seqio = pytest.importorskip("Bio.SeqIO")
    organelles = folder()
    files = sorted(path for root in (organelles, organelles.parent / "annotated") for path in root.glob("*.gb*.gz"))
    if not files:
        pytest.skip(f"no GenBank files in or beside {organelles}")
    for path in files:
        for text in gzip.decompress(path.read_bytes()).decode().split("\n//\n"):
            if not text.strip():
                continue
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                record = seqio.read(io.StringIO(f"{text}\n//\n"), "genbank")
            features = [feature for feature in record.features if feature.type == "CDS"]
            yield record, list(zip(_LOCATION.findall(text), features, strict=True))
