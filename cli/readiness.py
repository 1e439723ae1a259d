"""Tells the person at the terminal when everything answers, or what does not."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cli.probe import fetch, ollama_version
from cli.terminal import show_facts, tell

#: When what is missing is told.
_PATIENCE_SECONDS = 30.0
_PAUSE_SECONDS = 0.1


@dataclass(frozen=True, kw_only=True)
class Readiness:
    """What has to answer, and what to say once it does."""

    url: str
    ollama_host: str
    #: The file that each worker process touches while it is well.
    alive_files: Mapping[str, Path]
    facts: Mapping[str, str]
    log_folder: Path

    def list_missing(self) -> list[str]:
        """Return a phrase for each part that does not answer yet."""
        missing = []
        page = fetch(f"{self.url}/readyz", timeout_seconds=1)
        if page is None:
            missing.append(f"the dashboard at {self.url}")
        elif page.status != 200:
            missing.append(f"the dashboard at {self.url} ({page.status}: {page.body.strip()[:200]})")
        if ollama_version(self.ollama_host) is None:
            missing.append(f"the model server at {self.ollama_host}")
        return [*missing, *(name for name, file in self.alive_files.items() if not file.exists())]


def announce_when_ready(readiness: Readiness, ended: threading.Event) -> None:
    """Wait until everything answers and print the address; say after a while what is missing, and go on waiting."""
    started = time.monotonic()
    told = False
    while not ended.is_set():
        missing = readiness.list_missing()
        if not missing:
            show_facts(f"ollama-flow is ready at {readiness.url}", readiness.facts, "Ctrl-C ends everything.")
            return
        if not told and time.monotonic() - started > _PATIENCE_SECONDS:
            told = True
            waited = f"After {_PATIENCE_SECONDS:.0f} s there is still no answer from: {', '.join(missing)}."
            tell(f"{waited} The logs are in {readiness.log_folder}. Still waiting.")
        ended.wait(_PAUSE_SECONDS)
