"""The servers that benchmarks measure against, each a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PROJECT = Path(__file__).parents[1]


@contextmanager
def scripted_ollama(*options: str) -> Iterator[str]:
    """Run a scripted Ollama that answers at once, and give its address."""
    words = [sys.executable, "-m", "tests.support.ollama_server", *options]
    with subprocess.Popen(words, cwd=_PROJECT, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            line = server.stdout.readline()
            yield line[line.index("http://") :].strip()
        finally:
            server.terminate()
