"""The command that makes a run again, from its recorded parameters."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

from opengenome.annotation.rules import NO_REASON
from opengenome.core.model import Mode
from opengenome.fields import Parameter
from opengenome.io.paths import text_of
from opengenome.parameters import BATCH_OF_CDS, PARAMETERS, RunParameters

_COMMAND = "./opengenome analyze codon --output again"  # a new folder


def command(wanted: RunParameters, landing: Path, mode: Mode) -> tuple[str, ...]:
    """The command, then each option that is not the default, with its values; quoted for a shell.

    landing: the folder that a run without a source counts. mode: in which it counted.
    """
    defaults = {name: parameter.default for name, parameter in PARAMETERS.items()}
    if mode is Mode.CDS:
        defaults["batch_size"] = BATCH_OF_CDS
    values = wanted.as_json() | {"source": wanted.source or text_of(landing)}
    return _COMMAND, *(
        shlex.join(_words(parameter, values[name]))
        for name, parameter in PARAMETERS.items()
        if values[name] != defaults[name]
    )


def _words(parameter: Parameter, value: str | int | list[str]) -> Iterator[str]:
    if parameter.flags:
        yield parameter.flags[value][0]
        return
    texts = _texts(parameter, value)
    if any(text.startswith("-") for text in texts):  # argparse would take it for an option
        yield from (f"{parameter.option}={text}" for text in texts)
    else:
        yield from (parameter.option, *texts)


def _texts(parameter: Parameter, value: str | int | list[str]) -> list[str]:
    if isinstance(value, list):
        return [",".join(value) or NO_REASON]  # the command takes no empty value
    lines = str(value).splitlines() if parameter.about.lines else [str(value)]
    return [line for line in lines if line.strip()] if parameter.about.lines else lines
