"""JSON output always names the program, and each input that could not be read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pytest

import skillpack
from skillpack.cli import main
from tests.conftest import MANIFEST

if TYPE_CHECKING:
    from pathlib import Path

TOOL: Final = {"name": "skillpack", "version": skillpack.__version__}
JSON: Final = ("--output-format", "json")

COMMANDS: Final = {
    "check": ["check", "@"],
    "files": ["files", "@"],
    "size": ["size", "@"],
    "why": ["why", "--root", "@", "demo/a.txt"],
    "diff, the first": ["diff", "@", "demo"],
    "diff, the second": ["diff", "demo", "@"],
    "targets": ["targets", "@"],
    "lock": ["lock", "--check", "@"],
}
UNREADABLE: Final = ("none", "text.txt", "cut.zip")
CASES: Final = [(command, path) for command in COMMANDS for path in UNREADABLE]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: a skill, its lock, and what cannot be read."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo/SKILL.md").write_bytes(MANIFEST)
    (tmp_path / "demo/a.txt").write_bytes(b"a")
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.txt").write_bytes(b"text")
    (tmp_path / "cut.zip").write_bytes(skillpack.pack({"SKILL.md": MANIFEST}).zip[:-1])
    assert main(["lock", "demo", "-q"]) == 0
    return tmp_path


def call(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any, str]:
    """Return the exit code, the value of the JSON on stdout, and stderr."""
    capsys.readouterr()
    code = main([*arguments, *JSON])
    printed = capsys.readouterr()
    return code, json.loads(printed.out), printed.err


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_that_reads_everything_states_that_nothing_is_unread(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, found, _ = call(capsys, *(part.replace("@", "demo") for part in COMMANDS[command]))
    assert code == 0
    assert (found["version"], found["tool"], found["unread"]) == (1, TOOL, [])


@pytest.mark.parametrize(("command", "path"), CASES)
def test_an_input_that_cannot_be_read_is_in_the_json_and_on_stderr(
    command: str, path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, found, printed = call(capsys, *(part.replace("@", path) for part in COMMANDS[command]))
    assert code == 2
    assert (found["version"], found["tool"]) == (1, TOOL)
    (unread,) = found["unread"]
    assert unread["path"] == ("demo/a.txt" if command == "why" else path)
    assert path in unread["message"]
    assert f"error: {unread['message']}" in printed


@pytest.mark.parametrize("path", UNREADABLE)
@pytest.mark.parametrize("command", ["files", "size", "diff, the second", "lock"])
def test_text_output_has_the_error_on_stderr_only(command: str, path: str, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main([part.replace("@", path) for part in COMMANDS[command]]) == 2
    printed = capsys.readouterr()
    assert (printed.out, printed.err.count("error: ")) == ("", 1)


@pytest.mark.parametrize("format", ["text", "json"])
def test_targets_of_the_other_skills_are_shown(format: str, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["targets", "none", "demo", "cut.zip", "--output-format", format]) == 2
    printed = capsys.readouterr()
    assert printed.err.count("error: ") == 2
    if format == "text":
        assert printed.out.startswith("demo\n")
        return
    found = json.loads(printed.out)
    assert [skill["path"] for skill in found["skills"]] == ["demo"]
    assert [unread["path"] for unread in found["unread"]] == ["none", "cut.zip"]


def test_a_locked_skill_that_cannot_be_read_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "demo/SKILL.md").unlink()
    (folder / "demo/a.txt").unlink()
    (folder / "demo").rmdir()
    (folder / "demo").write_bytes(b"text")
    code, found, printed = call(capsys, "lock", "--check")
    assert (code, [unread["path"] for unread in found["unread"]]) == (2, ["demo"])
    assert "demo is neither a directory, a zip nor a JSON body with skills" in printed


def test_the_list_of_targets_names_the_program(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(capsys, "targets")[1]["tool"] == TOOL
