"""The database: one engine a process, `read` and `write` transactions on SQLite and PostgreSQL alike.

Whatever happens to the database or on the way to it, a transaction ends within a bounded time: SQLite's writer is
waited for in Python, and PostgreSQL's answers are waited for with a limit, since a connection whose other end is gone
may stay silent for ever.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import errors as postgresql_errors
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from common.errors import DatabaseUnavailable, StorageFull

#: How long a write waits for SQLite's one writer, and between two tries.
_BEGIN_SECONDS = 10.0
_BEGIN_PAUSE_SECONDS = 0.005

#: Of PostgreSQL's client: how often it looks whether its answer is late.
_LOOK_SECONDS = 0.1
_TABLES_ARE_MISSING = "The database lacks tables of this version; run `ollama-flow migrate`."
#: SQLITE_FULL
_SQLITE_FULL = 13

_POSTGRESQL_OPTIONS = "-c lock_timeout=2000 -c idle_in_transaction_session_timeout=10000 -c TimeZone=UTC"


class Database:
    """Hands out transactions; thread-safe, and gevent-safe where it is patched."""

    def __init__(self, url: str, *, pool_size: int = 8, answer_seconds: float = 10.0) -> None:
        """Prepare an engine for `url`; nothing connects until the first transaction.

        PostgreSQL gets `answer_seconds` for each statement; then its connection is given up.
        """
        self.is_sqlite = make_url(url).get_backend_name() == "sqlite"
        self.engine = (
            _create_sqlite_engine(url) if self.is_sqlite else _create_postgresql_engine(url, pool_size, answer_seconds)
        )

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Open a transaction that only reads; what it loaded stays usable afterwards."""
        with self._session(write=False) as db:
            yield db

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Open a transaction that writes; it commits at the end of the block, or rolls back where the block raises.

        Raises DatabaseUnavailable where the database does not answer, and StorageFull where it has no room. After
        either the transaction may still have been committed: only the answer is known to be missing. No Redis, HTTP or
        file work belongs inside.
        """
        with self._session(write=True) as db:
            yield db

    @contextmanager
    def _session(self, *, write: bool) -> Iterator[Session]:
        try:
            with (
                self.engine.connect().execution_options(ollama_flow_write=write) as connection,
                Session(connection, expire_on_commit=False) as db,
                connection.begin(),
            ):
                yield db
                db.flush()
        except OperationalError as error:
            if _is_full(error):
                raise StorageFull("The disk of the database is full; make room on it.") from error
            if "no such table" in str(error.orig) or "no such column" in str(error.orig):
                raise DatabaseUnavailable(_TABLES_ARE_MISSING) from error
            raise DatabaseUnavailable("The database does not answer just now; please try again.") from error
        except PoolTimeout as error:
            raise DatabaseUnavailable("The database is overloaded just now; please try again.") from error
        except DBAPIError as error:
            if isinstance(error.orig, postgresql_errors.UndefinedTable | postgresql_errors.UndefinedColumn):
                raise DatabaseUnavailable(_TABLES_ARE_MISSING) from error
            if error.connection_invalidated:
                raise DatabaseUnavailable("The connection to the database was lost; please try again.") from error
            raise

    def dispose(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def _is_full(error: OperationalError) -> bool:
    cause = error.orig
    if isinstance(cause, sqlite3.Error):
        return cause.sqlite_errorcode & 0xFF == _SQLITE_FULL
    return isinstance(cause, postgresql_errors.DiskFull)


def _create_postgresql_engine(url: str, pool_size: int, answer_seconds: float) -> Engine:
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=10,
        pool_pre_ping=True,
        connect_args={"options": _POSTGRESQL_OPTIONS, "connect_timeout": max(2, round(answer_seconds / 2))},
    )

    class Impatient(_ImpatientConnection):
        seconds = answer_seconds

    @event.listens_for(engine, "do_connect")
    def connect(dialect: Any, record: Any, words: list[Any], options: dict[str, Any]) -> Any:
        return Impatient.connect(*words, **options)

    return engine


class _ImpatientConnection(psycopg.Connection[Any]):
    """A connection to PostgreSQL that is given up when an answer takes too long."""

    seconds: float

    def wait(self, gen: Any, interval: float = _LOOK_SECONDS, timeout: float | None = None) -> Any:
        """Wait for an answer, as all of psycopg's methods do. Raises OperationalError once it is late."""
        try:
            return super().wait(gen, interval, self.seconds if timeout is None else timeout)
        except postgresql_errors._WaitTimeout:  # noqa: SLF001 - what the method is documented to raise
            self.pgconn.finish()
            raise psycopg.OperationalError(f"PostgreSQL did not answer within {self.seconds:g} s.") from None


def _create_sqlite_engine(url: str) -> Engine:
    database = make_url(url).database
    assert database is not None
    Path(database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": 0, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, record: Any) -> None:
        connection.isolation_level = None  # BEGIN is ours: the driver would begin late and deferred
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            _insist(lambda statement=f"PRAGMA {pragma}": connection.execute(statement))

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if connection.get_execution_options().get("ollama_flow_write"):
            _insist(lambda: connection.exec_driver_sql("BEGIN IMMEDIATE"))
        else:
            connection.exec_driver_sql("BEGIN")

    return engine


def _insist(act: Any) -> None:
    """Try until SQLite's writer is free. SQLite's own waiting would freeze gevent's hub; `time.sleep` yields to it."""
    deadline = time.monotonic() + _BEGIN_SECONDS
    while True:
        try:
            act()
            return
        except (sqlite3.OperationalError, OperationalError) as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(_BEGIN_PAUSE_SECONDS)
