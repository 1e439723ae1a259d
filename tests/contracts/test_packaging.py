"""The Procfile, the compose file, the Dockerfile and the package say what the code does."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

from cli.main import app
from common.settings import variable_names

_ROOT = Path(__file__).parents[2]
_COMPOSE: dict[str, Any] = yaml.safe_load((_ROOT / "docker-compose.yml").read_text())
_SERVICES: dict[str, dict[str, Any]] = _COMPOSE["services"]
_PROCFILE = dict(re.findall(r"^(\w+): (.+)$", (_ROOT / "Procfile").read_text(), flags=re.MULTILINE))
_DOCKERFILE = (_ROOT / "Dockerfile").read_text()


def _check_command(command: str) -> None:
    """Hold a command line of ours to the words and options that the CLI knows."""
    program, word, *rest = shlex.split(command)
    assert program == "ollama-flow"
    known = typer.main.get_command(app).commands[word]  # type: ignore[attr-defined]
    options = {option for parameter in known.params for option in parameter.opts}
    assert {part for part in rest if part.startswith("--")} <= options


def test_the_procfile_names_the_three_processes() -> None:
    assert set(_PROCFILE) == {"web", "worker", "flower"}
    for command in _PROCFILE.values():
        _check_command(command)


def test_the_compose_file_has_all_services() -> None:
    assert set(_SERVICES) == {"migrate", "web", "worker", "flower", "redis", "postgres", "ollama"}
    assert _SERVICES["ollama"]["profiles"] == ["ollama"]
    assert all("profiles" not in service for name, service in _SERVICES.items() if name != "ollama")


@pytest.mark.parametrize("name", ["migrate", "web", "worker", "flower"])
def test_our_services_run_commands_that_exist_on_settings_that_exist(name: str) -> None:
    service = _SERVICES[name]
    _check_command(service["command"])
    known = {variable for names in variable_names().values() for variable in names}
    assert set(service["environment"]) <= known | {"OLLAMA_FLOW_ALIVE_FILE"}
    for needed in ("OLLAMA_FLOW_SECRET_KEY", "OLLAMA_FLOW_DATABASE_URL", "OLLAMA_FLOW_REDIS_URL"):
        assert ":?" in service["environment"][needed], "a missing secret must end the start"


def test_workers_can_be_multiplied() -> None:
    assert not {"container_name", "ports", "hostname"} & set(_SERVICES["worker"])


def test_every_service_that_stays_has_a_health_check() -> None:
    assert {name for name, service in _SERVICES.items() if "healthcheck" not in service} == {"migrate"}


def test_migration_runs_once_before_the_others() -> None:
    assert _SERVICES["migrate"]["restart"] == "no"
    for name in ("web", "worker", "flower"):
        assert _SERVICES[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


def test_what_has_to_last_is_on_a_volume() -> None:
    used = {mount.partition(":")[0] for service in _SERVICES.values() for mount in service.get("volumes", [])}
    assert used == set(_COMPOSE["volumes"])


def test_nothing_listens_beyond_this_machine_unless_asked_to() -> None:
    ports = [port for service in _SERVICES.values() for port in service.get("ports", [])]
    assert ports
    assert "ports" not in _SERVICES["flower"], "the dashboard alone shows it"
    assert all(port.startswith(("127.0.0.1:", "${OLLAMA_FLOW_PUBLISH:-127.0.0.1:")) for port in ports)


def test_every_variable_of_the_compose_file_is_in_the_example() -> None:
    used = set(re.findall(r"(?<!\$)\$\{([A-Z_]+)", (_ROOT / "docker-compose.yml").read_text()))
    example = set(re.findall(r"^#?([A-Z_]+)=", (_ROOT / ".env.example").read_text(), flags=re.MULTILINE))
    assert used <= example


def test_the_image_is_built_in_two_stages_and_runs_without_root() -> None:
    joined = re.sub(r"\\\n(\s*#.*\n)*", " ", _DOCKERFILE)
    lines = [line for line in joined.splitlines() if line and not line.startswith("#")]
    known = {"FROM", "WORKDIR", "RUN", "ENV", "COPY", "USER", "VOLUME", "EXPOSE", "STOPSIGNAL", "CMD"}
    assert {line.split()[0] for line in lines} <= known
    assert sum(line.startswith("FROM") for line in lines) == 2
    last_stage = lines[max(number for number, line in enumerate(lines) if line.startswith("FROM")) :]
    assert "USER flow" in last_stage
    command = next(line for line in last_stage if line.startswith("CMD"))
    _check_command(shlex.join(re.findall(r'"(.*?)"', command)))


def test_what_the_image_copies_exists() -> None:
    for sources in re.findall(r"^COPY (?!--from)(.+) \S+$", _DOCKERFILE, flags=re.MULTILINE):
        for source in sources.split():
            assert (_ROOT / source).exists(), source


def test_the_wheel_takes_all_that_the_code_reads(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=_ROOT,
        check=True,
        capture_output=True,
        timeout=120,
    )
    (wheel,) = tmp_path.glob("*.whl")
    inside = set(zipfile.ZipFile(wheel).namelist())
    ignored = {"__pycache__", "frontend"}
    for folder in ("cli", "common", "web", "workers"):
        for path in (_ROOT / folder).rglob("*"):
            relative = path.relative_to(_ROOT)
            if path.is_file() and not ignored & set(relative.parts) and path.suffix != ".pyc":
                assert relative.as_posix() in inside, relative


def test_the_locks_name_every_direct_dependency() -> None:
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text())
    for lock, wanted in (
        ("requirements.lock", project["project"]["dependencies"]),
        ("requirements-dev.lock", project["dependency-groups"]["dev"]),
    ):
        text = (_ROOT / lock).read_text()
        locked = set(re.findall(r"^([a-z0-9.-]+)==", text, flags=re.MULTILINE))
        for requirement in wanted:
            name = re.split(r"[\[<>=;! ]", requirement)[0].lower()
            assert name in locked, f"{name} is not in {lock}; call ./run lock"
        assert "://" not in text, f"{lock} names a host"
