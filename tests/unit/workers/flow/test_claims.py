"""What an answer claims is listed once, and marked by what the journal has, never by what a model says."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest
from pydantic import JsonValue

from common.events import Claim, ClaimsMade, Notice, StepStarted, SubtaskInfo
from common.options import FlowOptions
from common.states import Architecture
from tests.unit.workers.flow.helpers import Listener, plan, run_flow, script, subtask
from workers.flow import ArtifactDraft, ChatRequest, FlowResult, MemoryJournal, StepRequest, StepResult, Workspace
from workers.flow.checks import MOST_CHECKED_BYTES, check_file
from workers.flow.claims import (
    SUBJECT_LENGTH,
    ClaimDraft,
    Claims,
    ClaimsDraft,
    claims_schema,
    count_named,
    describe_ledger,
    mark_claims,
    most_claims,
)
from workers.flow.ledger import Ledger
from workers.flow.progress import count_expected
from workers.flow.testing import Scripted, ScriptedModel, call_tool, sample_answer

TOOLS = frozenset({"completion", "tools"})
ANSWER = "It is all in x.md."
PLAN = plan(subtask("Write it"), subtask("Look at it", 1))


def block(path: str, body: str) -> str:
    return f"```text path={path}\n{body}\n```"


def claim(kind: str, subject: str, statement: str = "It is done.") -> dict[str, JsonValue]:
    return {"kind": kind, "subject": subject, "statement": statement}


def claims(*items: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    return {"claims": [dict(item) for item in items]}


def marks(made: FlowResult | Claims) -> list[tuple[str, str, bool]]:
    return [(item.kind, item.subject, item.verified) for item in made.claims]


def note(
    ledger: Ledger, step: str, position: int, *, files: Mapping[str, str] | None = None, **output: JsonValue
) -> None:
    """Feed a committed tool step to a ledger."""
    drafts = tuple(ArtifactDraft(path=path, content=text.encode()) for path, text in (files or {}).items())
    checks = {draft.path: check_file(draft.path, draft.content) for draft in drafts}
    request = StepRequest(key=step, kind="tool", agent="drone-1")
    ledger.add_step(request, StepResult(output=output, artifacts=drafts, position=position), checks)


def finish(ledger: Ledger, number: str, title: str = "A part", again: bool = False) -> None:
    done = SubtaskInfo(id=number, title=title, instructions="", role="developer")
    ledger.add_subtask(done, f"{'rework' if again else 'work'}/{number}")


def mark(ledger: Ledger, *drafts: tuple[str, str]) -> list[Claim]:
    draft = ClaimsDraft(claims=[ClaimDraft(kind=kind, subject=subject, statement="So.") for kind, subject in drafts])
    return mark_claims(draft, ledger, ANSWER).claims


async def test_an_answer_lists_its_claims_and_each_is_marked_by_the_journal() -> None:
    listed = claims(
        claim("file", "`./app.py`", "Das Programm ist fertig."),
        claim("file", "tests.py", "Es gibt Tests."),
        claim("file", "made_up.py", "Auch das."),
        claim("command", "pytest", "Alle Tests laufen."),
        claim("subtask 2", "x", "Es wurde geprüft."),
    )
    answers = {"plan": PLAN, "work/1": block("app.py", "x = 1"), "answer": "Fertig, mit tests.py.", "claims": listed}
    model, listener = ScriptedModel(script=script(answers)), Listener()
    result = await run_flow(model, listener=listener)
    assert model.keys == ["plan", "work/1", "work/2", "review", "answer", "claims"]
    assert [(item.subject, item.statement, item.verified) for item in result.claims] == [
        ("app.py", "Das Programm ist fertig.", True),
        ("tests.py", "Es gibt Tests.", False),
        ("pytest", "Alle Tests laufen.", False),
        ("2", "Es wurde geprüft.", False),
        ("1", "Write it", True),  # the model had not listed it
    ]
    assert [item.evidence for item in result.claims[1:]] == [
        "No such file was written.",
        "No such command was run.",
        "Nothing recorded backs it: it left no file, and no command ran.",
        "Verified are app.py.",
    ]
    digest = ArtifactDraft(path="app.py", content=b"x = 1\n").sha256
    assert result.claims[0].evidence == f"The journal has it: 6 bytes, SHA-256 {digest[:12]}…, and it can be parsed."
    (made,) = listener.all(ClaimsMade)
    assert (made.step, made.agent, tuple(made.claims)) == ("claims", "queen", result.claims)
    asked = model.call("claims").prompt
    assert "- file app.py\n- subtask 1: Write it\n- subtask 2: Look at it" in asked
    assert "## The answer\nFertig, mit tests.py." in asked


@pytest.mark.parametrize(
    ("architecture", "agent"),
    [
        (Architecture.CENTRALIZED, "queen"),
        (Architecture.HIERARCHICAL, "queen"),
        (Architecture.FULLY_CONNECTED, "drone-2"),
    ],
)
async def test_who_wrote_the_answer_lists_its_claims(architecture: Architecture, agent: str) -> None:
    answers = {"answer": block("app.py", "x = 1"), "vote/1": {"choice": "proposal-2", "reason": ""}}
    answers |= {"vote/3": {"choice": "proposal-2", "reason": ""}, "vote/4": {"choice": "proposal-2", "reason": ""}}
    listener, model = Listener(), ScriptedModel(script=script(answers))
    await run_flow(model, architecture, listener=listener)
    assert model.keys[-2:] == ["answer", "claims"]
    assert [event.agent for event in listener.all(StepStarted) if event.step in {"answer", "claims"}] == [agent, agent]


async def test_where_there_is_nothing_to_check_or_to_doubt_nothing_is_asked() -> None:
    answers = {"plan": PLAN, "answer": "The moon pulls at the sea, e.g. at 3.15 h, see https://example.com/tides.html."}
    model, listener = ScriptedModel(script=script(answers)), Listener()
    result = await run_flow(model, listener=listener)
    assert model.keys[-1] == "answer"
    assert result.claims == ()
    assert listener.all(ClaimsMade) == []


@pytest.mark.parametrize(
    ("answer", "named"),
    [
        ("I wrote main.py.", 1),
        ("Ich habe src/größe.py und src/größe.py geschrieben.", 1),
        ("已写入 数据/结果.json。", 1),
        ("fib.pyを書きました。", 1),
        ("Run `make`, then `make test`.", 2),
        ("So:\n```\nx\n```", 1),
        ("z.B. am 3.5. um 12.30 Uhr, u.a. in Kiel.Dann", 0),
        ("Write to a@b.example or see http://x.example/a.html", 0),
    ],
)
def test_an_answer_that_names_a_file_or_code_in_any_language_is_doubted(answer: str, named: int) -> None:
    assert count_named(answer) == named


def test_an_endless_word_is_looked_through_at_once() -> None:
    assert count_named("a/" * 200_000 + "a-" * 200_000) == 0


async def test_a_claim_of_a_file_that_was_only_shown_is_no_more_than_claimed() -> None:
    answers = {"plan": PLAN, "answer": "I wrote `main.py`.", "claims": claims(claim("file", "main.py"))}
    result = await run_flow(ScriptedModel(script=script(answers)))
    assert marks(result) == [("file", "main.py", False), ("subtask", "1", False), ("subtask", "2", False)]


async def test_a_weak_models_unreadable_list_is_replaced_by_what_the_journal_knows() -> None:
    bad = dict.fromkeys(("claims", "claims/turn-2", "claims/turn-3"), "I did everything")
    answers = {"plan": PLAN, "work/1": block("app.py", "x = ("), "work/1/mend": "I cannot do that.", **bad}
    journal, listener = MemoryJournal(), Listener()
    result = await run_flow(ScriptedModel(script=script(answers)), journal=journal, listener=listener)
    assert marks(result) == [("file", "app.py", False), ("subtask", "1", False), ("subtask", "2", False)]
    assert result.claims[0].evidence.endswith(". Not valid Python, line 1: '(' was never closed.")
    events = [event for _, step in journal.steps.values() for event in step.events]
    told = [event.message for event in events if isinstance(event, Notice)]
    assert told[-1] == "The claims of queen could not be read; only what the journal knows is listed."
    assert count_expected(events, FlowOptions()) == len(journal.steps)


async def test_where_the_context_has_no_room_for_them_the_claims_are_by_rule_and_the_answer_stands() -> None:
    bad = dict.fromkeys(("claims", "claims/turn-2"), "1234567890" * 60)
    answers = {"plan": PLAN, "work/1": block("app.py", "x = 1"), "answer": "Done.", **bad}
    journal, listener = MemoryJournal(), Listener()
    model = ScriptedModel(script=script(answers))
    result = await run_flow(model, journal=journal, listener=listener, num_ctx=1024)
    assert model.keys[-1] == "claims/turn-2"  # the third turn does not fit
    assert result.answer == "Done."
    assert marks(result)[0] == ("file", "app.py", True)
    events = [event for _, step in journal.steps.values() for event in step.events]
    assert [event.step for event in events if isinstance(event, ClaimsMade)] == ["claims/rule"]
    assert count_expected(events, FlowOptions()) == len(journal.steps)


def test_a_command_counts_by_its_latest_run_and_what_was_written_since_is_told() -> None:
    ledger = Ledger()
    note(ledger, "work/1/turn-1/tool-1", 3, command="pytest  -q", exit_code=1)
    note(ledger, "work/1/turn-2/tool-1", 5, command="pytest -q", exit_code=0)
    note(ledger, "work/1/turn-3/tool-1", 6, command="make", exit_code=2)
    note(ledger, "work/1/turn-4/tool-1", 7, command="sleep 99", exit_code=None)
    made = mark(ledger, ("command", "pytest -q"), ("command", "make"), ("command", "sleep 99"), ("command", "ruff"))
    assert [(item.subject, item.verified, item.evidence) for item in made] == [
        ("pytest -q", True, "It exited with 0."),
        ("make", False, "It exited with 2."),
        ("sleep 99", False, "It did not come to an end."),
        ("ruff", False, "No such command was run."),
    ]
    note(ledger, "work/2/turn-1/tool-1", 8, files={"a.py": "x = 1"})
    assert mark(ledger, ("command", "pytest -q"))[1].evidence == "It exited with 0. Files were written after it."


def test_a_step_that_is_no_tool_runs_no_command_whatever_its_output_says() -> None:
    ledger = Ledger()
    request = StepRequest(key="work/1", kind="model", agent="drone-1")
    ledger.add_step(request, StepResult(output={"command": "pytest", "exit_code": 0}, position=1), {})
    assert ledger.commands == []


def test_a_subtask_is_verified_where_all_that_it_left_is() -> None:
    ledger = Ledger()
    note(ledger, "work/1/turn-1/tool-1", 1, files={"a.py": "x = 1", "notes.md": "Look."})
    note(ledger, "work/1/turn-2/tool-1", 2, command="make", exit_code=0)
    note(ledger, "work/2", 3, files={"b.json": "{"})
    note(ledger, "work/10", 4, files={"c.toml": "a = 1"})
    note(ledger, "work/3/turn-1/tool-1", 5, files={"d.py": "x = 1"})
    note(ledger, "work/3/turn-1/tool-2", 6, command="make test", exit_code=1)
    for number in ("10", "2", "1", "3", "4"):
        finish(ledger, number)
    made = [item for item in mark(ledger) if item.kind == "subtask"]
    assert [(item.subject, item.verified) for item in made] == [
        ("1", True),
        ("2", False),
        ("3", False),
        ("4", False),
        ("10", True),
    ]
    assert made[0].evidence == "Verified are a.py, notes.md, make."
    assert made[1].evidence.startswith("b.json: The journal has it: 1 byte,")
    assert made[2].evidence == "make test: It exited with 1."


def test_a_file_counts_for_the_subtask_that_wrote_it_last_also_in_its_rework() -> None:
    ledger = Ledger()
    note(ledger, "work/1", 2, files={"a.py": "x = ("})
    finish(ledger, "1")
    note(ledger, "rework/1", 5, files={"a.py": "x = 1"})
    finish(ledger, "1", again=True)
    note(ledger, "work/2", 3, files={"a.py": "x = [", "b.py": "y = 1"})  # earlier, told later
    finish(ledger, "2")
    made = mark(ledger)
    assert [(item.subject, item.verified, item.step) for item in made] == [
        ("a.py", True, "rework/1"),
        ("b.py", True, "work/2"),
        ("1", True, "rework/1"),
        ("2", True, "work/2"),
    ]


def test_a_file_that_should_parse_and_was_not_parsed_is_not_verified() -> None:
    ledger = Ledger()
    note(ledger, "work/1", 1, files={"large.py": "#" * (MOST_CHECKED_BYTES + 1), "large.txt": "#" * MOST_CHECKED_BYTES})
    assert [item.verified for item in mark(ledger)] == [False, True]
    assert "too large or too deep to be parsed" in mark(ledger)[0].evidence


def test_claims_that_are_about_nothing_or_come_twice_are_left_out() -> None:
    ledger = Ledger()
    note(ledger, "work/1", 1, files={"app/main.py": "x = 1", "a/x.md": "A", "b/x.md": "B"})
    finish(ledger, "1")
    made = mark(
        ledger,
        ("file", "main.py"),
        ("file", "app/main.py"),
        ("file", "x.md"),
        ("file", " "),
        ("poem", "a"),
        ("subtask 7", ""),
        ("Subtask", "1"),
    )
    assert [(item.subject, item.statement, item.verified) for item in made] == [
        ("app/main.py", "So.", True),
        ("x.md", "So.", False),  # of two one cannot tell which
        ("a/x.md", "", True),
        ("b/x.md", "", True),
        ("1", "So.", True),
    ]


def test_a_subject_as_long_as_it_may_be_stands_for_what_begins_with_it() -> None:
    ledger = Ledger()
    command = f"python -c '{'x' * 200}'"
    note(ledger, "work/1/turn-1/tool-1", 1, command=command, exit_code=0)
    told = describe_ledger(ledger).text.removeprefix("- command ")
    assert len(told) == SUBJECT_LENGTH
    (made,) = mark(ledger, ("command", told))
    assert (made.subject, made.statement, made.verified) == (f"{command[:199]}…", "So.", True)


def test_a_model_is_asked_for_no_more_claims_than_there_may_be() -> None:
    ledger = Ledger()
    note(ledger, "work/1", 1, files={"a.py": "x = 1"})
    finish(ledger, "1")
    assert most_claims(ledger, 1) == 3
    assert most_claims(ledger, 100) == 12
    assert claims_schema(ledger, 3) == {
        "type": "object",
        "properties": {
            "claims": {
                "type": "array",
                "maxItems": 3,
                "items": {
                    "type": "object",
                    "properties": {
                        "kind": {"type": "string", "enum": ["file", "command", "subtask 1"]},
                        "subject": {"type": "string", "maxLength": 120},
                        "statement": {"type": "string", "maxLength": 160},
                    },
                    "required": ["kind", "subject", "statement"],
                    "additionalProperties": False,
                },
            }
        },
        "required": ["claims"],
        "additionalProperties": False,
    }


@pytest.mark.parametrize("kept", ["all", "no claims", "no answer", "only the first work"])
async def test_a_replay_comes_to_the_same_claims(tmp_path: Path, kept: str) -> None:
    def answer(request: ChatRequest) -> Scripted:
        match request.step_key:
            case "plan":
                return PLAN
            case "work/1":
                return call_tool("write_file", path="a.py", content="x = (")
            case "work/1/turn-2":
                return call_tool("write_file", path="a.py", content="x = 1\n")
            case "work/2":
                return block("b.yaml", "a: [1")
        return sample_answer(request)

    async def run(journal: MemoryJournal) -> tuple[FlowResult, ScriptedModel]:
        model = ScriptedModel(script=answer, capabilities=TOOLS)
        return await run_flow(model, journal=journal, workspace=Workspace(tmp_path)), model

    journal = MemoryJournal()
    whole, first = await run(journal)
    assert marks(whole) == [
        ("file", "a.py", True),
        ("file", "b.yaml", False),
        ("subtask", "1", True),
        ("subtask", "2", False),
    ]
    gone = {
        "all": set[str](),
        "no claims": {"claims"},
        "no answer": {"answer", "claims"},
        "only the first work": {key for key in journal.steps if not key.startswith(("swarm", "plan", "work/1"))},
    }[kept]
    for key in gone:
        del journal.steps[key]
    again, model = await run(journal)
    assert again.claims == whole.claims
    assert "claims" not in gone or model.call("claims").prompt == first.call("claims").prompt
    assert bool(model.calls) == bool(gone)


async def test_the_files_of_parallel_drones_are_checked_off_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """A check that waits holds up only its own step."""
    from workers.flow import checks

    loop, began, went_on = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()

    def wait(path: str, content: bytes) -> checks.FileCheck:
        loop.call_soon_threadsafe(began.set)
        asyncio.run_coroutine_threadsafe(asyncio.wait_for(went_on.wait(), 10), loop).result(20)
        return checks.FileCheck(checked=True)

    async def answer(request: ChatRequest) -> Scripted:
        if request.step_key == "plan":
            return plan(subtask("A"), subtask("B"))
        if request.step_key == "work/2":
            await asyncio.wait_for(began.wait(), 10)
            went_on.set()
        return block("a.py", "x = 1") if request.step_key == "work/1" else sample_answer(request)

    monkeypatch.setattr(checks, "check_file", wait)
    result = await run_flow(ScriptedModel(script=answer))
    assert marks(result)[0] == ("file", "a.py", True)
