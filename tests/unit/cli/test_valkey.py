from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import redis

from cli.probe import free_port
from cli.valkey import find_valkey, wait_for_valkey, write_valkey_settings


def test_the_binary_of_this_machine_is_found() -> None:
    binary = find_valkey()
    assert os.access(binary, os.X_OK)


def test_it_runs_with_its_settings_also_in_a_folder_with_spaces_and_quotes(tmp_path: Path) -> None:
    folder = tmp_path / 'a "quoted" folder'
    port = free_port()
    config = write_valkey_settings(folder, port=port, password="right")
    assert stat.S_IMODE(config.stat().st_mode) == 0o600
    with subprocess.Popen([find_valkey(), config], stdout=subprocess.DEVNULL) as valkey:
        try:
            assert wait_for_valkey(port=port, password="right", seconds=10)
            assert not wait_for_valkey(port=port, password="wrong", seconds=0.1)
            with redis.Redis(port=port, password="right") as client:
                assert client.config_get("dir") == {"dir": str(folder)}
                client.set("text", "x" * 1000)
            assert [path.name for path in folder.iterdir()] == ["valkey.conf"]  # so that no full disk stops it
        finally:
            valkey.terminate()


def test_nobody_there_is_no_answer() -> None:
    assert not wait_for_valkey(port=free_port(), password="any", seconds=0.05)
