"""Sessions to take along: what an export holds, that its names are harmless, and that it is made while it is sent."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

from common.queries import claims, steps
from common.states import State
from tests.integration.web.dashboard import Dashboard, Program
from web.session_export import Exporter, name_files

_HOSTILE = {
    "../../etc/passwd": "etc/passwd",
    "...": "file",
    "/root/.ssh/key": "root/.ssh/key",
    "CON": "_CON",
    "a:b?.txt": "a_b_.txt",
    "a\\..\\b.txt": "a/b.txt",
    "ok/NOTES.md": "ok/NOTES.md",
    "ok/notes.md": "ok/notes (2).md",
}


def commit_files(dashboard: Dashboard, session_id: str, *files: tuple[str, bytes], key: str = "1") -> None:
    """Commit a step with these files."""
    step = steps.NewStep(
        key=key,
        kind="model",
        agent="drone-1",
        role=None,
        model="tiny",
        input_hash="0",
        request={"messages": ["Write."]},
        output={"text": "done"},
        prompt_tokens=3,
        output_tokens=4,
        duration_seconds=0.5,
        artifacts=[steps.NewArtifact(path=path, content=content, sha256="0" * 64) for path, content in files],
    )
    with dashboard.database.write() as db:
        steps.commit_step(db, session_id, step, epoch=1)


def finish(dashboard: Dashboard, session_id: str) -> None:
    with dashboard.database.write() as db:
        claims.finish_session(db, session_id, epoch=1, state=State.COMPLETED, result="# One, two ✓")


def unzip(answer: Any) -> dict[str, bytes]:
    assert answer.status_code == 200, answer.text
    assert answer.mimetype == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def lines(content: bytes) -> list[Any]:
    return [json.loads(line) for line in content.decode().splitlines()]


def test_a_session_is_exported_with_all_that_belongs_to_it(dashboard: Dashboard, ada: Program, bob: Program) -> None:
    session = dashboard.make(ada.user, State.RUNNING, name="Größe: 1/2 “x”")
    commit_files(dashboard, session.id, ("site/index ä.html", b"old"))
    commit_files(dashboard, session.id, ("site/index ä.html", b"new"), ("data.bin", bytes(range(256))), key="2")
    finish(dashboard, session.id)
    path = f"/api/sessions/{session.id}/export.zip"
    answer = ada.ask("GET", path)
    name = f"grosse-1-2-x-{session.id[-12:]}.zip".replace("grosse", "groe")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    files = unzip(answer)
    assert set(files) == {
        "session.json",
        "result.md",
        "events.jsonl",
        "steps.jsonl",
        "files/site/index ä.html",
        "files/data.bin",
    }
    told = json.loads(files["session.json"])
    shown = ada.get(f"/api/sessions/{session.id}")["session"]
    assert told == {key: shown[key] for key in told}
    assert told["command"].startswith("ollama-flow run")
    assert files["result.md"].decode() == "# One, two ✓"
    assert (files["files/site/index ä.html"], files["files/data.bin"]) == (b"new", bytes(range(256)))
    assert lines(files["events.jsonl"]) == ada.get(f"/api/sessions/{session.id}/events")["events"]
    assert [(step["key"], step["request"]) for step in lines(files["steps.jsonl"])] == [
        ("1", {"messages": ["Write."]}),
        ("2", {"messages": ["Write."]}),
    ]
    assert bob.ask("GET", path).status_code == 404


def test_many_are_exported_by_name_or_by_what_a_search_finds(dashboard: Dashboard, ada: Program, bob: Program) -> None:
    first = dashboard.make(ada.user, State.COMPLETED, name="Same name")
    second = dashboard.make(ada.user, State.FAILED, name="Same name", task="About bees.")
    queued, of_bob = dashboard.make(ada.user), dashboard.make(bob.user, State.COMPLETED)
    files = unzip(ada.ask("GET", f"/api/sessions/export?ids={first.id},{queued.id}"))
    assert f"same-name-{first.id[-12:]}/result.md" in files
    assert {name.partition("/")[0] for name in files} == {
        f"same-name-{first.id[-12:]}",
        f"count-to-ten-{queued.id[-12:]}",
    }

    def exported(query: str, who: Program = ada) -> list[str]:
        answer = who.ask("GET", f"/api/sessions/export?format=jsonl&{query}")
        assert answer.status_code == 200, answer.text
        return [session["id"] for session in lines(answer.data)]

    assert exported("") == [second.id, first.id]
    assert exported("q=bees") == [second.id]
    assert exported("status=completed") == [first.id]
    assert exported("q=wasps") == []
    assert exported("", bob) == [of_bob.id]
    assert exported(f"ids={second.id},{second.id}") == [second.id]
    for query, status in (
        (f"ids={first.id},{of_bob.id}", 404),
        ("ids=", 404),
        ("ids=" + ",".join(["x"] * 101), 422),
        ("format=tar", 422),
    ):
        assert ada.ask("GET", f"/api/sessions/export?{query}").status_code == status, query


def test_no_name_in_an_archive_leads_out_of_it_or_stands_there_twice(on_sqlite: Dashboard) -> None:
    assert name_files(_HOSTILE) == list(_HOSTILE.values())
    ada = on_sqlite.program()
    session = on_sqlite.make(ada.user, State.RUNNING)
    commit_files(on_sqlite, session.id, *((path, path.encode()) for path in _HOSTILE))
    files = unzip(ada.ask("GET", f"/api/sessions/{session.id}/export.zip"))
    for path, name in _HOSTILE.items():
        assert files[f"files/{name}"] == path.encode()
    assert len(files) == len(_HOSTILE) + 3


def test_an_export_is_made_while_it_is_sent_and_goes_on_without_what_was_deleted(on_sqlite: Dashboard) -> None:
    ada = on_sqlite.program()
    made = [on_sqlite.make(ada.user, State.COMPLETED) for _ in range(3)]
    pieces = Exporter(on_sqlite.database, on_sqlite.settings).write_zip([each.id for each in made], in_folders=True)
    first = next(pieces)
    assert 0 < len(first) < 4000
    assert ada.ask("DELETE", f"/api/sessions/{made[1].id}").status_code == 204
    with zipfile.ZipFile(io.BytesIO(first + b"".join(pieces))) as archive:
        folders = {name.partition("/")[0][-12:] for name in archive.namelist()}
    assert folders == {made[0].id[-12:], made[2].id[-12:]}


def test_the_log_of_a_long_session_is_exported_to_its_end(on_sqlite: Dashboard) -> None:
    ada = on_sqlite.program()
    session = on_sqlite.make(ada.user, State.RUNNING)
    for number in range(120):
        commit_files(on_sqlite, session.id, key=f"step-{number}")
    finish(on_sqlite, session.id)
    files = unzip(ada.ask("GET", f"/api/sessions/{session.id}/export.zip"))
    assert [step["position"] for step in lines(files["steps.jsonl"])] == list(range(1, 121))
    assert len(lines(files["events.jsonl"])) == on_sqlite.find(session.id).last_seq
