"""Which step wrote each file last, and who replaces whose work without having seen it.

A *work* is a step with all that belongs to it: later turns, tools. It builds on the works whose results it was given,
and on what those built on. Where it writes a file whose newest version is of a work that it does not build on, that is
a conflict: nothing is lost, for the journal keeps each version, but somebody should look. Which work builds on which
comes from the plan alone, never from the time, so one that runs again after a crash is judged as it was before.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from common.events import FileConflict
from workers.flow.journal import StepRequest, StepResult


@dataclass(frozen=True, kw_only=True)
class _Version:
    step: str
    work: str
    agent: str
    sha256: str
    #: Of its commit; one that ran here is later than any that was replayed.
    position: float


class FileVersions:
    """The newest version of each file of a flow."""

    def __init__(self) -> None:
        #: All that each work builds on, itself included.
        self._bases: dict[str, frozenset[str]] = {}
        self._newest: dict[str, _Version] = {}

    def begin_work(self, work: str, builds_on: Iterable[str] = ()) -> None:
        """Note that the step `work` and all below its key build on other works, begun before."""
        self._bases[work] = frozenset({work}).union(*(self._find_bases(other) for other in builds_on))

    def add_written(self, request: StepRequest, result: StepResult) -> tuple[FileConflict, ...]:
        """Note the files of a step that just ran and is about to be committed, and return its conflicts."""
        conflicts = []
        for path, version in self._read(request, result, math.inf):
            earlier = self._newest.get(path)
            if (
                earlier is not None
                and earlier.sha256 != version.sha256
                and earlier.work not in self._find_bases(version.work)
            ):
                conflicts.append(
                    FileConflict(
                        path=path,
                        step=version.step,
                        agent=version.agent,
                        earlier_step=earlier.step,
                        earlier_agent=earlier.agent,
                    )
                )
            self._newest[path] = version
        return tuple(conflicts)

    def add_replayed(self, request: StepRequest, result: StepResult) -> None:
        """Note the files of a step that the journal answered; their conflicts were told when it ran."""
        for path, version in self._read(request, result, result.position):
            if path not in self._newest or self._newest[path].position < version.position:
                self._newest[path] = version

    def _read(self, request: StepRequest, result: StepResult, position: float) -> list[tuple[str, _Version]]:
        agent = str(result.output.get("agent", request.agent))  # on a replay another one may ask
        work = self._find_work(request.key)
        return [
            (
                draft.path,
                _Version(step=request.key, work=work, agent=agent, sha256=draft.sha256, position=position),
            )
            for draft in result.artifacts
        ]

    def _find_bases(self, work: str) -> frozenset[str]:
        return self._bases.get(work, frozenset({work}))

    def _find_work(self, step: str) -> str:
        """Return the work that a step belongs to: the longest begun key that its own begins with, else itself."""
        parts = step.split("/")
        keys = ("/".join(parts[:length]) for length in range(len(parts), 0, -1))
        return next((key for key in keys if key in self._bases), step)
