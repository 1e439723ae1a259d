"""The one asyncio loop of a worker process, on a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

import structlog

log = structlog.get_logger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

#: A loop that does not turn for so long is reported.
STALL_SECONDS = 0.5


class SessionLoop:
    """Runs all sessions of a process as tasks of one loop; blocking work goes to a small pool of threads."""

    def __init__(self, *, threads: int = 8) -> None:
        self._loop = asyncio.new_event_loop()
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="blocking")
        self._thread = threading.Thread(target=self._loop.run_forever, name="sessions", daemon=True)

    def start(self) -> None:
        """Start the loop's thread."""
        self._loop.set_default_executor(self._pool)
        self._thread.start()
        self.spawn(self._watch())

    def spawn(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Run `work` on the loop, from any thread."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def stop(self) -> None:
        """End what still runs, then the loop."""

        async def cancel_all() -> None:
            others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in others:
                task.cancel()
            await asyncio.wait(others, timeout=3) if others else None

        if self._thread.is_alive():
            self.spawn(cancel_all()).result(timeout=5)
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(timeout=5)
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _watch(self) -> None:
        """Report turns of the loop that took long: something blocks it."""
        while True:
            before = self._loop.time()
            await asyncio.sleep(0.1)
            late = self._loop.time() - before - 0.1
            if late > STALL_SECONDS:
                log.warning("the sessions' loop stalled", seconds=round(late, 3))


async def in_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run blocking work off the loop. Once begun it runs to its end, also where the caller is cancelled meanwhile."""
    future = asyncio.get_running_loop().run_in_executor(None, lambda: work(*args, **kwargs))
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        # A commit must not outlive its session: what follows a cancelled one would race with it.
        await asyncio.wait([future])
        raise
