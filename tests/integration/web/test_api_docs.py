"""The page that shows the API's description."""

from __future__ import annotations

import html
import re

from tests.integration.web.dashboard import Dashboard


def test_the_page_shows_all_of_it_without_a_script_or_a_style_of_its_own(shared_dashboard: Dashboard) -> None:
    ada = shared_dashboard.program()
    document = ada.get("/api/openapi.json")
    answer = ada.ask("GET", "/api/docs")
    assert answer.status_code == 200
    assert "script-src 'self'; style-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "<script" not in answer.text
    assert "<style" not in answer.text
    assert not re.search(r"\s(?:style|on\w+)=", answer.text)
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert f"<code>{method.upper()} {path}</code>" in answer.text
            assert operation["summary"] in html.unescape(answer.text)
    for anchor in re.findall(r'href="#([^"]+)"', answer.text):
        assert f'id="{anchor}"' in answer.text, anchor
    assert not re.findall(r'(?:href|src)="https?://', answer.text)
