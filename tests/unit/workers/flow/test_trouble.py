"""When the model server fails, and when the flow is given nonsense."""

from __future__ import annotations

import asyncio
import json

import pytest

from common.errors import ContextTooSmall, InvalidInput, ModelNotFound, ModelUnavailable, OutputInvalid
from common.events import ContextCut, FlowEvent, Notice, StepFailed, StepFinished, StepStarted, TokenDelta
from common.states import Architecture
from tests.unit.workers.flow.helpers import Listener, longest, plan, run_flow, script, subtask
from workers.flow import ChatRequest, OllamaFlowFramework, spread_retries
from workers.flow.plan import plan_schema
from workers.flow.schemas import count_characters
from workers.flow.testing import ScriptedModel, sample_answer


async def test_an_unavailable_model_is_tried_again_and_the_text_begins_anew() -> None:
    attempts = 0

    def fail_twice(request: ChatRequest) -> str:
        nonlocal attempts
        if request.step_key == "work/1":
            attempts += 1
            if attempts < 3:
                raise ModelUnavailable("away")
        return sample_answer(request)

    listener = Listener()
    await run_flow(ScriptedModel(script=fail_twice), listener=listener)
    assert [event.attempt for event in listener.all(StepStarted) if event.step == "work/1"] == [1, 2, 3]
    failures = listener.all(StepFailed)
    assert [(event.attempt, event.error, event.retry_in_seconds) for event in failures] == [
        (1, "away", 0.0),
        (2, "away", 0.0),
    ]
    deltas = [event for event in listener.all(TokenDelta) if event.step == "work/1"]
    assert deltas[0].offset == 0
    assert {delta.attempt for delta in deltas} == {3}


async def test_a_model_that_stays_away_ends_the_flow_and_cancels_the_other_drones() -> None:
    async def fail_one(request: ChatRequest) -> str:
        if request.step_key == "work/1":
            raise ModelUnavailable("away")
        if request.step_key.startswith("work/"):
            await asyncio.Event().wait()
        return sample_answer(request)

    model = ScriptedModel(script=fail_one)
    listener = Listener()
    with pytest.raises(ModelUnavailable, match="away"):
        await run_flow(model, listener=listener)
    assert {call.outcome for call in model.calls if call.key in {"work/2", "work/3"}} == {"cancelled"}
    assert listener.all(StepFailed)[-1].retry_in_seconds is None


@pytest.mark.parametrize("architecture", Architecture)
async def test_an_unknown_model_is_asked_for_again_because_it_may_be_on_its_way(architecture: Architecture) -> None:
    def refuse(request: ChatRequest) -> str:
        raise ModelNotFound("no such model")

    listener = Listener()
    with pytest.raises(ModelNotFound):
        await run_flow(ScriptedModel(script=refuse), architecture, listener=listener)
    failures = [event for event in listener.all(StepFailed) if event.step == listener.all(StepFailed)[-1].step]
    assert [event.retry_in_seconds for event in failures] == [0.0, 0.0, None]


async def test_time_that_failing_attempts_take_uses_up_the_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.flow.call._SLACK_SECONDS", 0.0)

    async def hang_and_fail(request: ChatRequest) -> str:
        await asyncio.sleep(0.05)
        raise ModelUnavailable("silent for long")

    model = ScriptedModel(script=hang_and_fail)
    flow = OllamaFlowFramework(model, "scripted", 1, Architecture.CENTRALIZED, retry_delays=(0.01,) * 8)
    with pytest.raises(ModelUnavailable):
        await flow.run_task("Explain.")
    assert 2 <= len(model.calls) <= 4


def test_retries_are_spread_over_their_budget() -> None:
    assert spread_retries(0) == ()
    assert spread_retries(3) == (0.5, 1.0, 1.5)
    delays = spread_retries(60)
    assert sum(delays) == 60
    assert max(delays) == 15
    assert list(delays[:5]) == [0.5, 1, 2, 4, 8]


async def test_a_failing_emit_ends_the_flow_with_its_own_error() -> None:
    class LostError(Exception):
        pass

    async def lose(event: FlowEvent) -> None:
        if isinstance(event, TokenDelta) and event.step.startswith("work/"):
            raise LostError

    with pytest.raises(LostError):
        await OllamaFlowFramework(ScriptedModel(), "scripted", emit=lose).run_task("Explain.")


async def test_an_empty_answer_is_asked_for_once_more() -> None:
    model = ScriptedModel(script=lambda request: " " if request.step_key == "answer" else sample_answer(request))
    result = await run_flow(model)
    assert model.keys[-2:] == ["answer", "answer/turn-2"]
    assert result.answer.startswith("Scripted answer")


@pytest.mark.parametrize("architecture", Architecture)
async def test_what_the_swarm_found_stands_for_an_answer_that_stays_empty_and_that_is_told(
    architecture: Architecture,
) -> None:
    model = ScriptedModel(script=lambda request: " " if "answer" in request.step_key else sample_answer(request))
    listener = Listener()
    result = await run_flow(model, architecture, listener=listener)
    assert "Scripted answer" in result.answer
    told = [event.message for event in listener.all(Notice)]
    assert sum("put together from what the swarm had found" in message for message in told) == 1


