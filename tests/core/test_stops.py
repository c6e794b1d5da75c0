"""A search through many sequences at once finds the codons that a look at each codon finds."""

from hypothesis import example, given
from hypothesis import strategies as st

from opengenome.annotation.reading import surely
from opengenome.core.stops import with_one_of

STOPS = surely(frozenset({"TAA", "TAG", "TGA"}))


@given(st.lists(st.text("TAGRX\xff", max_size=14), max_size=6))
@example(["", "TAA", "TAAT", "AAATAA", "TARAAA", "ATAAAA", "AAATAAA", "AAATA"])
def test_a_codon_in_frame_and_before_the_last_is_found_in_each_text(texts):
    inner = [[text[at : at + 3] for at in range(0, len(text) - 3, 3)] for text in texts]
    assert with_one_of(STOPS, texts) == [not STOPS.isdisjoint(codons) for codons in inner]
