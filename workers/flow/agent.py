"""An agent: a name in a swarm that asks the model, always through the journal."""

from __future__ import annotations

import asyncio
import itertools
import zlib
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar, cast

from pydantic import BaseModel, JsonValue

from common.errors import ContextTooSmall
from common.events import AgentInfo, ArtifactWritten, ContextCut, DurableEvent, Notice, StepFinished
from workers.flow.call import NO_OFFER, CallOutcome, ModelCall, Offer
from workers.flow.checks import tell_written
from workers.flow.context import FlowContext
from workers.flow.files import ReplyFiles, find_missing, read_files, replace_files, write_block
from workers.flow.journal import (
    ArtifactDraft,
    StepRequest,
    StepResult,
    find_call,
    name_mending,
    name_missing,
    name_turn,
)
from workers.flow.mending import mending_prompt, take_mended
from workers.flow.missing import missing_prompt, name_files, take_files, take_sound
from workers.flow.model import write_call, write_message
from workers.flow.prompt import Asking, Prompt
from workers.flow.schemas import Draft, DraftType, read_draft
from workers.flow.text import shorten

Value = TypeVar("Value", bound=BaseModel)

#: How often an answer that cannot be read is asked for in all.
STRUCTURED_TURNS = 3
#: How often an empty answer is asked for in all.
FREE_TURNS = 2
#: Of structured answers, and where nothing but files is asked for.
CALM_TEMPERATURE = 0.2


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What a step came to, as the flow goes on with it."""

    #: The agent that did it, which on a replay may be another than the one that asks.
    agent: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What an answer is worth: a value to go on with, or what is wrong with it and what to ask for instead."""

    value: JsonValue = None
    #: A sentence for people and for the model.
    error: str | None = None
    again: str = ""
    events: tuple[DurableEvent, ...] = ()
    artifacts: tuple[ArtifactDraft, ...] = ()


#: Judges an outcome of the step with the given key; after the last turn there is no error, only the best to be had.
Judge = Callable[[CallOutcome, str, bool], Awaitable[Judgement]]


