"""The table of options in docs/usage.md, made from the run parameters.

python -m opengenome.cli.option_table docs/usage.md    updates it between its markers
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from opengenome.cli.run_options import metavar
from opengenome.fields import Parameter, Parameters, lower
from opengenome.parameters import RunParameters

BEGIN = "<!-- options: made by `python -m opengenome.cli.option_table docs/usage.md` -->"
END = "<!-- end of options -->"


def table(model: type[Parameters]) -> str:
    """A row for each parameter, in Markdown."""
    return "\n".join(("| option | meaning | default |", "| -- | -- | -- |", *_rows(model)))


def with_table(text: str) -> str:
    """The text with the current table between the markers."""
    before, rest = text.split(BEGIN)
    return f"{before}{BEGIN}\n{table(RunParameters)}\n{END}{rest.split(END)[1]}"


def _rows(model: type[Parameters]) -> Iterator[str]:
    for parameter in model.described().values():
        flags = parameter.flags.values()
        options = ", ".join(f"`{option}`" for option, _ in flags) or f"`{parameter.option} {_value(parameter)}`"
        meaning = "; ".join(words for _, words in flags) or lower(parameter.meaning)
        cells = (options, meaning, _default(parameter))
        others = (
            (f"`{option} {metavar(parameter)}`", lower(words), "none")
            for option, words in parameter.about.other.items()
        )
        for row in (cells, *others):
            yield "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"


def _value(parameter: Parameter) -> str:
    several = " …" if parameter.kind is tuple or parameter.about.lines else ""
    return metavar(parameter) + several


def _default(parameter: Parameter) -> str:
    if parameter.about.needed:
        return ", or ".join(("required", *(f"`{option}`" for option in parameter.about.other)))
    if parameter.flags:
        return parameter.about.choices.get(parameter.default, "off")
    if parameter.default in ("", []):
        return "none"
    if parameter.kind is tuple:
        return ", ".join(map(str, parameter.default))
    return str(parameter.default)  # in digits, as the command takes it


if __name__ == "__main__":
    document = Path(sys.argv[1])
    document.write_text(with_table(document.read_text()))
