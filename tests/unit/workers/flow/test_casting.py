"""Models by role: as told, or chosen by rule; journaled, described and told each on its own."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import aclosing

import pytest

from common.errors import JournalMismatch, ModelNotFound, ModelUnavailable
from common.events import Notice, StepStarted, SwarmFormed
from common.options import MODEL_ROLES, FlowOptions
from common.states import Architecture
from tests.support.ollama_server import OllamaServer
from tests.unit.workers.flow.helpers import Listener, plan, run_flow, script, subtask
from workers.flow import ChatRequest, ListedModel, MemoryJournal, ModelInfo, OllamaFlowFramework, OllamaModel, Role
from workers.flow.casting import Candidate, choose_models
from workers.flow.testing import ScriptedModel, ServedModel, sample_answer

TOOLS = frozenset({"completion", "tools"})
GIB = 2**30


def choose(own: str, *served: ServedModel) -> dict[str, str]:
    return choose_models((candidate(item) for item in served), own)


def candidate(served: ServedModel) -> Candidate:
    return Candidate(
        listed=ListedModel(name=served.name, size_bytes=served.size_bytes, details={"family": served.family}),
        info=ModelInfo(name=served.name, context_length=8192, capabilities=served.capabilities),
    )


def serve(name: str, gib: float = 4, *, capabilities: Iterable[str] = ("completion",)) -> ServedModel:
    return ServedModel(name=name, size_bytes=int(gib * GIB), capabilities=frozenset(capabilities))


def test_the_roles_that_options_know_are_the_queen_and_those_of_drones() -> None:
    assert MODEL_ROLES[0] == "queen"
    assert sorted(MODEL_ROLES[1:]) == sorted(Role)


def test_a_single_model_is_used_by_all() -> None:
    assert choose("llama3", serve("llama3")) == {}


def test_a_developer_gets_a_code_model_and_a_data_scientist_one_for_math() -> None:
    chosen = choose("llama3", serve("llama3"), serve("codellama:7b"), serve("qwen2-math:7b"))
    assert chosen == {"developer": "codellama:7b", "data_scientist": "qwen2-math:7b"}


def test_the_queen_keeps_the_session_s_model() -> None:
    assert "queen" not in choose("llama3", serve("llama3"), serve("llama3.1:8b", 5, capabilities=TOOLS))


def test_of_models_made_for_a_role_one_that_calls_tools_comes_first_and_then_the_larger() -> None:
    larger, tools = serve("codellama:13b", 7), serve("qwen2.5-coder:7b", capabilities=TOOLS)
    assert choose("llama3", serve("llama3"), larger, tools) == {"developer": "qwen2.5-coder:7b"}
    assert choose("llama3", serve("llama3"), larger, serve("codellama:7b")) == {"developer": "codellama:13b"}


def test_where_the_session_s_model_calls_no_tools_drones_get_one_that_does() -> None:
    chosen = choose("llama3", serve("llama3"), serve("llama3.1:8b", 5, capabilities=TOOLS))
    assert chosen == dict.fromkeys(map(str, Role), "llama3.1:8b")


def test_a_session_on_a_code_model_leaves_what_is_no_code_to_a_general_one() -> None:
    chosen = choose("codellama:7b", serve("codellama:7b"), serve("llama3"))
    assert set(chosen) == set(Role) - {"developer"}
    assert set(chosen.values()) == {"llama3"}


@pytest.mark.parametrize("gib", [0.5, 40])
def test_models_of_quite_another_size_are_left_alone(gib: float) -> None:
    assert choose("llama3", serve("llama3"), serve("codellama", gib)) == {}


def test_models_that_only_embed_are_never_chosen() -> None:
    told = serve("code-embedder", capabilities={"embedding"})
    untold = serve("nomic-embed-code", capabilities=())
    assert choose("llama3", serve("llama3"), told, untold) == {}
    assert choose("llama3", serve("llama3", capabilities=()), serve("codellama", capabilities=())) == {
        "developer": "codellama"
    }


def test_a_session_whose_own_model_is_not_listed_is_not_recast() -> None:
    assert choose("llama3", serve("codellama:7b")) == {}


PLAN = plan(subtask("Write it", role="developer"), subtask("Check it", role="analyst"))


def two_models() -> ScriptedModel:
    return ScriptedModel(
        script=script({"plan": PLAN}),
        models=[
            ServedModel(name="scripted", context_length=4096),
            ServedModel(name="codellama:7b", context_length=16384, capabilities=TOOLS),
        ],
    )


@pytest.mark.parametrize("models", ["auto", {"developer": "codellama:7b"}])
async def test_each_step_is_asked_of_its_role_s_model(models: str | dict[str, str]) -> None:
    model, heard = two_models(), Listener()
    given = FlowOptions.model_validate({"models": models})
    journal = MemoryJournal(heard)
    model.models[0] = ServedModel(name="scripted", context_length=4096, capabilities=TOOLS)
    result = await run_flow(model, journal=journal, listener=heard, given=given, workers=2)
    asked = {call.key: call.request.model for call in model.calls}
    assert asked == {
        "plan": "scripted",
        "work/1": "codellama:7b",
        "work/2": "scripted",
        "review": "scripted",
        "answer": "scripted",
    }
    assert {event.step: event.model for event in heard.all(StepStarted)} == asked
    assert {key: request.model for key, (request, _) in journal.steps.items() if request.kind == "model"} == asked
    (formed,) = heard.all(SwarmFormed)
    assert formed.models == {"developer": "codellama:7b"}
    assert [agent.model for agent in formed.agents] == ["scripted", "scripted", "codellama:7b"]
    assert list(result.agents) == formed.agents


async def test_a_queen_s_model_is_that_of_sub_queens_too() -> None:
    model = two_models()
    given = FlowOptions(models={"queen": "codellama:7b"})
    await run_flow(model, Architecture.HIERARCHICAL, given=given, workers=2)
    assert {call.request.model for call in model.calls if not call.key.startswith("work/")} == {"codellama:7b"}
    assert {call.request.model for call in model.calls if call.key.startswith("work/")} == {"scripted"}


async def test_each_model_has_its_own_window_and_is_described_once() -> None:
    model = two_models()
    long = {"plan": PLAN, "work/1": "word " * 3000}
    model.script = script(long)
    given = FlowOptions(models={"developer": "codellama:7b"}, max_output_tokens=8000)
    await run_flow(model, given=given, workers=2)
    assert model.call("work/1").request.options["num_ctx"] == 16384
    assert model.call("work/2").request.options["num_ctx"] == 4096
    assert model.descriptions == 2


async def test_a_replay_never_chooses_anew() -> None:
    journal = MemoryJournal()
    given = FlowOptions(models="auto")
    first = await run_flow(two_models(), journal=journal, given=given)
    del journal.steps["answer"]
    other = two_models()
    other.models.append(ServedModel(name="qwen2.5-coder:7b", size_bytes=5_000_000_000, capabilities=TOOLS))
    again = await run_flow(other, journal=journal, given=given)
    assert other.keys == ["answer"]
    assert again.agents == first.agents


async def test_other_models_than_journaled_ones_are_a_mismatch() -> None:
    journal = MemoryJournal()
    await run_flow(two_models(), journal=journal, given=FlowOptions(models={"developer": "codellama:7b"}))
    with pytest.raises(JournalMismatch):
        await run_flow(two_models(), journal=journal)


async def test_a_model_that_vanishes_is_named_and_the_flow_goes_on_once_it_is_back() -> None:
    journal = MemoryJournal()
    given = FlowOptions(models={"developer": "codellama:7b"})
    model = two_models()
    kept = model.models[1]

    def lose_it_while_it_plans(request: ChatRequest) -> str:
        model.models = model.models[:1]
        return json.dumps(PLAN) if request.step_key == "plan" else sample_answer(request)

    model.script = lose_it_while_it_plans
    with pytest.raises(ModelNotFound, match="codellama:7b"):
        await run_flow(model, journal=journal, given=given)
    assert {"swarm", "plan"} <= set(journal.steps)
    model.models.append(kept)
    model.script = script({})
    assert (await run_flow(model, journal=journal, given=given)).answer


async def test_a_model_that_is_not_there_is_told_before_any_work_begins() -> None:
    heard, model = Listener(), two_models()
    given = FlowOptions(models={"security_specialist": "gone:7b"})
    with pytest.raises(ModelNotFound, match="gone:7b"):
        await run_flow(model, journal=MemoryJournal(heard), listener=heard, given=given)
    assert model.calls == []
    assert [event.message for event in heard.all(Notice)] == [
        "The scripted server has no model 'gone:7b'. It is asked again in 0 s."
    ] * 2


class ShyModel(ScriptedModel):
    """Lists its models at the second time of asking, if at all."""

    refusals = 1

    async def list_models(self) -> list[ListedModel]:
        if self.refusals:
            self.refusals -= 1
            raise ModelUnavailable("The model server is away.")
        return await super().list_models()


async def test_a_server_that_cannot_list_its_models_is_asked_again_and_then_given_up() -> None:
    heard = Listener()
    shy = ShyModel(models=two_models().models)
    await run_flow(shy, journal=MemoryJournal(heard), listener=heard, given=FlowOptions(models="auto"))
    assert [event.message for event in heard.all(Notice)][:1] == ["The model server is away. It is asked again in 0 s."]
    shy.refusals = 9
    with pytest.raises(ModelUnavailable):
        await run_flow(shy, given=FlowOptions(models="auto"))


async def test_a_server_s_models_are_listed_described_and_asked_over_http() -> None:
    with OllamaServer(models=("codellama:7b", "llama3:latest", "nomic-embed-text:latest")) as server:
        async with aclosing(OllamaModel(server.url)) as model:
            swarm = OllamaFlowFramework(
                model, "llama3", 2, Architecture.FULLY_CONNECTED, options=FlowOptions(models="auto")
            )
            result = await swarm.run_task("Explain the tides.")
    assert [agent.model for agent in result.agents] == ["llama3", "codellama:7b"]
    assert {str(body["model"]) for body in server.requests} == {"llama3", "codellama:7b"}
