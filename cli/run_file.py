"""`run.json` in the data folder: the addresses and secrets of what `up` started, kept over restarts."""

from __future__ import annotations

import json
import os
import secrets
import tempfile
from collections.abc import Mapping
from pathlib import Path

from common.errors import SettingsError
from common.settings import Settings, read_run_file

#: What tells of running servers; the rest are secrets, which outlive them.
_ADDRESSES = ("redis_url", "ollama_host", "url", "pid", "embedded_model")


def prepare_home(settings: Settings) -> None:
    """Make the data folder, for its owner alone. Raises SettingsError where it cannot be written."""
    try:
        settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=settings.home):
            pass
    except OSError as error:
        raise SettingsError(
            f"OLLAMA_FLOW_HOME takes a folder that can be written; {settings.home} cannot: {error.strerror}."
        ) from error


def write_run_file(path: Path, values: Mapping[str, str]) -> None:
    """Replace the file at once, readable by its owner alone."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".run-")  # mkstemp gives mode 600
    try:
        with os.fdopen(handle, "w") as file:
            json.dump(dict(values), file, indent=2)
            file.write("\n")
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def update_run_file(path: Path, values: Mapping[str, str]) -> None:
    """Set some of the file's values, keep the others."""
    write_run_file(path, {**read_run_file(path), **values})


def forget_addresses(path: Path) -> None:
    """Keep the secrets alone, so that no other command looks for servers that have ended."""
    write_run_file(path, {key: value for key, value in read_run_file(path).items() if key not in _ADDRESSES})


def keep_secret(path: Path, key: str) -> str:
    """Return the secret of that name, made up and kept the first time that it is asked for."""
    known = read_run_file(path).get(key)
    if known:
        return known
    made = secrets.token_urlsafe(32)
    update_run_file(path, {key: made})
    return made
