"""A real pair of GFF3 and FASTA has the codons that Biopython extracts from the GenBank file of the same genome."""

import gzip
import warnings
from collections import Counter

import pytest

from opengenome.annotation.rules import Rules, dropped
from opengenome.core.genetic_code import genetic_code
from opengenome.io import sources
from opengenome.io.coding import gff3
from opengenome.io.coding.interface import Codes
from opengenome.io.content import Content
from tests.annotation import genomes


def codons(texts):
    return Counter(text[at : at + 3] for text in texts for at in range(0, len(text) - 2, 3))


def test_gff3_with_fasta_counts_what_biopython_extracts_from_genbank():
    seqio = pytest.importorskip("Bio.SeqIO")
    folder = genomes.folder().parent / "annotated"
    paths = [folder / f"lambda.{ending}.gz" for ending in ("gff3", "fna", "gb")]
    if not all(path.exists() for path in paths):
        pytest.skip(f"no pair of lambda in {folder}")
    contents = [Content(sources.fingerprint(path)) for path in paths[:2]]
    ((record, cds),) = [(found, list(found.cds)) for found in gff3.read(contents, Codes(0, genetic_code(11)))]
    assert record.features >= len(cds) > 50
    assert not any(dropped(one, Rules()) for one in cds)
    with warnings.catch_warnings(), gzip.open(paths[2], "rt") as file:
        warnings.simplefilter("ignore")
        theirs = seqio.read(file, "genbank")
    features = [feature for feature in theirs.features if feature.type == "CDS"]
    assert codons(one.text for one in cds) == codons(str(feature.extract(theirs.seq)) for feature in features)
