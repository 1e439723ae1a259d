"""Writing: an agent writes free text, with the files that it has to hold; what is missing or broken is asked again."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

from pydantic import JsonValue

from common.events import ContextCut, DurableEvent, Notice
from workers.flow.agent import Agent, Judgement, Reply
from workers.flow.call import CallOutcome
from workers.flow.checks import tell_written
from workers.flow.entries import entries_prompt, entries_schema, has_entries, take_entries
from workers.flow.files import ReplyFiles, find_missing, read_files, replace_files, write_block
from workers.flow.journal import ArtifactDraft, name_mending, name_missing
from workers.flow.mending import mending_prompt, take_mended
from workers.flow.missing import missing_prompt, name_files, take_begun, take_files, take_sound
from workers.flow.prompt import Asking, Prompt

#: How often an empty answer is asked for in all.
FREE_TURNS = 2
#: How often a file that does not come is asked for by itself; after the first time with more freedom.
#: One that cannot be parsed, or that broke off, counts as come only the last time; settings are then asked for by keys.
FILE_TURNS = 3


def follow_nothing(text: str) -> tuple[DurableEvent, ...]:
    """Take the place of a `follow` where nothing follows from the text."""
    return ()


@dataclass(frozen=True, kw_only=True)
class Writing:
    """One piece of free text."""

    agent: Agent
    key: str
    prompt: Prompt
    asking: Asking
    #: Turns the text into the events that are committed along with it.
    follow: Callable[[str], tuple[DurableEvent, ...]] = follow_nothing

    async def write(self) -> Reply:
        """Return the text. An empty one is asked for once more, and then taken as it is. Raises ModelError."""
        output = await self.agent.converse(self.key, self.prompt, self.asking, self.judge, turns=FREE_TURNS)
        return Reply(agent=str(output["agent"]), text=(await self.finish(output)).strip())

    async def judge(self, outcome: CallOutcome, step: str, last: bool) -> Judgement:
        """Judge a text: an empty one is of no use, unless it is the last; any other is taken with its files."""
        agent, asking, text = self.agent, self.asking, outcome.text.strip()
        if not text and not last:
            return Judgement(error="The answer was empty.", again="Write it now.")
        files = read_files(await self._name_files(outcome.text)) if asking.takes_files else ReplyFiles()
        problems = [f"{agent.name}: {problem}" for problem in files.problems]
        problems += [
            f"{draft.path} ({agent.name}) was left out: another team writes it."
            for draft in files.artifacts
            if draft.path in asking.foreign
        ]
        unseen = agent.flow.given.find_unseen(outcome.events) - set(asking.foreign)
        problems += [
            f"{draft.path} ({agent.name}) was not written: the model was given only a part of what it holds."
            for draft in files.artifacts
            if draft.path in unseen
        ]
        own = tuple(draft for draft in files.artifacts if draft.path not in {*asking.foreign, *unseen})
        if not text:
            problems.append(f"{asking.label} ({agent.name}): the model wrote nothing, though it was asked twice.")
        notices = (Notice(level="warning", message=problem) for problem in problems)
        written = await tell_written(step, agent.name, own)
        broken: dict[str, JsonValue] = {event.path: event.problem for event in written if event.problem}
        return Judgement(value=broken, events=(*self.follow(text), *written, *notices), artifacts=own)

    async def finish(self, output: Mapping[str, JsonValue]) -> str:
        """Return the text of a step that `judge` judged, with what was missing or broken of its files.

        What is missing is asked for by itself, what is broken is mended; a file of the plan that is still broken is
        written anew, by a model that sees nothing of what went wrong. What no way mends stays as it is.
        """
        text, broken = str(output["text"]), cast("Mapping[str, str]", output["value"] or {})
        steps = (name_missing(self.key, number) for number in itertools.count(1))
        if self.asking.files:
            text = await self._name_files(text)
            if missing := find_missing(text, self.asking.files):
                text, more = await self._ask_missing(steps, text, missing)
                broken = {**broken, **more}
        if not broken:
            return text
        text, left = await self._mend(text, broken)
        for path in (path for path in left if path in self.asking.files):
            output = await self._ask_file(next(steps), path, turn=FILE_TURNS, is_broken=True)
            take = _choose_take(FILE_TURNS, path, is_broken=True)
            anew = await asyncio.to_thread(take, str(output["text"]), path)
            text = replace_files(text, {draft.path: draft.content.decode() for draft in anew})
        return text

    async def _name_files(self, text: str) -> str:
        """Return a text with the files that were asked for named in it; its blocks are parsed for that, in a thread."""
        has_blocks = "```" in text or "~~~" in text
        return await asyncio.to_thread(name_files, text, self.asking) if self.asking.files and has_blocks else text

    async def _ask_missing(
        self, steps: Iterator[str], reply: str, missing: Sequence[str]
    ) -> tuple[str, Mapping[str, str]]:
        """Ask for each file that a reply lacks; return it with those that came, and what is wrong with them by path."""
        blocks: list[str] = []
        broken: dict[str, str] = {}
        for path in missing:
            for turn in range(1, FILE_TURNS + 1):
                # What it wrote first a small model only writes once more: later it sees the task alone.
                output = await self._ask_file(next(steps), path, turn=turn, reply=reply if turn == 1 else "")
                if output["value"] is None:  # there was no room, nor would there be for the others
                    return "\n\n".join([reply, *blocks]).strip(), broken
                taken = await asyncio.to_thread(_choose_take(turn, path), str(output["text"]), path)
                blocks += [write_block(draft.path, draft.content.decode()) for draft in taken]
                broken |= cast("Mapping[str, str]", output["value"])
                if taken:
                    break
        return "\n\n".join([reply, *blocks]).strip(), broken

    async def _ask_file(
        self, step: str, path: str, *, turn: int, reply: str = "", is_broken: bool = False
    ) -> Mapping[str, JsonValue]:
        """Return the output of the step that asks for a file; its value is None where the context had no room.

        Where a broken one is there already, only one that can be parsed takes its place.
        """
        name, by_keys = self.agent.name, turn == FILE_TURNS and has_entries(path)
        take = _choose_take(turn, path, is_broken=is_broken)

        async def judge(outcome: CallOutcome, step: str, last: bool) -> Judgement:
            taken = await asyncio.to_thread(take, outcome.text, path)
            written = await tell_written(step, name, taken)
            broken: dict[str, JsonValue] = {event.path: event.problem for event in written if event.problem}
            told: str | None = None
            if taken and by_keys:
                told = f"{path} ({name}) was made of its keys and values, as no answer held it as a file."
            elif taken and not take_files(outcome.text, [path]):
                told = f"{path} ({name}) ends with its last whole function, as the answer broke off."
            elif turn == FILE_TURNS and not taken and is_broken:
                told = f"{path} ({name}) stays as it is: written anew, it was no better."
            elif turn == FILE_TURNS and not taken:
                told = f"{path} is missing: {name} did not write it, however it was asked."
            notices = (Notice(level="warning", message=told),) if told else ()
            return Judgement(value=broken, events=(*written, *notices), artifacts=taken)

        task, schema = str(self.prompt.values["task"]), entries_schema() if by_keys else None
        prompt = entries_prompt(self.prompt.system, task, path) if by_keys else missing_prompt(task, reply, path)
        asking = replace(self.asking, label=f"Write {path}", files=(path,))
        result = await self.agent.run_turn(
            step, prompt, asking, judge, last=True, schema=schema, is_calm=turn == 1, may_be_left_out=True
        )
        return result.output

    async def _mend(self, reply: str, broken: Mapping[str, str]) -> tuple[str, list[str]]:
        """Ask for the files of a reply that cannot be parsed; return it with those that were mended, and the others."""
        name = self.agent.name

        async def judge(outcome: CallOutcome, step: str, last: bool) -> Judgement:
            was_cut = any(isinstance(event, ContextCut) for event in outcome.events)  # then it saw half a file
            mended = () if was_cut else await asyncio.to_thread(take_mended, reply, broken, outcome.text)
            paths: list[JsonValue] = [draft.path for draft in mended]
            written = await tell_written(step, name, mended)
            notices = (
                Notice(level="warning", message=f"{path} ({name}) was not mended. {problem}")
                for path, problem in broken.items()
                if path not in paths
            )
            return Judgement(value=paths, events=(*written, *notices), artifacts=mended)

        named = next(iter(broken)) if len(broken) == 1 else f"{len(broken)} files"
        asking = replace(self.asking, label=f"Mend {named}")
        prompt = mending_prompt(self.prompt.system, reply, broken)
        step = name_mending(self.key)
        output = (
            await self.agent.run_turn(step, prompt, asking, judge, last=True, is_calm=True, may_be_left_out=True)
        ).output
        paths = cast("list[str]", output["value"] or [])
        answer = await asyncio.to_thread(take_files, str(output["text"]), list(broken))
        mended = replace_files(reply, {d.path: d.content.decode() for d in answer if d.path in paths})
        return mended, [path for path in broken if path not in paths]


def _choose_take(turn: int, path: str, *, is_broken: bool = False) -> Callable[[str, str], tuple[ArtifactDraft, ...]]:
    if turn == FILE_TURNS and has_entries(path):
        return take_entries
    return take_sound if turn < FILE_TURNS or is_broken else take_begun
