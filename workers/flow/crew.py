"""A crew: drones that share a graph of subtasks, and the running of several things at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from common.events import SubtaskInfo
from workers.flow.agent import Agent

Result = TypeVar("Result")


async def run_together(*works: Coroutine[Any, Any, Result]) -> list[Result]:
    """Run all at once and return their results in the given order; one failure cancels the rest and is raised.

    Unlike a TaskGroup it raises the failure itself, and leaves no cancellation behind on the task that waits (as Python
    3.11's does).
    """
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        finished, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        for task in finished:
            task.result()  # raises what it raised; the others may still be running
        return [task.result() for task in tasks]
    finally:
        await _end_all(tasks)


async def _end_all(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel what still runs and wait until it has ended, so that nothing of a flow outlives it."""
    running = list(tasks)
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)


@dataclass(frozen=True)
class Crew:
    """Drones that take what is ready."""

    drones: Sequence[Agent]

    async def work_through(
        self,
        subtasks: Sequence[SubtaskInfo],
        done: Mapping[str, Result],
        work: Callable[[Agent, SubtaskInfo, Mapping[str, Result]], Awaitable[Result]],
    ) -> dict[str, Result]:
        """Do all `subtasks`, each as soon as what it depends on is done and a drone is free.

        `done` holds results of earlier work; a subtask that is in both is done anew. Dependencies that are in neither
        do not count. Returns `done` with the new results.
        """
        results = dict(done)
        waiting = list(subtasks)
        free = list(self.drones)
        running: dict[asyncio.Task[Result], tuple[Agent, SubtaskInfo]] = {}
        try:
            while waiting or running:
                busy = {item.id for item in waiting} | {item.id for _, item in running.values()}
                ready = [item for item in waiting if not busy.intersection(item.depends_on)]
                for drone, subtask in _match(free, ready):
                    free.remove(drone)
                    waiting.remove(subtask)
                    running[asyncio.ensure_future(work(drone, subtask, dict(results)))] = (drone, subtask)
                finished, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for task in finished:
                    drone, subtask = running.pop(task)
                    results[subtask.id] = task.result()
                    free.append(drone)
                free.sort(key=self.drones.index)
        finally:
            await _end_all(running)
        return results


def _match(free: Sequence[Agent], ready: Sequence[SubtaskInfo]) -> list[tuple[Agent, SubtaskInfo]]:
    """Give each ready subtask a free drone, in the plan's order; those whose home role fits come first."""
    drones, left = list(free), list(ready)
    pairs: list[tuple[Agent, SubtaskInfo]] = []
    for fitting in (True, False):
        for subtask in list(left):
            drone = next((drone for drone in drones if drone.info.role == subtask.role or not fitting), None)
            if drone is not None:
                drones.remove(drone)
                left.remove(subtask)
                pairs.append((drone, subtask))
    return pairs
