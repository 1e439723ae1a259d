"""The commands, as a person calls them: in a process of their own."""

from __future__ import annotations

import fcntl
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from cli.run_file import write_run_file
from tests.support.http_server import serve_http

_ROOT = Path(__file__).parents[3]


class Shell:
    """Calls `ollama-flow` with a data folder of its own and nothing else in the environment."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def __call__(self, *words: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-P", "-m", "cli", *words],
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(_ROOT),
                "OLLAMA_FLOW_HOME": str(self.home),
                "OLLAMA_HOST": "127.0.0.1:9",
                **environment,
            },
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path / "home")


def test_without_words_it_lists_the_commands(shell: Shell) -> None:
    listed = shell()
    commands = [
        "up",
        "dashboard",
        "web",
        "worker",
        "migrate",
        "model-server",
        "flower",
        "run",
        "version",
        "tokens",
        "users",
        "templates",
    ]
    assert all(command in listed.stdout + listed.stderr for command in commands)


def test_it_tells_its_version(shell: Shell) -> None:
    assert shell("version").stdout.strip().count(".") == 2


@pytest.mark.parametrize("command", ["up", "dashboard", "web", "worker", "migrate", "flower"])
def test_a_wrong_setting_is_one_sentence_and_two(shell: Shell, command: str) -> None:
    answer = shell(command, PORT="many")
    assert answer.returncode == 2
    assert answer.stderr == "PORT takes a port from 1 to 65535; it is 'many'.\n"
    assert answer.stdout == ""


@pytest.mark.parametrize("command", ["up", "web"])
def test_a_taken_port_is_one_sentence_and_one(shell: Shell, command: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        answer = shell(command, "--port", port)
    assert answer.returncode == 1
    assert answer.stderr == f"Port {port} is already in use; choose another one with --port.\n"


def test_a_second_up_on_the_same_folder_says_where_the_first_one_is(shell: Shell) -> None:
    shell.home.mkdir()
    write_run_file(shell.home / "run.json", {"url": "http://127.0.0.1:5123"})
    with (shell.home / "up.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        answer = shell("up")
    assert answer.returncode == 1
    assert "already runs on the data folder" in answer.stderr
    assert "http://127.0.0.1:5123" in answer.stderr


@pytest.mark.parametrize("command", ["worker", "flower"])
def test_without_redis_it_says_how_to_get_one(shell: Shell, command: str) -> None:
    answer = shell(command)
    assert answer.returncode == 1
    assert answer.stderr == "No Redis is known: set REDIS_URL, or start `ollama-flow up`, which brings one.\n"


def test_flower_does_not_listen_to_the_world_without_a_password(shell: Shell) -> None:
    answer = shell("flower", "--address", "0.0.0.0", REDIS_URL="redis://127.0.0.1:9/0")
    assert answer.returncode == 2
    assert "FLOWER_BASIC_AUTH" in answer.stderr


def test_flower_says_where_a_path_is_too_long_for_its_socket(shell: Shell) -> None:
    shell.home /= "f" * 100
    answer = shell("flower", REDIS_URL="redis://127.0.0.1:9/0")
    assert answer.returncode == 1
    assert "too long for Flower's socket" in answer.stderr


def test_migrate_makes_the_tables_and_the_first_admin_once(shell: Shell) -> None:
    first, second = shell("migrate"), shell("migrate")
    assert first.returncode == second.returncode == 0
    assert "First sign-in: admin@localhost.local with the first password" in first.stdout
    assert "First sign-in" not in second.stdout
    assert (shell.home / "ollama-flow.db").exists()


def test_accounts_and_tokens_live_from_creation_to_revocation(shell: Shell) -> None:
    made = shell("users", "create", "Ada@Example.org", "--admin", "--password-stdin", stdin="correct horse\n")
    assert made.returncode == 0, made.stderr
    assert "correct horse" not in made.stdout + made.stderr
    assert shell("users", "list").stdout == "ada@example.org\tadmin\tactive\n"

    created = shell("tokens", "create", "--user", "ada@example.org", "--name", "laptop")
    token = created.stdout.strip()
    assert len(token) > 30
    assert created.stdout == f"{token}\n"

    listed = shell("tokens", "list").stdout
    token_id, owner, name, _, used = listed.strip().split("\t")
    assert (owner, name, used) == ("ada@example.org", "laptop", "never used")
    assert token not in listed

    assert shell("tokens", "revoke", token_id).returncode == 0
    assert shell("tokens", "list").stdout == ""


def test_a_user_without_a_given_password_gets_one(shell: Shell) -> None:
    made = shell("users", "create", "ada@example.org")
    assert made.returncode == 0
    assert len(made.stdout.strip()) >= 12


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("users", "create", "nobody", "--password-stdin"), "email"),
        (("users", "create", "a@b.org", "--password-stdin"), "password"),
        (("tokens", "create", "--user", "a@b.org", "--name", "x"), "There is no user a@b.org."),
        (("tokens", "revoke", "no-such-id"), "There is no such token."),
    ],
)
def test_what_cannot_be_is_a_sentence(shell: Shell, words: tuple[str, ...], sentence: str) -> None:
    answer = shell(*words, stdin="short\n")
    assert answer.returncode == 1
    assert sentence in answer.stderr
    assert "Traceback" not in answer.stderr


def test_run_needs_a_token(shell: Shell) -> None:
    answer = shell("run", "Explain tides.")
    assert answer.returncode == 2
    assert "OLLAMA_FLOW_TOKEN takes an API token" in answer.stderr


def test_run_refuses_what_it_does_not_know(shell: Shell) -> None:
    assert shell("run", "Explain tides.", "--arch", "ring").returncode == 2
    assert shell("run", "Explain tides.", "--workers", "17").returncode == 2
    unknown = shell("run", "Explain tides.", "--models", "boss=llama3")
    assert unknown.returncode == 2
    assert "no role 'boss'" in unknown.stderr
    assert "role=model pairs" in shell("run", "Explain tides.", "--models", "llama3", "--local").stderr


def test_run_finds_dashboard_and_token_in_the_environment(shell: Shell, tmp_path: Path) -> None:
    rejected = {"error": "Some fields are wrong.", "details": [{"field": "task", "message": "Too short."}]}
    with serve_http(lambda request: (422, rejected)) as server:
        words = (
            "run",
            "x",
            "--workers",
            "6",
            "--arch",
            "fully_connected",
            "--model",
            "m",
            "--models",
            "Developer=codellama:7b, it-architect=llama3",
            "--project-folder",
            str(tmp_path),
        )
        answer = shell(*words, OLLAMA_FLOW_URL=server.url, OLLAMA_FLOW_TOKEN="olf_t")
    assert answer.returncode == 2
    assert "Too short." in answer.stderr
    assert server.requests[0].body == {
        "task": "x",
        "workers": 6,
        "architecture": "FULLY_CONNECTED",
        "model": "m",
        "project_folder": str(tmp_path),
        "options": {"models": {"developer": "codellama:7b", "it_architect": "llama3"}},
    }
