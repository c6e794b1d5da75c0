"""What can go wrong, and whose turn it is.

    OpenGenomeError
    ├── UsageError      the parameters contradict themselves or the schema     never retried
    ├── InputError      the input is not what it should be (file, record, line)  never retried
    ├── PlanError       the input is fine, the run would not be (too many batches) never retried
    ├── StorageError    disk full, permission denied, a store that cannot be written  never retried
    ├── ContractError   a file of ours does not have the shape its schema declares  never retried
    ├── LawError        the result does not prove: names every broken law       never retried
    ├── SetupError      Java or Spark cannot start as it is set up              never retried
    ├── NothingToDo     a run of the landing folder found no input: a reason to skip, not a failure
    └── EngineError     Spark or the machine failed; the same batch may pass    retried

A message is one sentence that says what happened and where, and where it helps a second one that says what to do.
`again` says whether the same run can pass when it is retried; an error whose advice is a new run never offers that.

An error leaves its process as data (`as_dict`, `as_line`). It becomes a sentence (`str`) where a person reads it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, ClassVar, Self, TypedDict, Unpack


class Again(StrEnum):
    """Whether to retry the run that an error stopped."""

    YES = "yes"  # it may pass as it is
    MENDED = "mended"  # once what the error names is mended: a file, a disk
    NO = "no"  # it would fail again: its parameters are a part of it, or what it left is not what it was


# Advice where a file of a run is not what a task of the run left. What verifies stays.
_NEW_RUN = "Start a new run"
NEW_RUN = f"{_NEW_RUN}: batches that verify are not counted again."


# The file in which the command keeps what it reads from standard input, until it ends (cli/inputs.py).
_OF_STANDARD_INPUT = re.compile(r"(.*/)?standard-input-[0-9a-f]{16}")
_STANDARD_INPUT = "standard input"


def path_for_people(path: str) -> str:
    """A path as `printable` writes it; standard input is called so."""
    return _STANDARD_INPUT if _OF_STANDARD_INPUT.fullmatch(path) else printable(path)


def printable(text: str) -> str:
    """The text on one line, in characters that can be written down anywhere: others as escapes, such as \\xe9.

    A byte of a file name that is no UTF-8 is such a character; Python holds it as a surrogate.
    """
    return "".join(char if char.isprintable() else _escape(char) for char in text)


def _lines(text: str) -> str:
    """The text as `printable` writes it, line by line."""
    return "\n".join(map(printable, text.split("\n")))


def _place(key: str, value: object) -> str:
    return _STANDARD_INPUT if value == _STANDARD_INPUT else f"{key} {value}"


def _escape(char: str) -> str:
    byte = ord(char) - 0xDC00
    return f"\\x{byte:02x}" if 0x80 <= byte <= 0xFF else char.encode("unicode_escape").decode()


class Where(TypedDict, total=False):
    """Where something is wrong: a path, an identifier or 1-based number, a 1-based number, a batch from 1."""

    file: object
    record: object
    line: int | None
    batch: int | None


class OpenGenomeError(Exception):
    """Base of the tree. `str(error)` is the whole story for the user; `where` is kept apart for programs.

    message: what happened, a sentence without its final period. file, record (identifier or 1-based number), line
    (1-based), batch: where, as far as known. advice: what to do, a sentence. again: where it is not that of the kind.
    trace: what another process that failed said after the error, for the log.
    """

    retryable = False
    trace = ""
    usually: ClassVar[Again] = Again.YES

    def __init__(self, message: str, *, advice: str = "", again: Again | None = None, **where: Unpack[Where]) -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice
        self._again = again
        self.where: dict[str, Any] = {key: value for key, value in where.items() if value is not None}

    def __str__(self) -> str:
        place = ", ".join(_place(key, value) for key, value in self._places().items())
        end = "" if self.message.endswith(("?", "!")) and not place else "."
        sentence = f"{self.message} ({place}){end}" if place else f"{self.message}{end}"
        return _lines(f"{sentence} {self.advice}").strip()

    def _places(self) -> dict[str, int | str]:
        found = self.where.items()
        return {key: value if isinstance(value, int) else path_for_people(str(value)) for key, value in found}

    @property
    def again(self) -> Again:
        """Whether a retry of the run can help."""
        of_a_pipe = _OF_STANDARD_INPUT.fullmatch(str(self.where.get("file", "")))
        if of_a_pipe or _NEW_RUN in f"{self.message} {self.advice}":
            return Again.NO
        return self._again or self.usually

    def as_dict(self) -> dict[str, int | str]:
        """The error as JSON for another process; `from_dict` makes one of it that reads the same.

        Holds kind, message, advice, retryable, again and, as far as known, file, record, line, batch. Texts are as
        `printable` writes them: not every process on the way takes every character of a file name.
        """
        kind = next(name for name in (kind.__name__ for kind in type(self).__mro__) if name in _KINDS)
        told = {"kind": kind, "message": _lines(self.message), **self._places(), "advice": _lines(self.advice)}
        return {**told, "retryable": self.retryable, "again": str(self.again)}

    def as_line(self) -> str:
        """`as_dict` as one line of ASCII, by which a program that fails tells the one that started it why."""
        return _LINE + json.dumps(self.as_dict(), separators=(",", ":"))

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Self:
        """The error of this class that `as_dict` describes."""
        said = data.get("again")
        again = Again(said) if said in list(Again) else None
        where = {key: value for key, value in data.items() if key in _PLACES}
        return cls(str(data.get("message", "")), advice=str(data.get("advice", "")), again=again, **where)

    def __reduce__(self) -> tuple[Any, ...]:
        # Keyword arguments do not survive the default pickling of exceptions, and errors cross process borders.
        return type(self).of, (self.as_dict(),)


class UsageError(OpenGenomeError):
    """A parameter is unknown, out of bounds, or contradicts another."""

    usually = Again.NO


class InputError(OpenGenomeError):
    """The input cannot be read as a collection of nucleotide sequences."""

    usually = Again.MENDED


class PlanError(OpenGenomeError):
    """The input is sound but cannot be run with these parameters."""

    usually = Again.NO


class StorageError(OpenGenomeError):
    """The store cannot take what has to be written."""

    usually = Again.MENDED


class ContractError(OpenGenomeError):
    """A file of our own does not have the shape its schema declares."""


class LawError(OpenGenomeError):
    """A result breaks at least one of the laws that every run proves."""


class SetupError(OpenGenomeError):
    """Java or Spark cannot start with these settings, or on this machine as it is."""

    usually = Again.MENDED


class NothingToDo(OpenGenomeError):  # noqa: N818  (no error: the run is skipped)
    """A run of the landing folder found no input."""


class EngineError(OpenGenomeError):
    """The machinery failed, not the input: the same work may pass when tried again."""

    retryable = True


_LINE = "ERROR: "
_PLACES = ("file", "record", "line", "batch")
_ALL: list[type[OpenGenomeError]] = [OpenGenomeError, *OpenGenomeError.__subclasses__()]
_KINDS = {kind.__name__: kind for kind in _ALL}


def from_dict(data: Mapping[str, Any]) -> OpenGenomeError:
    """The error that `OpenGenomeError.as_dict` describes. An unknown kind is one of which only `retryable` is known."""
    unknown = EngineError if data.get("retryable") else OpenGenomeError
    return _KINDS.get(str(data.get("kind")), unknown).of(data)


def from_line(line: str) -> OpenGenomeError | None:
    """The error in a line of `OpenGenomeError.as_line`; None where it is another one."""
    if not line.startswith(_LINE):
        return None
    try:
        data = json.loads(line.removeprefix(_LINE))
    except ValueError:
        return None
    return from_dict(data) if isinstance(data, dict) else None
