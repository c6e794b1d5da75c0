"""--params: run parameters from a YAML or JSON file."""

from __future__ import annotations

import argparse
import contextlib
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from opengenome.cli.parser import nearest
from opengenome.errors import UsageError, path_for_people, printable
from opengenome.fields import Parameters

if TYPE_CHECKING:
    import yaml

_MOST_BYTES = 1_000_000
_INT, _STR, _TIMESTAMP = (f"tag:yaml.org,2002:{kind}" for kind in ("int", "str", "timestamp"))
_WHOLE = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})$")
_ADVICE = "Write `name: value` in each line."


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
        if len(data) > _MOST_BYTES:
            raise UsageError(f"{file} has more than {_MOST_BYTES:,} bytes", advice="It has to be YAML or JSON.")
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is not UTF-8", advice="It has to be YAML or JSON.") from error
    # JSON may be indented with tabs, YAML may not.
    return re.sub(r"^[ \t]+", " ", text, flags=re.MULTILINE) if text.lstrip().startswith("{") else text


def _pairs(text: str, file: str) -> list[tuple[int, str, Any]]:
    """Line, key and value of each entry of the one mapping in a text."""
    import yaml

    loader = _loader()
    try:
        for event in yaml.parse(text, Loader=loader):
            if isinstance(event, yaml.AliasEvent):  # a few lines of aliases may mean billions of values
                raise UsageError(f"{file}, line {_line(event)}: aliases (*name) are not taken")
        node = yaml.compose(text, Loader=loader)
        if node is None:
            return []
        if not isinstance(node, yaml.MappingNode):
            raise UsageError(f"{file} is no list of parameters", advice=_ADVICE)
        if others := [key for key, _ in node.value if not isinstance(key, yaml.ScalarNode)]:
            raise UsageError(f"{file}, line {_line(others[0])}: the name of a parameter is text", advice=_ADVICE)
        maker = loader("")
        return [(_line(key), str(key.value), maker.construct_object(value, deep=True)) for key, value in node.value]
    except RecursionError as error:
        raise UsageError(f"{file} is nested too deeply") from error
    except (yaml.YAMLError, ValueError) as error:  # ValueError: `!!int x`
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error).partition("\n")[0]
        raise UsageError(f"{file}{line} is not YAML or JSON: {printable(problem)}") from error


@cache
def _loader() -> Any:
    """What reads a file. YAML 1.1 would read 011 as 9, 1:30 as 90 and 2026-11-26 as a date; here these are texts.

    So a number is either read as it is written, or refused.
    """
    import yaml

    rules = {
        letter: [(tag, form) for tag, form in some if tag not in (_INT, _TIMESTAMP)]
        for letter, some in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    loader: Any = type("Loader", (yaml.SafeLoader,), {"yaml_implicit_resolvers": rules})
    loader.add_implicit_resolver(_INT, _WHOLE, list("-+0123456789"))
    loader.add_constructor(_INT, lambda maker, node: int(maker.construct_scalar(node)))
    loader.add_constructor(_STR, _text_of)
    return loader


def _text_of(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> str:
    """A text. JSON writes a character such as an emoji as two surrogates. Raises ConstructorError if it is no text."""
    from yaml.constructor import ConstructorError

    written = str(loader.construct_scalar(node))
    with contextlib.suppress(UnicodeDecodeError):
        if "\0" not in (text := written.encode("utf-16-le", "surrogatepass").decode("utf-16-le")):
            return text
    raise ConstructorError(problem="a text may not hold such a character", problem_mark=node.start_mark)


def _line(found: yaml.Event | yaml.Node) -> int:
    return int(found.start_mark.line) + 1
