"""A sandbox: runs one command line in bubblewrap, on a copy of some files, where nothing of the host can be changed.

The copy lies in the sandbox's own memory. It comes in and goes out as a tar stream through pipes, so a command has no
folder of the host to write to, and whatever ends it (a limit, a stop, the death of this process) leaves nothing behind.
Where the sandbox does not work, nothing is run.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypedDict

from workers.flow.copies import pack_files
from workers.flow.seccomp import write_filter
from workers.flow.usage import UsageWatch, kill_tree

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class CommandLimits:
    """What one command may take, with all that it starts."""

    seconds: float = 120.0
    #: Of each process; all of them end with `seconds` anyway.
    cpu_seconds: int = 120
    #: Of all processes together, besides their files.
    memory_bytes: int = 1024 * MEBIBYTE
    #: That one process may ask for: more than it may use, as many programs never touch most of it.
    address_bytes: int = 4096 * MEBIBYTE
    processes: int = 64
    open_files: int = 256
    #: Of each file.
    file_bytes: int = 32 * MEBIBYTE
    #: Of all files of the copy; /tmp has as much again.
    folder_bytes: int = 64 * MEBIBYTE
    files: int = 20_000
    output_bytes: int = 8 * MEBIBYTE


@dataclass(frozen=True, kw_only=True)
class CommandEnd:
    """How a command ended."""

    #: None where a limit ended it, or where it did not even start.
    exit_code: int | None
    #: The beginning and the end of what it wrote to standard output and error.
    output: str
    #: The limit that ended it, as people read it.
    limit: str | None = None
    #: The copy as it was left, a tar archive; empty where a limit ended the command.
    files: bytes = b""
    #: Whether it began; if not, `output` is what kept it from that.
    started: bool = True


class Sandbox:
    """Runs commands in bubblewrap, below an unprivileged user where this process runs as root."""

    def __init__(self, limits: CommandLimits | None = None, program: str = "bwrap") -> None:
        """Take the limits, and bubblewrap's name or path."""
        self.limits = limits or CommandLimits()
        self._program = program
        self._works = False

    async def find_obstacle(self) -> str | None:
        """Return the sentence that says why no command can be run on this host, or None where one was."""
        if self._works:
            return None
        if shutil.which(self._program) is None:
            return f"{_NEEDED} It is not installed on this host (on Debian or Ubuntu: apt install bubblewrap)."
        end = await self.run("true", pack_files({}))
        self._works = end.exit_code == 0
        if self._works:
            return None
        why = (end.limit or end.output.strip() or f"exit code {end.exit_code}").splitlines()[-1]
        return f"{_NEEDED} It is installed, but does not work here: it needs unprivileged user namespaces ({why})."

    async def run(self, command: str, files: bytes) -> CommandEnd:
        """Run a command line in a folder with the files of a tar archive. Cancelling ends it at once."""
        run = _Run(self.limits)
        work = asyncio.create_task(run.follow(self._words(command), files))
        try:
            return await asyncio.shield(work)
        finally:
            run.kill()
            await asyncio.wait([work])  # unlike an await of the task itself, another cancelling leaves it alone

    def _words(self, command: str) -> list[str]:
        limits = self.limits
        limited = {
            "nproc": limits.processes,  # counted within the sandbox's own user namespace
            "as": limits.address_bytes,
            "cpu": f"{limits.cpu_seconds}:{limits.cpu_seconds + 1}",  # told first, then killed
            "fsize": limits.file_bytes,
            "nofile": limits.open_files,
            "core": 0,
        }
        return [
            shutil.which(self._program) or self._program,  # without an environment it would be looked for elsewhere
            *("--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent"),
            *("--new-session", "--clearenv", "--hostname", "sandbox"),
            *(word for name, value in _ENVIRONMENT.items() for word in ("--setenv", name, value)),
            *("--ro-bind", "/usr", "/usr", *_link_system_folders()),
            *(word for path in _SYSTEM_FILES for word in ("--ro-bind-try", path, path)),
            *("--proc", "/proc", "--dev", "/dev"),
            *("--size", str(_SHARED_BYTES), "--tmpfs", "/dev/shm"),  # noqa: S108 - the sandbox's own
            *("--size", str(limits.folder_bytes), "--tmpfs", "/tmp"),  # noqa: S108 - the sandbox's own
            *("--size", str(limits.folder_bytes), "--tmpfs", _FOLDER),
            # What bubblewrap makes itself would be memory without a limit.
            *("--remount-ro", "/dev", "--remount-ro", "/", "--chdir", _FOLDER, "--"),
            # Whoever runs out of memory meanwhile, it is the command that has to go.
            *("nice", "-n", "10", "choom", "-n", "1000", "--"),
            *("prlimit", *(f"--{name}={value}" for name, value in limited.items()), "--"),
            *("sh", "-c", _SCRIPT, "sh", command),
        ]