@pytest.mark.parametrize("architecture", Architecture)
async def test_a_model_that_writes_nothing_at_all_fails_honestly(architecture: Architecture) -> None:
    model = ScriptedModel(script=lambda request: sample_answer(request) if request.schema else " \n")
    with pytest.raises(OutputInvalid, match="wrote nothing"):
        await run_flow(model, architecture)


@pytest.mark.parametrize("architecture", Architecture)
@pytest.mark.parametrize("answer", ["", "the the the the", "{}", "[]", '{"subtasks": []}', "AGREE", "\u0000"])
async def test_a_model_that_always_says_the_same_gets_through_or_fails_with_a_sentence(
    architecture: Architecture, answer: str
) -> None:
    model = ScriptedModel(script=lambda request: answer)
    if answer in {"", "\u0000"}:
        with pytest.raises(OutputInvalid):
            await run_flow(model, architecture)
    else:
        assert (await run_flow(model, architecture)).answer


@pytest.mark.parametrize("key", ["plan", "review"])
async def test_json_that_is_cut_off_is_asked_for_again_and_told(key: str) -> None:
    model = ScriptedModel(script=script({key: '{"comment": "' + "and so on " * 5000}))
    listener = Listener()
    result = await run_flow(model, listener=listener)
    assert result.answer
    assert f"{key}/turn-2" in model.keys
    assert "much shorter" in model.call(f"{key}/turn-2").prompt
    (told,) = [event.message for event in listener.all(Notice)]
    assert "was cut off at its limit of" in told


async def test_a_free_answer_at_its_limit_is_taken_and_told() -> None:
    model = ScriptedModel(script=script({"answer": "and so on " * 500}))
    listener = Listener()
    result = await run_flow(model, listener=listener, max_output_tokens=100)
    assert result.answer.startswith("and so on")
    assert model.keys[-1] == "answer"
    assert any("stopped at its limit of 100 tokens" in event.message for event in listener.all(Notice))
    assert [event.step for event in listener.all(StepFinished) if event.cut_off] == ["answer"]


@pytest.mark.parametrize(
    ("wanted", "of_the_model", "limit"), [(None, None, 2048), (None, 320, 320), (500, 320, 500), (100, None, 100)]
)
async def test_a_person_then_the_model_says_how_long_a_free_answer_may_be(
    wanted: int | None, of_the_model: int | None, limit: int
) -> None:
    model = ScriptedModel(max_output_tokens=of_the_model)
    await run_flow(model, max_output_tokens=wanted)
    limits = {call.key: call.request.options["num_predict"] for call in model.calls}
    assert limits["answer"] == limits["work/1"] == limit
    assert limits["plan"] == count_characters(plan_schema(4)) > 1000


@pytest.mark.parametrize("architecture", Architecture)
async def test_nothing_that_follows_the_schema_is_ever_cut_off(architecture: Architecture) -> None:
    def answer(request: ChatRequest) -> str:
        return json.dumps(longest(request.schema)) if request.schema else sample_answer(request)

    listener = Listener()
    model = ScriptedModel(script=answer, max_output_tokens=16)
    await run_flow(model, architecture, workers=12, listener=listener)
    assert not any("turn-" in key for key in model.keys)


@pytest.mark.parametrize("task", ["", "  \n", "a\x00b", "broken \ud800"])
async def test_a_task_without_usable_text_is_refused(task: str) -> None:
    with pytest.raises(InvalidInput):
        await run_flow(ScriptedModel(), task=task)


@pytest.mark.parametrize("workers", [0, 17, -1])
def test_a_swarm_has_one_to_sixteen_workers(workers: int) -> None:
    with pytest.raises(InvalidInput):
        OllamaFlowFramework(ScriptedModel(), "scripted", workers)


async def test_long_results_are_cut_and_told_and_the_task_never() -> None:
    answers = {"plan": plan(subtask("A"), subtask("B")), "work/1": "oldest " * 2000, "work/2": "newest " * 200}
    model = ScriptedModel(script=script(answers), context_length=2048)
    listener = Listener()
    await run_flow(model, listener=listener, task="Explain the tides of the north sea.")
    cuts = listener.all(ContextCut)
    assert {event.step for event in cuts} == {"review", "answer"}
    assert all(event.cut == ["the end of “Result of 1: A”"] and event.tokens > 0 for event in cuts)
    prompt = model.call("answer").prompt
    assert "tides of the north sea" in prompt
    assert prompt.count("newest") == 200


async def test_a_task_that_does_not_fit_ends_the_flow_with_a_sentence() -> None:
    with pytest.raises(ContextTooSmall, match="context of 2048"):
        await run_flow(ScriptedModel(context_length=2048), task="word " * 5000)


async def test_the_window_is_asked_for_and_never_above_the_option() -> None:
    model = ScriptedModel(context_length=100_000)
    await run_flow(model, num_ctx=3000, max_output_tokens=100)
    sizes = [call.request.options["num_ctx"] for call in model.calls]
    assert max(sizes) == 3000  # type: ignore[type-var] # they are integers
    assert model.call("answer").request.options["num_predict"] == 100


async def test_a_server_that_truncates_is_told() -> None:
    listener = Listener()
    model = ScriptedModel(script=script({"plan": plan(subtask("A"), subtask("B"))}))
    model.counted_tokens = 4096
    await run_flow(model, listener=listener)
    assert any("may have left out text" in event.message for event in listener.all(Notice))
