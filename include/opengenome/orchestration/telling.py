"""The lines in which a run tells what it does, in the logs of its tasks and in the terminal."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from opengenome.core.model import rate
from opengenome.errors import number_of
from opengenome.orchestration.labels import amount

_MARKS = re.compile(r"[\\`*\[<&~]|(?<![^\W_])_|_(?![^\W_])")  # `_` within a word, as in many names, is no mark
_MARKED = re.compile(r"\\([!-/:-@\[-`{-~])")
COMPLETED = "Batched codon analysis completed successfully"


def loaded(sequences: int, bases: int, batches: int, committed: int) -> str:
    """What `plan` found. committed: batches whose output exists."""
    about = f" of about {-(-sequences // batches):,} sequences" if batches > 1 else ""
    known = f"; {committed:,} already committed" if committed else ""
    todo = f"Will process {number_of(batches, 'batch', 'batches')}{about}{known}"
    return f"Loaded {number_of(sequences, 'sequence')}, {_size(bases)}. {todo}"


def span(batch: Mapping[str, Any]) -> str:
    """`batch 3/7 (sequences 10,001 to 15,000), 21.9 Mnt`. batch: what `plan` returned for it."""
    first, last = batch["first"] + 1, batch["first"] + batch["sequences"]
    sequences = f"sequences {first:,} to {last:,}" if last > first else f"sequence {first:,}"
    return f"batch {batch['batch'] + 1:,}/{batch['batches']:,} ({sequences}), {_size(batch['bases'])}"


def ended(batch: Mapping[str, Any], outcome: Mapping[str, Any]) -> str:
    """The result of a batch that was not counted a second time. outcome: what its task returns."""
    codons, seconds = number_of(outcome["codons"], "codon"), outcome["seconds"]
    if outcome["reused"]:
        return f"{codons}, from the committed output"
    bases = rate(batch["bases"], seconds)
    return f"Spark counted {codons}" + ("" if bases is None else f" in {seconds:.1f} s, {bases:,} bases per second")


def progress(bases: int, planned: int, seconds: float) -> str:
    """How far a batch is. bases: counted in so many seconds."""
    left = (planned - bases) * seconds / bases
    speed = f"{_size(round(bases / seconds))}/s"
    return f"Counted {_size(bases)} of {_size(planned)}, {speed}, about {left:.0f} s left"


def found(counts: list[int], sequences: int, bases: int) -> str:
    """What the batches add up to. counts: of the 64 codons."""
    unique = sum(1 for number in counts if number)
    found = number_of(unique, "unique codon")
    return f"Found {found}: {sum(counts):,} in {number_of(sequences, 'sequence')}, {_size(bases)}"


def in_markdown(text: str) -> str:
    """A text of one line as Airflow has to get it for a note, which it reads as Markdown.

    A name from an input could otherwise show a picture of another host, or a link with a text of its own.
    """
    return _MARKS.sub(r"\\\g<0>", text)


def without_markdown(note: str) -> str:
    """A note as a person reads it: the text that `in_markdown` was given."""
    return _MARKED.sub(r"\1", note)


def _size(bases: int) -> str:
    return amount(bases, "Mnt", "nt")
