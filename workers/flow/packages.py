"""Work packages: how a queen divides a task among her sub-queens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from workers.flow.plan import INSTRUCTIONS_LENGTH, TITLE_LENGTH
from workers.flow.plan_files import share_files
from workers.flow.schemas import Draft, ModelText, bounded_schema
from workers.flow.text import shorten


class PackageDraft(Draft):
    """One work package as a model writes it."""

    title: ModelText = Field(default="", json_schema_extra={"minLength": 3, "maxLength": TITLE_LENGTH})
    instructions: ModelText = Field(default="", json_schema_extra={"minLength": 3, "maxLength": INSTRUCTIONS_LENGTH})


class PackagesDraft(Draft):
    """The work packages as a model writes them."""

    packages: list[PackageDraft]


class Package(BaseModel):
    """One sub-queen's share of the task."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    instructions: str
    #: The paths of files that the task wants and this team writes, and of those that other teams write.
    files: list[str] = Field(default_factory=list)
    foreign: list[str] = Field(default_factory=list)


class Packages(BaseModel):
    """Exactly one work package for each sub-queen."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    packages: list[Package]
    #: A sentence for each thing that was mended.
    repairs: list[str] = Field(default_factory=list)


#: What the sub-queens do where the model gave them too little: each a whole view of the task.
RULE_PACKAGES = (
    Package(title="Main part", instructions="Work out the central part of what the task asks for."),
    Package(title="Second view", instructions="Work on the task from another side: details, examples and limits."),
    Package(title="Risks and checks", instructions="Find what could be wrong or missing, and how to check it."),
    Package(title="Use and next steps", instructions="Work out how the result is used and what should come next."),
)


def packages_schema(count: int) -> dict[str, JsonValue]:
    """Return the JSON schema of exactly `count` packages."""
    schema = bounded_schema(PackagesDraft)
    packages = cast("dict[str, JsonValue]", cast("dict[str, JsonValue]", schema["properties"])["packages"])
    packages.update(minItems=count, maxItems=count)
    return schema


def repair_packages(draft: PackagesDraft | None, *, count: int, wanted: Sequence[str] = ()) -> Packages:
    """Make exactly `count` different packages of what a model drafted; None stands for an unreadable draft.

    Each file that is `wanted` goes to one of them.
    """
    repairs: list[str] = []
    packages: list[Package] = []
    seen: set[str] = set()
    for number, item in enumerate(draft.packages if draft else (), start=1):
        title = shorten(item.title, TITLE_LENGTH) or shorten(item.instructions, TITLE_LENGTH)
        instructions = shorten(item.instructions, INSTRUCTIONS_LENGTH) or title
        likeness = f"{title}\n{instructions}".casefold()
        if not title or likeness in seen:
            repairs.append(f"Work package {number} was {'a copy' if title else 'empty'} and was dropped.")
        elif len(packages) == count:
            repairs.append(f"Work package {number} was dropped: there are {count} sub-queens.")
        else:
            seen.add(likeness)
            packages.append(Package(title=title, instructions=instructions))
    if draft is None:
        repairs.append("The division of the task could not be read; one made by rule took its place.")
    elif len(packages) < count:
        repairs.append(f"There were {len(packages)} work packages for {count} sub-queens; the rest was added by rule.")
    spare = [package for package in RULE_PACKAGES if f"{package.title}\n{package.instructions}".casefold() not in seen]
    packages += spare[: count - len(packages)]
    return Packages(packages=_share(packages, wanted), repairs=repairs)


def _share(packages: Sequence[Package], wanted: Sequence[str]) -> list[Package]:
    shares = share_files([f"{package.title} {package.instructions}" for package in packages], wanted)
    return [
        package.model_copy(update={"files": files, "foreign": [path for path in wanted if path not in files]})
        for package, files in zip(packages, shares, strict=True)
    ]
