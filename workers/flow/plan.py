"""A plan: subtasks that depend on one another, as a model drafts it and as rules mend it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import cast

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from common.events import SubtaskInfo
from workers.flow.plan_files import MOST_CARRIED, PATH_LENGTH, carry_files
from workers.flow.roles import Role, find_role
from workers.flow.schemas import Draft, ModelText, bounded_schema
from workers.flow.text import shorten

TITLE_LENGTH = 80
INSTRUCTIONS_LENGTH = 300
#: The most subtasks of any plan.
MOST_SUBTASKS = 12


class SubtaskDraft(Draft):
    """One subtask as a model writes it; its number is its place in the plan, counted from 1."""

    title: ModelText = Field(default="", json_schema_extra={"minLength": 3, "maxLength": TITLE_LENGTH})
    instructions: ModelText = Field(default="", json_schema_extra={"minLength": 3, "maxLength": INSTRUCTIONS_LENGTH})
    role: ModelText = Field(default="", json_schema_extra={"enum": [str(role) for role in Role]})
    depends_on: list[int] = Field(default_factory=list)
    #: Paths of the files that it has to write.
    files: list[ModelText] = Field(default_factory=list)


class PlanDraft(Draft):
    """A plan as a model writes it."""

    subtasks: list[SubtaskDraft]


class Plan(BaseModel):
    """A plan that can be carried out: two subtasks at least, ids unique, no cycles."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    subtasks: list[SubtaskInfo]
    #: A sentence for each thing that was mended.
    repairs: list[str] = Field(default_factory=list)


def most_subtasks(drones: int) -> int:
    """Return how many subtasks of a plan are carried out for so many drones."""
    return min(MOST_SUBTASKS, max(3, 2 * drones))


def asked_subtasks(drones: int) -> int:
    """Return how many subtasks a model is asked for at most: enough to keep all drones busy, few enough to end soon."""
    return min(most_subtasks(drones), max(2, drones))


def plan_schema(most: int) -> dict[str, JsonValue]:
    """Return the JSON schema of a plan of two to `most` subtasks."""
    schema = bounded_schema(PlanDraft)
    subtasks = cast("dict[str, JsonValue]", cast("dict[str, JsonValue]", schema["properties"])["subtasks"])
    subtasks.update(minItems=2, maxItems=most)
    fields = cast("dict[str, JsonValue]", cast("dict[str, JsonValue]", subtasks["items"])["properties"])
    fields["depends_on"] = {
        "type": "array",
        "items": {"type": "integer", "minimum": 1, "maximum": most},
        "maxItems": min(3, most - 1),
    }
    path: JsonValue = {"type": "string", "minLength": 3, "maxLength": PATH_LENGTH}
    fields["files"] = {"type": "array", "items": path, "maxItems": MOST_CARRIED}
    return schema


def repair_plan(
    draft: PlanDraft | None,
    *,
    most: int,
    prefix: str = "",
    wanted: Sequence[str] = (),
    foreign: Collection[str] = (),
) -> Plan:
    """Make a plan that can be carried out of what a model drafted; None stands for a draft that nobody could read.

    Ids are `prefix` and a number. Subtasks keep their order. They carry the files that are `wanted` of them and none
    that are `foreign`.
    """
    repairs: list[str] = []
    if draft is None:
        repairs.append("The plan could not be read; a plan made by rule took its place.")
    drafts, numbers = _choose_subtasks(draft.subtasks if draft else (), most, repairs)
    depends = _choose_dependencies(drafts, numbers, repairs)
    by_rule = not drafts
    if by_rule:
        if draft is not None:
            repairs.append("The plan had no usable subtask; a plan made by rule took its place.")
        drafts = [SubtaskDraft(title="Work out the task", instructions="Do what the task asks.", role=Role.ANALYST)]
        depends = [[]]
    if len(drafts) == 1:
        if not by_rule:
            repairs.append("The plan had a single subtask; one that checks and completes it was added.")
        check = "Check the result of the first subtask, correct it and complete it."
        drafts.append(SubtaskDraft(title="Check and complete", instructions=check, role=Role.ANALYST))
        depends.append([1])
    subtasks = [
        SubtaskInfo(
            id=f"{prefix}{number}",
            title=item.title,
            instructions=item.instructions,
            role=_choose_role(item.role, number, repairs),
            depends_on=[f"{prefix}{other}" for other in sorted(others)],
            files=item.files,
        )
        for number, (item, others) in enumerate(zip(drafts, depends, strict=True), start=1)
    ]
    return Plan(subtasks=carry_files(subtasks, wanted, foreign, repairs), repairs=repairs)


def _choose_subtasks(
    drafts: Sequence[SubtaskDraft], most: int, repairs: list[str]
) -> tuple[list[SubtaskDraft], dict[int, int]]:
    """Return the subtasks that stay, and the new number of each old one (two numbers may lead to one subtask)."""
    kept: list[SubtaskDraft] = []
    numbers: dict[int, int] = {}
    seen: dict[tuple[str, str], int] = {}
    copies: set[int] = set()
    for number, item in enumerate(drafts, start=1):
        title, instructions = shorten(item.title, TITLE_LENGTH), shorten(item.instructions, INSTRUCTIONS_LENGTH)
        likeness = (title.casefold(), instructions.casefold())
        if not title and not instructions:
            repairs.append(f"Subtask {number} was empty and was dropped.")
        elif likeness in seen:
            numbers[number] = seen[likeness]
            copies.add(number)
            repairs.append(f"Subtask {number} was a copy and was merged into the earlier one.")
        elif len(kept) == most:
            repairs.append(f"Subtask {number} was dropped: {most} is the most here.")
        else:
            whole = {"title": title or shorten(instructions, TITLE_LENGTH), "instructions": instructions or title}
            kept.append(item.model_copy(update=whole))
            numbers[number] = seen[likeness] = len(kept)
    for number, item in enumerate(drafts, start=1):  # what depended on a merged copy's needs now needs them itself
        new = numbers.get(number)
        if new is not None and number in copies:
            merged = [*kept[new - 1].depends_on, *item.depends_on]
            kept[new - 1] = kept[new - 1].model_copy(update={"depends_on": merged})
    return kept, numbers


def _choose_dependencies(
    drafts: Sequence[SubtaskDraft], numbers: dict[int, int], repairs: list[str]
) -> list[list[int]]:
    """Return the dependencies of each subtask in new numbers: known, not on itself, without cycles."""
    depends: list[list[int]] = [[] for _ in drafts]

    def leads_to(begin: int, goal: int) -> bool:
        return begin == goal or any(leads_to(step, goal) for step in depends[begin - 1])

    for number, item in enumerate(drafts, start=1):
        for old in item.depends_on:
            other = numbers.get(old)
            if other is None:
                repairs.append(f"Subtask {number} depended on {old}, which is not there; that was dropped.")
            elif other == number:
                repairs.append(f"Subtask {number} depended on itself; that was dropped.")
            elif other in depends[number - 1]:
                continue
            elif leads_to(other, number):
                repairs.append(f"Subtasks {number} and {other} waited for each other; {number} now goes first.")
            else:
                depends[number - 1].append(other)
    return depends


def _choose_role(word: str, number: int, repairs: list[str]) -> str:
    role = find_role(word)
    if role is None:
        role = Role.ANALYST
        repairs.append(f"Subtask {number} had no known role; {role} took it.")
    return str(role)
