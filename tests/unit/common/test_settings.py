from __future__ import annotations

import json
from pathlib import Path

import pytest

from common.errors import SettingsError
from common.settings import Settings, describe_settings, load_settings, read_run_file, variable_names


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for names in variable_names().values():
        for name in names:
            monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OLLAMA_FLOW_HOME", str(tmp_path))


def test_nothing_has_to_be_set(tmp_path: Path) -> None:
    settings = load_settings()
    assert (settings.host, settings.port) == ("127.0.0.1", 5000)
    assert settings.database == f"sqlite:///{tmp_path}/ollama-flow.db"
    assert settings.roots == (tmp_path / "projects",)
    assert settings.broker == ""


def test_the_prefixed_variable_wins_over_the_plain_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "6000")
    assert load_settings().port == 6000
    monkeypatch.setenv("OLLAMA_FLOW_PORT", "7000")
    assert load_settings().port == 7000


def test_an_argument_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_FLOW_PORT", "7000")
    assert load_settings(port=8000).port == 8000


def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_FLOW_ADMIN_EMAIL", "")
    assert load_settings().admin_email == "admin@localhost.local"


def test_the_home_folder_of_a_person_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("OLLAMA_FLOW_HOME")
    assert load_settings().home == tmp_path / ".ollama-flow"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PORT", "http"),
        ("PORT", "0"),
        ("OLLAMA_FLOW_PORT", "65536"),
        ("DATABASE_URL", "mysql://u@h/d"),
        ("DATABASE_URL", "nonsense"),
        ("DATABASE_URL", "sqlite://"),
        ("REDIS_URL", "http://localhost"),
        ("CELERY_BROKER_URL", "amqp://localhost"),
        ("OLLAMA_HOST", "ftp://localhost"),
        ("OLLAMA_BASE_URL", "http://"),
        ("SECRET_KEY", "short"),
        ("OLLAMA_FLOW_PROJECT_ROOTS", "relative/folder"),
        ("OLLAMA_FLOW_ADMIN_EMAIL", "nobody"),
        ("OLLAMA_FLOW_ADMIN_PASSWORD", "short"),
        ("OLLAMA_FLOW_SEATS", "0"),
        ("OLLAMA_FLOW_LEASE_SECONDS", "-1"),
        ("OLLAMA_FLOW_LOG_LEVEL", "LOUD"),
        ("OLLAMA_FLOW_SECURE_COOKIES", "perhaps"),
    ],
)
def test_a_wrong_value_is_one_sentence_that_names_the_variable(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    sentence = str(caught.value)
    assert sentence.startswith(f"{variable} takes ")
    assert sentence.endswith(".")
    assert "\n" not in sentence


@pytest.mark.parametrize("variable", ["SECRET_KEY", "OLLAMA_FLOW_ADMIN_PASSWORD"])
def test_the_sentence_never_shows_a_secret(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, "hunter2")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert "hunter2" not in str(caught.value)


def test_a_renewal_may_fail_twice_before_the_lease_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_FLOW_RENEW_SECONDS", "11")
    with pytest.raises(SettingsError, match="OLLAMA_FLOW_RENEW_SECONDS takes at most a third"):
        load_settings()


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("localhost", "http://localhost:11434"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("0.0.0.0:1234", "http://127.0.0.1:1234"),
        ("http://gpu:8080/", "http://gpu:8080"),
        ("https://models.example.org/ollama/", "https://models.example.org/ollama"),
        ("http://[::1]", "http://[::1]:11434"),
    ],
)
def test_the_address_of_ollama_is_completed(monkeypatch: pytest.MonkeyPatch, given: str, used: str) -> None:
    monkeypatch.setenv("OLLAMA_HOST", given)
    assert load_settings().ollama_host == used


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgresql_is_reached_by_the_driver_that_is_installed(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    monkeypatch.setenv("DATABASE_URL", f"{scheme}://user:p%40ss@host/name")
    assert load_settings().database == "postgresql+psycopg://user:p%40ss@host/name"


def test_lists_are_split(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_FLOW_PROJECT_ROOTS", "/srv/a:/srv/b:")
    monkeypatch.setenv("OLLAMA_FLOW_ALLOWED_HOSTS", "flow.example.org, other")
    settings = load_settings()
    assert settings.roots == (Path("/srv/a"), Path("/srv/b"))
    assert settings.allowed_hosts == ("flow.example.org", "other")


class TestRunFile:
    """What `up` wrote for other commands."""

    @pytest.fixture(autouse=True)
    def _run_file(self, tmp_path: Path) -> None:
        known = {"redis_url": "redis://:pw@127.0.0.1:4711/0", "ollama_host": "http://127.0.0.1:4712"}
        (tmp_path / "run.json").write_text(json.dumps(known))

    def test_its_servers_are_used_where_no_redis_is_named(self) -> None:
        settings = load_settings()
        assert settings.redis_url == "redis://:pw@127.0.0.1:4711/0"
        assert settings.ollama_host == "http://127.0.0.1:4712"

    def test_a_named_redis_wins(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("REDIS_URL", "redis://other:6379/0")
        settings = load_settings()
        assert settings.redis_url == "redis://other:6379/0"
        assert settings.ollama_host == "http://127.0.0.1:11434"

    def test_a_named_ollama_wins(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("OLLAMA_HOST", "gpu")
        assert load_settings().ollama_host == "http://gpu:11434"

    def test_up_itself_does_not_look_into_an_old_one(self) -> None:
        assert load_settings(use_run_file=False).redis_url == ""

    @pytest.mark.parametrize("content", ["", "[]", "{", '"text"'])
    def test_a_broken_one_is_no_reason_to_fail(self, tmp_path: Path, content: str) -> None:
        (tmp_path / "run.json").write_text(content)
        assert read_run_file(tmp_path / "run.json") == {}
        assert load_settings().redis_url == ""


def test_settings_do_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().port = 1  # type: ignore[misc]  # that is the point


def test_each_setting_tells_where_its_value_comes_from_and_no_secret(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PORT", "6000")
    monkeypatch.setenv("OLLAMA_FLOW_SEATS", "7")
    monkeypatch.setenv("SECRET_KEY", "a secret of many characters")
    (tmp_path / "run.json").write_text(json.dumps({"redis_url": "redis://:hidden@127.0.0.1:1/0"}))
    described = describe_settings(load_settings(seats=9, project_roots=(Path("/a"), Path("/b"))))
    told = {each.variable: (each.value, each.source) for each in described}
    assert told["PORT"] == ("6000", "environment")
    assert told["OLLAMA_FLOW_SEATS"] == ("9", "argument")
    assert told["OLLAMA_FLOW_PROJECT_ROOTS"] == ("/a:/b", "argument")
    assert told["OLLAMA_FLOW_REDIS_URL"] == (None, "file")
    assert told["SECRET_KEY"] == (None, "environment")
    assert told["OLLAMA_FLOW_COMMANDS"] == ("false", "default")
    assert told["OLLAMA_FLOW_DEFAULT_MODEL"] == (None, "default")
    assert len(described) == len(variable_names())
    assert "a secret of" not in repr(described)
    assert "hidden" not in repr(described)
