"""Project folders stay inside the allowed roots, whatever links and dots a path holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from common.errors import InvalidInput
from web.project_folders import list_folders, provide_folder, resolve_folder


@pytest.fixture
def roots(tmp_path: Path) -> tuple[Path, Path]:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    (tmp_path / "outside").mkdir()
    return first, second


def test_folders_inside_any_root_are_taken_and_made(roots: tuple[Path, Path]) -> None:
    first, second = roots
    assert provide_folder("a/b", roots) == str(first / "a/b")
    assert provide_folder(str(second / "c"), roots) == str(second / "c")
    assert provide_folder(f"{first}/x/../y/./z", roots) == str(first / "y/z")
    assert provide_folder(".", roots) == str(first)
    assert all(folder.is_dir() for folder in (first / "a/b", second / "c", first / "y/z"))


def test_what_leads_out_is_refused_with_a_sentence_that_names_the_roots(
    roots: tuple[Path, Path], tmp_path: Path
) -> None:
    first, second = roots
    (first / "link").symlink_to(tmp_path / "outside")
    (first / "up").symlink_to("..")
    (first / "loop").symlink_to("loop")
    for path in ("/", "/etc", "..", "a/../..", str(tmp_path), f"{first}x", "link", "link/a", "up/outside", "up"):
        with pytest.raises(InvalidInput, match=f"inside {first} or {second}") as raised:
            provide_folder(path, roots)
        assert [detail.field for detail in raised.value.details] == ["project_folder"], path
    assert list((tmp_path / "outside").iterdir()) == []


def test_links_between_the_roots_are_followed(roots: tuple[Path, Path]) -> None:
    first, second = roots
    (second / "real").mkdir()
    (first / "link").symlink_to(second / "real")
    assert resolve_folder("link", roots) == second / "real"


def test_a_root_that_is_a_link_keeps_the_name_that_was_set(roots: tuple[Path, Path], tmp_path: Path) -> None:
    alias = tmp_path / "alias"
    alias.symlink_to(roots[0])
    assert provide_folder(str(alias / "a"), (alias,)) == str(alias / "a")
    assert provide_folder(str(roots[0] / "a"), (alias,)) == str(alias / "a")


def test_files_loops_and_names_that_are_too_long_are_refused(roots: tuple[Path, Path]) -> None:
    (roots[0] / "file").write_text("x")
    (roots[0] / "loop").symlink_to("loop")
    for path in ("file", "file/a", "loop", "loop/a", "x" * 300):
        with pytest.raises(InvalidInput) as raised:
            provide_folder(path, roots)
        assert raised.value.details[0].field == "project_folder", path


def test_the_picker_shows_plain_folders_by_name(roots: tuple[Path, Path]) -> None:
    for name in ("b", "a", ".hidden"):
        (roots[0] / name).mkdir()
    (roots[0] / "file").write_text("x")
    (roots[0] / "link").symlink_to(roots[1])
    assert [folder.name for folder in list_folders(roots[0])] == ["a", "b"]
    assert list_folders(roots[0] / "missing") == []
    with pytest.raises(InvalidInput):
        list_folders(roots[0] / "file")
