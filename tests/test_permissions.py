from __future__ import annotations

import contextlib
import io
import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from skillpack import NotASkillError, OutputError, SkillpackError, atomic, check, find_skills
from skillpack.cli import main
from tests.conftest import MANIFEST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOBODY = 65534


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that everybody may enter; pytest's own are its user's alone."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "demo/folder").mkdir(parents=True)
        (folder / "demo/SKILL.md").write_bytes(MANIFEST)
        (folder / "demo/folder/a.txt").write_text("a")
        yield folder
        (folder / "demo/folder").chmod(0o755)


def as_nobody(call: Callable[[], object]) -> object:
    """Return what a call gives to a user who may do nothing special; to root every mode means yes."""
    if os.geteuid() != 0:
        return call()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.setuid(NOBODY)
        try:
            answer = call()
        except SkillpackError as error:  # the parent judges it
            answer = type(error).__name__
        os.write(writing, json.dumps(answer).encode())
        os._exit(0)
    os.close(writing)
    answer = json.loads(os.read(reading, 65536))
    os.close(reading)
    os.waitpid(child, 0)
    return answer


@pytest.mark.parametrize(
    ("path", "mode", "expected"),
    [
        ("folder/a.txt", 0o000, [["file-unreadable", "folder/a.txt"]]),
        ("folder", 0o000, [["file-unreadable", "folder"]]),
        ("folder", 0o444, [["file-unreadable", "folder/a.txt"]]),
        ("SKILL.md", 0o000, [["file-unreadable", "SKILL.md"]]),
        ("folder/a.txt", 0o444, []),
    ],
)
def test_what_may_not_be_read_is_told_at_its_place(
    place: Path, path: str, mode: int, expected: list[list[str]]
) -> None:
    (place / "demo" / path).chmod(mode)
    found = as_nobody(lambda: [[error.rule, error.location.path.rstrip("/")] for error in check(place / "demo").errors])
    assert found == expected


def test_a_skill_that_may_not_be_listed_is_the_callers_trouble(place: Path) -> None:
    (place / "demo").chmod(0)
    try:
        assert as_nobody(lambda: check(place / "demo").ok) == NotASkillError.__name__
    finally:
        (place / "demo").chmod(0o755)


def test_a_folder_that_may_not_be_written_is_left_as_it_was(place: Path) -> None:
    (place / "out.zip").write_bytes(b"old")
    assert as_nobody(lambda: atomic.replace(place / "out.zip", [b"new"])) == OutputError.__name__
    assert (place / "out.zip").read_bytes() == b"old"
    assert sorted(path.name for path in place.iterdir()) == ["demo", "out.zip"]


def test_a_folder_that_may_not_be_listed_is_written_to(place: Path) -> None:
    place.chmod(0o333)
    try:
        assert as_nobody(lambda: atomic.replace(place / "out.zip", [b"new"])) is False, "it cannot be synced"
    finally:
        place.chmod(0o755)
    assert (place / "out.zip").read_bytes() == b"new"


def test_somebody_elses_mode_is_not_taken_over(place: Path) -> None:
    place.chmod(0o777)
    (place / "out.zip").write_bytes(b"old")
    (place / "out.zip").chmod(0o777)
    assert as_nobody(lambda: atomic.replace(place / "out.zip", [b"new"]))
    if os.geteuid() == 0:
        assert (place / "out.zip").stat().st_mode & 0o111 == 0


def test_a_file_that_may_not_be_read_is_listed_as_rejected_and_costs_the_digest(place: Path) -> None:
    (place / "demo/folder/a.txt").chmod(0o000)
    code, listed, _ = _printed("files", str(place / "demo"))
    assert code == 0
    assert "! folder/a.txt  rejected: it cannot be read: permission denied" in listed
    code, digest, told = _printed("digest", str(place / "demo"))
    assert (code, digest) == (1, "")
    assert "error[file-unreadable]" in told


ALL = {
    "check": ("check", "--all"),
    "check without --all": ("check",),
    "settings": ("check", "--all", "--show-settings"),
    "pack": ("pack", "--all", "--output-dir", "out"),
    "zip": ("zip", "--all", "--output-dir", "out"),
    "digest": ("digest", "--all"),
    "manifest": ("manifest", "--all"),
    "lock": ("lock", "--all", "-o", "out.lock"),
}
"""Calls for several skills, each to be followed by the folder to search."""


@pytest.mark.parametrize("command", ALL)
def test_a_folder_that_may_not_be_listed_may_have_skills_and_is_named(
    command: str, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.chmod(0o777)
    monkeypatch.chdir(place)
    Path("closed").mkdir()
    Path("closed").chmod(0)
    code, _, err = _printed(*ALL[command], ".")
    assert code == 2
    assert "error: closed cannot be listed: permission denied\n" in err
    assert not [path.name for path in place.iterdir() if path.name.startswith("out")]


def test_a_folder_in_a_skill_that_may_not_be_listed_is_the_check_of_the_skill_to_report(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place)
    Path("demo/folder").chmod(0)
    code, out, err = _printed("check", "--all", "--output-format", "concise", ".")
    assert (code, err) == (1, "")
    assert "demo/folder" in out


def test_a_search_from_python_names_a_folder_that_may_not_be_listed(place: Path) -> None:
    (place / "closed").mkdir()
    (place / "closed").chmod(0)
    assert as_nobody(lambda: [path.name for path in find_skills(place)]) == NotASkillError.__name__


@pytest.mark.parametrize("absolute", [False, True])
def test_a_file_that_cannot_be_fixed_is_named_as_the_caller_named_the_skill(
    place: Path, monkeypatch: pytest.MonkeyPatch, *, absolute: bool
) -> None:
    monkeypatch.chdir(place)
    Path("demo/SKILL.md").write_text("---\nname: demo\ndescription: Use when: asked.\n---\nText.\n", "utf-8")
    skill = place / "demo" if absolute else Path("demo")
    code, _, err = _printed("check", "--fix", str(skill))
    assert (code, err) == (2, f"error: cannot write {(skill / 'SKILL.md').as_posix()}: permission denied\n")


def _printed(*arguments: str) -> tuple[int, str, str]:
    def call() -> object:
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main(arguments)
        return code, out.getvalue(), err.getvalue()

    code, out, err = cast("tuple[int, str, str]", as_nobody(call))
    return code, out, err
