"""What all answers of the API share, and what it says of folders and errors."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel


class Success(BaseModel):
    """Base of all answers that tell of success."""

    success: Literal[True] = True


class FolderView(BaseModel):
    """A folder inside the allowed ones."""

    name: str
    path: str


class ProjectFoldersAnswer(Success):
    """The allowed folders, and what is inside of one of them."""

    roots: list[str]
    path: str | None
    folders: list[FolderView]


class FieldErrorView(BaseModel):
    """One field that cannot be used."""

    field: str
    message: str


class ErrorAnswer(BaseModel):
    """Every error: a sentence for people, a word for programs, and for bad input each field at fault."""

    success: Literal[False] = False
    error: str
    code: str
    details: list[FieldErrorView] | None = None
