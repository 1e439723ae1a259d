"""The loop of an agent that calls tools: what it asks, in which order, where it ends, and that no replay repeats."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import pytest
from pydantic import Field

from common.errors import InvalidInput, WorkspaceError
from common.events import AgentInfo, ArtifactWritten, ContextCut, DurableEvent, Notice, StepFinished, StepStarted
from common.options import FlowOptions
from tests.unit.workers.flow.helpers import Listener
from workers.flow.agent import Agent, Reply
from workers.flow.context import FlowContext
from workers.flow.journal import ArtifactDraft, MemoryJournal
from workers.flow.limits import Limits
from workers.flow.model import ChatRequest, ToolCall
from workers.flow.progress import count_expected
from workers.flow.prompt import Asking, Prompt
from workers.flow.testing import Calls, Script, Scripted, ScriptedModel, call_tool
from workers.flow.tool_loop import ToolLoop
from workers.flow.toolbox import Arguments, Toolbox, ToolOutcome, make_tool

LIMITS = Limits(turns=8, tool_calls=10, output_tokens=10_000, seconds=60)
TOOLS = frozenset({"completion", "tools"})


class Word(Arguments):
    word: str = Field(description="What to say.")
    times: int = Field(default=1, description="How often.")


class Bench:
    """A loop with two tools that count how often they are used."""

    def __init__(self, script: Script | Mapping[str, Scripted | Sequence[Scripted]], **about: object) -> None:
        self.used: list[str] = []
        self.takes_files = False
        self.listener = Listener()
        self.journal = MemoryJournal(self.listener)
        self.model = ScriptedModel(script=script if callable(script) else by_key(script), capabilities=TOOLS)
        for name, value in about.items():
            setattr(self.model, name, value)

    def echo(self, given: Word) -> ToolOutcome:
        self.used.append(given.word)
        return ToolOutcome(text=given.word * given.times)

    def save(self, given: Word) -> ToolOutcome:
        self.used.append(given.word)
        if given.word == "nowhere":
            raise WorkspaceError("nowhere cannot be used.")
        return ToolOutcome(text="Saved.", artifacts=(ArtifactDraft(path=given.word, content=b"x"),))

    async def run(self, limits: Limits = LIMITS, journal: MemoryJournal | None = None) -> Reply:
        flow = FlowContext(
            task="T",
            client=self.model,
            model="scripted",
            journal=journal or self.journal,
            options=FlowOptions(),
            emit=self.listener,
        )
        loop = ToolLoop(
            agent=Agent(info=AgentInfo(name="drone-1", kind="drone"), flow=flow),
            key="work/2",
            asking=Asking(label="Build it", role="developer", subtask="2", takes_files=self.takes_files),
            toolbox=Toolbox(
                [
                    make_tool("echo", "Say it.", Word, self.echo),
                    make_tool("save", "Save it.", Word, self.save, writes=True),
                ]
            ),
            limits=limits,
            follow=lambda text: (Notice(message=f"followed {text}"),),
        )
        return await loop.run(Prompt(system="You work.", template="propose.md", values=VALUES))

    def notices(self) -> list[str]:
        return [event.message for event in self.listener.all(Notice) if event.level == "warning"]


class _Angle:
    instructions = "Do it."


VALUES: Mapping[str, object] = {"task": "T", "angle": _Angle(), "edits": []}


def by_key(answers: Mapping[str, Scripted | Sequence[Scripted]]) -> Script:
    def answer(request: ChatRequest) -> Scripted:
        return answers.get(request.step_key, "Done.")  # type: ignore[return-value] # a scripted answer

    return answer


def always(name: str, **arguments: str) -> Callable[[ChatRequest], Scripted]:
    """Call a tool for as long as there are tools."""
    return lambda request: call_tool(name, **arguments) if request.tools else "Enough."


async def test_tools_are_offered_used_and_their_results_go_back() -> None:
    two = (
        ToolCall(name="echo", arguments={"word": "a", "times": 2}),
        ToolCall(name="save", arguments={"word": "f.py"}),
    )
    bench = Bench({"work/2": Calls(two, text="I look."), "work/2/turn-2": call_tool("echo", word="b")})
    reply = await bench.run()
    assert reply == Reply(agent="drone-1", text="Done.\n\nFiles written: f.py")
    assert bench.used == ["a", "f.py", "b"]
    assert bench.model.keys == ["work/2", "work/2/turn-2", "work/2/turn-3"]
    assert list(bench.journal.steps) == [
        "work/2",
        "work/2/turn-1/tool-1",
        "work/2/turn-1/tool-2",
        "work/2/turn-2",
        "work/2/turn-2/tool-1",
        "work/2/turn-3",
    ]
    assert [tool.name for tool in bench.model.calls[0].request.tools] == ["echo", "save"]
    said = bench.model.calls[2].request.messages
    assert [message.role for message in said] == ["system", "user", "assistant", "tool", "tool", "assistant", "tool"]
    assert (said[2].content, said[2].tool_calls) == ("I look.", two)
    assert [(message.tool_name, message.content) for message in said[3:5]] == [("echo", "aa"), ("save", "Saved.")]
    assert "tools for the project folder" in said[0].content


async def test_a_file_in_the_answer_that_cannot_be_parsed_goes_back_once() -> None:
    bench = Bench(
        {
            "work/2": call_tool("echo", word="a"),
            "work/2/turn-2": "Here:\n\n```python path=a.py\ndef half(:\n```",
            "work/2/mend": "```python path=a.py\ndef half():\n    return 1\n```",
        }
    )
    bench.takes_files = True
    reply = await bench.run()
    assert bench.model.keys == ["work/2", "work/2/turn-2", "work/2/mend"]
    assert "def half():" in reply.text
    assert "def half(:" not in reply.text
    assert [event.problem is None for event in bench.listener.all(ArtifactWritten)] == [False, True]


async def test_each_tool_call_is_told_and_its_files_too() -> None:
    bench = Bench({"work/2": call_tool("save", word="f.py")})
    await bench.run()
    key = "work/2/turn-1/tool-1"
    started = next(event for event in bench.listener.all(StepStarted) if event.step == key)
    assert (started.kind, started.label, started.subtask, started.role) == ("tool", "Save f.py", "2", "developer")
    finished = next(event for event in bench.listener.all(StepFinished) if event.step == key)
    assert (finished.agent, finished.text) == ("drone-1", "Saved.")
    assert [(event.step, event.path, event.size) for event in bench.listener.all(ArtifactWritten)] == [(key, "f.py", 1)]
    assert [event.message for event in bench.listener.all(Notice)] == ["followed Done."]
    events: list[DurableEvent] = [event for _, result in bench.journal.steps.values() for event in result.events]
    assert count_expected(events, FlowOptions()) + 1 == len(bench.journal.steps)  # the plan holds `work/2` itself


@pytest.mark.parametrize(
    ("call", "result"),
    [
        (ToolCall(name="nosuch", arguments={}), "Error: There is no tool 'nosuch'. There are: echo, save."),
        (ToolCall(name="", arguments='{"word": '), "Error: The call could not be read"),
        (ToolCall(name="echo", arguments={}), "word: Field required. It takes: word, times."),
        (ToolCall(name="echo", arguments={"word": "a", "times": "many"}), "times: Input should be a valid integer"),
        (ToolCall(name="echo", arguments={"word": "a", "loud": True}), "loud: Extra inputs are not permitted"),
        (ToolCall(name="save", arguments={"word": "nowhere"}), "Error: nowhere cannot be used."),
        (ToolCall(name="echo", arguments={"word": ""}), "Nothing."),
        (ToolCall(name="echo", arguments={"word": "x" * 9000}), "[1000 more characters were left out]"),
    ],
)
async def test_whatever_a_model_calls_has_a_result(call: ToolCall, result: str) -> None:
    bench = Bench({"work/2": Calls((call,))})
    assert (await bench.run()).text == "Done."
    assert result in bench.model.calls[1].request.messages[-1].content


async def test_a_model_that_cannot_call_tools_is_asked_as_ever() -> None:
    bench = Bench({"work/2": "", "work/2/turn-2": ""}, capabilities=frozenset({"completion"}))
    assert (await bench.run()).text == ""
    first, second = (call.request for call in bench.model.calls)
    assert first.tools == second.tools == ()
    assert first.messages[0].content == "You work."
    assert second.messages[-1].content == "The answer was empty. Write it now."
    assert set(bench.journal.steps["work/2"][1].output) == {"agent", "text", "value", "error"}


@pytest.mark.parametrize(
    ("limits", "reason", "calls"),
    [
        (replace(LIMITS, turns=3), "the limit of 3 turns", 3),
        (replace(LIMITS, tool_calls=2), "the limit of 2 tool calls", 3),
        (replace(LIMITS, output_tokens=30), "the limit of 30 tokens", 3),
    ],
)
async def test_at_a_limit_the_model_is_told_once_and_the_work_ends(limits: Limits, reason: str, calls: int) -> None:
    words = iter("abcdefghijklmnopqrstuvwxyz")
    bench = Bench(lambda request: call_tool("echo", word=next(words)) if request.tools else "All I have.")
    assert (await bench.run(limits)).text == "All I have."
    assert len(bench.model.calls) == calls
    last = bench.model.calls[-1].request
    assert last.tools == ()
    assert last.messages[-1].content.startswith(f"You have reached {reason}. Write your answer now, without tools")
    assert bench.notices() == [f"Build it (drone-1): it reached {reason}, and was asked for its answer."]


async def test_calls_that_are_too_many_are_answered_but_not_done() -> None:
    four = tuple(ToolCall(name="echo", arguments={"word": word}) for word in "abcd")
    bench = Bench({"work/2": Calls(four)})
    assert (await bench.run(replace(LIMITS, tool_calls=3))).text == "Done."
    assert bench.used == ["a", "b", "c"]
    assert [message.content for message in bench.model.calls[1].request.messages[3:7]] == [
        "a",
        "b",
        "c",
        "Not done: there were too many tool calls.",
    ]


async def test_a_model_that_calls_tools_where_there_are_none_any_more_is_not_heard() -> None:
    words = iter("abcdefgh")
    bench = Bench(lambda request: call_tool("echo", word=next(words)))
    assert (await bench.run(replace(LIMITS, turns=3))).text == ""
    assert bench.used == ["a", "b"]


async def test_an_answer_has_no_more_tokens_than_are_left() -> None:
    bench = Bench({})
    await bench.run(replace(LIMITS, output_tokens=77))
    assert bench.model.calls[0].request.options["num_predict"] == 77


async def test_a_turn_that_takes_too_long_is_cut_and_its_agent_asked_for_the_answer() -> None:
    async def hang(request: ChatRequest) -> str:
        if request.tools:
            await asyncio.Event().wait()
        return "Late."

    bench = Bench(hang)
    assert (await bench.run(replace(LIMITS, seconds=0.05))).text == "Late."
    assert [call.outcome for call in bench.model.calls] == ["cancelled", "finished"]
    assert any("the limit of 0.05 seconds" in notice for notice in bench.notices())


def test_a_loop_without_limits_cannot_be_made() -> None:
    for wrong in ({"turns": 1}, {"tool_calls": 0}, {"seconds": 0.0}):
        with pytest.raises(InvalidInput):
            replace(LIMITS, **wrong)


@pytest.mark.parametrize(
    ("script", "what"),
    [
        (always("echo", word="a"), "the same call of echo, 3 times"),
        (always("nosuch", word="a"), "the same call of nosuch, 3 times"),
    ],
)
async def test_a_model_that_repeats_itself_is_told_once_then_ended(script: Script, what: str) -> None:
    bench = Bench(script)
    assert (await bench.run()).text == "Enough."
    said = [call.request.messages[-1].content for call in bench.model.calls]
    assert said[3] == f"You go round in circles: {what}. Do something else, or write your answer."
    assert bench.model.calls[3].request.tools
    assert said[4].startswith("You still go round in circles: ")
    assert len(said) == 5
    assert len(bench.notices()) == 1
    assert "went round in circles" in bench.notices()[0]


async def test_the_same_error_and_the_same_text_are_circles_too() -> None:
    words = iter("abcdefgh")
    failing = Bench(
        lambda request: call_tool("save", word="nowhere", times=ord(next(words))) if request.tools else "Enough."
    )
    await failing.run()
    assert "the same error (Error: nowhere cannot be used.), 3 times" in failing.model.calls[3].prompt
    more = iter("abcdefgh")
    talking = Bench(
        lambda request: Calls(call_tool("echo", word=next(more)).calls, text="Hm.") if request.tools else "Enough."
    )
    await talking.run()
    assert "the same text, 3 times" in talking.model.calls[3].prompt


async def test_a_model_that_mends_its_ways_is_not_ended() -> None:
    bench = Bench(lambda request: "Done." if "in circles" in str(request.messages) else call_tool("echo", word="a"))
    assert (await bench.run()).text == "Done."
    assert bench.notices() == []


SCRIPT: Mapping[str, Scripted] = {
    "work/2": Calls((*call_tool("echo", word="a").calls, *call_tool("save", word="f.py").calls)),
    "work/2/turn-2": "",
    "work/2/turn-3": call_tool("echo", word="b"),
}


@pytest.mark.parametrize("kept", range(8))
async def test_a_loop_broken_off_anywhere_goes_on_and_repeats_no_tool_call(kept: int) -> None:
    whole = Bench(SCRIPT)
    reply = await whole.run()
    assert len(whole.journal.steps) == 7
    journal = MemoryJournal()
    journal.steps = dict(list(whole.journal.steps.items())[:kept])
    again = Bench(SCRIPT)
    assert await again.run(journal=journal) == reply
    assert list(journal.steps) == list(whole.journal.steps)
    assert [request.input_hash for request, _ in journal.steps.values()] == [
        request.input_hash for request, _ in whole.journal.steps.values()
    ]
    tools = [key for key in list(whole.journal.steps)[kept:] if "/tool-" in key]
    assert len(again.used) == len(tools)
    assert set(again.model.keys).isdisjoint(list(whole.journal.steps)[:kept])


@pytest.mark.parametrize("cancel_at", range(1, 5))
async def test_a_loop_cancelled_in_any_call_ends_at_once_and_goes_on_from_its_journal(cancel_at: int) -> None:
    begun, reached = 0, asyncio.Event()

    async def hang(request: ChatRequest) -> Scripted:
        nonlocal begun
        begun += 1
        if begun == cancel_at:
            reached.set()
            await asyncio.Event().wait()
        return SCRIPT.get(request.step_key, "Done.")

    bench = Bench(hang)
    running = asyncio.create_task(bench.run())
    async with asyncio.timeout(10):
        await reached.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    committed, used = set(bench.journal.steps), list(bench.used)
    again = Bench(SCRIPT)
    await again.run(journal=bench.journal)
    assert set(again.model.keys).isdisjoint(committed)
    assert used + again.used == ["a", "f.py", "b"]


async def test_a_replay_needs_no_clock_and_no_capability() -> None:
    bench = Bench(SCRIPT)
    reply = await bench.run()
    other = Bench({}, capabilities=frozenset({"completion"}))
    assert await other.run(replace(LIMITS, seconds=60), journal=bench.journal) == reply
    assert (other.model.calls, other.used, other.model.descriptions) == ([], [], 0)


async def test_what_earlier_calls_gave_is_cut_first_where_the_context_is_small() -> None:
    words = iter("abcdef")
    bench = Bench(
        lambda request: call_tool("echo", word=next(words) * 1500, times=1) if len(request.messages) < 8 else "Done.",
        context_length=3000,
    )
    assert (await bench.run()).text == "Done."
    cut = bench.listener.all(ContextCut)
    assert cut[0].cut[0] in {"what echo was given", "what echo gave"}
    last = bench.model.calls[-1].request.messages
    assert last[-1].content.startswith("c" * 100)
    assert "[…]" in last[3].content


async def test_a_long_loop_in_a_small_context_forgets_its_first_calls() -> None:
    words = iter("abcdefghijklmnop")
    bench = Bench(
        lambda request: call_tool("echo", word=next(words) * 400) if request.tools else "Done.", context_length=2300
    )
    assert (await bench.run(replace(LIMITS, turns=15, tool_calls=99))).text == "Done."
    assert len(bench.model.calls) == 15
    last = bench.model.calls[-1].request.messages
    assert [message.role for message in last[:4]] == ["system", "user", "assistant", "tool"]
    assert len(last) < 2 + 2 * 14
    assert "earlier tool calls" in bench.listener.all(ContextCut)[-1].cut


async def test_where_the_tools_take_too_much_of_the_context_they_are_not_offered() -> None:
    bench = Bench({}, context_length=512)
    assert (await bench.run()).text == "Done."
    assert bench.model.calls[0].request.tools == ()
