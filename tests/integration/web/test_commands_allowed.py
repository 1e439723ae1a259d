"""Commands are allowed by the server and asked for by a session; one without the other gives none."""

from __future__ import annotations

from collections.abc import Callable

from common.settings import Settings
from tests.integration.web.dashboard import Dashboard

BODY = {"task": "Run the tests.", "options": {"commands": True}}


def test_a_server_that_does_not_allow_commands_refuses_a_session_that_asks_for_them(on_sqlite: Dashboard) -> None:
    ada = on_sqlite.program()
    answer = ada.ask("POST", "/api/sessions", json=BODY)
    assert answer.status_code == 422
    assert answer.json is not None
    sentence = "This server does not allow commands; its admin would set OLLAMA_FLOW_COMMANDS=true."
    assert answer.json["error"] == sentence
    assert answer.json["details"] == [{"field": "options.commands", "message": sentence}]
    assert ada.create(options={"commands": False})["options"]["commands"] is False


def test_where_they_are_allowed_a_session_keeps_the_wish_and_its_command_line_says_so(
    make_settings: Callable[..., Settings], sqlite_url: str, redis_url: str
) -> None:
    with Dashboard(make_settings(database_url=sqlite_url, redis_url=redis_url, commands=True)) as dashboard:
        ada = dashboard.program()
        session = ada.create(options={"commands": True})
        shown = ada.get(f"/api/sessions/{session['id']}")["session"]
        assert shown["options"]["commands"] is True
        assert shown["command"] == "ollama-flow run 'Count to ten.' --workers 4 --arch HIERARCHICAL --commands"
        other = ada.create()
        assert other["options"]["commands"] is False
