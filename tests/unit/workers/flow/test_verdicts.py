"""Packages, reviews and votes: reading and mending."""

from __future__ import annotations

import pytest

from workers.flow.packages import PackageDraft, PackagesDraft, packages_schema, repair_packages
from workers.flow.review import ReviewDraft, repair_review, review_schema
from workers.flow.schemas import read_draft
from workers.flow.vote import VoteDraft, count_votes, read_revision, repair_vote, vote_schema


@pytest.mark.parametrize("count", [2, 3, 4])
@pytest.mark.parametrize("given", [None, 0, 1, 2, 6])
def test_there_is_exactly_one_different_package_for_each_sub_queen(count: int, given: int | None) -> None:
    drafts = [PackageDraft(title=f"Part {n // 2}", instructions="Do it.") for n in range(given or 0)]
    packages = repair_packages(None if given is None else PackagesDraft(packages=drafts), count=count)
    assert len({package.title for package in packages.packages}) == count
    assert packages.repairs


def test_sound_packages_are_left_as_they_are() -> None:
    drafts = [PackageDraft(title="A", instructions="a"), PackageDraft(title="B", instructions="b")]
    assert repair_packages(PackagesDraft(packages=drafts), count=2).repairs == []
    assert '"minItems": 2' in str(packages_schema(2)).replace("'", '"')


def test_only_known_subtasks_go_back() -> None:
    review = repair_review(ReviewDraft(comment="no", approved=False, returned=[7, 2, 2]), ["a", "b"])
    assert (review.approved, review.returned) == (False, ["b"])


@pytest.mark.parametrize(("approved", "returned"), [(True, [1]), (False, []), (False, [9])])
def test_a_review_that_returns_nothing_approves(approved: bool, returned: list[int]) -> None:
    review = repair_review(ReviewDraft(comment="x", approved=approved, returned=returned), ["a", "b"])
    assert (review.approved, review.returned) == (True, [])


def test_review_and_vote_schemas_name_what_may_be_chosen() -> None:
    assert review_schema(3)["properties"]["returned"]["maxItems"] == 3  # type: ignore[index,call-overload]
    assert vote_schema(["a", "b"])["properties"]["choice"]["enum"] == ["a", "b"]  # type: ignore[index,call-overload]


def test_votes_are_counted_and_ties_go_to_the_first() -> None:
    assert count_votes(["b", "c", "c"], ["a", "b", "c"]) == ("c", {"a": 0, "b": 1, "c": 2})
    assert count_votes(["c", "b"], ["a", "b", "c"])[0] == "b"
    assert count_votes([], ["a", "b"])[0] == "a"


@pytest.mark.parametrize("draft", [None, VoteDraft(choice="nobody")])
def test_a_vote_for_nobody_counts_for_the_first(draft: VoteDraft | None) -> None:
    vote = repair_vote(draft, ["a", "b"])
    assert (vote.choice, vote.readable) == ("a", False)


@pytest.mark.parametrize(
    ("text", "proposal", "agrees"),
    [
        ("Moon.\nAGREE", "Moon.", True),
        ("Moon.\n\n**AGREE.**\n", "Moon.", True),
        ("Moon.\nDISAGREE", "Moon.", False),
        ("Moon. I agree", "Moon. I agree", False),
        ("I AGREE with all of it\nMoon.", "I AGREE with all of it\nMoon.", False),
        ("AGREE", "before", True),
    ],
)
def test_the_last_line_of_a_revision_tells_whether_its_drone_agrees(text: str, proposal: str, agrees: bool) -> None:
    revision = read_revision(text, "before")
    assert (revision.proposal, revision.agrees) == (proposal, agrees)


@pytest.mark.parametrize(
    "text",
    ['{"choice": "a"}', '```json\n{"choice": "a"}\n```', 'I vote: {"choice": "a", "more": 1} there.'],
)
def test_json_is_found_among_other_text(text: str) -> None:
    assert read_draft(VoteDraft, text) == VoteDraft(choice="a")


@pytest.mark.parametrize("text", ["", "a", "}{", '{"choice": ', '{"reason": "x"}', '{"choice": 1}', "[1]", "{" * 5000])
def test_what_cannot_be_read_is_told_in_a_sentence(text: str) -> None:
    problem = read_draft(VoteDraft, text)
    assert isinstance(problem, str)
    assert problem


def test_nul_characters_do_not_reach_what_is_stored() -> None:
    read = read_draft(VoteDraft, '{"choice": "a\\u0000b", "reason": ""}')
    assert isinstance(read, VoteDraft)
    assert read.choice == "ab"
