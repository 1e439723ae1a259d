"""The private folders on this host: those of sessions that are gone from the database are removed now and then.

Several databases may have used one data folder, and what one of them knows is unknown to the others. So a mark says
whose sessions the folders are, and a worker process on any other database leaves them alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
from pathlib import Path

import structlog

from common.database import Database
from common.errors import DatabaseUnavailable
from common.queries.revision import read_installation
from common.queries.sessions import find_known
from workers.loop import in_thread

log = structlog.get_logger(__name__)

CLEAN_SECONDS = 3600.0
#: Holds the id of the database; begins with a dot, as no session's id does.
MARK = ".database"
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ASKED_AT_ONCE = 500


class PrivateFolders:
    """The private folders of sessions, below one folder of this host."""

    def __init__(self, root: Path, database: Database) -> None:
        self._root = root
        self._database = database

    async def keep_clean(self) -> None:
        """Clean up now and then, for ever."""
        while True:
            try:
                removed = await in_thread(self.clean)
            except (DatabaseUnavailable, OSError) as error:
                log.warning("private folders were not cleaned up", error=str(error))
            else:
                if removed:
                    log.info("removed private folders of sessions that are gone", folders=removed)
            await asyncio.sleep(CLEAN_SECONDS)

    def clean(self) -> int:
        """Remove the folders of sessions that are gone, and return how many they were.

        Only folders whose names are ids are looked at; links are neither followed nor removed. A session is in the
        database before its folder is there, and never comes back once it is deleted, so none is removed that may still
        be used. Raises DatabaseUnavailable or OSError.
        """
        with self._database.read() as db:
            owner = read_installation(db)
        if not self._is_ours(owner):
            log.info("the private folders are of another database and stay", folder=str(self._root))
            return 0
        with os.scandir(self._root) as entries:  # before the database is asked, so that no new session is missing
            names = [item.name for item in entries if _ID.fullmatch(item.name) and item.is_dir(follow_symlinks=False)]
        gone: list[str] = []
        for begin in range(0, len(names), _ASKED_AT_ONCE):
            some = names[begin : begin + _ASKED_AT_ONCE]
            with self._database.read() as db:
                gone += sorted({*some} - find_known(db, some))
        return sum(self._remove(name) for name in gone)

    def _is_ours(self, owner: str) -> bool:
        """Return whether the mark names this database; where there is none yet, set it."""
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        mark = self._root / MARK
        try:
            with mark.open("x") as file:
                file.write(owner)
        except FileExistsError:
            return mark.read_text() == owner
        except OSError:
            with contextlib.suppress(OSError):
                mark.unlink()
            raise
        return True

    def _remove(self, name: str) -> bool:
        try:
            shutil.rmtree(self._root / name)  # by descriptors: it follows no link, also not one that appears meanwhile
        except FileNotFoundError:  # another worker process was faster
            return False
        except OSError as error:
            log.warning("a private folder was not removed", folder=str(self._root / name), error=str(error))
            return False
        return True
