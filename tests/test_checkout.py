"""What a checkout changed is reported: symlinks that became text files."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any, Final

import pytest

import skillpack
from skillpack.cli import main
from skillpack.sources import checkout
from skillpack.sources.run_git import run_bounded
from tests.conftest import MANIFEST
from tests.judges import judge

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import MakeSkill

IDENTITY: Final = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "protocol.file.allow=always"]


def git(folder: Path, *arguments: str) -> None:
    subprocess.run([judge("git"), *IDENTITY, *arguments], cwd=folder, capture_output=True, check=True)


def found(root: Path) -> list[tuple[str, str]]:
    """Return severity and path of each finding of the rule."""
    report = skillpack.check(root)
    return [(str(each.severity), each.location.path) for each in report if each.rule == "symlink-as-text"]


@pytest.fixture
def clone(make_skill: MakeSkill, tmp_path: Path) -> Path:
    """Return a skill in a clone without symlinks: as git makes one on Windows."""
    root = make_skill({"assets/guide.md": b"# The guide\n", "VERSION": b"1.2.3", "note.txt": b"../assets/guide.md"})
    (root / "references").mkdir()
    (root / "references" / "guide.md").symlink_to("../assets/guide.md")
    (root / "outside").symlink_to("/etc/hostname")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "one")
    git(tmp_path, "clone", "-q", "-c", "core.symlinks=false", ".", "clone")
    return tmp_path / "clone" / "demo"


def test_what_the_index_has_as_a_symlink_is_an_error_and_nothing_else_is(clone: Path) -> None:
    assert (clone / "references/guide.md").read_text("utf-8") == "../assets/guide.md"
    assert found(clone) == [("error", "outside"), ("error", "references/guide.md")]


def test_a_checkout_with_symlinks_has_none_of_them(clone: Path, tmp_path: Path) -> None:
    (tmp_path / "demo" / "outside").unlink()
    assert found(tmp_path / "demo") == []


def test_the_hook_and_the_command_line_report_it_too(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(clone.parent)
    assert main(["check", "demo", "-q"]) == 1
    assert main(["check", "--hook", "demo/SKILL.md", "-q"]) == 1


def test_without_git_its_look_makes_it_a_warning(make_skill: MakeSkill) -> None:
    root = make_skill(
        {
            "assets/guide.md": b"# The guide\n",
            "references/guide.md": b"../assets/guide.md",
            "gone.md": b"assets/gone.md",
            "line.md": b"assets/guide.md\n",
            "VERSION": b"assets",
            "absolute": b"/etc/hostname",
            "binary": b"assets/\0guide.md",
            "long": b"assets/" + b"../assets/" * 500 + b"guide.md",
        }
    )
    assert found(root) == [("warning", "references/guide.md")]


def test_a_file_that_git_does_not_track_is_judged_by_its_look(clone: Path) -> None:
    (clone / "new.md").write_text("assets/guide.md", "utf-8")
    assert ("warning", "new.md") in found(clone)


def test_a_manifest_that_is_one_names_the_cause(
    tmp_path: Path, make_skill: MakeSkill, capsys: pytest.CaptureFixture[str]
) -> None:
    make_skill(name="other")
    root = tmp_path / "demo"
    root.mkdir()
    (root / "SKILL.md").write_text("../other/SKILL.md", "utf-8")
    assert main(["check", str(root)]) == 1
    assert "looks like a symlink that was checked out as text: ../other/SKILL.md" in capsys.readouterr().out


def test_git_is_started_only_where_there_is_a_repository(
    clone: Path, make_skill: MakeSkill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[str] = []

    def count(*arguments: Any, most: int, cwd: str) -> bytes:
        started.append(cwd)
        return run_bounded(*arguments, most=most, cwd=cwd)

    monkeypatch.setattr(checkout, "run_bounded", count)
    (tmp_path / ".git").rename(tmp_path / "git")
    alone = make_skill({"note.txt": b"SKILL.md", "lines.txt": b"1\r\n2\r\n"})
    assert (found(alone), started) == ([], [])
    assert (len(found(clone)), started) == (2, [str(clone)])
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path))
    started.clear()
    assert checkout.read_index(str(tmp_path / "demo"))["references/guide.md"] is True
    assert started == [str(tmp_path / "demo")]


@pytest.mark.parametrize(("content", "asked"), [(b"text\n", 0), (b"a\nb", 0), (b"text", 1)])
def test_git_is_asked_once_and_only_for_a_file_that_may_be_one(
    content: bytes, asked: int, make_skill: MakeSkill, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []

    def count(folder: str) -> dict[str, bool]:
        calls.append(folder)
        return {}

    monkeypatch.setattr(checkout, "read_index", count)
    skillpack.check(make_skill({f"{number}.txt": content for number in range(3)}))
    assert len(calls) == asked


def test_the_target_is_shown_escaped_and_shortened(make_skill: MakeSkill, capsys: pytest.CaptureFixture[str]) -> None:
    name = "é" * 120
    root = make_skill({f"assets/{name}": b"x\n", "link.md": f"assets/../assets/../assets/{name}".encode()})
    assert main(["check", str(root), "--output-format", "json"]) == 0
    [finding] = [each for each in json.loads(capsys.readouterr().out)["findings"] if each["rule"] == "symlink-as-text"]
    assert len(finding["message"]) < 300


def test_a_mapping_and_a_zip_have_no_symlinks_to_lose() -> None:
    files = {"SKILL.md": MANIFEST, "assets/guide.md": b"# The guide\n", "guide.md": b"assets/guide.md"}
    assert [each.rule for each in skillpack.check(files)] == []


def test_line_endings_that_a_checkout_changed_are_one_note(make_skill: MakeSkill, tmp_path: Path) -> None:
    make_skill({"a.md": b"one\n", "b.md": b"two\n", "own.md": b"three\r\n", "data.bin": b"\0\r\n"})
    git(tmp_path, "init", "-q")
    git(tmp_path, "-c", "core.autocrlf=false", "add", ".")
    git(tmp_path, "commit", "-q", "-m", "one")
    git(tmp_path, "clone", "-q", "-c", "core.autocrlf=true", ".", "clone")
    rule = "line-endings-changed"
    assert [each.rule for each in skillpack.check(tmp_path / "demo") if each.rule == rule] == []
    [note] = [each for each in skillpack.check(tmp_path / "clone" / "demo") if each.rule == rule]
    assert (note.location.path, note.message.partition(" with")[0]) == ("SKILL.md", "3 files")
