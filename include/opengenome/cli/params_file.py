"""--params: run parameters from a YAML or JSON file."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from opengenome.cli.parser import nearest
from opengenome.errors import UsageError, path_for_people, printable
from opengenome.fields import Parameters

if TYPE_CHECKING:
    import yaml

_MOST_BYTES = 1_000_000


def fill_in(given: argparse.Namespace, model: type[Parameters]) -> None:
    """Take the parameters of `given.params` that the command line does not have; the others are `given.overruled`.

    Raises UsageError that names file, line and key.
    """
    given.overruled = []
    for name, value in read(given.params, model).items() if given.params else ():
        if getattr(given, name) is not None:
            given.overruled.append(name)
        else:
            setattr(given, name, value.splitlines() if model.described()[name].about.lines else value)
    for parameter in model.described().values():
        if parameter.about.needed and not getattr(given, parameter.name):
            either = " or ".join([parameter.option, *parameter.about.other])
            raise UsageError(f"{either} is missing, and the file of --params has no {parameter.name}")


def read(path: Path, model: type[Parameters]) -> dict[str, Any]:
    """The parameters in a file, by name, as JSON values. A name may have dashes. Raises UsageError as `fill_in`."""
    file = f"--params {path_for_people(str(path))}"
    known = model.described()
    found: dict[str, Any] = {}
    for line, key, value in _pairs(_text(path, file), file):
        where = f"{file}, line {line}"
        name = key.replace("-", "_")
        if name not in known:
            advice = nearest(key, known) or f"The parameters are {', '.join(known)}."
            raise UsageError(f"{where}: there is no parameter {printable(key)}", advice=advice)
        if name in found:
            raise UsageError(f"{where}: {printable(key)} is there twice", advice="Remove one of the two lines.")
        try:
            found[name] = model.check(model().as_json() | {name: value}, {}).as_json()[name]
        except UsageError as error:
            raise known[name].refusal(f"{where}: {printable(key)}", repr(value)) from error
    return found


def _text(path: Path, file: str) -> str:
    try:
        with path.open("rb") as opened:
            data = opened.read(_MOST_BYTES + 1)
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is not UTF-8", advice="It has to be YAML or JSON.") from error
    if len(data) > _MOST_BYTES:
        raise UsageError(f"{file} has more than {_MOST_BYTES:,} bytes", advice="It has to be YAML or JSON.")
    # JSON may be indented with tabs, YAML may not.
    return re.sub(r"^[ \t]+", " ", text, flags=re.MULTILINE) if text.lstrip().startswith("{") else text


def _pairs(text: str, file: str) -> list[tuple[int, str, Any]]:
    """Line, key and value of each entry of the one mapping in a text."""
    import yaml

    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            if isinstance(event, yaml.AliasEvent):  # a few lines of aliases may mean billions of values
                raise UsageError(f"{file}, line {_line(event)}: aliases (*name) are not taken")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        if node is None:
            return []
        if not isinstance(node, yaml.MappingNode):
            raise UsageError(f"{file} is no list of parameters", advice="Write `name: value` in each line.")
        maker = yaml.SafeLoader("")
        return [(_line(key), str(key.value), maker.construct_object(value, deep=True)) for key, value in node.value]
    except RecursionError as error:
        raise UsageError(f"{file} is nested too deeply") from error
    except (yaml.YAMLError, ValueError) as error:  # ValueError: no such date, as 2026-13-01
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error).partition("\n")[0]
        raise UsageError(f"{file}{line} is not YAML or JSON: {printable(problem)}") from error


def _line(found: yaml.Event | yaml.Node) -> int:
    return int(found.start_mark.line) + 1
