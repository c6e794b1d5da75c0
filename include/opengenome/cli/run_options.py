"""The options of a run, made from the run parameters."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from opengenome.cli.numbers import whole
from opengenome.cli.parser import Once
from opengenome.fields import Parameter, Parameters, lower


def add_parameters(parser: argparse.ArgumentParser, model: type[Parameters], *, needed: bool = True) -> None:
    """Add an option for each parameter. They have no defaults here: the DAG has the defaults.

    needed: whether those are required that a run cannot do without; a file may have them.
    """
    for parameter in model.described().values():
        if parameter.flags:
            _add_flags(parser.add_mutually_exclusive_group(), parameter)
        else:
            _add_option(parser, parameter, needed=needed and parameter.about.needed)


def given_parameters(given: argparse.Namespace, model: type[Parameters]) -> dict[str, Any]:
    """The parameters that the user gave, by name. A text of several lines is a list of lines."""
    values = {name: getattr(given, name) for name in model.described()}
    return {name: value for name, value in values.items() if value is not None}


def metavar(parameter: Parameter) -> str:
    """The placeholder for the value of an option."""
    if parameter.kind is int:
        return "N"
    return "PATH" if parameter.about.lines or parameter.about.path else "NAME" if parameter.about.choices else "TEXT"


def _add_flags(group: argparse._MutuallyExclusiveGroup, parameter: Parameter) -> None:
    default = parameter.about.choices.get(parameter.default)
    for value, (option, words) in parameter.flags.items():
        help_text = f"{words} (default: {default})" if default and option == parameter.option else words
        group.add_argument(
            option, dest=parameter.name, action="store_const", const=parameter.json_of(value), help=_escaped(help_text)
        )


def _add_option(parser: argparse.ArgumentParser, parameter: Parameter, *, needed: bool) -> None:
    listed, about = parameter.kind is tuple, parameter.about
    values = ",".join(parameter.default) if listed else parameter.default
    default = "" if values == "" else f" (default {values})"
    several: dict[str, Any] = {"nargs": "+", "action": _Listed if listed else "extend"} if listed or about.lines else {}
    group = parser.add_mutually_exclusive_group(required=needed) if about.other else parser
    group.add_argument(
        parameter.option,
        dest=parameter.name,
        **several,
        type=_list_reader(parameter) if listed else _reader(parameter),
        choices=None if listed else list(about.choices) or None,
        required=needed and not about.other,
        metavar=metavar(parameter),
        help=_escaped(lower(parameter.meaning) + default),
    )
    for option, words in about.other.items():
        name, meaning = parameter.name, _escaped(lower(words))
        group.add_argument(option, dest=name, nargs=1, action=_Other, metavar=metavar(parameter), help=meaning)
        parser.set_defaults(**{f"{name}_option": None})


def _reader(parameter: Parameter) -> Callable[[str], Any]:
    """A reader for the value of a parameter. It raises UsageError that says what the parameter takes."""
    if parameter.most:
        return whole(parameter.option, parameter.least, parameter.most, parameter.about.unit)
    known = {str(value): value for value in parameter.about.choices}

    def read(text: str) -> Any:
        if known and text not in known:
            raise parameter.refusal(parameter.option, text)
        return known.get(text, text)

    return read


def _list_reader(parameter: Parameter) -> Callable[[str], list[Any]]:
    """A reader for values of a list, with commas between them."""
    read = _reader(parameter)
    return lambda text: [read(value.strip()) for value in text.split(",") if value.strip()]


class _Listed(argparse.Action):
    """Joins the lists of all values of an option."""

    def __call__(self, _: Any, namespace: argparse.Namespace, values: Any, __: str | None = None) -> None:
        before = getattr(namespace, self.dest) or []
        setattr(namespace, self.dest, [*before, *(value for some in values for value in some)])


class _Other(Once):
    """Stores the value of another option for a parameter, and as `…_option` which one it was."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, option: str | None = None
    ) -> None:
        super().__call__(parser, namespace, values, option)
        setattr(namespace, f"{self.dest}_option", option)


def _escaped(help: str) -> str:
    """Escape percent signs, which argparse would take for placeholders."""
    return help.replace("%", "%%")
