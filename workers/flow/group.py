"""A group: a leader who plans and reviews, and the drones who do the subtasks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from common.events import (
    DurableEvent,
    MessageSent,
    Notice,
    PlanMade,
    PlanRepaired,
    ReviewMade,
    SubtaskFinished,
    SubtaskInfo,
)
from workers.flow.agent import Agent, Reply
from workers.flow.context import FlowContext
from workers.flow.crew import Crew
from workers.flow.files import write_opening
from workers.flow.given import write_openings
from workers.flow.packages import Package
from workers.flow.plan import Plan, PlanDraft, asked_subtasks, most_subtasks, plan_schema, repair_plan
from workers.flow.prompt import Asking, Piece, Prompt
from workers.flow.prompts import render_prompt
from workers.flow.review import Review, ReviewDraft, repair_review, review_schema
from workers.flow.roles import Role, role_prompt
from workers.flow.text import shorten
from workers.flow.wanted import find_wanted
from workers.flow.working import DRONE_LIMITS, do_work

#: How much of a text a `message_sent` event shows.
SUMMARY_LENGTH = 200


def tell(sender: str, recipient: str, text: str, subtask: str | None = None) -> MessageSent:
    """Return the event of `sender` passing `text` to `recipient`."""
    return MessageSent(sender=sender, recipient=recipient, summary=shorten(text, SUMMARY_LENGTH), subtask=subtask)


@dataclass(frozen=True, kw_only=True)
class Finished:
    """A subtask with its result."""

    subtask: SubtaskInfo
    reply: Reply
    #: The key of the step that it is of.
    work: str

    @property
    def piece(self) -> Piece:
        """The result as others read it. It names the subtask by its number in the plan, never the drone."""
        number = self.subtask.id.rpartition("/")[2]
        return Piece(name=f"Result of {number}: {self.subtask.title}", text=self.reply.text)


@dataclass(frozen=True, kw_only=True)
class Group:
    """Carries out a task, or one work package of it: plan, work, review, and once more what came back."""

    flow: FlowContext
    leader: Agent
    drones: Sequence[Agent]
    #: Stands before the ids and keys of everything that belongs to this group, e.g. `sub-queen-1/`.
    prefix: str = ""
    package: Package | None = None

    async def carry_out(self) -> list[Finished]:
        """Return all subtasks with their results, in the plan's order."""
        plan = await self._make_plan()
        done = await Crew(self.drones).work_through(plan.subtasks, {}, self._work)
        self._note(done)
        if self.flow.options.review:
            review = await self._review(plan, done)
            returned = [subtask for subtask in plan.subtasks if subtask.id in review.returned]

            async def rework(drone: Agent, subtask: SubtaskInfo, results: Mapping[str, Finished]) -> Finished:
                return await self._work(drone, subtask, results, comment=review.comment, reviewed=reviewed)

            reviewed = [item.work for item in done.values()]

            done = await Crew(self.drones).work_through(returned, done, rework) if returned else done
            self._note({subtask.id: done[subtask.id] for subtask in returned})
        return [done[subtask.id] for subtask in plan.subtasks]

    def _note(self, done: Mapping[str, Finished]) -> None:
        for item in done.values():
            self.flow.ledger.add_subtask(item.subtask, item.work)

    def values(self, **more: object) -> dict[str, object]:
        """Return what every prompt of the group names."""
        return {"task": self.flow.task, "package": self.package, **more}

    async def _make_plan(self) -> Plan:
        asked = asked_subtasks(len(self.drones))
        package = self.package
        wanted = package.files if package else await find_wanted(self.flow.task, self.flow.workspace)

        def follow(plan: Plan, step: str) -> tuple[DurableEvent, ...]:
            made = PlanMade(step=step, agent=self.leader.name, subtasks=plan.subtasks)
            repaired = PlanRepaired(step=step, agent=self.leader.name, repairs=plan.repairs)
            return (repaired, made) if plan.repairs else (made,)

        return await self.leader.ask_for(
            f"{self.prefix}plan",
            Prompt(
                system=self._leader_prompt(),
                template="plan.md",
                values=self.values(most=asked, roles=[str(role) for role in Role]),
                pieces=self.flow.given.listing,
            ),
            Asking(label="Plan the work"),
            draft=PlanDraft,
            schema=plan_schema(asked),
            repair=lambda draft: repair_plan(
                draft,
                most=most_subtasks(len(self.drones)),
                prefix=self.prefix,
                wanted=wanted,
                foreign=package.foreign if package else (),
            ),
            value=Plan,
            follow=follow,
        )

    async def _work(
        self,
        drone: Agent,
        subtask: SubtaskInfo,
        results: Mapping[str, Finished],
        comment: str | None = None,
        reviewed: Sequence[str] = (),
    ) -> Finished:
        work = f"{'work' if comment is None else 'rework'}/{subtask.id}"
        used = [results[other] for other in subtask.depends_on]
        given = self.flow.given
        pieces = [*given.pieces, *(item.piece for item in used)]
        edits = write_openings(given.find_edited(subtask.files))
        # What is there already may be changed, but is never missing; nor is a block without a path taken for it.
        present = {file.path for file in given.files}
        subtask = subtask.model_copy(update={"files": [path for path in subtask.files if path not in present]})
        if comment is not None:
            pieces.append(Piece(name="Your earlier result", text=results[subtask.id].reply.text))

        def follow(text: str) -> tuple[DurableEvent, ...]:
            order = comment or subtask.title
            handed = [tell(item.reply.agent, drone.name, item.reply.text, item.subtask.id) for item in used]
            return (
                tell(self.leader.name, drone.name, order, subtask.id),
                *(event for event in handed if event.sender != drone.name),
                SubtaskFinished(subtask=subtask.id, agent=drone.name),
                tell(drone.name, self.leader.name, text, subtask.id),
            )

        self.flow.versions.begin_work(work, [*(item.work for item in used), *reviewed])
        asking = Asking(
            label=subtask.title,
            role=subtask.role,
            subtask=subtask.id,
            takes_files=True,
            files=tuple(subtask.files),
            foreign=tuple(self.package.foreign) if self.package else (),
        )
        prompt = Prompt(
            system=role_prompt(Role(subtask.role)),
            template="work.md",
            values=self.values(
                subtask=subtask,
                comment=comment,
                openings=[write_opening(path) for path in subtask.files],
                edits=edits,
            ),
            pieces=tuple(pieces),
        )
        reply = await do_work(drone, work, prompt, asking, follow, limits=DRONE_LIMITS)
        return Finished(subtask=subtask, reply=reply, work=work)

    async def _review(self, plan: Plan, done: Mapping[str, Finished]) -> Review:
        ids = [subtask.id for subtask in plan.subtasks]

        def follow(review: Review, step: str) -> tuple[DurableEvent, ...]:
            made = ReviewMade(
                step=step,
                agent=self.leader.name,
                approved=review.approved,
                comment=review.comment,
                returned=review.returned,
            )
            unread = f"The review of {self.leader.name} could not be read; the results were taken as they are."
            return (made,) if review.readable else (made, Notice(level="warning", message=unread))

        return await self.leader.ask_for(
            f"{self.prefix}review",
            Prompt(
                system=self._leader_prompt(),
                template="review.md",
                values=self.values(),
                pieces=tuple(done[name].piece for name in ids),
            ),
            Asking(label="Review the results"),
            draft=ReviewDraft,
            schema=review_schema(len(ids)),
            repair=lambda draft: repair_review(draft, ids),
            value=Review,
            follow=follow,
        )

    def _leader_prompt(self) -> str:
        return render_prompt("queen.md")
