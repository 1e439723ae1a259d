"""`python -m cli` is `ollama-flow`: how `up` starts its children, wherever the environment lies."""

from __future__ import annotations

from cli.main import main

main()
