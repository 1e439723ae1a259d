"""Logs: pretty on a terminal, a JSON object a line elsewhere, never with a secret in them.

Everything goes to standard error, also what Celery, gunicorn and other libraries log by the standard library. Ids
(session, step, epoch, request) are bound by `log_context` and then stand on every line logged inside it.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import structlog

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from structlog.typing import EventDict, Processor

    from common.settings import Settings

#: Keys whose values are never logged; `prompt_tokens` and the like are figures and stay.
_SECRET_KEY = re.compile(
    r"(^|[_-])(password|passwd|secret|secret[_-]key|token|authorization|cookie|credentials?|api[_-]?key)$",
    re.IGNORECASE,
)
#: Secrets inside texts: the password of a URL, a bearer token, a secret in a query string.
_SECRET_TEXTS = (
    (re.compile(r"(\b[a-z][a-z0-9+.-]*://[^\s/:@]*:)[^\s/@]+(?=@)", re.IGNORECASE), r"\1***"),
    (re.compile(r"(\bbearer\s+)[^\s'\"]+", re.IGNORECASE), r"\1***"),
    (re.compile(r"([?&](?:token|password|secret|api_key)=)[^&\s'\"]+", re.IGNORECASE), r"\1***"),
)
#: Libraries that tell about each request or event; what goes wrong in them still comes through.
_TALKATIVE = ("httpx", "httpcore", "engineio", "engineio.server", "socketio", "socketio.server", "alembic", "asyncio")


def log_context(**ids: object) -> AbstractContextManager[None]:
    """Put `ids` on each line that is logged inside, in this task or thread."""
    return structlog.contextvars.bound_contextvars(**ids)


def set_up_logging(settings: Settings, process: str) -> None:
    """Send all logs of this process to standard error, each with the name of the process: web, worker, …"""
    configure_logging(settings.log_level, process)


def configure_logging(level: str, process: str) -> None:
    """Do what `set_up_logging` does, where only the level is known."""

    def name_process(_logger: Any, _method: str, event: EventDict) -> EventDict:
        event.setdefault("process", process)
        return event

    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        structlog.processors.StackInfoRenderer(),
        name_process,
    ]
    renderer: Processor
    if sys.stderr.isatty():
        renderer = structlog.dev.ConsoleRenderer(
            timestamp_key="at", exception_formatter=structlog.dev.plain_traceback, pad_event_to=0
        )
    else:
        renderer = structlog.processors.JSONRenderer(default=str, ensure_ascii=False)
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                redact,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def redact(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Replace what is secret, by its key or by its look, with `***`; a structlog processor."""
    return {key: _redacted(key, value) for key, value in event.items()}


def _redacted(key: object, value: object) -> object:
    if isinstance(key, str) and value and _SECRET_KEY.search(key):
        return "***"
    if isinstance(value, str):
        for pattern, replacement in _SECRET_TEXTS:
            value = pattern.sub(replacement, value)
        return value
    if isinstance(value, Mapping):
        return {inner: _redacted(inner, item) for inner, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_redacted(None, item) for item in value]
    return value
