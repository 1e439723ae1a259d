"""A TCP proxy between two parts, which does to their connections what networks do: cut, delay, swallow, truncate.

`with LineProxy("127.0.0.1", 5432) as proxy:`, then connect to `proxy.port`. A mode holds from the return of its method.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Literal, Self

Mode = Literal["pass", "cut", "delay", "half_open", "truncate", "lose_answers", "mute"]

_CHUNK_BYTES = 64 * 1024
#: Closing a socket that lingers for no time resets its connection.
_RESET = struct.pack("ii", 1, 0)


@dataclass(eq=False)
class _Link:
    """One client's connection, and the one to the target that belongs to it."""

    client: asyncio.StreamWriter
    server: asyncio.StreamWriter | None = None
    #: Once true, no byte and no end of this connection goes either way again.
    is_dead: bool = False
    #: How many more bytes the client gets; None means all.
    left: int | None = None
    #: The client asked what it shall hear no answer to.
    is_doomed: bool = False

    def reset(self) -> None:
        """End both sides as a router does that lost its table: with a reset."""
        for writer in (self.client, self.server):
            if writer is not None:
                with contextlib.suppress(OSError):  # it is closed already
                    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                writer.transport.abort()

    def close(self) -> None:
        """End both sides in order."""
        for writer in (self.client, self.server):
            if writer is not None:
                writer.close()


class LineProxy:
    """Listens on a loopback port and hands everything on to a target, in a thread with a loop of its own."""

    def __init__(self, target_host: str, target_port: int, *, port: int = 0) -> None:
        self.port = port
        self._target = (target_host, target_port)
        self._mode: Mode = "pass"
        self._delay_seconds = 0.0
        self._truncate_bytes = 0
        self._words = b""
        self._muting_words: bytes | None = None
        self._links: set[_Link] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="line-proxy", daemon=True)
        self._server: asyncio.Server | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        self._do(self._listen)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._do(self._end)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    # --- modes ---------------------------------------------------------------------------------------------------

    @property
    def mode(self) -> Mode:
        """What it does to connections just now."""
        return self._mode

    @property
    def connections(self) -> int:
        """How many connections clients hold open through it."""
        return len(self._links)

    def pass_on(self, *, reset: bool = False) -> None:
        """Hand everything on. What was half-open stays so, unless it is `reset`."""
        self._set("pass", reset="dead" if reset else None)

    def cut(self) -> None:
        """Reset all connections now, and new ones at once."""
        self._set("cut", reset="all")

    def delay(self, seconds: float) -> None:
        """Let each piece wait so long, each way."""
        self._set("delay", delay_seconds=seconds)

    def half_open(self) -> None:
        """Swallow what comes, each way, on open connections and on new ones; none of these ever speaks again."""
        self._set("half_open")

    def truncate(self, more_bytes: int) -> None:
        """Let so many more bytes through to each client, then reset its connection; so with new connections."""
        self._set("truncate", truncate_bytes=more_bytes)

    def mute(self, *, once_said: bytes | None = None) -> None:
        """Swallow what the target says, on connections that go on otherwise; from now, or once a client said these."""
        if once_said is None:
            self._set("mute")
        else:
            self._muting_words = once_said

    def lose_answers_to(self, words: bytes) -> None:
        """Hand requests on that hold these words, but reset the connection instead of the answer."""
        self._words = words
        self._set("lose_answers")

    def _set(
        self,
        mode: Mode,
        *,
        delay_seconds: float = 0.0,
        truncate_bytes: int = 0,
        reset: Literal["all", "dead"] | None = None,
    ) -> None:
        async def change() -> None:
            self._mode, self._delay_seconds, self._truncate_bytes = mode, delay_seconds, truncate_bytes
            for link in list(self._links):
                if reset == "all" or (reset == "dead" and link.is_dead):
                    link.reset()
                link.is_dead = link.is_dead or mode == "half_open"
                link.left = truncate_bytes if mode == "truncate" else None

        self._do(change)

    def _do(self, act: Callable[[], Awaitable[None]]) -> None:
        async def run() -> None:
            await act()

        asyncio.run_coroutine_threadsafe(run(), self._loop).result(10)

    # --- connections ---------------------------------------------------------------------------------------------

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _end(self) -> None:
        assert self._server is not None
        self._server.close()
        for link in list(self._links):
            link.reset()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        if others:
            await asyncio.wait(others, timeout=5)  # a reset ends each of them
        await asyncio.sleep(0)  # the transports say that they are closed

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = _Link(writer, is_dead=self._mode == "half_open")
        link.left = self._truncate_bytes if self._mode == "truncate" else None
        if self._mode == "cut":
            link.reset()
            return
        self._links.add(link)
        try:
            if link.is_dead:
                await self._swallow(reader)
                return
            try:
                server_reader, link.server = await asyncio.open_connection(*self._target)
            except OSError:
                link.reset()  # the target is down
                return
            there = asyncio.create_task(self._pump(link, reader, link.server, to_client=False))
            back = asyncio.create_task(self._pump(link, server_reader, writer, to_client=True))
            await asyncio.wait([there, back], return_when=asyncio.FIRST_COMPLETED)
            for task in (there, back):
                task.cancel()
            await asyncio.gather(there, back, return_exceptions=True)
        finally:
            self._links.discard(link)
            link.close()

    async def _pump(
        self, link: _Link, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, to_client: bool
    ) -> None:
        try:
            while data := await reader.read(_CHUNK_BYTES):
                if self._delay_seconds:
                    await asyncio.sleep(self._delay_seconds)
                if not to_client and self._muting_words is not None and self._muting_words in data:
                    self._mode, self._muting_words = "mute", None
                if link.is_dead or (to_client and self._mode == "mute"):
                    continue
                if self._mode == "lose_answers" and not to_client and self._words in data:
                    link.is_doomed = True
                if link.is_doomed and to_client:
                    link.reset()
                    return
                if to_client and link.left is not None:
                    data, link.left = data[: link.left], link.left - len(data)
                writer.write(data)
                await writer.drain()
                if to_client and link.left is not None and link.left <= 0:
                    await asyncio.sleep(0.05)  # a reset would overtake what was just written
                    link.reset()
                    return
        except OSError:
            pass
        if link.is_dead and to_client:
            await asyncio.Event().wait()  # the client does not hear that the target has gone

    async def _swallow(self, reader: asyncio.StreamReader) -> None:
        with contextlib.suppress(OSError):
            while await reader.read(_CHUNK_BYTES):
                pass
