"""Casting: which model each role speaks with, as told or, for `auto`, by rule from what the server has."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from common.errors import ModelNotFound, ModelUnavailable
from common.events import Notice
from common.options import MODEL_ROLES
from workers.flow.context import FlowContext
from workers.flow.model import ListedModel, ModelInfo
from workers.flow.roles import Role

#: What a model is made for, as far as its name or family says; any other is a general one.
_SPECIALITIES = {"code": re.compile(r"code|codestral|devstral"), "math": re.compile(r"math")}
#: What a role is better done with.
_WANTED = {Role.DEVELOPER: "code", Role.DATA_SCIENTIST: "math"}
#: Of models that only embed, where the server does not tell capabilities.
_EMBEDS = re.compile(r"embed|bert|minilm|bge-|e5-")
#: How many times larger or smaller than the session's a model may be: a person chose that one for the machine.
_LIKE_SIZE = 2


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A model that may be chosen."""

    listed: ListedModel
    info: ModelInfo

    @property
    def can_answer(self) -> bool:
        """Whether it writes text, and does not only embed it."""
        if self.info.capabilities:
            return "completion" in self.info.capabilities
        return not _EMBEDS.search(self._words)

    @property
    def speciality(self) -> str:
        """What it is made for: `code`, `math` or `general`."""
        return next((name for name, pattern in _SPECIALITIES.items() if pattern.search(self._words)), "general")

    @property
    def _words(self) -> str:
        return f"{self.listed.name} {self.listed.details.get('family', '')}".lower()


def choose_models(candidates: Iterable[Candidate], model: str) -> dict[str, str]:
    """Return the roles for which there is a better model than the session's, and which.

    For each role the models of about the session's size are compared: one made for the role comes before a general one,
    and that before one made for something else; then one that can call tools; then the session's; then the largest.
    Queens keep the session's model.
    """
    known = [candidate for candidate in candidates if candidate.can_answer]
    own = next((candidate for candidate in known if candidate.listed.name in {model, f"{model}:latest"}), None)
    if own is None:
        return {}
    size = own.listed.size_bytes
    alike = [item for item in known if size / _LIKE_SIZE <= item.listed.size_bytes <= size * _LIKE_SIZE]

    def rank(candidate: Candidate, role: Role) -> tuple[bool, bool, bool, bool, int, str]:
        return (
            candidate.speciality == _WANTED.get(role),
            candidate.speciality == "general",
            candidate.info.can_call_tools,
            candidate is own,
            candidate.listed.size_bytes,
            candidate.listed.name,
        )

    best = {role: max(alike, key=lambda item: rank(item, role)) for role in Role}
    return {str(role): chosen.listed.name for role, chosen in best.items() if chosen is not own}


async def cast_models(flow: FlowContext) -> Mapping[str, str]:
    """Return the roles that speak with another model than the session's, and which.

    Models that are named have to be there before any work begins. While one is missing or the server does not answer,
    it is asked again after each of the flow's retry delays. Raises ModelError.
    """
    for delay in (*flow.retry_delays, None):
        try:
            chosen = await _find_models(flow)
            return {role: chosen[role] for role in MODEL_ROLES if chosen.get(role, flow.model) != flow.model}
        except (ModelUnavailable, ModelNotFound) as error:
            if delay is None:
                raise
            await flow.emit(Notice(level="warning", message=f"{error} It is asked again in {delay:g} s."))
            await asyncio.sleep(delay)
    raise AssertionError("the last attempt returns or raises")


async def _find_models(flow: FlowContext) -> Mapping[str, str]:
    given = flow.options.models or {}
    if given == "auto":
        listed = await flow.client.list_models()
        described = [(item, await _describe(flow, item.name)) for item in listed]
        candidates = (Candidate(listed=item, info=info) for item, info in described if info is not None)
        return choose_models(candidates, flow.model)
    for name in given.values():
        await flow.describe_model(name)
    return given


async def _describe(flow: FlowContext, name: str) -> ModelInfo | None:
    """Return what a model can do; None where it went away since it was listed."""
    try:
        return await flow.describe_model(name)
    except ModelNotFound:
        return None
