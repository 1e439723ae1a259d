"""`templates`: list, show, export, import and delete those of a dashboard, over its API."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.options import TOKEN, URL, as_bad_parameter
from cli.terminal import complain, tell
from common.errors import FlowError, InvalidInput

if TYPE_CHECKING:
    from cli.remote import Dashboard

templates = typer.Typer(help="Named settings of sessions, on a dashboard.", no_args_is_help=True)

_Name = Annotated[str, typer.Argument(help="Its name, or its id.")]
_Url = Annotated[str | None, URL]
_Token = Annotated[str | None, TOKEN]


@templates.command("list")
def list_templates(url: _Url = None, token: _Token = None) -> None:
    """List the templates that you may use: id, whose it is, name, variables."""
    with _dashboard(url, token) as dashboard:
        cursor = None
        while True:
            page = dashboard.call("GET", "/api/templates", params={"cursor": cursor} if cursor else None)
            for item in page["templates"]:
                variables = ", ".join(variable["name"] for variable in item["variables"])
                tell("\t".join([item["id"], item["owner"] or "preset", item["name"], variables]))
            cursor = page["next_cursor"]
            if cursor is None:
                break


@templates.command("show")
def show_template(
    name: _Name,
    version: Annotated[int | None, typer.Option(min=1, help="An older version.", show_default=False)] = None,
    url: _Url = None,
    token: _Token = None,
) -> None:
    """Print a template as JSON."""
    with _dashboard(url, token) as dashboard:
        path = f"/api/templates/{dashboard.find_template(name)}"
        _print_json(dashboard.call("GET", path, params={"version": version} if version else None)["template"])


@templates.command("export")
def export_templates(
    names: Annotated[
        list[str] | None, typer.Argument(help="Names or ids; else all your own.", show_default=False)
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The file to write; else standard output.", show_default=False)
    ] = None,
    url: _Url = None,
    token: _Token = None,
) -> None:
    """Write templates as JSON, which `import` takes, here or on another dashboard."""
    with _dashboard(url, token) as dashboard:
        chosen = [dashboard.find_template(name) for name in names or []]
        exported = dashboard.call("GET", "/api/templates/export", params={"id": chosen})
    exported.pop("success", None)
    if output is None:
        _print_json(exported)
        return
    try:
        output.write_text(_as_json(exported) + "\n", encoding="utf-8")
    except OSError as error:
        raise FlowError(f"{output} cannot be written: {error.strerror}.") from error
    complain(f"Wrote {len(exported['templates'])} to {output}.")


@templates.command("import")
def import_templates(
    file: Annotated[Path, typer.Argument(help="What `export` wrote; - for standard input.")],
    rename: Annotated[
        bool, typer.Option("--rename", help="Add a number to a name that you have already, instead of refusing it.")
    ] = False,
    url: _Url = None,
    token: _Token = None,
) -> None:
    """Read templates from a file, and tell what became of each; 1 where one was refused."""
    body = _read_json(file) | {"clash": "rename" if rename else "refuse"}
    with _dashboard(url, token) as dashboard:
        results = dashboard.call("POST", "/api/templates/import", json=body)["results"]
    for item in results:
        why = "; ".join(f"{detail['field']}: {detail['message']}" for detail in item["details"])
        tell("\t".join([item["status"], item["name"] or f"number {item['position'] + 1}", item["id"] or why]))
    if any(item["status"] == "refused" for item in results):
        raise SystemExit(1)


@templates.command("delete")
def delete_template(name: _Name, url: _Url = None, token: _Token = None) -> None:
    """Delete a template with all its versions."""
    with _dashboard(url, token) as dashboard:
        dashboard.call("DELETE", f"/api/templates/{dashboard.find_template(name)}")
    complain("The template is deleted.")


@contextmanager
def _dashboard(url: str | None, token: str | None) -> Iterator[Dashboard]:
    """Open the dashboard; what it refuses becomes a complaint about the command line."""
    from cli.remote import open_dashboard

    try:
        with open_dashboard(url, token) as dashboard:
            yield dashboard
    except InvalidInput as error:
        raise as_bad_parameter(error) from error


def _read_json(file: Path) -> dict[str, Any]:
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
        read = json.loads(text)
    except OSError as error:
        raise FlowError(f"{file} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise FlowError(f"{file} is not JSON: {error}.") from error
    if not isinstance(read, dict):
        raise FlowError(f"{file} is no export of templates.")
    return read


def _as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def _print_json(value: Any) -> None:
    tell(_as_json(value))
