"""`worker --drain`: worker processes hand their sessions back and end, while everything else goes on."""

from __future__ import annotations

import socket
import time

from cli.terminal import tell
from common.bus import Bus
from common.database import Database
from common.errors import NotFound
from common.queries import workers
from common.settings import Settings

#: Beside `drain_seconds`: to hear of it, and to leave.
_PATIENCE_SECONDS = 30.0
_LOOK_SECONDS = 0.5


def drain_workers(settings: Settings, name: str | None) -> int:
    """Ask the worker processes of this host, or the named one, to drain; wait until they ended; return the exit code.

    Raises NotFound where no such worker process lives.
    """
    database = Database(settings.database, answer_seconds=settings.database_seconds)
    alive_seconds = settings.lease_seconds
    host = socket.gethostname()
    try:
        with database.write() as db:
            waiting = workers.want_drain(db, alive_seconds=alive_seconds, host=host, name=name)
        if not waiting:
            raise NotFound(f"No worker process {f'named {name}' if name else f'of {host}'} is running.")
        _nudge(settings, waiting)
        tell(f"Draining {', '.join(sorted(waiting))}: running steps end, then the sessions go on elsewhere.")
        deadline = time.monotonic() + settings.renew_seconds + settings.drain_seconds + _PATIENCE_SECONDS
        while waiting and time.monotonic() < deadline:
            time.sleep(_LOOK_SECONDS)
            with database.read() as db:
                left = workers.list_names(db, waiting, alive_seconds=alive_seconds)
            for ended in sorted(set(waiting) - set(left)):
                tell(f"{ended} has ended.")
            waiting = left
    finally:
        database.dispose()
    if waiting:
        tell(f"Still there: {', '.join(waiting)}. They end as soon as they can; look into their logs.")
    return 1 if waiting else 0


def _nudge(settings: Settings, names: list[str]) -> None:
    """Have them look now; without Redis they look at their next turn."""
    bus = Bus(settings.redis_url, settings.redis_prefix)
    for name in names:
        bus.nudge(name)
    bus.close()
