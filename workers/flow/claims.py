"""Claims: what an answer says was done, as its agent lists it, and how rules hold that against the ledger.

Nothing is *verified* by what a model says: only by a file that the journal has, a command that exited with 0, or a
subtask with nothing but these. What the ledger knows and the model did not list is added by rule.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import cast

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from common.events import Claim
from workers.flow.checks import has_check
from workers.flow.ledger import DoneSubtask, Ledger, RunCommand, WrittenFile
from workers.flow.prompt import Piece
from workers.flow.schemas import Draft, ModelText, bounded_schema
from workers.flow.text import shorten

#: How many claims a model is asked for at most.
MOST_CLAIMS = 12
SUBJECT_LENGTH = 120
STATEMENT_LENGTH = 160
#: How much of a command people see.
SHOWN_LENGTH = 200

_KINDS = ("file", "command", "subtask")
#: A name with a short ending, perhaps below folders, that is no part of an address; or anything set as code. Letters of
#: other scripts may follow at once: some have no blanks.
_NAMED = re.compile(
    r"(?<![\w.@/:-])(?:[\w.-]+/)*[\w-]{2,}\.[a-z][a-z0-9]{0,4}(?![A-Za-z0-9_/@])|`[^`\n]+`|^ {0,3}(?:```|~~~)",
    re.MULTILINE,
)


class ClaimDraft(Draft):
    """One claim as a model writes it; a subtask goes by its number, in its kind."""

    kind: ModelText
    subject: ModelText = Field(default="", json_schema_extra={"maxLength": SUBJECT_LENGTH})
    statement: ModelText = Field(default="", json_schema_extra={"maxLength": STATEMENT_LENGTH})


class ClaimsDraft(Draft):
    """The claims of an answer as a model lists them."""

    claims: list[ClaimDraft]


class Claims(BaseModel):
    """The claims of an answer, each held against the ledger; files first, then commands, then subtasks."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    claims: list[Claim]
    #: Whether the model's list could be read; where not, all are by rule.
    readable: bool = True


def count_named(answer: str) -> int:
    """Return how many files, commands and other names an answer seems to speak of, in whatever language."""
    return len(set(_NAMED.findall(answer)))


def most_claims(ledger: Ledger, named: int) -> int:
    """Return how many claims a model is asked for, where the answer seems to speak of so many things."""
    return min(MOST_CLAIMS, len(ledger.files) + len(ledger.commands) + len(ledger.subtasks) + named)


def claims_schema(ledger: Ledger, most: int) -> dict[str, JsonValue]:
    """Return the JSON schema of at most so many claims."""
    schema = bounded_schema(ClaimsDraft)
    claims = cast("dict[str, JsonValue]", cast("dict[str, JsonValue]", schema["properties"])["claims"])
    claims["maxItems"] = most
    fields = cast("dict[str, JsonValue]", cast("dict[str, JsonValue]", claims["items"])["properties"])
    numbers = range(1, len(ledger.subtasks) + 1)
    fields["kind"] = {"type": "string", "enum": ["file", "command", *(f"subtask {number}" for number in numbers)]}
    return schema


def describe_ledger(ledger: Ledger) -> Piece:
    """Return what was done, as the agent reads it that lists the claims."""
    lines = [
        *(f"- file {file.path}" for file in ledger.files),
        *(f"- command {run.command[:SUBJECT_LENGTH]}" for run in ledger.commands),
        *(f"- subtask {number}: {done.title}" for number, done in enumerate(ledger.subtasks, start=1)),
    ]
    return Piece(name="What was done", text="\n".join(lines))


def mark_claims(draft: ClaimsDraft | None, ledger: Ledger, answer: str) -> Claims:
    """Hold a model's claims against the ledger and add what it did not list; None stands for a list nobody could read.

    Of two claims about one thing the first stays. A file that neither the ledger knows nor the answer names is made up
    by the list itself, and left out.
    """
    found: dict[tuple[str, str], Claim] = {}
    for item in draft.claims[:MOST_CLAIMS] if draft else ():
        claim = _mark(item, ledger)
        if claim is not None and (claim.step is not None or claim.kind != "file" or claim.subject in answer):
            found.setdefault((claim.kind, claim.subject), claim)
    for claim in _list_known(ledger):
        found.setdefault((claim.kind, claim.subject), claim)
    claims = sorted(found.values(), key=lambda claim: _KINDS.index(claim.kind))
    return Claims(claims=claims, readable=draft is not None)