#: Where the copy lies inside, and the command begins.
_FOLDER = "/project"
_SHARED_BYTES = 16 * MEBIBYTE
_ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "HOME": "/tmp",  # noqa: S108 - the sandbox's own
    "LANG": "C.UTF-8",
    "PYTHONDONTWRITEBYTECODE": "1",
}
#: What programs below /usr need of /etc to start; none of them says anything about this host's people or services.
_SYSTEM_FILES = ("/etc/ld.so.cache", "/etc/alternatives")
_READY, _STARTED = b"ready\n", b"ready\nstarted\n"
#: Takes the files in, runs the command, ends what it left running, and gives the files out. Standard error is the
#: stream of files; what bubblewrap itself has to complain of comes there too, before anything started.
_SCRIPT = """
echo ready >&2
tar -x -f - || exit
exec 3>&2 2>&1 </dev/null
echo started >&3
sh -c "$1" 3>&-
code=$?
kill -s KILL -- -1 2>/dev/null
chmod -R u+rwX . 2>/dev/null
tar -c -f - --format=gnu --hard-dereference . >&3 2>/dev/null
exit $code
"""
_NEEDED = "Commands are run in bubblewrap only."
#: Debian's and most others' `nobody`; a worker process that is root runs commands as this user.
_NOBODY = 65534
#: The most of a stream of files: as much as the folder holds, and what tar puts around each.
_MOST_STREAM_BYTES = 96 * MEBIBYTE
#: How much of the beginning and of the end of an output is kept.
_KEPT_BYTES = 16 * 1024
_PIECE_BYTES = 64 * 1024
_WATCH_SECONDS = 0.05


