"""What the server refuses, in Ollama's form: a status and a sentence."""

from __future__ import annotations

from common.errors import FlowError


class Refusal(FlowError):
    """A request that is answered with `status` and {"error": sentence}."""

    code = "refused"

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
