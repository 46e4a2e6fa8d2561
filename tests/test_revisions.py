"""`--rev` takes skills, ignore files and settings from a git revision, whatever is checked out."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Final

import pytest

import skillpack
from skillpack.cli import main
from tests.judges import judge

if TYPE_CHECKING:
    from pathlib import Path

HEAD: Final = "---\nname: {}\ndescription: Makes tables. Use when asked for rows.\n---\nText.\n"


def manifest(name: str) -> str:
    return HEAD.format(name)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a repository whose work tree differs from its one commit in everything that counts."""
    root = tmp_path / "repository"
    files = {
        "skillpack.toml": 'exclude = ["drafts/"]\n',
        ".gitignore": "*.log\n",
        "skills/one/SKILL.md": manifest("one"),
        "skills/one/run.sh": "#!/bin/sh\n",
        "skills/one/drafts/plan.md": "x\n",
        "skills/one/a.log": "x\n",
        "skills/deep/two/SKILL.md": manifest("two"),
    }
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(content, "utf-8")
    (root / "skills/one/link.sh").symlink_to("run.sh")
    git(root, "init", "-q", "-b", "main")
    git(root, "add", "--force", ".")
    git(root, "commit", "-q", "-m", "one")
    git(root, "tag", "v1")
    for path in files:
        (root / path).write_text("changed: [\n" if path.endswith("toml") else "changed\n", "utf-8")
    (root / "skills/one/link.sh").unlink()
    (root / "skills/one/new.txt").write_text("new\n", "utf-8")
    monkeypatch.chdir(root)
    return root


def git(root: Path, *arguments: str) -> bytes:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    return subprocess.run([judge("git"), *identity, *arguments], cwd=root, capture_output=True, check=True).stdout


def checked_out(repository: Path, tmp_path: Path) -> Path:
    """Return a clone in which the revision is checked out."""
    git(tmp_path, "clone", "-q", "--branch", "v1", str(repository), "clone")
    return tmp_path / "clone"


COMMANDS: Final = [
    ["check", "--output-format", "json"],
    ["files", "--output-format", "json"],
    ["files", "--excluded"],
    ["pack"],
    ["container", "--name", "c"],
    ["shell"],
    ["digest"],
    ["zip"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_command_prints_for_a_revision_what_it_prints_for_its_checkout(
    command: list[str],
    repository: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    assert main([*command, "skills/one", "--rev", "v1"]) == 0
    from_revision = capfdbinary.readouterr()
    monkeypatch.chdir(checked_out(repository, tmp_path))
    assert main([*command, "skills/one"]) == 0
    printed = capfdbinary.readouterr()
    assert (from_revision.out, from_revision.err) == (printed.out, printed.err)
    assert b"new.txt" not in from_revision.out


@pytest.mark.usefixtures("repository")
def test_settings_and_ignore_files_are_those_of_the_revision(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["files", "skills/one", "--rev", "v1"]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert [line.split()[-1].rstrip("*") for line in listed] == ["SKILL.md", "link.sh", "run.sh"]
    assert main(["check", "skills/one", "--rev", "v1", "--show-settings"]) == 0
    assert 'exclude = ["drafts/"]' in capsys.readouterr().out
    assert main(["files", "skills/one"]) == 2, "those on disk are broken"


def test_every_skill_of_a_revision_is_found_from_any_folder(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def found(*arguments: str) -> list[str]:
        assert main(["check", *arguments, "--rev", "v1", "--output-format", "json"]) == 0
        return [skill["path"] for skill in json.loads(capsys.readouterr().out)["skills"]]

    assert found("--all") == ["skills/deep/two", "skills/one"]
    assert found("skills") == ["skills/one"]
    assert found("skills/one/run.sh", "skills/one") == ["skills/one"]
    monkeypatch.chdir(repository / "skills" / "deep")
    assert found("--all") == ["two"]
    assert found("../one") == ["../one"]
    assert found(str(repository / "skills" / "one")) == [str(repository / "skills" / "one")]


@pytest.mark.usefixtures("repository")
def test_why_explains_a_path_of_a_revision(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["why", "skills/one/a.log", "skills/one/drafts/plan.md", "skills/one/new.txt", "--rev", "v1"]) == 0
    printed = capsys.readouterr().out
    assert "excluded  a.log  ../../.gitignore:1: *.log" in printed or "excluded  a.log" in printed
    assert "excluded  drafts/plan.md" in printed
    assert "missing   new.txt" in printed


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["check", "skills/one", "--rev", "v2"], "the revision v2 cannot be read"),
        (["check", "skills/one", "--rev", "--output=x"], "the revision --output=x cannot be read"),
        (["check", "skills/one", "--rev", "HEAD\x1b[31m"], "the revision HEAD\\x1b[31m cannot be read"),
        (["check", "skills/none", "--rev", "v1"], "skills/none does not exist in v1"),
        (["check", "skills/deep", "--rev", "v1"], None),
        (["check", "..", "--rev", "v1"], ".. is not in the repository"),
        (["pack", "skills/none", "--rev", "v1"], "is not a folder"),
        (["pack", "-", "--rev", "v1"], "stdin has no revisions"),
        (["why", "README.md", "--rev", "v1"], "is not in a skill of v1"),
        (["check", "--fix", "--rev", "v1"], "--rev cannot be combined"),
        (["check", "--diff", "--rev", "v1"], "--rev cannot be combined"),
        (["check", "--hook", "--rev", "v1"], "--rev cannot be combined"),
        (["shell", "--local", "skills/one", "--rev", "v1"], "--local refers to directories"),
        (["check", "skills/one", "--rev", ""], "empty value"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
@pytest.mark.usefixtures("repository")
def test_what_cannot_be_read_is_reported(
    arguments: list[str], message: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(arguments)
    printed = capsys.readouterr().err
    assert (code, "Traceback" in printed) == (2 if message else 0, False)
    assert (message or "") in printed


def test_outside_of_a_repository_a_revision_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert main(["check", "--rev", "HEAD"]) == 2
    assert "the revision HEAD cannot be read" in capsys.readouterr().err


@pytest.mark.usefixtures("repository")
def test_the_library_gives_the_same_digest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["digest", "skills/one", "--rev", "v1", "--config", "/dev/null"]) in (0, 2)
    capsys.readouterr()
    assert main(["digest", "skills/one", "--rev", "v1"]) == 0
    printed = capsys.readouterr().out.strip()
    settings = skillpack.Settings(exclude=["drafts/"])
    assert skillpack.pack(skillpack.GitRevision(".", "v1", "skills/one"), settings=settings).digest == printed


def test_a_settings_file_inside_a_skill_of_the_revision_does_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "demo"
    root.mkdir()
    (root / "SKILL.md").write_text(manifest("demo"), "utf-8")
    (root / "skillpack.toml").write_text('exclude = ["a.txt"]\n', "utf-8")
    (root / "a.txt").write_text("x\n", "utf-8")
    git(root, "init", "-q")
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "one")
    monkeypatch.chdir(root)
    assert main(["files", "--rev", "HEAD"]) == 0
    assert "a.txt" in capsys.readouterr().out
