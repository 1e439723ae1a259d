"""A prompt: fixed text that is never cut, and peers' text that may be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from workers.flow.files import write_fenced
from workers.flow.model import Message
from workers.flow.prompts import render_prompt


@dataclass(frozen=True, kw_only=True)
class Piece:
    """Text of a peer, or of a file, inside a prompt."""

    #: What it is, as the model and people read it, e.g. "Result of 1: Find facts".
    name: str
    text: str
    #: Of a file: what a code block calls its language.
    language: str | None = None

    @property
    def shown(self) -> str:
        """The text as it stands in a prompt; a file's in a block that nothing in it can close, however it was cut."""
        return self.text if self.language is None else write_fenced(self.text, self.language)


def join_pieces(pieces: Sequence[Piece]) -> str:
    """Return all pieces that are not empty as one text, each under its name."""
    return "\n\n".join(f"## {piece.name}\n{piece.text}" for piece in pieces if piece.text)


@dataclass(frozen=True, kw_only=True)
class Prompt:
    """What an agent is asked, before it is fitted into a context."""

    system: str
    #: A file of `workers/flow/prompts`; it gets `values` and `pieces`.
    template: str
    values: Mapping[str, object]
    #: Oldest first: the first are the first to be cut.
    pieces: tuple[Piece, ...] = ()
    #: Later turns of the conversation: an answer that was no use, and what was wrong with it.
    turns: tuple[Message, ...] = ()

    def messages(self, pieces: Sequence[Piece] | None = None) -> tuple[Message, ...]:
        """Render the conversation, with other `pieces` than its own where given."""
        shown = self.pieces if pieces is None else tuple(pieces)
        text = render_prompt(self.template, **self.values, pieces=shown)
        return (Message(role="system", content=self.system), Message(role="user", content=text), *self.turns)

    def ask_again(self, answer: str, error: str) -> Prompt:
        """Return the prompt that goes on after an answer of no use."""
        return self.go_on(Message(role="assistant", content=answer), Message(role="user", content=error))

    def go_on(self, *turns: Message) -> Prompt:
        """Return the prompt that goes on after `turns`."""
        return replace(self, turns=(*self.turns, *turns))

    def add_system(self, text: str) -> Prompt:
        """Return the prompt with more said at its very beginning."""
        return replace(self, system=f"{self.system}\n\n{text}")


@dataclass(frozen=True, kw_only=True)
class Asking:
    """How a step is told to people."""

    #: What people read, e.g. "Plan the work".
    label: str
    #: The role it is done in, which may differ from the drone's home role.
    role: str | None = None
    #: The id of the subtask it serves.
    subtask: str | None = None
    #: Whether files are taken from the answer.
    takes_files: bool = False
    #: The paths of files that the answer has to hold.
    files: tuple[str, ...] = ()
    #: Those that it must not hold, for somebody else writes them.
    foreign: tuple[str, ...] = ()
