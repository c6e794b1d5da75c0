"""The base of the run parameters: how a field describes itself. The fields themselves are in parameters.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import Any, Self, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError, ValidationInfo, field_validator
from pydantic.fields import FieldInfo

from opengenome import flow
from opengenome.errors import NEW_RUN, ContractError, UsageError, readable

_LONGEST = 60  # characters of a value in a sentence
_KINDS: tuple[type, ...] = (bool, int, str, tuple)
_FEW = 6  # choices listed in a parameter's meaning


@dataclass(frozen=True, slots=True)
class About:
    """The texts of a parameter. They are in the field's `Annotated`, beside its type and bounds."""

    title: str  # in the form
    help: str  # its meaning, a sentence without final period; for a switch, what it does ("Draw the figures")
    note: str = ""  # more sentences, shown only in the form, as plain text
    unit: str = ""  # what a number counts, what the choices are, what a text holds
    choices: Mapping[Any, str] = field(default_factory=dict)  # the allowed values, each with its label
    flags: Mapping[Any, str] = field(default_factory=dict)  # choice → the command-line flag that selects it
    option: str = ""  # the command-line option, where it differs from the name
    section: str = ""  # the section of the form, which is shown folded
    lines: bool = False  # whether a text may have several lines; the command takes one value for each
    needed: bool = False  # whether the command requires it
    path: bool = False  # whether a text is, or may be, the path of a file
    other: Mapping[str, str] = field(default_factory=dict)  # another option that gives one value → its meaning


@dataclass(frozen=True, slots=True)
class Parameter:
    """A field as form, options, checks and documentation see it.

    kind: bool, int, str or tuple. default: a JSON value. least, most: bounds of a number without choices.
    """

    name: str
    kind: type
    default: Any
    about: About
    least: int = 0
    most: int = 0

    @classmethod
    def of(cls, name: str, info: FieldInfo) -> Parameter:
        about = next((found for found in info.metadata if isinstance(found, About)), None)
        if about is None:
            raise TypeError(f"The parameter {name} has no About (see fields.py)")
        annotated: Any = get_origin(info.annotation) or info.annotation
        kind = next(known for known in _KINDS if issubclass(annotated, known))
        default = list(info.default) if kind is tuple else kind(info.default)
        if kind is not int or about.choices:
            return cls(name, kind, default, about)
        bounds = {key: getattr(bound, key) for bound in info.metadata for key in ("ge", "le") if hasattr(bound, key)}
        if len(bounds) != len(("ge", "le")):
            raise TypeError(f"The parameter {name} has neither choices nor two bounds: Field(ge=…, le=…)")
        return cls(name, kind, default, about, bounds["ge"], bounds["le"])

    def json_of(self, value: Any) -> Any:
        """A value, or one of the choices, as a JSON value."""
        return str(value) if isinstance(value, str) else value

    @property
    def flags(self) -> dict[Any, tuple[str, str]]:
        """Value → (flag that selects it, meaning); {} where one option takes the value as its argument."""
        if self.kind is bool:
            words = lower(self.about.help)
            option = self.about.option or _option(f"no_{self.name}" if self.default else self.name)
            return {not self.default: (option, f"do not {words}" if self.default else words)}
        return {value: (option, self.about.choices[value]) for value, option in self.about.flags.items()}

    @property
    def option(self) -> str:
        """The command-line option; the first one where there are several."""
        return next((option for option, _ in self.flags.values()), self.about.option or _option(self.name))

    @property
    def bounds(self) -> str:
        return f"{self.least:,} to {self.most:,} {self.about.unit}".rstrip()

    @property
    def meaning(self) -> str:
        """Its meaning, a sentence without final period, with the choices where they are few."""
        few = 0 < len(self.about.choices) <= _FEW and not self.flags
        return f"{self.about.help}: {', '.join(map(str, self.about.choices))}" if few else self.about.help

    @property
    def takes(self) -> str:
        """The values that it takes, as a part of a sentence."""
        unit, choices = self.about.unit, ", ".join(map(str, self.about.choices))
        if self.kind is tuple:
            return f"a list of some of {choices}" if choices else "a list of texts"
        if choices:
            return f"{unit}: {choices}" if unit else f"one of {choices}"
        if self.kind is int:
            return f"a whole number, {self.bounds}"
        return "true or false" if self.kind is bool else f"text: {unit}" if unit else "text"

    def called(self, run_id: str) -> str:
        """Its name for the person who started this run: the command-line option, or the title in the form."""
        return self.option if flow.of_command(run_id) else f'"{self.about.title}"'

    def refusal(self, called: str, shown: str) -> UsageError:
        """The error for a value that is not allowed."""
        return UsageError(f"{called} is {readable(shown, _LONGEST)}", advice=f"It takes {self.takes}.")


