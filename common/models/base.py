"""What all tables share: the base class, the type of times, and the database's own clock."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import JSON, Dialect, Double, MetaData
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

#: JSON in both databases; None is NULL.
Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


class UtcTime(TypeDecorator[dt.datetime]):
    """A time, stored as seconds since 1970 so that both databases compare and add it alike."""

    impl = Double
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | float | None, dialect: Dialect) -> float | None:
        """Turn an aware datetime into seconds; numbers are durations and pass."""
        return value.timestamp() if isinstance(value, dt.datetime) else value

    def process_result_value(self, value: float | None, dialect: Dialect) -> dt.datetime | None:
        """Turn seconds into an aware datetime in UTC."""
        return None if value is None else dt.datetime.fromtimestamp(value, dt.UTC)


class db_now(FunctionElement[dt.datetime]):  # noqa: N801 - reads as the SQL function that it is
    """The database's clock, at the moment of the statement, not of the transaction's begin."""

    type = UtcTime()
    inherit_cache = True


@compiles(db_now, "sqlite")
def _sqlite_now(element: db_now, compiler: Any, **kw: Any) -> str:
    # `unixepoch('subsec')` is newer than the SQLite of many systems.
    return "((julianday('now') - 2440587.5) * 86400.0)"


@compiles(db_now, "postgresql")
def _postgresql_now(element: db_now, compiler: Any, **kw: Any) -> str:
    return "cast(extract(epoch from clock_timestamp()) as double precision)"


class Base(DeclarativeBase):
    """Base of all tables."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {dt.datetime: UtcTime()}  # noqa: RUF012 - SQLAlchemy reads it as it stands