@dataclass(frozen=True, kw_only=True)
class Agent:
    """A queen, a sub-queen or a drone."""

    info: AgentInfo
    flow: FlowContext

    @property
    def name(self) -> str:
        """Its name in the swarm."""
        return self.info.name

    async def ask(
        self,
        key: str,
        prompt: Prompt,
        asking: Asking,
        follow: Callable[[str], tuple[DurableEvent, ...]] = lambda text: (),
    ) -> Reply:
        """Ask for free text; `follow` turns it into the events that are committed along with it.

        An empty answer is asked for once more, and then taken as it is. Files that are missing or cannot be parsed are
        asked for once more; what that does not mend stays as it is. Raises ModelError.
        """

        async def judge(outcome: CallOutcome, step: str, last: bool) -> Judgement:
            return await self.judge_text(outcome, step, asking, follow, last=last)

        output = await self._converse(key, prompt, asking, judge, turns=FREE_TURNS)
        text = await self.finish_files(key, prompt, asking, output)
        return Reply(agent=str(output["agent"]), text=text.strip())

    async def judge_text(
        self,
        outcome: CallOutcome,
        step: str,
        asking: Asking,
        follow: Callable[[str], tuple[DurableEvent, ...]],
        *,
        last: bool,
    ) -> Judgement:
        """Judge free text: an empty one is of no use, unless it is the last; any other is taken with its files."""
        text = outcome.text.strip()
        if not text and not last:
            return Judgement(error="The answer was empty.", again="Write it now.")
        named = await _name_files(outcome.text, asking)
        files = read_files(named) if asking.takes_files else ReplyFiles()
        problems = [f"{self.name}: {problem}" for problem in files.problems]
        problems += [
            f"{draft.path} ({self.name}) was left out: another team writes it."
            for draft in files.artifacts
            if draft.path in asking.foreign
        ]
        unseen = self.flow.given.find_unseen(outcome.events) - set(asking.foreign)
        problems += [
            f"{draft.path} ({self.name}) was not written: the model was given only a part of what it holds."
            for draft in files.artifacts
            if draft.path in unseen
        ]
        own = tuple(draft for draft in files.artifacts if draft.path not in {*asking.foreign, *unseen})
        if not text:
            problems.append(f"{asking.label} ({self.name}): the model wrote nothing, though it was asked twice.")
        notices = (Notice(level="warning", message=problem) for problem in problems)
        written = await self.tell_files(step, own)
        broken: dict[str, JsonValue] = {event.path: event.problem for event in written if event.problem}
        return Judgement(value=broken, events=(*follow(text), *written, *notices), artifacts=own)

    async def tell_files(self, step: str, drafts: Sequence[ArtifactDraft]) -> tuple[ArtifactWritten, ...]:
        """Return the events of files that came out of a step, each checked."""
        return await tell_written(step, self.name, drafts, call=find_call(step))

    async def finish_files(self, key: str, prompt: Prompt, asking: Asking, output: Mapping[str, JsonValue]) -> str:
        """Return the text of a step that `judge_text` judged, with what was missing or broken of its files.

        What is missing is asked for by itself, what is broken is mended; a file of the plan that is still broken is
        written anew, by a model that sees nothing of what went wrong.
        """
        text, broken = str(output["text"]), cast("Mapping[str, str]", output["value"] or {})
        steps = (name_missing(key, number) for number in itertools.count(1))
        if asking.files:
            text = await _name_files(text, asking)
            if missing := find_missing(text, asking.files):
                text, more = await self._ask_missing(steps, prompt, asking, text, missing)
                broken = {**broken, **more}
        if not broken:
            return text
        text, left = await self._mend(key, prompt.system, asking, text, broken)
        for path in (path for path in left if path in asking.files):
            task = str(prompt.values["task"])
            output = await self._ask_file(next(steps), task, asking, path, is_broken=True, is_last=True)
            anew = await asyncio.to_thread(take_sound, str(output["text"]), path)
            text = replace_files(text, {draft.path: draft.content.decode() for draft in anew})
        return text

    async def ask_for(
        self,
        key: str,
        prompt: Prompt,
        asking: Asking,
        *,
        draft: type[DraftType],
        schema: Mapping[str, JsonValue],
        repair: Callable[[DraftType | None], Value],
        value: type[Value],
        follow: Callable[[Value, str], tuple[DurableEvent, ...]],
    ) -> Value:
        """Ask for structured output and return what `repair` makes of it; the journal keeps that, so it never changes.

        Output that cannot be read is asked for again, with the error; then `repair` gets None and makes something by
        rule. `follow` gets the value and the key of its step. Raises ModelError.
        """

        async def judge(outcome: CallOutcome, step: str, last: bool) -> Judgement:
            read: Draft | str = read_draft(draft, outcome.text)
            if isinstance(read, str) and not last:
                if outcome.cut_off:
                    cut = f"The answer was cut off at its limit of {outcome.output_tokens} tokens."
                    return Judgement(error=cut, again="Answer again, much shorter, as JSON only.")
                return Judgement(error=f"The answer cannot be used: {read}.", again="Answer again, as JSON only.")
            mended = repair(read if isinstance(read, draft) else None)
            return Judgement(value=mended.model_dump(mode="json"), events=follow(mended, step))

        output = await self._converse(key, prompt, asking, judge, turns=STRUCTURED_TURNS, schema=schema)
        return value.model_validate(output["value"])

    async def _ask_missing(
        self, steps: Iterator[str], prompt: Prompt, asking: Asking, reply: str, missing: Sequence[str]
    ) -> tuple[str, Mapping[str, str]]:
        """Ask for each file that a reply lacks; return it with those that came, and what is wrong with them by path."""
        blocks: list[str] = []
        broken: dict[str, str] = {}
        for path in missing:
            for turn in range(1, FREE_TURNS + 1):
                task, is_last = str(prompt.values["task"]), turn == FREE_TURNS
                output = await self._ask_file(next(steps), task, asking, path, reply=reply, is_last=is_last)
                if output["value"] is None:  # there was no room, nor would there be for the others
                    return "\n\n".join([reply, *blocks]).strip(), broken
                taken = await asyncio.to_thread(take_files, str(output["text"]), [path])
                blocks += [write_block(draft.path, draft.content.decode()) for draft in taken]
                broken |= cast("Mapping[str, str]", output["value"])
                if taken:
                    break
        return "\n\n".join([reply, *blocks]).strip(), broken

    async def _ask_file(
        self,
        key: str,
        task: str,
        asking: Asking,
        path: str,
        *,
        is_last: bool,
        reply: str = "",
        is_broken: bool = False,
    ) -> Mapping[str, JsonValue]:
        """Return the output of the step that asks for a file; its value is None where the context had no room.

        Where a broken one is there already, only one that can be parsed takes its place.
        """
        asking = replace(asking, label=f"Write {path}", files=(path,))

        async def judge(outcome: CallOutcome, step: str, last: bool) -> Judgement:
            if is_broken:
                taken = await asyncio.to_thread(take_sound, outcome.text, path)
                otherwise = f"{path} ({self.name}) stays as it is: written anew, it was no better."
            else:
                taken = await asyncio.to_thread(take_files, outcome.text, [path])
                otherwise = f"{path} is missing: {self.name} did not write it, however it was asked."
            written = await self.tell_files(step, taken)
            broken: dict[str, JsonValue] = {event.path: event.problem for event in written if event.problem}
            notices = (Notice(level="warning", message=otherwise),) if is_last and not taken else ()
            return Judgement(value=broken, events=(*written, *notices), artifacts=taken)

        prompt = missing_prompt(task, reply, path)
        step = await self.run_turn(key, prompt, asking, judge, last=True, is_calm=True, may_be_left_out=True)
        return step.output

    async def _mend(
        self, key: str, system: str, asking: Asking, reply: str, broken: Mapping[str, str]
    ) -> tuple[str, list[str]]:
        """Ask for the files of a reply that cannot be parsed; return it with those that were mended, and the others."""
        named = next(iter(broken)) if len(broken) == 1 else f"{len(broken)} files"
        asking = replace(asking, label=f"Mend {named}")

        async def judge(outcome: CallOutcome, step: str, last: bool) -> Judgement:
            was_cut = any(isinstance(event, ContextCut) for event in outcome.events)  # then it saw half a file
            mended = () if was_cut else await asyncio.to_thread(take_mended, reply, broken, outcome.text)
            paths: list[JsonValue] = [draft.path for draft in mended]
            written = await self.tell_files(step, mended)
            notices = (
                Notice(level="warning", message=f"{path} ({self.name}) was not mended. {problem}")
                for path, problem in broken.items()
                if path not in paths
            )
            return Judgement(value=paths, events=(*written, *notices), artifacts=mended)

        prompt = mending_prompt(system, reply, broken)
        step = await self.run_turn(
            name_mending(key), prompt, asking, judge, last=True, is_calm=True, may_be_left_out=True
        )
        output = step.output
        paths = cast("list[str]", output["value"] or [])
        answer = await asyncio.to_thread(take_files, str(output["text"]), list(broken))
        mended = replace_files(reply, {d.path: d.content.decode() for d in answer if d.path in paths})
        return mended, [path for path in broken if path not in paths]

    async def _converse(
        self,
        key: str,
        prompt: Prompt,
        asking: Asking,
        judge: Judge,
        *,
        turns: int,
        schema: Mapping[str, JsonValue] | None = None,
    ) -> Mapping[str, JsonValue]:
        """Ask until an answer is of use; every turn is a step of its own."""
        for turn in range(1, turns + 1):
            step = await self.run_turn(name_turn(key, turn), prompt, asking, judge, last=turn == turns, schema=schema)
            output = step.output
            if output["error"] is None:
                return output
            prompt = prompt.ask_again(shorten(str(output["text"]), 500), str(output["error"]))
        raise AssertionError("the last turn has no error")

    async def run_turn(
        self,
        key: str,
        prompt: Prompt,
        asking: Asking,
        judge: Judge,
        *,
        last: bool,
        schema: Mapping[str, JsonValue] | None = None,
        offer: Offer = NO_OFFER,
        told: tuple[DurableEvent, ...] = (),
        is_calm: bool = False,
        may_be_left_out: bool = False,
    ) -> StepResult:
        """Make one model call as a step of its own; `told` is committed along with it, and a calm one takes no risks.

        One that may be left out is, where the context has no room for it: what others go on with is journaled, for on a
        replay elsewhere there may be room. Its output holds the text, the value and the error that `judge` made of it,
        and the tool calls where tools were offered. Raises ModelError.
        """
        options = self._choose_options(key, free=schema is None, calm=is_calm or schema is not None)
        model = self.flow.model_of(asking.role)
        request = StepRequest(
            key=key,
            kind="model",
            agent=self.name,
            role=asking.role,
            model=model,
            # Nothing of the server (its limits, whether it is there) and nothing of the drone: a replay elsewhere and
            # on another day has the same hash.
            input={
                "model": model,
                "messages": [write_message(item) for item in prompt.messages()],
                "schema": dict(schema) if schema is not None else None,
                "options": options,
            },
        )
        call = ModelCall(
            flow=self.flow,
            model=model,
            step=request,
            asking=asking,
            prompt=prompt,
            schema=schema,
            options=options,
            offer=offer,
        )

        async def execute() -> StepResult:
            try:
                outcome = await call.make()
            except ContextTooSmall:
                if not may_be_left_out:
                    raise
                return StepResult(output={"agent": self.name, "text": "", "value": None, "error": None})
            judgement = await judge(outcome, key, last)
            events = judgement.events
            if judgement.error is not None:
                sentence = f"{asking.label} ({self.name}): {judgement.error} The model is asked again."
                events = (*events, Notice(level="warning", message=sentence))
            finished = StepFinished(
                step=key,
                agent=self.name,
                text=outcome.text,
                prompt_tokens=outcome.prompt_tokens,
                output_tokens=outcome.output_tokens,
                duration_seconds=outcome.duration_seconds,
                first_token_seconds=outcome.first_token_seconds,
                cut_off=outcome.cut_off,
            )
            output: dict[str, JsonValue] = {
                "agent": self.name,
                "text": outcome.text,
                "value": judgement.value,
                "error": judgement.error and f"{judgement.error} {judgement.again}",
            }
            if outcome.offered:
                output["tool_calls"] = [write_call(wanted) for wanted in outcome.tool_calls]
                output["seconds"] = outcome.stream_seconds
            return StepResult(
                output=output,
                prompt_tokens=outcome.prompt_tokens,
                output_tokens=outcome.output_tokens,
                events=(*outcome.events, finished, *told, *events),
                artifacts=judgement.artifacts,
            )

        return await self.flow.run_step(request, execute)

    def _choose_options(self, key: str, *, free: bool, calm: bool) -> dict[str, JsonValue]:
        """Return what a person set of Ollama's options for a free or a structured answer."""
        given = self.flow.options
        options: dict[str, JsonValue] = {
            "temperature": min(given.temperature, CALM_TEMPERATURE) if calm else given.temperature,
        }
        if free and given.max_output_tokens is not None:
            options["num_predict"] = given.max_output_tokens
        if given.seed is not None:  # one seed for all would make drones with like prompts say the same
            options["seed"] = (given.seed + zlib.crc32(key.encode())) % 2**31
        return options


async def _name_files(text: str, asking: Asking) -> str:
    """Return a reply with the files that were asked for named in it; its blocks are parsed for that, so in a thread."""
    has_blocks = "```" in text or "~~~" in text
    return await asyncio.to_thread(name_files, text, asking) if asking.files and has_blocks else text
