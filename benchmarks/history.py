"""What a long history costs: the list, its searches and its figures with 100,000 sessions, against the same with 1,000.

On SQLite, and on PostgreSQL where its server is installed.
"""

from __future__ import annotations

import dataclasses
import hashlib
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from benchmarks.ratio import Act, Ratio, compare
from common import migrations
from common.clock import utc_now
from common.database import Database
from common.ids import new_id
from common.migrations import upgrade
from common.models import FlowSession, SessionModel
from common.queries import accounts
from common.queries.history import Order, Place, Sorting, list_ended, read_place
from common.queries.model_usage import full_name, read_usage
from common.queries.sessions import SessionFilter, list_active
from common.queries.statistics import count_sessions, list_days
from common.states import State
from tests.support.servers import PostgreSQL, find_postgresql

_MANY, _FEW = 100_000, 1_000
_PAGE = 50
_ROUNDS = 11
_AT_A_TIME = 2_000
_TEXT = """
cache api queue worker bee hive swarm test review plan budget token stream socket index table query model
prompt answer folder file diff merge branch release deploy host memory disk network chart page form button
theme colour
"""
_WORDS = _TEXT.split()

_DAY = 86_400.0
_LATEST_FIRST = Sorting()
_BY_TOKENS = Sorting(order=Order.TOKENS)
_BY_NAME = Sorting(order=Order.NAME, descending=False)
_Question = Callable[[Session], object]


@dataclasses.dataclass(frozen=True, kw_only=True)
class _History:
    """A database with so many sessions, and what questions need to know of it."""

    database: Database
    owner_id: str
    middle: dict[Sorting, Place]

    def ask(self, question: _Question) -> object:
        with self.database.read() as db:
            return question(db)


async def run() -> str:
    """Measure, and return a line for each question and database."""
    lines = []
    with _databases() as databases:
        for name, url in databases.items():
            with _seeded(url("many"), _MANY) as many, _seeded(url("few"), _FEW) as few:
                for what, (ours, peer) in _questions(many, few).items():
                    line = f"  {name:10} {what:45} {_tell(await compare(ours, peer, rounds=_ROUNDS))}"
                    print(line, flush=True)
                    lines.append(line)
    return f"with {_MANY:,} sessions\n" + "\n".join(lines)


def _tell(ratio: Ratio) -> str:
    ours, peer = (statistics.median(times) * 1000 for times in (ratio.ours_seconds, ratio.peer_seconds))
    return f"{ours:7.1f} ms, {statistics.median(ratio.rounds):5.1f} times the {peer:5.1f} ms with {_FEW:,}"


def _questions(many: _History, few: _History) -> dict[str, tuple[Act, Act]]:
    """Return what people ask of a history, of the long one and of the short one."""
    asked: dict[str, Callable[[_History], _Question]] = {
        "first page": lambda _: _page(),
        "page from the middle": lambda history: _page(after=history.middle[_LATEST_FIRST]),
        "page from the middle, by tokens": lambda history: _page(_BY_TOKENS, after=history.middle[_BY_TOKENS]),
        "first page, failed with a model of 1 in 1,000": lambda _: _page(model="rare", states=[State.FAILED]),
        "search, 1 in 1,000 has the word": lambda _: _page(q="needle"),
        "search, all have both words, by name": lambda _: _page(
            Sorting(order=Order.NAME, descending=False), q="report o"
        ),
        "search, the oldest fifth has the word": lambda _: _page(q="ancient"),
        "search, no session has the word": lambda _: _page(q="xylophone"),
        "statistics": lambda _: count_sessions,
        "figures of the last 30 days": lambda _: lambda db: list_days(db, None, first=_today() - 29),
        "usage of two models": lambda _: lambda db: read_usage(db, ["llama3", "rare"], owner_id=None),
        "statistics of one owner": lambda history: lambda db: count_sessions(db, history.owner_id),
    }

    def of(history: _History, make: Callable[[_History], _Question]) -> Act:
        async def act() -> None:
            history.ask(make(history))

        return act

    return {what: (of(many, make), of(few, make)) for what, make in asked.items()}


def _page(sorting: Sorting = _LATEST_FIRST, *, after: Place | None = None, **wanted: object) -> _Question:
    """Ask as `GET /api/sessions` does: the active ones, and a page of the history."""
    chosen = SessionFilter(**wanted)  # type: ignore[arg-type]

    def ask(db: Session) -> None:
        list_active(db, chosen)
        list_ended(db, chosen, sorting=sorting, limit=_PAGE + 1, after=after)

    return ask


