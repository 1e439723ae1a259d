"""The loop of an agent that may call tools: run a turn, and do what comes next, until the answer stands.

All that it decides by is in the journal, so a replay takes the same turns without a model, a tool or a clock.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from pydantic import JsonValue

from common.events import DurableEvent, Notice, StepFinished, StepStarted
from workers.flow.agent import Agent, Judgement, Reply
from workers.flow.call import CallOutcome, Offer
from workers.flow.checks import tell_written
from workers.flow.circles import Circles
from workers.flow.commands import tell_interrupted
from workers.flow.journal import StepRequest, StepResult, name_intent, name_tool, name_turn
from workers.flow.limits import Limits, Spent
from workers.flow.model import Message, ToolCall, read_call, write_call
from workers.flow.prompt import Asking, Prompt
from workers.flow.text import shorten
from workers.flow.toolbox import Toolbox, cut_text, describe_call
from workers.flow.writing import FREE_TURNS, Writing, follow_nothing

#: How much of a result people see, in characters.
SHOWN_CHARACTERS = 1000


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The work is done."""

    agent: str


@dataclass(frozen=True, kw_only=True)
class AskAgain:
    """The turn was of no use."""

    text: str
    error: str


@dataclass(frozen=True, kw_only=True)
class UseTools:
    """The model wants tools to be used before it goes on."""

    text: str
    calls: tuple[ToolCall, ...]


NextStep = Answer | AskAgain | UseTools


