"""The error tree: what can go wrong, and who can act on it.

    OpenGenomeError
    ├── UsageError      the parameters contradict themselves or the schema     never retried
    ├── InputError      the input is unusable (file, record, line)              never retried
    ├── PlanError       the input is sound, the plan is not (too many batches)  never retried
    ├── StorageError    disk full, permission denied, store not writable        never retried
    ├── ContractError   a file of ours does not match its schema                never retried
    ├── LawError        validation failed: names every broken law               never retried
    ├── SetupError      Java or Spark cannot start with this setup              never retried
    ├── NothingToDo     a run of the landing folder found no input: the run is skipped, it does not fail
    └── EngineError     Spark or the machine failed; the same batch may pass    retried

The first sentence of an error says what happened and where. A second one, where it helps, says what to do.
`again` says whether a retry of the same run can succeed. It is NO where the advice is to start a new run.

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

    YES = "yes"  # a retry may succeed with nothing changed
    MENDED = "mended"  # a retry may succeed after the named file or disk is repaired
    NO = "no"  # a retry would fail again: the run's parameters are wrong, or files that it left have changed


# Advice where a file of a run is damaged or changed. Batches that verify are kept.
_NEW_RUN = "Start a new run"
NEW_RUN = f"{_NEW_RUN}: batches that verify are not counted again."
FOUND_ANEW = f"{_NEW_RUN}."  # advice where an input is not as `discover` found it


# The command copies standard input to a file of this name until it ends (cli/inputs.py).
_OF_STANDARD_INPUT = re.compile(r"(.*/)?standard-input-[0-9a-f]{16}")
_STANDARD_INPUT = "standard input"


def path_for_people(path: str) -> str:
    """A path as `printable` writes it, or "standard input" for the copy of that."""
    return _STANDARD_INPUT if _OF_STANDARD_INPUT.fullmatch(path) else printable(path)


def printable(text: str) -> str:
    """The text on one line, with unprintable characters as escapes such as \\xe9.

    Bytes of a file name that are not UTF-8 are escaped too; Python holds them as surrogates.
    """
    if text.isprintable():  # nearly always, and a page prints a million characters
        return text
    return "".join(char if char.isprintable() else _escape(char) for char in text)


def readable(text: str, most: int = 160) -> str:
    """A text as `printable` writes it. If it has more than `most` characters, its middle is left out, and this is said.

    Names and paths often begin alike, so the end is kept too.
    """
    text = printable(text)
    if len(text) <= most:
        return text
    return f"{text[: most * 5 // 8]}…{text[-(most // 4) :]} ({len(text):,} characters)"


def quoted(value: object, most: int = 60) -> str:
    """What was found, as a message quotes it: its repr, as `readable` cuts it."""
    return readable(repr(value), most)


def number_of(number: int, one: str, many: str = "") -> str:
    """`1 file`, `1,234 files`. many: of words that do not only get an s."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def _lines(text: str) -> str:
    """The text as `printable` writes it, line by line."""
    return "\n".join(map(printable, text.split("\n")))


def _place(key: str, value: object) -> str:
    return _STANDARD_INPUT if value == _STANDARD_INPUT else f"{key} {value}"


def _escape(char: str) -> str:
    byte = ord(char) - 0xDC00
    return f"\\x{byte:02x}" if 0x80 <= byte <= 0xFF else char.encode("unicode_escape").decode()


class Where(TypedDict, total=False):
    """Where something is wrong. record: an identifier or a 1-based number. line, batch: 1-based."""

    file: object
    folder: object
    pattern: object
    record: object
    line: int | None
    batch: int | None


class OpenGenomeError(Exception):
    """Base of the tree. `str(error)` is the whole message for the user; programs read `where`.

    message: what happened, a sentence without its final period. where: as far as known. advice: what to do, a
    sentence. again: set where it differs from the class's `usually`.
    trace: what a failed process printed after the error, for the log.
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
        return " ".join(self.sentences())

    def sentences(self) -> list[str]:
        """What happened and where; then what to do, if there is anything."""
        place = ", ".join(_place(key, value) for key, value in self._places().items())
        end = "" if self.message.endswith(("?", "!")) and not place else "."
        sentence = f"{self.message} ({place}){end}" if place else f"{self.message}{end}"
        return [text for one in (sentence, self.advice) if (text := _lines(one).strip())]

    def _places(self) -> dict[str, int | str]:
        return {
            key: value if isinstance(value, int) else path_for_people(str(value)) for key, value in self.where.items()
        }

    @property
    def again(self) -> Again:
        """Whether a retry of the run can help."""
        from_standard_input = _OF_STANDARD_INPUT.fullmatch(str(self.where.get("file", "")))
        if from_standard_input or _NEW_RUN in f"{self.message} {self.advice}":
            return Again.NO
        return self._again or self.usually

    def as_dict(self) -> dict[str, int | str]:
        """The error as JSON for another process; `from_dict` turns it back into an error.

        Holds kind, message, advice, retryable, again and, as far as known, the keys of `Where`. Texts are made
        `printable`, because some processes on the way cannot take every character of a file name.
        """
        kind = next(name for name in (kind.__name__ for kind in type(self).__mro__) if name in _KINDS)
        texts = {"kind": kind, "message": _lines(self.message), **self._places(), "advice": _lines(self.advice)}
        return {**texts, "retryable": self.retryable, "again": str(self.again)}

    def as_line(self) -> str:
        """`as_dict` as one line of ASCII. A failing program prints it for the program that started it."""
        return _LINE + json.dumps(self.as_dict(), separators=(",", ":"))

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Self:
        """The error of this class that `as_dict` describes."""
        name = data.get("again")
        again = Again(name) if name in list(Again) else None
        where = {key: value for key, value in data.items() if key in _PLACES}
        return cls(str(data.get("message", "")), advice=str(data.get("advice", "")), again=again, **where)

    def __reduce__(self) -> tuple[Any, ...]:
        # Errors cross processes, and the default pickling of exceptions loses keyword arguments.
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
    """A file cannot be written to the store or the results."""

    usually = Again.MENDED


class ContractError(OpenGenomeError):
    """A file of ours is damaged or does not match its schema."""


class LawError(OpenGenomeError):
    """A result breaks at least one of the laws that every run proves."""


class SetupError(OpenGenomeError):
    """Java or Spark cannot start with these settings, or on this machine as it is."""

    usually = Again.MENDED


class NothingToDo(OpenGenomeError):  # noqa: N818  (no error: the run is skipped)
    """A run of the landing folder found no input."""


class EngineError(OpenGenomeError):
    """Spark or the machine failed, not the input. The same work may succeed when retried."""

    retryable = True


_LINE = "ERROR: "
_PLACES = tuple(Where.__annotations__)
_ALL: list[type[OpenGenomeError]] = [OpenGenomeError, *OpenGenomeError.__subclasses__()]
_KINDS = {kind.__name__: kind for kind in _ALL}


def from_dict(data: Mapping[str, Any]) -> OpenGenomeError:
    """The error that `OpenGenomeError.as_dict` describes. For an unknown kind, `retryable` decides the class."""
    unknown = EngineError if data.get("retryable") else OpenGenomeError
    return _KINDS.get(str(data.get("kind")), unknown).of(data)


def from_line(line: str) -> OpenGenomeError | None:
    """The error in a line that `OpenGenomeError.as_line` wrote; None for any other line."""
    if not line.startswith(_LINE):
        return None
    try:
        data = json.loads(line.removeprefix(_LINE))
    except ValueError:
        return None
    return from_dict(data) if isinstance(data, dict) else None
