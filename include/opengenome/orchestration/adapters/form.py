"""The trigger form, made from the run parameters."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Param

from opengenome.fields import Parameter, Parameters

# Numbers have no minimum and maximum here, because the form would silently replace numbers that are out of bounds.
# `discover` refuses them with a message. Beyond 2^53 the form changes the digits of a number.
_NUMBER: dict[str, Any] = {"type": "number", "exclusiveMinimum": -(2**53), "exclusiveMaximum": 2**53}
# The form gives null for an empty field.
_TEXT: dict[str, Any] = {"type": ["null", "string"]}
_LIST: dict[str, Any] = {"type": ["null", "array"]}


def form(model: type[Parameters]) -> dict[str, Param]:
    """A `Param` for each parameter, by its name, in the order of the model."""
    return {name: _param(parameter) for name, parameter in model.described().items()}


def _param(parameter: Parameter) -> Param:
    about = parameter.about
    help = f"{about.help}: {parameter.bounds}" if parameter.most else about.help
    schema = _values(parameter) | {"title": about.title}
    if about.section:
        schema["section"] = about.section
    # Plain text: in the form's Markdown, the frames of `code` cover the lines above and below.
    description = f"{help}. {about.note}".rstrip()
    return Param(parameter.default if parameter.default != "" else None, description=description, **schema)


def _values(parameter: Parameter) -> dict[str, Any]:
    """The JSON schema of the values, and how the form shows them."""
    choices = list(map(parameter.json_of, parameter.about.choices))
    labels = {str(value): f"{value} · {label}" for value, label in parameter.about.choices.items()}
    if parameter.kind is tuple:
        if not choices:
            return _LIST | {"items": {"type": "string"}}
        return _LIST | {"items": {"enum": choices}, "examples": choices, "values_display": labels}
    if choices:
        kind = "integer" if parameter.kind is int else "string"
        return {"type": kind, "enum": choices, "values_display": labels}
    if parameter.kind is bool:
        return {"type": "boolean"}
    if parameter.kind is int:
        return _NUMBER
    return _TEXT | {"format": "multiline"} if parameter.about.lines else _TEXT
