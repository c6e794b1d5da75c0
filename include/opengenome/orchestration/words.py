"""A parameter in the words of whoever started the run: its title in the form, its option of the command; its bounds."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

_RUN_OF_COMMAND = re.compile(r"(analyze|demo)-\d{8}T\d{6}Z-[0-9a-f]{8}")


@dataclass(frozen=True, slots=True)
class Words:
    """title: in the form. option: of the command, "" where it has none. Bounds of a number, and what it counts."""

    title: str
    option: str
    least: int = 0
    most: int = 0
    unit: str = ""

    @property
    def bounds(self) -> str:
        return f"{self.least:,} to {self.most:,} {self.unit}"


PARAMETERS = {
    "source": Words("Source", "--input"),
    "genetic_code": Words("Genetic code", "--genetic-code"),
    "frame": Words("Frame", "--frame", 0, 2, "bases"),
    "require_all_codons": Words("Require all 64 codons", "--require-all-codons"),
    "per_sequence": Words("Keep the per-sequence table", "--no-per-sequence"),
    "recount": Words("Count again what was counted before", "--recount"),
    "verify_inputs": Words("Verify known inputs by content", "--verify-inputs"),
    "batch_size": Words("Batch size", "--batch-size", 1, 1_000_000_000, "sequences"),
    "max_batch_bases": Words("Most bases in a batch", "--max-batch-bases", 1, 1_000_000_000_000_000, "bases"),
}


def new_run(kind: str) -> str:
    """An id for a run that the command starts. kind: `analyze` or `demo`."""
    return f"{kind}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"


def of_command(run_id: str) -> bool:
    """Whether the command started this run, and not the form, the API or the schedule."""
    return bool(_RUN_OF_COMMAND.fullmatch(run_id))


def called(name: str, run_id: str) -> str:
    """What whoever started this run calls a parameter."""
    words = PARAMETERS[name]
    return words.option if words.option and of_command(run_id) else f'"{words.title}"'
