"""The prompts that the settings name."""

from __future__ import annotations

from common.errors import InvalidInput, SettingsError
from common.settings import Settings
from workers.flow import Prompts


def read_prompts(settings: Settings) -> Prompts:
    """Read the prompts once, for as long as the process runs. Raises SettingsError where one cannot be used."""
    try:
        return Prompts(settings.prompts)
    except InvalidInput as error:
        raise SettingsError(f"OLLAMA_FLOW_PROMPTS takes a folder of prompts. {error}") from error
