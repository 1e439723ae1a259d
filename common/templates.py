r"""Templates as data: the settings of a session with `{{variables}}` in its texts. Pure.

`{{name}}` stands for a value, `\{{` for two braces as they are; any other `{{` is refused, so that a typo is found when
a template is saved and not in a session. Values go in as they are: what looks like a variable in one stays text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationInfo, field_validator

from common.errors import FieldError, InvalidInput
from common.options import FlowOptions
from common.states import Architecture

MOST_VARIABLES = 20
LONGEST_NAME = 40
LONGEST_VALUE = 20_000
#: The texts of a template that may hold variables, in the order in which people are asked for them.
TEXT_FIELDS = ("session_name", "task", "project_folder")

#: Literal braces, a variable, or braces that are neither. Of many braces in a row the last two begin a variable.
_TOKEN = re.compile(r"\\\{\{|\{\{(?!\{) *([a-z][a-z0-9_]*) *\}\}|\{\{(?!\{)")

_Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=120)]


class Variable(BaseModel):
    """What is asked for at the start."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: str
    #: What people read beside the field; else the name.
    label: _Line = ""
    default: Annotated[str, StringConstraints(max_length=LONGEST_VALUE)] = ""
    #: Whether its value may not be blank.
    required: bool = True

    @field_validator("name")
    @classmethod
    def _check_name(cls, value: str) -> str:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", value) or len(value) > LONGEST_NAME:
            limits = f"begins with a letter, and has at most {LONGEST_NAME} of them"
            raise ValueError(f"A variable's name is made of small letters, digits and _, {limits}.")
        return value


class TemplateContent(BaseModel):
    """What a session is made from; every saved version of a template is one."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    #: For people who look for a template: what it is good for.
    description: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)] = ""
    task: Annotated[str, StringConstraints(max_length=100_000)]
    #: Else taken from the task.
    session_name: _Line = ""
    workers: int = Field(default=4, ge=1, le=16)
    architecture: Annotated[Architecture, Field(strict=False)] = Architecture.HIERARCHICAL
    #: Else the default of the installation.
    model: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""
    #: Absolute, or relative to the first allowed folder.
    project_folder: Annotated[str, StringConstraints(max_length=1000)] = ""
    options: FlowOptions = FlowOptions()
    #: Those that the texts name and this list does not, are added to it.
    variables: list[Variable] = Field(default=[], validate_default=True)

    @field_validator("task")
    @classmethod
    def _check_task(cls, value: str) -> str:
        if not value.strip():
            raise ValueError("The task cannot be blank.")
        return value

    @field_validator(*TEXT_FIELDS)
    @classmethod
    def _check_text(cls, value: str) -> str:
        find_variables(value)
        return value

    @field_validator("variables")
    @classmethod
    def _complete_variables(cls, value: list[Variable], info: ValidationInfo) -> list[Variable]:
        if not set(TEXT_FIELDS) <= info.data.keys():
            return value  # a text is wrong already
        used = dict.fromkeys(name for field in TEXT_FIELDS for name in find_variables(info.data[field]))
        listed = [variable.name for variable in value]
        for name in listed:
            if listed.count(name) > 1:
                raise ValueError(f"There are two variables {name!r}.")
            if name not in used:
                raise ValueError(f"No text of the template has the variable {name!r}; write it as {{{{{name}}}}}.")
        complete = [*value, *(Variable(name=name) for name in used if name not in listed)]
        if len(complete) > MOST_VARIABLES:
            raise ValueError(f"A template has at most {MOST_VARIABLES} variables.")
        return complete


def find_variables(text: str) -> list[str]:
    """Return the names of a text's variables, each once, in their order. Raises ValueError for stray braces."""
    names: dict[str, None] = {}
    for found in _TOKEN.finditer(text):
        if found[1] is not None:
            if len(found[1]) > LONGEST_NAME:
                raise ValueError(f"The name of a variable has at most {LONGEST_NAME} characters: {found[1][:60]}.")
            names[found[1]] = None
        elif found[0] == "{{":
            near = text[found.start() : found.start() + 20].split("\n", 1)[0]
            raise ValueError(f"This is no variable: {near}. Write {{{{name}}}}, or \\{{{{ for the braces themselves.")
    return list(names)


def fill_text(text: str, values: Mapping[str, str]) -> str:
    """Return the text with each variable replaced by its value, once."""
    return _TOKEN.sub(lambda found: values[found[1]] if found[1] is not None else "{{", text)


def escape_text(text: str) -> str:
    """Return the template text that becomes `text` again, whatever stands in it."""
    return text.replace("{{", "\\{{")


def choose_values(variables: Iterable[Variable], given: Mapping[str, str]) -> dict[str, str]:
    """Return the value of each variable: the given one, else its default. Raises InvalidInput that names each fault."""
    variables = list(variables)
    values = {variable.name: given.get(variable.name, variable.default) for variable in variables}
    wrong = [
        *((variable.name, "This is needed.") for variable in variables if _is_missing(variable, values)),
        *((name, f"There is no variable {name!r}.") for name in given if name not in values),
        *(
            (name, f"A value has at most {LONGEST_VALUE:,} characters.")
            for name, value in values.items()
            if len(value) > LONGEST_VALUE
        ),
    ]
    if wrong:
        name, message = wrong[0]
        raise InvalidInput(
            f"variables.{name}: {message}",
            *(FieldError(field=f"variables.{name}", message=message) for name, message in wrong),
        )
    return values


def _is_missing(variable: Variable, values: Mapping[str, str]) -> bool:
    return variable.required and not values[variable.name].strip()
