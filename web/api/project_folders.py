"""Project folders, for the form's picker."""

from __future__ import annotations

from flask import Response

from web.api.blueprint import answer, create_blueprint
from web.api.inputs import ListFolders
from web.api.schemas import FolderView, ProjectFoldersAnswer
from web.project_folders import list_folders, resolve_folder
from web.runtime import current_runtime

blueprint = create_blueprint("project_folders", "The folders that sessions may work in.", "/api/project-folders")


@blueprint.get("", responses={200: ProjectFoldersAnswer})
def list_project_folders(query: ListFolders) -> Response:
    """List the folders inside of one, or inside of the first allowed one."""
    roots = current_runtime().settings.roots
    folder = resolve_folder(query.path, roots, field="path") if query.path else roots[0]
    return answer(
        ProjectFoldersAnswer(
            roots=[str(root) for root in roots],
            path=str(folder),
            folders=[FolderView(name=found.name, path=str(found)) for found in list_folders(folder)],
        )
    )
