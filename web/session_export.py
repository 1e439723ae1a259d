"""Sessions as files to take along: a zip or JSON Lines, made while it is sent, one piece in memory at a time.

Each piece is read in a transaction of its own: whoever loads slowly holds none open.
"""

from __future__ import annotations

import json
import re
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import TypeAdapter

from common.clock import utc_now
from common.database import Database
from common.errors import NotFound
from common.models import FlowSession, Step
from common.queries.events import read_events
from common.queries.sessions import find_session
from common.queries.steps import find_artifact, list_artifacts, list_steps
from common.settings import Settings
from web.session_view import view_session, write_command

_EVENTS_AT_A_TIME = 500
_STEPS_AT_A_TIME = 50
_STEP_COLUMNS = [column.name for column in Step.__table__.columns if column.name not in {"session_id", "input_hash"}]
#: What Windows cannot have in a file's name, and control characters.
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"|?*]')
_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)
_LONGEST_NAME = 120
_json = TypeAdapter[Any](Any)


class Exporter:
    """Reads sessions piece by piece."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings

    def write_lines(self, session_ids: Iterable[str]) -> Iterator[bytes]:
        """Write each session as a line of JSON, as the API tells it; one that is gone meanwhile is left out."""
        for session_id in session_ids:
            try:
                yield self._describe(self._find(session_id)) + b"\n"
            except NotFound:
                continue

    def write_zip(self, session_ids: Iterable[str], *, in_folders: bool) -> Iterator[bytes]:
        """Write sessions with all that belongs to them, each in a folder of its own or all in the root."""
        sink = _Sink()
        with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
            for session_id in session_ids:
                try:
                    session = self._find(session_id)
                    folder = f"{name_folder(session)}/" if in_folders else ""
                    for _ in self._write_session(archive, session, folder):
                        yield sink.take()
                except NotFound:  # deleted meanwhile
                    continue
        yield sink.take()

    def _write_session(self, archive: zipfile.ZipFile, session: FlowSession, folder: str) -> Iterator[None]:
        """Write one session; each step is a piece to be sent."""
        archive.writestr(_entry(f"{folder}session.json", session), self._describe(session, indent=2))
        if session.result:
            archive.writestr(_entry(f"{folder}result.md", session), session.result)
        yield
        with archive.open(_entry(f"{folder}events.jsonl", session), "w") as entry:
            for page in self._read_events(session.id):
                entry.write(page)
                yield
        with archive.open(_entry(f"{folder}steps.jsonl", session), "w") as entry:
            for page in self._read_steps(session.id):
                entry.write(page)
                yield
        with self._database.read() as db:
            paths = [artifact.path for artifact in list_artifacts(db, session.id)]
        for path, name in zip(paths, name_files(paths), strict=True):
            with self._database.read() as db:
                content = find_artifact(db, session.id, path).content
            archive.writestr(_entry(f"{folder}files/{name}", session), content)
            yield

    def _find(self, session_id: str) -> FlowSession:
        with self._database.read() as db:
            return find_session(db, session_id)

    def _describe(self, session: FlowSession, indent: int | None = None) -> bytes:
        with self._database.read() as db:
            view = view_session(db, session, self._settings).model_dump(mode="json")
        return json.dumps(view | {"command": write_command(session)}, ensure_ascii=False, indent=indent).encode()

    def _read_events(self, session_id: str) -> Iterator[bytes]:
        after = 0
        while True:
            with self._database.read() as db:
                events = read_events(db, session_id, after=after, limit=_EVENTS_AT_A_TIME)
            yield b"".join(event.model_dump_json().encode() + b"\n" for event in events)
            if len(events) < _EVENTS_AT_A_TIME:
                return
            after = events[-1].seq

    def _read_steps(self, session_id: str) -> Iterator[bytes]:
        after = 0
        while True:
            with self._database.read() as db:
                steps = list_steps(db, session_id, after=after, limit=_STEPS_AT_A_TIME)
            rows = ({name: getattr(step, name) for name in _STEP_COLUMNS} for step in steps)
            yield b"".join(_json.dump_json(row) + b"\n" for row in rows)
            if len(steps) < _STEPS_AT_A_TIME:
                return
            after = steps[-1].position


class _Sink:
    """Takes what a zip file writes, until it is taken on; it cannot be sought in."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, piece: bytes, /) -> int:
        """Keep a piece."""
        self._pieces.append(bytes(piece))
        return len(piece)

    def close(self) -> None:
        """Keep what is there: it is still to be taken."""

    def flush(self) -> None:
        """All that was written is there already."""

    def take(self) -> bytes:
        """Return what was written since the last time."""
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


def name_folder(session: FlowSession) -> str:
    """Return a name for a session's folder that any system takes, and that no other session has."""
    plain = unicodedata.normalize("NFKD", session.name).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain)[:40].strip("-")
    return f"{words or 'session'}-{session.id[-12:]}"


def name_files(paths: Iterable[str]) -> list[str]:
    """Return for each path a relative one that any system can unpack where it should be, each of them once."""
    taken: set[str] = set()
    names = []
    for path in paths:
        parts = [_mend_part(part) for part in re.split(r"[/\\]", path) if part.strip(". ")]
        name = "/".join(parts) or "file"
        stem, dot, suffix = name.rpartition(".") if "." in name.rpartition("/")[2] else (name, "", "")
        number = 1
        while name.casefold() in taken:
            number += 1
            name = f"{stem} ({number}){dot}{suffix}"
        taken.add(name.casefold())
        names.append(name)
    return names


def _mend_part(part: str) -> str:
    mended = _FORBIDDEN.sub("_", part).rstrip(". ")[:_LONGEST_NAME]
    return f"_{mended}" if _DEVICES.fullmatch(mended) else mended


def _entry(name: str, session: FlowSession) -> zipfile.ZipInfo:
    made = (session.ended_at or utc_now()).timetuple()[:6]
    entry = zipfile.ZipInfo(name, made)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    return entry
