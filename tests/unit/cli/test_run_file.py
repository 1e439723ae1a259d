from __future__ import annotations

import stat
from pathlib import Path

import pytest

from cli.run_file import forget_addresses, keep_secret, prepare_home, update_run_file, write_run_file
from common.errors import SettingsError
from common.settings import load_settings, read_run_file


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    write_run_file(path, {"secret_key": "s"})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_secret_stays_the_same_once_made(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    secret = keep_secret(path, "secret_key")
    assert len(secret) >= 32
    assert keep_secret(path, "redis_password") != secret
    assert keep_secret(path, "secret_key") == secret


def test_addresses_are_forgotten_and_secrets_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    secret = keep_secret(path, "secret_key")
    update_run_file(path, {"redis_url": "redis://x", "url": "http://y", "pid": "1", "redis_port": "4711"})
    forget_addresses(path)
    assert read_run_file(path) == {"secret_key": secret, "redis_port": "4711"}


def test_the_data_folder_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path / "new" / "home")
    prepare_home(settings)
    assert stat.S_IMODE(settings.home.stat().st_mode) == 0o700
    prepare_home(settings)


def test_a_data_folder_that_cannot_be_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="OLLAMA_FLOW_HOME takes a folder that can be written"):
        prepare_home(load_settings(home=tmp_path / "file" / "home"))