def _today() -> int:
    return int(utc_now().timestamp() // _DAY)


@contextmanager
def _seeded(url: str, count: int) -> Iterator[_History]:
    """Fill a new database with sessions that ended within the last year."""
    upgrade(url)
    database = Database(url, answer_seconds=600)
    try:
        owners = seed(database, count)
        if not database.is_sqlite:
            with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text("VACUUM ANALYZE"))  # as PostgreSQL does by itself, after a while
        yield _History(database=database, owner_id=owners[0], middle=_find_middle(database, count))
    finally:
        database.dispose()


def find_seeded(count: int) -> Path:
    """Return a SQLite file with so many sessions; it is filled once and kept, as that takes minutes."""
    made_by = [Path(__file__), *sorted(Path(migrations.__file__).parent.rglob("*.py"))]
    key = hashlib.sha256(b"".join(path.read_bytes() for path in made_by)).hexdigest()[:8]
    kept = Path(tempfile.gettempdir()) / f"ollama-flow-history-{key}-{count}.db"
    if not kept.exists():
        with tempfile.TemporaryDirectory() as folder:
            filled = Path(folder) / "history.db"
            upgrade(f"sqlite:///{filled}")
            database = Database(f"sqlite:///{filled}")
            seed(database, count)
            database.dispose()
            filled.rename(kept)
    return kept


def seed(database: Database, count: int) -> list[str]:
    """Store ended sessions of five people; return their ids."""
    with database.write() as db:
        owners = [accounts.create_user(db, f"{name}@example.org", "correct horse battery").id for name in "abcde"]
    began = time.perf_counter()
    dice = random.Random(7)  # noqa: S311 - the same sessions in each run
    for first in range(0, count, _AT_A_TIME):
        rows = [_session(dice, number, count, owners) for number in range(first, min(count, first + _AT_A_TIME))]
        with database.write() as db:
            db.execute(insert(FlowSession), rows)
            db.execute(
                insert(SessionModel),
                [
                    {"session_id": row["id"], "model": full_name(str(row["model"])), "owner_id": row["owner_id"]}
                    for row in rows
                ],
            )
    print(f"  seeded {count:,} sessions in {time.perf_counter() - began:.0f} s", flush=True)
    return owners


def _session(dice: random.Random, number: int, count: int, owners: list[str]) -> dict[str, object]:
    ended = utc_now().timestamp() - 365 * _DAY * (1 - (number + 1) / count) - 60
    ran = dice.expovariate(1 / 300)
    rare = ["needle"] if number % 1000 == 0 else []
    old = ["ancient"] if number < count / 5 else []
    return {
        "id": new_id(),
        "owner_id": dice.choice(owners),
        "name": f"Report {dice.choice(_WORDS)} {number}",
        "task": " ".join(["Write a report of", *dice.choices(_WORDS, k=40), *rare, *old]),
        "workers": 4,
        "architecture": dice.choice(["HIERARCHICAL", "CENTRALIZED", "FULLY_CONNECTED"]),
        "model": "rare" if number % 1000 == 0 else "llama3",
        "options": {},
        "state": State.FAILED if number % 7 == 0 else State.COMPLETED,
        "created_at": ended - ran - 5,
        "started_at": ended - ran,
        "ended_at": ended,
        "result": "The result says: " + " ".join(dice.choices(_WORDS, k=300)),
        "prompt_tokens": int(ran * 20),
        "output_tokens": int(ran * 9),
    }


def _find_middle(database: Database, count: int) -> dict[Sorting, Place]:
    """Return the place in the middle of each list, as somebody reaches it who scrolls that far."""
    found = {}
    for sorting, column in ((_LATEST_FIRST, FlowSession.ended_at), (_BY_TOKENS, FlowSession.tokens)):
        with database.read() as db:
            query = select(FlowSession).order_by(column, FlowSession.id).offset(count // 2).limit(1)
            found[sorting] = read_place(db, db.scalars(query).one(), sorting.order)
    return found


@contextmanager
def _databases() -> Iterator[dict[str, Callable[[str], str]]]:
    """Give each kind of database there is, as a way to name a new one."""
    with tempfile.TemporaryDirectory() as folder:
        kinds: dict[str, Callable[[str], str]] = {"SQLite": lambda name: f"sqlite:///{Path(folder) / name}.db"}
        binaries = find_postgresql()
        if binaries is None:
            yield kinds
            return
        with PostgreSQL(binaries) as server:

            def make(name: str) -> str:
                server.execute(f"CREATE DATABASE {name}")
                return server.url(name).replace("postgresql://", "postgresql+psycopg://")

            yield kinds | {"PostgreSQL": make}