@dataclass(frozen=True, kw_only=True)
class ToolLoop:
    """One piece of work of one agent."""

    agent: Agent
    key: str
    asking: Asking
    toolbox: Toolbox
    limits: Limits
    #: Turns the answer into the events that are committed along with it.
    follow: Callable[[str], tuple[DurableEvent, ...]] = follow_nothing

    async def run(self, prompt: Prompt) -> Reply:
        """Work until there is an answer. A model that cannot call tools just writes.

        A limit, or going round in circles after it was told so, ends the work: the agent is asked for its answer,
        without tools, and a notice says why. Raises ModelError.
        """
        spent, circles, files = Spent(), Circles(), dict[str, None]()
        ended: str | None = None
        while True:
            # What a tool has written is not looked for in the answer.
            asking = replace(self.asking, files=tuple(path for path in self.asking.files if path not in files))
            writing = Writing(agent=self.agent, key=self.key, prompt=prompt, asking=asking, follow=self.follow)
            step = await self._run_turn(writing, spent, ended)
            spent.add_turn(step)
            repeated = ""
            match _read_next(step, is_last=ended is not None):
                case Answer(agent=agent):
                    text = await writing.finish(step.output)
                    if self.asking.subtask is not None:  # then others read it, who see no files
                        text = _name_files(text.strip(), list(files))
                    return Reply(agent=agent, text=text.strip())
                case AskAgain(text=text, error=error):
                    prompt = prompt.ask_again(shorten(text, 500), error)
                case UseTools(text=text, calls=calls):
                    results = await self._use_tools(calls, spent)
                    spent.add_tools(results)
                    files |= dict.fromkeys(str(path) for result in results for path in _list(result.output["files"]))
                    answers = _write_answers(calls, results)
                    prompt = prompt.go_on(Message(role="assistant", content=text, tool_calls=calls), *answers)
                    repeated = circles.find(text, calls, answers, results)
            if limit := spent.find_limit(self.limits):
                ended = f"it reached {limit}"
                prompt = prompt.go_on(_say(f"You have reached {limit}. {_ANSWER_NOW}"))
            elif repeated and circles.told:
                ended = f"it went round in circles: {repeated}"
                prompt = prompt.go_on(_say(f"You still go round in circles: {repeated}. {_ANSWER_NOW}"))
            elif repeated:
                circles.told = True
                prompt = prompt.go_on(_say(f"You go round in circles: {repeated}. {_DO_OTHERWISE}"))

    async def _run_turn(self, writing: Writing, spent: Spent, ended: str | None) -> StepResult:
        offer = Offer(
            tools=self.toolbox.specs,
            output_tokens=self.limits.output_tokens - spent.output_tokens,
            seconds=self.limits.seconds - spent.seconds,
        )
        told: tuple[DurableEvent, ...] = ()
        if ended is not None:
            offer = Offer(seconds=self.limits.seconds)
            label = f"{self.asking.label} ({self.agent.name})"
            told = (Notice(level="warning", message=f"{label}: {ended}, and was asked for its answer."),)
        last = ended is not None or spent.empty_turns >= FREE_TURNS - 1

        async def judge(outcome: CallOutcome, key: str, last: bool) -> Judgement:
            if outcome.tool_calls:
                return Judgement()
            if outcome.timed_out and ended is None:
                return Judgement(error="The answer took too long.", again="Be brief.")
            if outcome.offered and outcome.cut_off and not outcome.text.strip() and not last:
                cut = f"The call was cut off at the limit of {outcome.output_tokens} tokens."
                return Judgement(error=cut, again="Write less at once.")
            return await writing.judge(outcome, key, last)

        key = name_turn(self.key, spent.turns + 1)
        return await self.agent.run_turn(key, writing.prompt, writing.asking, judge, last=last, offer=offer, told=told)

    async def _use_tools(self, calls: Sequence[ToolCall], spent: Spent) -> list[StepResult]:
        """Carry out the calls of a turn, one after the other, as many as may be."""
        allowed = calls[: self.limits.tool_calls - spent.tool_calls]
        return [
            await self._use_tool(name_tool(self.key, spent.turns, number), call)
            for number, call in enumerate(allowed, start=1)
        ]

    async def _use_tool(self, key: str, call: ToolCall) -> StepResult:
        """Carry out a call as a step. What is meant to be done stands in the journal before: in the turn that asks."""
        if self.toolbox.writes(call):
            async with self.agent.flow.writing:  # until the file stands in the folder
                return await self._run_call(key, call)
        return await self._run_call(key, call)

    async def _run_call(self, key: str, call: ToolCall) -> StepResult:
        agent, flow = self.agent, self.agent.flow
        given: dict[str, JsonValue] = {"tool": write_call(call)}
        request = StepRequest(key=key, kind="tool", agent=agent.name, role=self.asking.role, input=given)
        started = StepStarted(
            step=key,
            kind="tool",
            agent=agent.name,
            role=self.asking.role,
            label=describe_call(call),
            subtask=self.asking.subtask,
        )
        was_started = False
        if self.toolbox.runs_once(call):
            intent = replace(request, key=name_intent(key), kind="choice")

            async def mark_start() -> StepResult:
                return StepResult(output={"agent": agent.name}, events=(started,))

            was_started = (await flow.run_step(intent, mark_start)).replayed

        async def execute() -> StepResult:
            if not self.toolbox.runs_once(call):
                await flow.emit(started)
            began = time.perf_counter()
            outcome = tell_interrupted(call.arguments) if was_started else await self.toolbox.use(call)
            seconds = round(time.perf_counter() - began, 3)
            shown = cut_text(outcome.text, SHOWN_CHARACTERS)
            finished = StepFinished(step=key, agent=agent.name, text=shown, duration_seconds=seconds)
            notices = [notice for notice in outcome.notices if notice.message not in flow.noticed]
            flow.noticed |= {notice.message for notice in notices}
            return StepResult(
                output={
                    "agent": agent.name,
                    "text": outcome.text,
                    "failed": outcome.failed,
                    "files": [draft.path for draft in outcome.artifacts],
                    "seconds": seconds,
                    **outcome.facts,
                },
                events=(finished, *await tell_written(key, agent.name, outcome.artifacts), *notices),
                artifacts=outcome.artifacts,
            )

        return await flow.run_step(request, execute)


_ANSWER_NOW = "Write your answer now, without tools, from what you have."
_DO_OTHERWISE = "Do something else, or write your answer."


def _say(sentence: str) -> Message:
    return Message(role="user", content=sentence)


def _list(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []


def _name_files(text: str, paths: Sequence[str]) -> str:
    """Return the answer with those files added that it wrote and does not name."""
    missing = [path for path in paths if path not in text]
    return f"{text}\n\nFiles written: {', '.join(missing)}".strip() if missing else text


def _read_next(step: StepResult, *, is_last: bool) -> NextStep:
    """Return what a turn asks for; the last one is the answer, whatever it says."""
    output = step.output
    text = str(output["text"])
    calls = tuple(read_call(call) for call in _list(output.get("tool_calls")))
    if calls and not is_last:
        return UseTools(text=text, calls=calls)
    if output["error"] is not None and not is_last:
        return AskAgain(text=text, error=str(output["error"]))
    return Answer(agent=str(output["agent"]))


def _write_answers(calls: Sequence[ToolCall], results: Sequence[StepResult]) -> list[Message]:
    """Return an answer to each call, also to those that were one too many."""
    texts = [str(result.output["text"]) for result in results]
    texts += ["Not done: there were too many tool calls."] * (len(calls) - len(results))
    return [
        Message(role="tool", content=text, tool_name=call.name or "unreadable")
        for call, text in zip(calls, texts, strict=True)
    ]
