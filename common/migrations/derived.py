"""What the database derives from sessions by itself: the words that searches look through, and the figures of each day.

Triggers keep both up to date, whoever writes. The text of a search is the name and the first 50,000 characters of task
and result: PostgreSQL takes no more than 1 MB of words for a row.
"""

# ruff: noqa: S608 - all pieces of these statements are our own
from __future__ import annotations

from sqlalchemy import Connection

_DAY_COLUMNS = "state, owner_id, started_at, ended_at, prompt_tokens, output_tokens"


def _sqlite_text(row: str) -> str:
    return f"{row}.name || ' ' || substr({row}.task, 1, 50000) || ' ' || substr(coalesce({row}.result, ''), 1, 50000)"


def _sqlite_number(row: str) -> str:
    return f"(SELECT number FROM session_search WHERE session_id = {row}.id)"


# A deleted row of FTS5 has to be named with its old text, as the index alone is kept, without a second copy of it.
_SQLITE_UNLEARN = (
    "INSERT INTO session_words (session_words, rowid, words) "
    f"VALUES ('delete', {_sqlite_number('old')}, {_sqlite_text('old')});"
)
_SQLITE_LEARN = f"INSERT INTO session_words (rowid, words) VALUES ({_sqlite_number('new')}, {_sqlite_text('new')});"
_SQLITE_SUBTRACT = """UPDATE session_days
    SET count = count - 1, seconds = seconds - old.ran_seconds, tokens = tokens - old.tokens
    WHERE owner_id = old.owner_id AND day = CAST(old.ended_at / 86400 AS INTEGER) AND state = old.state;"""
_SQLITE_ADD = """INSERT INTO session_days (owner_id, day, state, count, seconds, tokens)
    VALUES (new.owner_id, CAST(new.ended_at / 86400 AS INTEGER), new.state, 1, new.ran_seconds, new.tokens)
    ON CONFLICT (owner_id, day, state) DO UPDATE
    SET count = count + 1, seconds = seconds + excluded.seconds, tokens = tokens + excluded.tokens;"""

_SQLITE = (
    # Numbers of their own: those that SQLite gives the rows of `sessions` may change.
    "CREATE TABLE session_search (number INTEGER PRIMARY KEY, session_id VARCHAR NOT NULL UNIQUE)",
    """CREATE VIRTUAL TABLE session_words USING fts5(
        words, content='', tokenize='unicode61 remove_diacritics 2', prefix='2 3')""",
    f"""CREATE TRIGGER session_search_learn AFTER INSERT ON sessions BEGIN
        INSERT INTO session_search (session_id) VALUES (new.id); {_SQLITE_LEARN} END""",
    f"""CREATE TRIGGER session_search_relearn AFTER UPDATE OF name, task, result ON sessions
        WHEN {_sqlite_text("old")} <> {_sqlite_text("new")} BEGIN {_SQLITE_UNLEARN} {_SQLITE_LEARN} END""",
    f"""CREATE TRIGGER session_search_forget BEFORE DELETE ON sessions BEGIN
        {_SQLITE_UNLEARN} DELETE FROM session_search WHERE session_id = old.id; END""",
    f"""CREATE TRIGGER session_days_insert AFTER INSERT ON sessions WHEN new.ended_at IS NOT NULL
        BEGIN {_SQLITE_ADD} END""",
    f"""CREATE TRIGGER session_days_add AFTER UPDATE OF {_DAY_COLUMNS} ON sessions WHEN new.ended_at IS NOT NULL
        BEGIN {_SQLITE_ADD} END""",
    f"""CREATE TRIGGER session_days_subtract AFTER UPDATE OF {_DAY_COLUMNS} ON sessions WHEN old.ended_at IS NOT NULL
        BEGIN {_SQLITE_SUBTRACT} END""",
    f"""CREATE TRIGGER session_days_delete AFTER DELETE ON sessions WHEN old.ended_at IS NOT NULL
        BEGIN {_SQLITE_SUBTRACT} END""",
)

