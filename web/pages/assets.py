"""The built front end: which hashed file stands for `sessions.js` now, and sending it."""

from __future__ import annotations

import contextlib
import json
from functools import lru_cache
from pathlib import Path

from flask import Response, current_app, request, url_for
from werkzeug.exceptions import NotFound

_FOLDER = "dist"


def asset(name: str) -> str:
    """Return the address of a built file; a template global. Raises RuntimeError where the front end is not built."""
    assert current_app.static_folder is not None
    manifest = Path(current_app.static_folder) / _FOLDER / "manifest.json"
    try:
        names = _read_manifest(manifest, manifest.stat().st_mtime_ns)
        return url_for("static", filename=f"{_FOLDER}/{names[name]}")
    except (FileNotFoundError, KeyError) as error:
        raise RuntimeError(f"The front end has no built {name}; run ./run assets.") from error


@lru_cache(maxsize=4)
def _read_manifest(path: Path, changed: int) -> dict[str, str]:
    """Read the manifest once for each time that it `changed`."""
    names: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return names


def send_built(filename: str) -> Response:
    """Send a file of the front end, compressed where the browser takes that; what compresses well was built so too."""
    response = None
    if request.accept_encodings.quality("gzip") > 0:
        with contextlib.suppress(NotFound):
            response = current_app.send_static_file(f"{filename}.gz")  # says by itself what it is, and how compressed
    response = response or current_app.send_static_file(filename)
    response.vary.add("Accept-Encoding")
    return response
