"""An argument parser whose errors say what is wrong and suggest what was meant."""

from __future__ import annotations

import argparse
import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn, cast

from opengenome.cli.called import typed
from opengenome.errors import UsageError


class Once(argparse.Action):
    """Store the value of an option that may be given only once; argparse would silently keep the last of two."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, option: str | None = None
    ) -> None:
        given = cast("Parser", parser).given
        if option and self.dest in given:
            parser.error(f"{option} is given twice; it takes one value")
        given.add(self.dest)
        setattr(namespace, self.dest, values)


class Parser(argparse.ArgumentParser):
    """A parser whose options either collect several values or may be given once; the same for its subcommands.

    given: the options read so far. Options cannot be abbreviated: a new option would change what `--to` means. Invalid
    arguments raise UsageError.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"allow_abbrev": False, **options})
        self.given: set[str] = set()
        self._negative_number_matcher = re.compile(r"-\d")  # -1d is a value that is refused, not an option
        for name in (None, "store"):
            self.register("action", name, Once)

    @property
    def subcommands(self) -> Mapping[str, Parser]:
        """The parsers of the subcommands, by name."""
        found = (action.choices for action in self._actions if isinstance(action, argparse._SubParsersAction))
        return next(found, {})

    @property
    def words(self) -> str:
        """The subcommand of this parser, as in `analyze codon`; empty for the whole command."""
        return self.prog.partition(" ")[2]

    def error(self, message: str) -> NoReturn:
        # Show a byte that is not UTF-8 as elsewhere.
        message = re.sub(r"\\udc([89a-f][0-9a-f])", r"\\x\1", message)
        raise UsageError(message[:1].upper() + message[1:], advice=self._help())

    def addressed(self, arguments: Iterable[str]) -> tuple[Parser, list[str]]:
        """The parser of the called subcommand, and its arguments."""
        parser, rest = self, list(arguments)
        while rest and rest[0] in parser.subcommands:
            parser = parser.subcommands[rest.pop(0)]
        return parser, rest

    def refuse_word(self, word: str) -> NoReturn:
        """Raise UsageError because `word` is not a subcommand. word: may be empty or an option."""
        known = list(self.subcommands)
        if word and not word.startswith("-"):
            said = f"There is no command `{' '.join(filter(None, (self.words, word)))}`"
            meant = nearest(word, known, f"{self.words} ".lstrip()) or _all(known)
            raise UsageError(said, advice=" ".join(filter(None, (meant, self._help()))))
        if not self.words:
            raise UsageError(f"There is no option {word}, or it belongs after the command", advice=self._help())
        line = typed(f"{self.words} {known[0]}")
        raise UsageError(f"`{self.words}` needs one of: {', '.join(known)}", advice=f"Write `{line} …`.")

    def refuse_unknown(self, arguments: Iterable[str]) -> None:
        """Raise UsageError for the first option that this subcommand does not have.

        Argparse would complain about missing arguments first.
        """
        for argument in arguments:
            name = argument.partition("=")[0]
            if argument == "--":
                return
            if name.startswith("--") and " " not in name and name not in self._option_string_actions:
                where = f" of `{self.words}`" if self.words else ""
                meant = nearest(name, self._option_string_actions)
                raise UsageError(f"There is no option {name}{where}", advice=f"{meant} {self._help()}".strip())

    def refuse_empty(self, arguments: Iterable[str]) -> None:
        """Raise UsageError for an empty argument: as a path it would mean the working directory."""
        option = ""
        for argument in arguments:
            name, equals, value = argument.partition("=")
            action = self._option_string_actions.get(name)
            if action:
                option = name if action.nargs != 0 else ""
            if not argument or (action and equals and not value):
                what = option or (f"An argument of `{self.words}`" if self.words else "The first argument")
                raise UsageError(f"{what} is empty", advice="If it is a shell variable, it is not set.")

    def describe(self) -> None:
        """Describe each subcommand by its line in the list of commands, unless it has a description."""
        for action in self._actions:
            if isinstance(action, argparse._SubParsersAction):
                for choice in action._choices_actions:
                    below, words = action.choices[choice.dest], choice.help or ""
                    below.description = below.description or f"{words[:1].upper()}{words[1:]}."
                    below.describe()

    def _help(self) -> str:
        return f"`{typed(f'help {self.words}')}` lists all options and commands."


def nearest(word: str, known: Iterable[str], before: str = "") -> str:
    """A suggestion for a misspelt word, or "". before: the words before it. Leading dashes are ignored."""
    bare = {one.lstrip("-"): one for one in known}
    found = difflib.get_close_matches(word.lstrip("-"), bare, n=1)
    return f"Did you mean `{before}{bare[found[0]]}`?" if found else ""


def _all(known: list[str]) -> str:
    return f"Known: {', '.join(known)}." if known else ""
