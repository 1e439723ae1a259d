"""What is wrong in a plan's meaning is mended by rule."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from workers.flow.plan import Plan, PlanDraft, SubtaskDraft, asked_subtasks, most_subtasks, plan_schema, repair_plan
from workers.flow.roles import Role
from workers.flow.schemas import read_draft
from workers.flow.testing import sample_instance


def draft(*subtasks: tuple[str, list[int]], role: str = "developer") -> PlanDraft:
    return PlanDraft(
        subtasks=[
            SubtaskDraft(title=title, instructions=f"Do {title}." if title else "", role=role, depends_on=depends_on)
            for title, depends_on in subtasks
        ]
    )


def shape(plan: Plan) -> list[tuple[str, list[str]]]:
    return [(item.title, item.depends_on) for item in plan.subtasks]


def is_acyclic(plan: Plan) -> bool:
    waiting = {item.id: set(item.depends_on) for item in plan.subtasks}
    while ready := [name for name, needs in waiting.items() if not needs]:
        for name in ready:
            del waiting[name]
        for needs in waiting.values():
            needs.difference_update(ready)
    return not waiting


subtask_drafts = st.builds(
    SubtaskDraft,
    title=st.sampled_from(["", " ", "A", "B", "a", "C" * 200]) | st.text(max_size=5),
    instructions=st.sampled_from(["", "Do it.", "x" * 1000]),
    role=st.sampled_from([*Role, "Data Scientist", "wizard", ""]),
    depends_on=st.lists(st.integers(-1, 15), max_size=5),
)


@settings(deadline=None)  # the machine may be busy
@given(
    subtasks=st.none() | st.lists(subtask_drafts, max_size=15),
    most=st.integers(3, 12),
    prefix=st.sampled_from(["", "sub-queen-1/"]),
)
def test_whatever_a_model_drafts_the_plan_can_be_carried_out(
    subtasks: list[SubtaskDraft] | None, most: int, prefix: str
) -> None:
    plan = repair_plan(None if subtasks is None else PlanDraft(subtasks=subtasks), most=most, prefix=prefix)
    ids = [item.id for item in plan.subtasks]
    assert 2 <= len(ids) <= most
    assert ids == [f"{prefix}{number}" for number in range(1, len(ids) + 1)]
    assert is_acyclic(plan)
    for item in plan.subtasks:
        assert set(item.depends_on) <= set(ids) - {item.id}
        assert len(item.depends_on) == len(set(item.depends_on))
        assert item.role in set(Role)
        assert 1 <= len(item.title) <= 80
        assert 1 <= len(item.instructions) <= 300


@settings(deadline=None)  # the machine may be busy
@given(count=st.integers(2, 6), data=st.data())
def test_a_sound_plan_is_left_as_it_is(count: int, data: st.DataObject) -> None:
    earlier = [
        data.draw(st.lists(st.integers(1, max(1, n - 1)), unique=True)) if n > 1 else [] for n in range(1, count + 1)
    ]
    plan = repair_plan(draft(*((f"Part {n}", needs) for n, needs in enumerate(earlier, 1))), most=8)
    assert plan.repairs == []
    assert [item.depends_on for item in plan.subtasks] == [[str(n) for n in sorted(needs)] for needs in earlier]


def test_a_cycle_is_broken() -> None:
    plan = repair_plan(draft(("A", [2]), ("B", [1])), most=8)
    assert shape(plan) == [("A", ["2"]), ("B", [])]
    assert plan.repairs == ["Subtasks 2 and 1 waited for each other; 2 now goes first."]


def test_a_dependency_on_itself_or_on_nothing_is_dropped() -> None:
    plan = repair_plan(draft(("A", [1]), ("B", [9])), most=8)
    assert shape(plan) == [("A", []), ("B", [])]
    assert len(plan.repairs) == 2


def test_copies_are_merged_and_what_needed_them_needs_the_first() -> None:
    plan = repair_plan(draft(("A", []), ("B", []), ("a", []), ("C", [3])), most=8)
    assert shape(plan) == [("A", []), ("B", []), ("C", ["1"])]


def test_too_many_subtasks_are_cut() -> None:
    plan = repair_plan(draft(*((str(n), []) for n in range(6))), most=4)
    assert [item.title for item in plan.subtasks] == ["0", "1", "2", "3"]
    assert len(plan.repairs) == 2


def test_a_single_subtask_gets_one_that_checks_it() -> None:
    plan = repair_plan(draft(("A", [])), most=8)
    assert shape(plan) == [("A", []), ("Check and complete", ["1"])]
    assert len(plan.repairs) == 1


def test_an_empty_plan_is_replaced() -> None:
    plan = repair_plan(draft(("", [])), most=8)
    assert len(plan.subtasks) == 2
    assert plan.repairs[-1] == "The plan had no usable subtask; a plan made by rule took its place."


def test_a_role_is_known_by_any_spelling_and_an_unknown_one_becomes_analyst() -> None:
    assert repair_plan(draft(("A", []), ("B", []), role="Data Scientist"), most=8).subtasks[0].role == "data_scientist"
    plan = repair_plan(draft(("A", []), ("B", []), role="wizard"), most=8)
    assert plan.subtasks[0].role == "analyst"
    assert len(plan.repairs) == 2


def test_the_schema_bounds_everything_and_names_the_fields_in_a_helpful_order() -> None:
    schema = plan_schema(5)
    text = str(schema)
    assert "$ref" not in text
    subtasks = schema["properties"]["subtasks"]  # type: ignore[index,call-overload] # its shape is what is tested
    assert (subtasks["minItems"], subtasks["maxItems"]) == (2, 5)  # type: ignore[index,call-overload]
    assert list(subtasks["items"]["properties"]) == ["title", "instructions", "role", "depends_on", "files"]  # type: ignore[index,call-overload,arg-type]
    assert subtasks["items"]["required"] == ["title", "instructions", "role", "depends_on", "files"]  # type: ignore[index,call-overload]
    assert text.count("maxLength") == 3
    assert subtasks["items"]["properties"]["files"]["maxItems"] == 3  # type: ignore[index,call-overload]


def test_an_instance_of_the_schema_reads_as_a_draft() -> None:
    read = read_draft(PlanDraft, json.dumps(sample_instance(plan_schema(5))))
    assert isinstance(read, PlanDraft)
    assert repair_plan(read, most=8).repairs == []


def test_more_drones_get_more_subtasks_within_bounds() -> None:
    assert [most_subtasks(n) for n in (1, 2, 4, 8, 16)] == [3, 4, 8, 12, 12]
    assert [asked_subtasks(n) for n in (1, 2, 4, 8, 16)] == [2, 2, 4, 8, 12]