_POSTGRESQL = (
    """CREATE TABLE session_search (
        session_id VARCHAR PRIMARY KEY REFERENCES sessions (id) ON DELETE CASCADE, words TSVECTOR NOT NULL)""",
    "CREATE INDEX ix_session_search_words ON session_search USING gin (words)",
    # Without accents, and cut at each sign of ASCII, as SQLite does it. Most texts are ASCII and have no accents.
    r"""CREATE FUNCTION words_of(source TEXT) RETURNS TSVECTOR LANGUAGE sql IMMUTABLE AS $$
        SELECT to_tsvector('simple', translate(
            CASE WHEN octet_length(source) = length(source) THEN source
            ELSE normalize(regexp_replace(normalize(source, NFD), '[\u0300-\u036f]+', '', 'g'), NFC) END,
            '!"#$&()*+,-./:;<=>?@[\]^_`{|}~''' || chr(37), repeat(' ', 33))) $$""",
    """CREATE FUNCTION keep_session_search() RETURNS TRIGGER LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO session_search (session_id, words) VALUES (NEW.id, words_of(
            NEW.name || ' ' || left(NEW.task, 50000) || ' ' || left(coalesce(NEW.result, ''), 50000)))
        ON CONFLICT (session_id) DO UPDATE SET words = excluded.words;
        RETURN NULL; END $$""",
    """CREATE TRIGGER session_search_learn AFTER INSERT OR UPDATE OF name, task, result ON sessions
        FOR EACH ROW EXECUTE FUNCTION keep_session_search()""",
    """CREATE FUNCTION keep_session_days() RETURNS TRIGGER LANGUAGE plpgsql AS $$ BEGIN
        IF TG_OP <> 'INSERT' AND OLD.ended_at IS NOT NULL THEN
            UPDATE session_days
            SET count = count - 1, seconds = seconds - OLD.ran_seconds, tokens = tokens - OLD.tokens
            WHERE owner_id = OLD.owner_id AND day = floor(OLD.ended_at / 86400) AND state = OLD.state;
        END IF;
        IF TG_OP <> 'DELETE' AND NEW.ended_at IS NOT NULL THEN
            INSERT INTO session_days AS known (owner_id, day, state, count, seconds, tokens)
            VALUES (NEW.owner_id, floor(NEW.ended_at / 86400), NEW.state, 1, NEW.ran_seconds, NEW.tokens)
            ON CONFLICT (owner_id, day, state) DO UPDATE SET count = known.count + 1,
                seconds = known.seconds + excluded.seconds, tokens = known.tokens + excluded.tokens;
        END IF;
        RETURN NULL; END $$""",
    f"""CREATE TRIGGER session_days_update AFTER UPDATE OF {_DAY_COLUMNS} ON sessions FOR EACH ROW
        WHEN (OLD.ended_at IS NOT NULL OR NEW.ended_at IS NOT NULL) EXECUTE FUNCTION keep_session_days()""",
    """CREATE TRIGGER session_days_change AFTER INSERT OR DELETE ON sessions FOR EACH ROW
        EXECUTE FUNCTION keep_session_days()""",
)


def create_derived(connection: Connection) -> None:
    """Make what searches look through, and what keeps it and the figures of the days up to date."""
    for statement in _SQLITE if connection.dialect.name == "sqlite" else _POSTGRESQL:
        connection.exec_driver_sql(statement)


def drop_derived(connection: Connection) -> None:
    """Take away what `sessions` does not take along when it goes."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("DROP TABLE session_words")
    connection.exec_driver_sql("DROP TABLE session_search")


def drop_functions(connection: Connection) -> None:
    """Take away what the triggers called, once these are gone with `sessions`."""
    if connection.dialect.name == "postgresql":
        for function in ("keep_session_days", "keep_session_search", "words_of"):
            connection.exec_driver_sql(f"DROP FUNCTION {function}")
