"""Full text: which sessions hold the words that somebody looks for."""

from __future__ import annotations

import re
import unicodedata

from sqlalchemy import ColumnElement, column, literal_column, select, text
from sqlalchemy.orm import Session

from common.models import FlowSession

#: Up to so many found ones, the database begins with them; beyond, it goes through the list and looks which are found.
_FEW = 1000
_MOST_WORDS = 16
#: All of ASCII that is neither letter nor digit, and accents: what the database leaves out of its words too.
_SIGNS = re.compile(r"[\x00-/:-@\[-`{-\x7f]+")
_ACCENTS = re.compile("[\u0300-\u036f]+")

_SQLITE = text(
    "SELECT session_id FROM session_words CROSS JOIN session_search ON number = session_words.rowid "
    "WHERE session_words MATCH :words"
)
_POSTGRESQL = text("SELECT session_id FROM session_search WHERE words @@ to_tsquery('simple', :words)")


def find_words(asked: str) -> list[str]:
    """Return the words of what a person typed; nothing in them means anything to a query language."""
    plain = unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFD", asked)))
    words = [word for word in _SIGNS.sub(" ", plain).split() if any(map(str.isalnum, word))]
    return words[:_MOST_WORDS]


def holds_words(db: Session, asked: str) -> ColumnElement[bool]:
    """Return the condition that a session's name, task or result holds each word, or one that begins with it."""
    words = find_words(asked)
    if not words:
        return literal_column("1 = 0")
    is_sqlite = db.get_bind().dialect.name == "sqlite"
    if is_sqlite:
        query = _SQLITE.bindparams(words=" ".join(f'"{word}"*' for word in words))
    else:
        query = _POSTGRESQL.bindparams(words=" & ".join(f"'{word}':*" for word in words))
    found = query.columns(column("session_id", FlowSession.id.type)).subquery("found")
    # One request asks for the active ones and for those that have ended.
    known: dict[str, list[str]] = db.info.setdefault("found", {})
    few = known.get(asked)
    if few is None:
        few = known[asked] = list(db.scalars(select(found.c.session_id).limit(_FEW + 1)))
    if len(few) <= _FEW:
        return FlowSession.id.in_(few)
    # SQLite knows nothing of how many there are; the plus keeps it from beginning with them.
    session_id = literal_column("+sessions.id") if is_sqlite else FlowSession.id
    return session_id.in_(select(found.c.session_id))
