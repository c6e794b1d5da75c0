"""The codon pairs of a run: what their scores are made of, and whether the published tables of them are right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO, cast

import numpy as np

from opengenome.core.accounts import Fault, Law
from opengenome.core.alphabet import CODONS
from opengenome.core.codon_pairs import PAIRS
from opengenome.core.genetic_code import GeneticCode
from opengenome.core.measures.codon_pairs import PairReference
from opengenome.errors import ContractError
from opengenome.flow import CODON_PAIRS_CSV, CODON_PAIRS_PARQUET
from opengenome.io import pair_parts, pair_tables
from opengenome.io.csv_text import write_csv
from opengenome.io.dataset import read_parts
from opengenome.io.hashing import HashedFile
from opengenome.io.store import sha256_of
from opengenome.orchestration.join import Join
from opengenome.orchestration.runs import Run


def with_pairs(join: Join) -> Join:
    """The join with the pairs of all its sequences, which the scores of each one's pairs are made of."""
    pairs, codons = np.zeros(PAIRS, dtype=np.int64), np.zeros(len(CODONS), dtype=np.int64)
    for batch in join.plan.batches:
        manifest = join.manifests.get(batch.number)
        if manifest is None:
            continue
        try:
            pairs += pair_parts.total(manifest, join.run.store.batch(batch.key))
            codons += np.array(manifest.totals)
        except ContractError:
            continue  # `validate` names it
    return replace(join, given=replace(join.given, pairs=PairReference(pairs, codons)))


def pair_faults(run: Run, reference: PairReference, code: GeneticCode) -> Iterator[Fault]:
    """Which published tables of codon pairs differ from the pairs of the batches."""
    expected, text = pair_tables.pair_rows(reference, code), HashedFile()
    write_csv(cast("BinaryIO", text), expected.schema, [expected])
    try:
        same_text = text.digest.hexdigest() == sha256_of(run.report / CODON_PAIRS_CSV)
        found = list(read_parts([run.report / CODON_PAIRS_PARQUET]))
    except (ContractError, OSError):  # whatever else is wrong with the files is named by their digests
        same_text, found = False, []
    for name, same in ((CODON_PAIRS_CSV, same_text), (CODON_PAIRS_PARQUET, found == [expected])):
        if not same:
            yield Fault(Law.SEQUENCES, f"{name} does not say what the pairs of the batches say")
