"""Settings: the only reader of the environment.

Precedence: explicit arguments, then `OLLAMA_FLOW_<NAME>`, then the plain name where one exists, then `run.json` in the
data folder (written by `ollama-flow up`, so that other commands find its Redis), then the default.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from common.errors import SettingsError


def _named(*names: str, takes: str) -> Any:
    """Give a field its variables, and the phrase that an error uses to say what the variable takes."""
    prefixed = [f"OLLAMA_FLOW_{name}" for name in names]
    return {"validation_alias": AliasChoices(*prefixed, *names), "json_schema_extra": {"takes": takes}}


def _own(name: str, takes: str) -> Any:
    """Like `_named`, for a setting that has only the prefixed variable."""
    return {"validation_alias": AliasChoices(f"OLLAMA_FLOW_{name}"), "json_schema_extra": {"takes": takes}}


#: Fields whose values are never shown.
_SECRET_FIELDS = frozenset(
    {"secret_key", "admin_password", "database_url", "redis_url", "celery_broker_url", "flower_url"}
)


class Settings(BaseSettings):
    """All settings of all processes. Durations are in seconds."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    # Where it listens
    #: The address that the dashboard listens on; 0.0.0.0 for all.
    host: str = Field(default="127.0.0.1", **_named("HOST", takes="an address to listen on, like 127.0.0.1 or 0.0.0.0"))
    #: The port of the dashboard.
    port: int = Field(default=5000, ge=1, le=65535, **_named("PORT", takes="a port from 1 to 65535"))
    #: Host names that browsers may use for it, separated by commas, besides localhost and `host`; `*` for any.
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), **_own("ALLOWED_HOSTS", "host names separated by commas, or *")
    )
    #: True where people reach the dashboard over HTTPS only: cookies are then sent over HTTPS alone.
    secure_cookies: bool = Field(default=False, **_own("SECURE_COOKIES", "true or false"))
    #: Signs cookies; made and kept in the data folder where unset. All web processes need the same one.
    secret_key: str = Field(default="", **_named("SECRET_KEY", takes="a secret of at least 16 characters"))

    # What it uses
    #: The data folder: database, generated secrets, private Redis, session folders.
    home: Path = Field(default=Path("~/.ollama-flow"), **_own("HOME", "a folder that can be written"))
    #: SQLite for one host, PostgreSQL for several; a file in the data folder where unset.
    database_url: str = Field(
        default="",
        **_named("DATABASE_URL", takes="a URL like postgresql://user:password@host/name or sqlite:////folder/file.db"),
    )
    #: Redis or Valkey; `up` starts a private one where unset.
    redis_url: str = Field(default="", **_named("REDIS_URL", takes="a URL like redis://:password@host:6379/0"))
    #: Celery's broker; the same as REDIS_URL where unset.
    celery_broker_url: str = Field(default="", **_named("CELERY_BROKER_URL", takes="a URL like redis://host:6379/0"))
    #: The Ollama server; where none answers, `up` starts the embedded one.
    ollama_host: str = Field(
        default="http://127.0.0.1:11434",
        **_named("OLLAMA_HOST", "OLLAMA_BASE_URL", takes="an address like http://127.0.0.1:11434"),
    )
    #: Where the dashboard reaches a Flower of another host; that of this host is found by its socket.
    flower_url: str = Field(default="", **_own("FLOWER_URL", "an address like http://user:password@host:5555"))
    #: How long PostgreSQL may take for one answer before its connection is given up.
    database_seconds: float = Field(default=10.0, gt=0, le=300, **_own("DATABASE_SECONDS", "seconds from 0 to 300"))
    #: Put before all keys and channels in Redis, so that installations can share one.
    redis_prefix: str = Field(default="ollama-flow:", **_own("REDIS_PREFIX", "a word that ends with a colon"))
    #: Folders that project folders must lie in, separated by `:`; `projects` in the data folder where unset.
    project_roots: Annotated[tuple[Path, ...], NoDecode] = Field(
        default=(), **_own("PROJECT_ROOTS", "absolute folders separated by ':'")
    )
    #: The model of sessions that name none; the first that the model server has where unset.
    default_model: str = Field(default="", **_own("DEFAULT_MODEL", "the name of a model"))

    #: A folder whose files replace the shipped prompts of the same names; read when a worker process starts.
    prompts: Path | None = Field(default=None, **_own("PROMPTS", "a folder of prompts"))

    # Who
    #: The first admin's email address.
    admin_email: str = Field(default="admin@localhost.local", **_own("ADMIN_EMAIL", "an email address"))
    #: The first admin's password; one is made up and printed where unset.
    admin_password: str = Field(default="", **_own("ADMIN_PASSWORD", "at least 8 characters"))

    # Workers
    #: How many sessions one worker process runs at a time.
    seats: int = Field(default=4, ge=1, le=500, **_own("SEATS", "a number from 1 to 500"))
    #: How many worker processes `up` starts.
    worker_processes: int = Field(default=1, ge=1, le=64, **_own("WORKER_PROCESSES", "a number from 1 to 64"))
    #: Whether sessions that ask for it may run commands, in the sandbox of the worker's host.
    commands: bool = Field(default=False, **_own("COMMANDS", takes="true or false"))
    #: How many calls one worker process makes to the model server at a time.
    model_calls: int = Field(default=16, ge=1, le=1000, **_own("MODEL_CALLS", "a number from 1 to 1000"))
    #: How long to wait for a connection to the model server.
    model_connect_seconds: float = Field(
        default=5.0, gt=0, le=300, **_own("MODEL_CONNECT_SECONDS", "seconds from 0 to 300")
    )
    #: How long a call may be silent before its first token: a large model may have to be loaded first.
    model_first_token_seconds: float = Field(
        default=300.0, gt=0, le=86_400, **_own("MODEL_FIRST_TOKEN_SECONDS", "seconds from 0 to 86400")
    )
    #: How long a call may be silent between two tokens.
    model_next_token_seconds: float = Field(
        default=120.0, gt=0, le=86_400, **_own("MODEL_NEXT_TOKEN_SECONDS", "seconds from 0 to 86400")
    )
    #: How long a whole call may take.
    model_call_seconds: float = Field(
        default=3600.0, gt=0, le=86_400, **_own("MODEL_CALL_SECONDS", "seconds from 0 to 86400")
    )
    #: How long a call is tried again after the model server failed it; then the session pauses until it is back.
    model_retry_seconds: float = Field(
        default=60.0, ge=0, le=86_400, **_own("MODEL_RETRY_SECONDS", "seconds from 0 to 86400")
    )
    #: How long a session pauses at least that waits for the model server or for a disk; doubles with each pause in a
    #: row.
    wake_seconds: float = Field(default=10.0, gt=0, le=3600, **_own("WAKE_SECONDS", "seconds from 0 to 3600"))
    #: How long a claim lasts without renewal.
    lease_seconds: float = Field(default=30.0, gt=0, le=3600, **_own("LEASE_SECONDS", "seconds, more than 0"))
    #: How often claims are renewed and the wanted state is read.
    renew_seconds: float = Field(
        default=10.0, gt=0, le=1200, **_own("RENEW_SECONDS", "seconds, at most a third of LEASE_SECONDS")
    )
    #: How often worker processes tell their figures.
    heartbeat_seconds: float = Field(default=2.0, gt=0, le=60, **_own("HEARTBEAT_SECONDS", "seconds from 0 to 60"))
    #: How often expired leases, unanswered doorbells and waiting sessions are looked for.
    reconcile_seconds: float = Field(default=5.0, gt=0, le=300, **_own("RECONCILE_SECONDS", "seconds from 0 to 300"))
    #: When an unanswered doorbell is rung again.
    ring_again_seconds: float = Field(default=10.0, gt=0, le=600, **_own("RING_AGAIN_SECONDS", "seconds from 0 to 600"))
    #: How long a worker process that is told to end waits for its sessions to reach a step's end.
    drain_seconds: float = Field(default=20.0, ge=0, le=3600, **_own("DRAIN_SECONDS", "seconds from 0 to 3600"))
    #: Crashes in a row without a new step after which a session fails.
    crash_limit: int = Field(default=3, ge=1, le=100, **_own("CRASH_LIMIT", "a number from 1 to 100"))

    # Logs
    #: The least severe level that is logged.
    log_level: str = Field(
        default="INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", **_own("LOG_LEVEL", "DEBUG, INFO, WARNING or ERROR")
    )

    @field_validator("home", "prompts", mode="after")
    @classmethod
    def _expand(cls, value: Path | None) -> Path | None:
        return value.expanduser().absolute() if value is not None else None

    @field_validator("project_roots", mode="before")
    @classmethod
    def _split_roots(cls, value: object) -> object:
        parts = [part for part in value.split(":") if part] if isinstance(value, str) else value
        if isinstance(parts, list | tuple) and not all(Path(part).expanduser().is_absolute() for part in parts):
            raise ValueError("relative")
        return tuple(Path(part).expanduser() for part in parts) if isinstance(parts, list | tuple) else parts

    @field_validator("allowed_hosts", mode="before")
    @classmethod
    def _split_hosts(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("ollama_host", mode="after")
    @classmethod
    def _complete_host(cls, value: str) -> str:
        value = value if "://" in value else f"http://{value}"
        scheme, _, rest = value.partition("://")
        if scheme not in {"http", "https"} or not rest.strip("/"):
            raise ValueError("not http")
        host, _, path = rest.partition("/")
        if scheme == "http" and ":" not in host.rpartition("]")[2]:
            host = f"{host}:11434"
        # A server that listens everywhere is reached on loopback.
        host = host.replace("0.0.0.0:", "127.0.0.1:")
        return f"{scheme}://{host}/{path}".rstrip("/")

    @field_validator("redis_url", "celery_broker_url", mode="after")
    @classmethod
    def _check_redis(cls, value: str) -> str:
        if value and value.partition("://")[0] not in {"redis", "rediss", "unix"}:
            raise ValueError("scheme")
        return value

    @field_validator("flower_url", mode="after")
    @classmethod
    def _check_flower(cls, value: str) -> str:
        parts = urlsplit(value)  # raises ValueError, as its port does
        if value and (parts.scheme not in {"http", "https"} or not parts.hostname or parts.port == 0):
            raise ValueError("not http")
        return value.rstrip("/")

    @field_validator("database_url", mode="after")
    @classmethod
    def _check_database(cls, value: str) -> str:
        if not value:
            return value
        try:
            url = make_url(value)
        except ArgumentError as error:
            raise ValueError("url") from error
        if url.drivername == "postgres" or url.drivername.startswith("postgresql"):
            url = url.set(drivername="postgresql+psycopg")
        elif not url.drivername.startswith("sqlite") or not url.database or url.database == ":memory:":
            raise ValueError("driver")
        return url.render_as_string(hide_password=False)

    @field_validator("admin_email", mode="after")
    @classmethod
    def _check_email(cls, value: str) -> str:
        if value.count("@") != 1 or not all(value.split("@")):
            raise ValueError("email")
        return value.lower()

    @field_validator("secret_key", mode="after")
    @classmethod
    def _check_secret(cls, value: str) -> str:
        if value and len(value) < 16:
            raise ValueError("short")
        return value

    @field_validator("admin_password", mode="after")
    @classmethod
    def _check_password(cls, value: str) -> str:
        if value and len(value) < 8:
            raise ValueError("short")
        return value

    @property
    def database(self) -> str:
        """The database's URL, with the default filled in."""
        return self.database_url or f"sqlite:///{self.home / 'ollama-flow.db'}"

    @property
    def broker(self) -> str:
        """The broker's URL; empty where no Redis is known."""
        return self.celery_broker_url or self.redis_url

    @property
    def roots(self) -> tuple[Path, ...]:
        """The folders that project folders must lie in, with the default filled in."""
        return self.project_roots or (self.home / "projects",)

    @property
    def private_folders(self) -> Path:
        """Where sessions without a project folder have theirs, each by its id."""
        return self.home / "sessions"

    @property
    def flower_socket(self) -> Path:
        """Where a Flower of this host listens, in a folder that no other user of the machine may enter."""
        return self.home / "run" / "flower.sock"

    @property
    def run_file(self) -> Path:
        """Where `up` keeps the addresses and secrets of what it started."""
        return self.home / "run.json"


def variable_names() -> dict[str, list[str]]:
    """Return the environment variables of each field, the preferred one first."""
    names: dict[str, list[str]] = {}
    for field, info in Settings.model_fields.items():
        alias = info.validation_alias
        assert isinstance(alias, AliasChoices)
        names[field] = [str(choice) for choice in alias.choices]
    return names


#: Where a value comes from: a variable, the file that `up` wrote, an argument of the command, or nowhere.
Source = Literal["environment", "file", "argument", "default"]


@dataclass(frozen=True, kw_only=True)
class SettingDescription:
    """One setting for people to read; `value` is None where it is a secret or not set."""

    variable: str
    value: str | None
    source: Source
    is_secret: bool


def describe_settings(settings: Settings) -> list[SettingDescription]:
    """Return every setting with its value and where that comes from, in the order of their documentation."""
    known = read_run_file(settings.run_file)
    try:
        by_environment = Settings()
    except ValidationError:  # what is wrong there, an argument has replaced
        by_environment = settings
    described = []
    for field, names in variable_names().items():
        value = getattr(settings, field)
        found = next((name for name in names if os.environ.get(name)), None)
        source: Source = "default" if found is None else "environment"
        if value != getattr(by_environment, field):
            source = "file" if str(value) == known.get(field) else "argument"
        is_secret = field in _SECRET_FIELDS
        described.append(
            SettingDescription(
                variable=found or names[0],
                value=None if is_secret else _show(value),
                source=source,
                is_secret=is_secret,
            )
        )
    return described


def _show(value: object) -> str | None:
    if value is None or value in ("", ()):
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        separator = ":" if isinstance(value[0], Path) else ","
        return separator.join(map(str, value))
    return str(value)


def load_settings(*, use_run_file: bool = True, **overrides: Any) -> Settings:
    """Read the settings; `overrides` (by field name) win over everything. `up` itself does not look into its old file.

    Raises SettingsError, whose sentence names the variable and what it takes.
    """
    try:
        settings = Settings(**{variable_names()[field][0]: value for field, value in overrides.items()})
    except ValidationError as error:
        raise SettingsError(_sentence(error)) from None
    if settings.renew_seconds * 3 > settings.lease_seconds:
        raise SettingsError(
            "OLLAMA_FLOW_RENEW_SECONDS takes at most a third of OLLAMA_FLOW_LEASE_SECONDS, "
            "so that a renewal may fail twice."
        )
    if use_run_file and not settings.redis_url and (known := read_run_file(settings.run_file)):
        found = {name: known[name] for name in ("redis_url", "ollama_host") if known.get(name)}
        settings = settings.model_copy(update={"redis_url": found.get("redis_url", "")})
        if "ollama_host" not in settings.model_fields_set and "ollama_host" in found:
            settings = settings.model_copy(update={"ollama_host": found["ollama_host"]})
    return settings


def read_run_file(path: Path) -> dict[str, str]:
    """Return what `up` wrote for other commands; empty where it is not there or cannot be read."""
    try:
        content = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return {str(key): str(value) for key, value in content.items()} if isinstance(content, dict) else {}


def _sentence(error: ValidationError) -> str:
    first = error.errors()[0]
    location = str(first["loc"][0]) if first["loc"] else ""
    for field, names in variable_names().items():
        if location in names:
            extra = Settings.model_fields[field].json_schema_extra
            takes = extra["takes"] if isinstance(extra, dict) else "another value"
            name = next((name for name in names if os.environ.get(name)), names[-1])
            shown = "" if field in _SECRET_FIELDS else f"; it is {str(first.get('input'))!r}"
            return f"{name} takes {takes}{shown}."
    return f"The settings cannot be used: {first['msg']}"
