"""The key that signs cookies."""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path

from common.settings import Settings


def read_secret_key(settings: Settings) -> str:
    """Return the key of the settings, else the one kept in the data folder, made at the first start."""
    if settings.secret_key:
        return settings.secret_key
    path = settings.home / "secret_key"
    if not path.exists():
        _keep(path, secrets.token_urlsafe(48))
    return path.read_text().strip()


def _keep(path: Path, secret: str) -> None:
    """Write the file whole or not at all; of several processes that start at once, the first one's stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=path.parent)  # mode 600
    try:
        with os.fdopen(handle, "w") as file:
            file.write(secret)
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        Path(draft).unlink()