def _mark(draft: ClaimDraft, ledger: Ledger) -> Claim | None:
    """Return a model's claim with its mark; None where it is about nothing."""
    kind, _, number = draft.kind.strip().lower().partition(" ")
    subject = " ".join(draft.subject.split())[:SUBJECT_LENGTH].strip("`'\"* ")
    statement = shorten(draft.statement, STATEMENT_LENGTH)
    match kind:
        case "file" if path := subject.removeprefix("./"):
            file = _find_file(path, ledger)
            return _mark_file(file, statement) if file else _doubt("file", path, statement, "No such file was written.")
        case "command" if subject:
            run = next((run for run in ledger.commands if _names(subject, run.command)), None)
            missing = "No such command was run."
            return _mark_command(run, ledger, statement) if run else _doubt("command", subject, statement, missing)
        case "subtask":
            numbered = {str(number): done for number, done in enumerate(ledger.subtasks, start=1)}
            done = numbered.get(number or subject)
            return _mark_subtask(done, ledger, statement) if done else None
    return None


def _find_file(path: str, ledger: Ledger) -> WrittenFile | None:
    """Return the file of that path, or the only one of that name where no folder is told."""
    exact = next((file for file in ledger.files if _names(path, file.path)), None)
    named = [file for file in ledger.files if file.path.rpartition("/")[2] == path]
    return exact or (named[0] if len(named) == 1 else None)


def _names(subject: str, known: str) -> bool:
    """Tell whether a claim is about this: a subject that is as long as it may be stands for what begins with it."""
    return subject == known or (len(subject) == SUBJECT_LENGTH and known.startswith(subject))


def _list_known(ledger: Ledger) -> Iterator[Claim]:
    yield from (_mark_file(file) for file in ledger.files)
    yield from (_mark_command(run, ledger) for run in ledger.commands)
    yield from (_mark_subtask(done, ledger) for done in ledger.subtasks)


def _doubt(kind: str, subject: str, statement: str, why: str) -> Claim:
    return Claim.model_validate(
        {"kind": kind, "subject": subject, "statement": statement, "verified": False, "evidence": why}
    )


def _mark_file(file: WrittenFile, statement: str = "") -> Claim:
    sound = file.check.problem is None and (file.check.checked or not has_check(file.path))
    return Claim(
        kind="file",
        subject=file.path,
        statement=statement,
        verified=sound,
        evidence=_judge_file(file),
        step=file.step,
    )


def _judge_file(file: WrittenFile) -> str:
    size = f"{file.size} byte{'' if file.size == 1 else 's'}"
    stored = f"The journal has it: {size}, SHA-256 {file.sha256[:12]}…"
    if file.check.problem is not None:
        return f"{stored}. {file.check.problem}"
    if file.check.checked:
        return f"{stored}, and it can be parsed."
    return f"{stored}, but it is too large or too deep to be parsed." if has_check(file.path) else f"{stored}."


def _mark_command(run: RunCommand, ledger: Ledger, statement: str = "") -> Claim:
    later = any(file.position > run.position for file in ledger.files)
    ended = "It did not come to an end." if run.exit_code is None else f"It exited with {run.exit_code}."
    return Claim(
        kind="command",
        subject=shorten(run.command, SHOWN_LENGTH),
        statement=statement,
        verified=run.exit_code == 0,
        evidence=f"{ended} Files were written after it." if later else ended,
        step=run.step,
    )


def _mark_subtask(done: DoneSubtask, ledger: Ledger, statement: str = "") -> Claim:
    left = [
        *(_mark_file(file) for file in ledger.files if done.owns(file.step)),
        *(_mark_command(run, ledger) for run in ledger.commands if done.owns(run.step)),
    ]
    failed = [claim for claim in left if not claim.verified]
    if failed:
        evidence = f"{failed[0].subject}: {failed[0].evidence}"
    elif left:
        evidence = f"Verified are {', '.join(claim.subject for claim in left)}."
    else:
        evidence = "Nothing recorded backs it: it left no file, and no command ran."
    return Claim(
        kind="subtask",
        subject=done.id,
        statement=statement or done.title,
        verified=bool(left) and not failed,
        evidence=evidence,
        step=done.works[-1],
    )
