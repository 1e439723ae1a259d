"""How much the front end weighs: what each page loads at once, compressed, and what is fetched when needed."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

_BUILT = Path(__file__).parents[1] / "web" / "static" / "dist"
#: A page of the dashboard loads no more at once.
MOST_BYTES = 150_000
#: As the builder writes them; what is fetched when needed has a parenthesis.
_IMPORT = re.compile(r'(?:from|import)"\./([^"]+)"')


async def run() -> str:
    """Measure, and return a sentence."""
    names: dict[str, str] = json.loads((_BUILT / "manifest.json").read_text())
    pages = {name: _follow(built) for name, built in names.items() if name.endswith(".js") and name != "theme.js"}
    at_once = ", ".join(f"{name.removesuffix('.js')} {_weigh(files) / 1000:.0f} kB" for name, files in pages.items())
    later = {path.name for path in _BUILT.glob("*.js")} - set().union(*pages.values()) - {names["theme.js"]}
    style = _weigh({names["app.css"]}) / 1000
    return f"gzipped, at once: {at_once}; each with {style:.0f} kB of style; when needed: {_weigh(later) / 1000:.0f} kB"


def weigh_page(name: str) -> int:
    """Return the bytes of the scripts that a page loads at once, compressed."""
    names: dict[str, str] = json.loads((_BUILT / "manifest.json").read_text())
    return _weigh(_follow(names[f"{name}.js"]))


def read_style() -> str:
    """Return the style sheet of all pages as it was built."""
    names: dict[str, str] = json.loads((_BUILT / "manifest.json").read_text())
    return (_BUILT / names["app.css"]).read_text()


def _follow(name: str, seen: set[str] | None = None) -> set[str]:
    """Return a built script with all that it imports."""
    files = set() if seen is None else seen
    if name not in files:
        files.add(name)
        for other in _IMPORT.findall((_BUILT / name).read_text()):
            _follow(other, files)
    return files


def _weigh(names: set[str]) -> int:
    return sum(len(gzip.compress((_BUILT / name).read_bytes())) for name in names)