class Parameters(BaseModel):
    """Base of a model whose fields are run parameters. It is strict: no value is converted silently."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")

    @classmethod
    @cache
    def described(cls) -> dict[str, Parameter]:
        """All parameters by name, in the order of the form."""
        return {name: Parameter.of(name, info) for name, info in cls.model_fields.items()}

    @classmethod
    def check(cls, params: Mapping[str, Any], asked: Mapping[str, Any], run_id: str = "") -> Self:
        """Check the parameters of a run that begins.

        params: the values in force. asked: the values given at the start, where Airflow lets unknown names pass.
        run_id: decides how messages name a parameter, see `Parameter.called`. Raises UsageError for an unknown name or
        a value that is not allowed.
        """
        known = cls.described()
        if unknown := sorted(set(asked) - set(known)):
            names = ", ".join(map(repr, unknown))
            raise UsageError(f"Unknown parameter {names}", advice=f"The parameters are {', '.join(known)}.")
        if missing := [name for name in known if name not in params]:
            raise UsageError(f"Parameter {', '.join(missing)} has no value", advice="Give it one.")
        try:
            return cls.model_validate({name: params[name] for name in known})
        except ValidationError as error:
            refused = known[str(error.errors()[0]["loc"][0])]
            raise refused.refusal(refused.called(run_id), repr(params[refused.name])) from error

    @classmethod
    def recorded(cls, values: Mapping[str, Any]) -> Self:
        """The parameters that `as_json` recorded. One that an earlier version did not have gets its default.

        Raises ContractError where they are damaged.
        """
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            names = ", ".join(str(one["loc"][0]) for one in error.errors())
            raise ContractError(f"The recorded parameters of the run are damaged: {names}", advice=NEW_RUN) from error

    def as_json(self) -> dict[str, Any]:
        """The values by name, as JSON values."""
        return self.model_dump(mode="json")

    @field_validator("*", mode="before")
    @classmethod
    def _of_json(cls, value: Any, info: ValidationInfo) -> Any:
        return _as_python(value, cls.model_fields[str(info.field_name)].annotation)

    @field_validator("*")
    @classmethod
    def _one_of_the_choices(cls, value: Any, info: ValidationInfo) -> Any:
        choices = cls.described()[str(info.field_name)].about.choices
        if choices and not set(value if isinstance(value, tuple) else (value,)) <= set(choices):
            raise ValueError("not one of the choices")
        return value


def _as_python(value: Any, kind: Any) -> Any:
    """Make tuples and enumeration members, which JSON lacks. Null is an empty text or list, see form.py."""
    if get_origin(kind) is tuple and isinstance(value, list | None):
        return tuple(_as_python(one, get_args(kind)[0]) for one in value or ())
    if not isinstance(kind, type):
        return value
    if issubclass(kind, StrEnum) and value in list(kind):
        return kind(value)
    return "" if value is None and kind is str else value


def lower(sentence: str) -> str:
    """A sentence with its first letter in lower case, unless its first word has other capitals, as GenBank."""
    first = sentence.partition(" ")[0]
    return sentence if any(map(str.isupper, first[1:])) else sentence[:1].lower() + sentence[1:]


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"
