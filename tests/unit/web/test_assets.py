"""The files of the front end as browsers get them."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from common.settings import load_settings
from web.app import create_app

_LONG = "const bees = 12;\n" * 100


@pytest.mark.parametrize(("accepted", "encoding"), [("gzip, br", "gzip"), ("br", None)])
def test_a_file_is_sent_compressed_to_who_takes_that_alone(tmp_path: Path, accepted: str, encoding: str | None) -> None:
    app = create_app(load_settings(home=tmp_path))
    app.static_folder = str(tmp_path)
    (tmp_path / "bees.js").write_text(_LONG)
    (tmp_path / "bees.js.gz").write_bytes(gzip.compress(_LONG.encode()))
    answer = app.test_client().get("/static/bees.js", headers={"Accept-Encoding": accepted}, buffered=True)
    body = gzip.decompress(answer.data) if encoding else answer.data
    assert (answer.headers.get("Content-Encoding"), body.decode()) == (encoding, _LONG)
    assert (answer.mimetype, "Accept-Encoding" in answer.vary) == ("text/javascript", True)


def test_what_was_built_in_one_way_only_is_sent_so(tmp_path: Path) -> None:
    app = create_app(load_settings(home=tmp_path))
    app.static_folder = str(tmp_path)
    (tmp_path / "letters.woff2").write_bytes(b"letters")
    client = app.test_client()
    takes = {"Accept-Encoding": "gzip"}
    assert client.get("/static/letters.woff2", headers=takes, buffered=True).data == b"letters"
    assert client.get("/static/none.js", headers=takes, buffered=True).status_code == 404
