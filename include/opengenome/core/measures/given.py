"""What the measures of a run need besides counts, and all measures of counts under it."""

from __future__ import annotations

from dataclasses import dataclass

from opengenome.core.code_table import numbered
from opengenome.core.counting import Ints
from opengenome.core.genetic_code import GeneticCode
from opengenome.core.measures.arrays import Floats
from opengenome.core.measures.codon_pairs import PairReference
from opengenome.core.measures.table import by_sequence
from opengenome.errors import ContractError


@dataclass(frozen=True)
class Given:
    """own_code: the notation of the run's own genetic code, or "". reference, trna: (64,), as `Measure.needs`.

    absent: names of genes of the reference that no sequence has, sorted. pairs: if codon pairs were counted.
    """

    own_code: str = ""
    reference: Ints | None = None
    trna: Ints | None = None
    absent: tuple[str, ...] = ()
    pairs: PairReference | None = None

    def code(self, number: int) -> GeneticCode:
        """A genetic code of the run by its number."""
        return numbered(number, self.own_code)

    def pair_scores(self, code: int) -> Floats:
        """The scores of codon pairs, (4096,), made of all sequences of the run. code: its number."""
        if self.pairs is None:
            raise ContractError("Codon pairs were not counted")
        return self.pairs.scores(self.code(code)).ravel()

    def measures(self, counts: Ints, code: int) -> dict[str, Floats]:
        """As `table.by_sequence`. code: its number."""
        return by_sequence(counts, code=self.code(code), reference=self.reference, trna=self.trna)