class _User(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


def _unprivileged() -> _User:
    """Return who runs the sandbox: limits on processes do not bind root."""
    return {"user": _NOBODY, "group": _NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}


@contextlib.contextmanager
def _open_filter() -> Iterator[tuple[tuple[str, ...], tuple[int, ...]]]:
    """Give the words that put the filter of system calls in force, and the descriptor that they speak of."""
    written = write_filter()
    if written is None:
        yield (), ()
        return
    reads, writes = os.pipe()
    try:
        os.write(writes, written)  # far less than a pipe holds
        os.close(writes)
        yield ("--seccomp", str(reads)), (reads,)
    finally:
        os.close(reads)


def _link_system_folders() -> list[str]:
    """Return the words that put /bin, /lib and their like where this system has them: mostly as links into /usr."""
    words: list[str] = []
    for name in ("bin", "sbin", "lib", "lib32", "lib64", "libx32"):
        path = f"/{name}"
        if os.path.islink(path):  # noqa: PTH114 - as text, which is what bubblewrap takes
            words += ["--symlink", os.readlink(path), path]  # noqa: PTH115 - as text
        else:
            words += ["--ro-bind-try", path, path]
    return words


class _Run:
    """One command while it runs."""

    def __init__(self, limits: CommandLimits) -> None:
        self._limits = limits
        self._limit: str | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._is_killed = False
        #: Set once bubblewrap's processes end with each other, or have ended.
        self._is_ready = asyncio.Event()

    async def follow(self, words: Sequence[str], files: bytes) -> CommandEnd:
        """Start it, feed it, read it and watch it until all that belongs to it has ended."""
        limits = self._limits
        try:
            with _open_filter() as (filters, passed):
                process = self._process = await asyncio.create_subprocess_exec(
                    words[0],
                    *filters,
                    *words[1:],
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=asyncio.subprocess.PIPE,
                    cwd="/",
                    env={},
                    pass_fds=passed,
                    **_unprivileged(),
                )
        except (OSError, ValueError) as error:  # not allowed to be another user, or a NUL in the command
            return CommandEnd(exit_code=None, output=str(error), started=False)
        if self._is_killed:
            self.kill()
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        timer = asyncio.get_running_loop().call_later(limits.seconds, self._end, f"{limits.seconds:g} seconds")
        watch = asyncio.create_task(self._watch(process.pid))
        watch.add_done_callback(lambda _: self.kill())  # nothing runs unwatched
        try:
            output, stream, *_ = await asyncio.gather(
                self._read_ends(process.stdout), self._read_all(process.stderr), self._feed(process.stdin, files)
            )
            code = await process.wait()
        finally:
            timer.cancel()
            watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watch
        if not stream.startswith(_STARTED):
            said = stream.decode(errors="replace")
            return CommandEnd(exit_code=None, output=said or output, limit=self._limit, started=False)
        if self._limit is not None:
            return CommandEnd(exit_code=None, output=output, limit=self._limit)
        return CommandEnd(exit_code=code, output=output, files=stream.removeprefix(_STARTED))

    def kill(self) -> None:
        """End the command with all that it started: the death of its first process takes the namespace along."""
        self._is_killed = True
        if self._process is not None and self._process.returncode is None:
            kill_tree(self._process.pid)

    def _end(self, limit: str) -> None:
        self._limit = self._limit or limit
        self.kill()

    async def _watch(self, pid: int) -> None:
        limits = self._limits
        watch = UsageWatch(pid, ("/tmp", "/dev/shm", _FOLDER))  # noqa: S108 - the sandbox's own
        while True:
            usage = await asyncio.to_thread(watch.read)
            if usage.memory_bytes > limits.memory_bytes:
                self._end(f"{limits.memory_bytes // MEBIBYTE} MiB of memory")
            if usage.files > limits.files:
                self._end(f"{limits.files} files")
            if usage.is_host_short:
                self._end("the memory that this host can spare")
            await asyncio.sleep(_WATCH_SECONDS)

    async def _read_ends(self, pipe: asyncio.StreamReader) -> str:
        """Read to the end, and keep the beginning and the end; ends a command that writes too much."""
        begin, end, size = bytearray(), bytearray(), 0
        while piece := await pipe.read(_PIECE_BYTES):
            size += len(piece)
            room = _KEPT_BYTES - len(begin)
            begin += piece[:room]
            end = (end + piece[room:])[-_KEPT_BYTES:] if room < len(piece) else end
            if size > self._limits.output_bytes:
                self._end(f"{self._limits.output_bytes // MEBIBYTE} MiB of output")
        left_out = size - len(begin) - len(end)
        note = f"\n[{left_out} bytes were left out]\n".encode() if left_out else b""
        return (begin + note + end).decode(errors="replace")

    async def _read_all(self, pipe: asyncio.StreamReader) -> bytes:
        stream = bytearray()
        while piece := await pipe.read(_PIECE_BYTES):
            if len(stream) < _MOST_STREAM_BYTES:
                stream += piece
                if stream.startswith(_READY):
                    self._is_ready.set()
            else:
                self._end(f"{_MOST_STREAM_BYTES // MEBIBYTE} MiB of files")
        self._is_ready.set()
        return bytes(stream)

    async def _feed(self, pipe: asyncio.StreamWriter, files: bytes) -> None:
        """Give it the files, without which it runs nothing, once its end is tied to that of this process."""
        await self._is_ready.wait()
        with contextlib.suppress(ConnectionError):  # it ended before it had read all
            if not self._is_killed:
                pipe.write(files)
                await pipe.drain()
        pipe.close()
        with contextlib.suppress(ConnectionError):
            await pipe.wait_closed()
