"""Project folders: inside the allowed roots, whatever links and dots a path holds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from common.errors import FieldError, InvalidInput

#: How many folders the form's picker shows.
_MOST = 500


def resolve_folder(path: str, roots: Sequence[Path], *, field: str = "project_folder") -> Path:
    """Return the folder that `path` names, with its links followed below its root. Raises InvalidInput.

    The root itself stays as it was set, since worker hosts share it by that name.
    """
    if path.startswith("~"):
        raise _invalid(
            field, "Write the whole path of the folder, or one that begins in the first allowed folder; not ~."
        )
    asked = Path(path) if Path(path).is_absolute() else roots[0] / path
    try:
        real = asked.resolve()
        for root in roots:
            real_root = root.resolve()
            if real.is_relative_to(real_root):
                return root / real.relative_to(real_root)
    except (OSError, RuntimeError):  # a name too long, a loop of links
        raise _invalid(field, "This path cannot be used.") from None
    raise _invalid(field, f"The project folder has to lie inside {_listed(roots)}.")


def provide_folder(path: str, roots: Sequence[Path]) -> str:
    """Return the folder that `path` names, made where it does not exist. Raises InvalidInput."""
    folder = resolve_folder(path, roots)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise _invalid("project_folder", "This is a file, not a folder.") from None
    except OSError as error:
        raise _invalid("project_folder", f"This folder cannot be made: {error.strerror}.") from None
    return str(folder)


def list_folders(folder: Path) -> list[Path]:
    """Return the folders inside `folder`, by name, without links and hidden ones."""
    try:
        found = [
            entry
            for entry in folder.iterdir()
            if not entry.name.startswith(".") and not entry.is_symlink() and entry.is_dir()
        ]
    except FileNotFoundError:
        return []
    except OSError:
        raise _invalid("path", "This folder cannot be read.") from None
    return sorted(found)[:_MOST]


def _listed(roots: Sequence[Path]) -> str:
    return " or ".join(str(root) for root in roots)


def _invalid(field: str, message: str) -> InvalidInput:
    return InvalidInput(message, FieldError(field=field, message=message))
