"""The prompts, one Jinja file each, and what renders them. Imports nothing of the framework but errors.

A folder of one's own may hold files of the same names, which take the place of the shipped ones. All files are read at
once, so that a flow has the same prompts from its first step to its last, and tried out with sample values, so that a
broken one is told before there is any flow.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from pathlib import Path
from types import SimpleNamespace

from jinja2 import DictLoader, StrictUndefined, TemplateError, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment

from common.errors import InvalidInput

_MOST_BYTES = 64 * 1024
#: What a template may end in.
_BREAKS = (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError, RecursionError)


class Prompts:
    """A set of prompts that is read and tried out."""

    def __init__(self, folder: Path | None = None) -> None:
        """Take the shipped prompts, and from `folder` those that replace them. Raises InvalidInput."""
        self._texts = _read_shipped()
        own = _read_own(folder, self._texts) if folder is not None else {}
        self._texts |= own
        self._environment = ImmutableSandboxedEnvironment(
            loader=DictLoader(self._texts),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            autoescape=False,  # prompts are plain text, never HTML
        )
        whole = "\0".join(f"{name}\0{text}" for name, text in sorted(self._texts.items()))
        #: What tells these prompts from others: a SHA-256 of all names and texts, in hexadecimal.
        self.digest = hashlib.sha256(whole.encode()).hexdigest()
        for name in sorted(self._texts if own else ()):  # also those that include one that was replaced
            if not name.startswith("_"):
                self._try_out(name)

    def render(self, name: str, values: Mapping[str, object]) -> str:
        """Render a prompt. Raises InvalidInput where it uses a value that nobody gave, or breaks otherwise."""
        try:
            return self._environment.get_template(name).render(**values).strip()
        except _BREAKS as error:
            raise InvalidInput(f"The prompt {name} cannot be used: {_explain(error)}.") from error

    def find_values(self, name: str) -> set[str]:
        """Return the names of all values that a prompt uses, also by what it includes. Raises InvalidInput."""
        try:
            parsed = self._environment.parse(self._texts[name], name=name)
            used = meta.find_undeclared_variables(parsed)
        except _BREAKS as error:
            raise InvalidInput(f"The prompt {name} cannot be used: {_explain(error)}.") from error
        included = {other for other in meta.find_referenced_templates(parsed) if other in self._texts}
        return used.union(*(self.find_values(other) for other in included - {name}))

    def _try_out(self, name: str) -> None:
        given = shipped_prompts().find_values(name)
        if unknown := sorted(self.find_values(name) - given):
            known = f"It may use {', '.join(sorted(given))}." if given else "It is given none."
            raise InvalidInput(f"The prompt {name} uses {', '.join(unknown)}, which it is not given. {known}")
        values = {key: value for key, value in _SAMPLES.items() if key in given}
        if not self.render(name, values):
            raise InvalidInput(f"The prompt {name} is empty.")
        for optional in given & {"package", "comment"}:
            self.render(name, values | {optional: None})


#: The prompts of the flow that this task runs; the shipped ones where none runs.
_current: ContextVar[Prompts | None] = ContextVar("prompts", default=None)


@contextlib.contextmanager
def use_prompts(prompts: Prompts) -> Iterator[None]:
    """Let everything in this block, and the tasks that it starts, render these prompts."""
    token = _current.set(prompts)
    try:
        yield
    finally:
        _current.reset(token)


def current_prompts() -> Prompts:
    """Return the prompts that are in use here."""
    return _current.get() or shipped_prompts()


@functools.cache
def shipped_prompts() -> Prompts:
    """Return the prompts as they ship."""
    return Prompts()


def render_prompt(name: str, **values: object) -> str:
    """Render the prompt file `name` of those in use; a value that the file names and the caller forgot raises."""
    return current_prompts().render(name, values)


def _explain(error: Exception) -> str:
    line = getattr(error, "lineno", None)  # of wrong syntax
    return f"{error.message or error} (line {line})" if isinstance(error, TemplateError) and line else str(error)


def _read_shipped() -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("*.md")}


def _read_own(folder: Path, shipped: Mapping[str, str]) -> dict[str, str]:
    """Read the prompts of a folder: files of shipped names, and `_….md` for them to include."""
    texts: dict[str, str] = {}
    try:
        for path in sorted(folder.iterdir()):
            if path.suffix != ".md":
                continue
            if path.name not in shipped and not path.name.startswith("_"):
                known = ", ".join(sorted(name for name in shipped if not name.startswith("_")))
                raise InvalidInput(f"{path.name} in {folder} is no prompt. The prompts are: {known}.")
            if path.stat().st_size > _MOST_BYTES:
                raise InvalidInput(f"The prompt {path.name} in {folder} has more than {_MOST_BYTES} bytes.")
            texts[path.name] = path.read_text(encoding="utf-8")
    except OSError as error:
        raise InvalidInput(f"The prompts in {folder} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise InvalidInput(f"The prompt {path.name} in {folder} is not UTF-8.") from error
    return texts


_SUBTASK = SimpleNamespace(id="1", title="A title", instructions="Do it.", role="developer", depends_on=[], files=[])
#: One of everything that some prompt is given, to try them out.
_SAMPLES: Mapping[str, object] = {
    "task": "A task.",
    "package": SimpleNamespace(title="A part", instructions="Do it.", files=["app.py"], foreign=["other.py"]),
    "pieces": [SimpleNamespace(name="A result", text="A text.", shown="A text.")],
    "subtask": _SUBTASK,
    "angle": _SUBTASK,
    "comment": "A comment.",
    "most": 4,
    "count": 2,
    "roles": ["analyst", "developer"],
    "source": "results",
    "has_code": True,
    "tools": ["read_file", "write_file", "edit_file"],
    "openings": ["```python path=app.py"],
    "path": "app.py",
    "edits": ["```python path=old.py"],
    "broken": {"app.py": "Not valid Python, line 1: invalid syntax."},
}
