"""`--rev` reads skills, ignore files and settings from git; `--skill` picks among the skills of a body."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

import skillpack
from skillpack.cli import main
from tests.conftest import MANIFEST
from tests.repository import Repository

if TYPE_CHECKING:
    from pathlib import Path

REV = ("--rev", "HEAD")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """A repository with the skills a and b, and a deeper one, whose working tree is then emptied."""
    made = Repository(_folder(tmp_path / "repository"))
    made.write("deep/er/c/SKILL.md", MANIFEST.replace(b"name: demo", b"name: c"))
    made.write("deep/er/node_modules/d/SKILL.md", MANIFEST)
    made.write("skills/a/drafts/one.txt", b"1")
    made.write("skills/a/x.log", b"2")
    made.write("skills/a/crlf.txt", b"1\r\n2\r\n")
    made.write(".gitignore", b"*.log\n")
    made.write("skillpack.toml", b'exclude = ["drafts/"]\n')
    (made.root / "skills/a/link.txt").symlink_to("crlf.txt")
    made.git("add", "-Af")
    made.git("-c", "core.autocrlf=false", "commit", "-q", "-m", "y")
    monkeypatch.chdir(made.root)
    return made


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


def remove_checkout(repository: Repository) -> None:
    for path in repository.root.iterdir():
        if path.name != ".git":
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def output(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    assert main(arguments) == code, capsys.readouterr()
    return capsys.readouterr().out


@pytest.mark.parametrize(
    "command",
    [
        ["files", "skills/a"],
        ["files", "skills/a", "--excluded"],
        ["why", "skills/a/drafts/one.txt", "skills/a/x.log", "skills/b/SKILL.md"],
        ["why", "skills/a/none/", "--root", "skills/a"],
        ["digest", "skills/a", "skills/b"],
        ["pack", "skills/a"],
        ["zip", "skills/a"],
        ["container", "--name", "c", "skills/a", "skills/b"],
        ["shell", "skills/a"],
        ["check", "skills"],
        ["check", "--all"],
        ["check", "skills/a/crlf.txt", "--output-format", "json"],
        ["check", "--all", "--show-settings"],
    ],
    ids=" ".join,
)
def test_a_revision_gives_what_its_checkout_gives(
    command: list[str], repository: Repository, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert main(command) == 0
    of_checkout = capfdbinary.readouterr().out
    remove_checkout(repository)
    assert main([*command, *REV]) == 0
    assert capfdbinary.readouterr().out == of_checkout
    assert of_checkout


def test_paths_are_relative_to_the_current_directory(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    expected = output(capsys, "digest", "skills/a", *REV)
    monkeypatch.chdir(repository.root / "skills")
    for path in ("a", "../skills/a", str(repository.root / "skills/a")):
        assert output(capsys, "digest", path, *REV) == expected
    monkeypatch.chdir(repository.root / "skills/a")
    assert output(capsys, "digest", ".", *REV) == expected


def test_settings_in_the_checkout_do_not_count_for_a_revision(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    before = output(capsys, "files", "skills/a", *REV)
    repository.write("skillpack.toml", b"not TOML")
    repository.write("skills/skillpack.toml", b'exclude = ["*"]')
    repository.write("skills/a/.skillignore", b"*\n")
    assert output(capsys, "files", "skills/a", *REV) == before


def test_settings_in_a_skill_of_the_revision_do_not_count(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    before = output(capsys, "files", "skills/b", *REV)
    repository.write("skills/SKILL.md", MANIFEST)
    repository.write("skills/skillpack.toml", b'exclude = ["*"]')
    repository.commit()
    assert output(capsys, "files", "skills/b", *REV) == before


def test_settings_that_are_invalid_in_the_revision_are_an_error(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    repository.write("skillpack.toml", b"excludes = []\n")
    repository.commit()
    assert main(["pack", "skills/a", *REV]) == 2
    assert "skillpack.toml:1: excludes" in capsys.readouterr().err
    (repository.root / "skillpack.toml").unlink()
    (repository.root / "skillpack.toml").symlink_to("/etc/passwd")
    repository.commit()
    assert main(["pack", "skills/a", *REV]) == 2
    assert "HEAD:skillpack.toml: is not a regular file" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["skillpack.toml", "pyproject.toml"])
def test_a_folder_of_the_revision_named_as_a_settings_file_is_an_error(
    repository: Repository, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    repository.write(f"skills/{name}/a", b"")
    repository.commit()
    assert main(["check", "skills/a", *REV]) == 2
    assert f"HEAD:skills/{name}: is not a regular file" in capsys.readouterr().err
    with pytest.raises(skillpack.SettingsError, match=f"HEAD:skills/{name}: is not a regular file"):
        skillpack.check(skillpack.GitRevision(repository.root, "HEAD", "skills/a"))


def test_check_all_finds_each_skill_of_the_revision(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    remove_checkout(repository)
    report = json.loads(output(capsys, "check", "--all", "--output-format", "json", *REV))
    assert [each["path"] for each in report["skills"]] == ["deep/er/c", "skills/a", "skills/b"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["skills/a", "--rev", "none"], "none is not a revision of this repository\n"),
        (["skills/a", "--rev", "--help"], "--help is not a revision"),
        (["skills/a", "--rev", "--output=x"], "--output=x is not a revision"),
        (["skills/a", "--rev", ""], "empty value"),
        (["skills/none", *REV], "skills/none does not exist in HEAD"),
        ([".gitignore", *REV], ".gitignore is not in a skill in HEAD"),
        (["..", *REV], ".. is outside the repository"),
        (["-", *REV], "not from stdin"),
        (["", *REV], "empty path"),
    ],
)
def test_what_is_not_in_the_revision_is_named(
    arguments: list[str], message: str, repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(repository.root.iterdir())
    for command in ("check", "files", "digest", "pack"):
        assert main([command, *arguments]) == 2
        printed = capsys.readouterr()
        assert message in printed.err
        assert "Traceback" not in printed.err
    assert sorted(repository.root.iterdir()) == before


def test_a_root_that_is_not_a_folder_of_the_revision_is_named(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["why", "--root", ".gitignore", "a.txt", *REV]) == 2
    assert ".gitignore is not a folder in HEAD" in capsys.readouterr().err


def test_outside_a_repository_the_option_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.chdir(tmp_path)
    assert main(["check", *REV]) == 2
    assert "--rev needs a git repository in the current directory" in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["blob:none", "tree:0"])
def test_objects_that_a_partial_clone_lacks_are_an_error_and_are_not_fetched(
    kind: str,
    repository: Repository,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    repository.git("config", "uploadpack.allowFilter", "true")
    clone = tmp_path / "clone"
    source = repository.root.as_uri()
    repository.git("clone", "-q", f"--filter={kind}", "--no-checkout", source, str(clone))
    monkeypatch.chdir(clone)
    before = repository.git("-C", str(clone), "count-objects", "-v")
    assert main(["pack", "skills/a", *REV]) == 2
    assert "partial clone" in capsys.readouterr().err
    assert repository.git("-C", str(clone), "count-objects", "-v") == before


@pytest.mark.parametrize("option", ["--fix", "--diff", "--hook"])
def test_a_revision_is_not_fixed_and_is_not_for_hooks(
    option: str, repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", option, *REV]) == 2
    assert "--rev cannot be combined" in capsys.readouterr().err
    assert main(["shell", "--local", "skills/a", *REV]) == 2
    assert "--local takes directories" in capsys.readouterr().err


# --- the library -------------------------------------------------------------------------------------------------

LAYOUTS: dict[str, dict[str, bytes]] = {
    "none": {},
    "at the top": {"skillpack.toml": b'exclude = ["drafts/"]\ntargets = ["agentskills"]\n'},
    "in a folder above": {
        "skills/pyproject.toml": b'[tool.skillpack]\ninclude = ["x.log"]\nrules = {name-not-directory = "off"}\n',
        "skillpack.toml": b'exclude = ["*"]\n',
    },
    "without a table": {"skills/pyproject.toml": b"[tool.other]\n", "skillpack.toml": b"gitignore = false\n"},
    "overrides": {"skillpack.toml": b'[[overrides]]\nskills = ["skills/a"]\nrules = {path-left-out = "error"}\n'},
    "in the skill": {"skills/a/skillpack.toml": b'exclude = ["*"]\n'},
    "in a skill above": {"skills/SKILL.md": MANIFEST, "skills/skillpack.toml": b'exclude = ["*"]\n'},
    "a symlink": {"skillpack.toml": b"-> README.md"},
    "invalid": {"skillpack.toml": b"excludes = []\n"},
    "an unknown rule": {"skillpack.toml": b'[rules]\nnone = "off"\n'},
}


CONFIG = b'default-excludes = false\n[[overrides]]\nskills = ["skills/*"]\nrules = {path-left-out = "error"}\n'


def commit_only(repository: Repository, files: dict[str, bytes], skill: str) -> None:
    """Commit files and one skill, and leave another settings file in the work tree, which must not count."""
    (repository.root / "skillpack.toml").unlink()
    for name, content in {**({} if skill else {"SKILL.md": MANIFEST}), **files}.items():
        repository.write(name, content)
        if content.startswith(b"-> "):
            (repository.root / name).unlink()
            (repository.root / name).symlink_to(content[3:].decode())
    repository.commit()
    remove_checkout(repository)
    repository.write("skillpack.toml", b'exclude = ["*"]\n')
    repository.write("skills/a/.skillignore", b"*\n")


def ask_library(source: skillpack.GitRevision, settings: Path | None) -> tuple[Any, list[str], str]:
    """Return the report or the error, and the files and the digest of a skill that can be packed."""
    try:
        report = skillpack.check(source, settings=settings)
    except skillpack.SettingsError as error:
        return error.message, [], ""
    if not report.ok:
        return skillpack.to_dict(report), [], ""
    bundle = skillpack.pack(source, settings=settings)
    return skillpack.to_dict(report), [file.path for file in bundle.skill.tree.files], bundle.digest


@pytest.mark.parametrize("path", ["skills/a", ""], ids=["below the root", "the root"])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("config", [[], ["given/skillpack.toml"]], ids=["nearest", "config"])
def test_the_library_reads_a_revision_as_the_command_line_does(
    config: list[str], layout: str, path: str, repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    commit_only(repository, LAYOUTS[layout], path)
    repository.write("given/skillpack.toml", CONFIG)
    given = repository.root / config[0] if config else None
    source = skillpack.GitRevision(repository.root / "skills", "HEAD", path)
    report, files, digest = ask_library(source, given)
    arguments = [path or ".", *REV, *(["--config", str(given)] if given else [])]
    if isinstance(report, str):
        assert main(["check", *arguments]) == 2
        assert report in capsys.readouterr().err
        return
    main(["check", "--output-format", "json", *arguments])
    assert report == json.loads(capsys.readouterr().out)
    if files:
        listed = json.loads(output(capsys, "files", "--output-format", "json", *arguments))
        assert files == [file["path"] for file in listed["files"]]
        assert output(capsys, "digest", *arguments).startswith(digest)


def test_a_branch_that_moves_changes_neither_files_nor_settings_of_a_call(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    from skillpack.sources import revision_settings

    read = revision_settings.find_settings

    def read_and_move(revision: skillpack.GitRevision) -> Any:
        found = read(revision)
        repository.write("skills/a/new.txt", b"")
        repository.commit()
        return found

    source = skillpack.GitRevision(repository.root, "main", "skills/a")
    before = skillpack.pack(source).digest
    monkeypatch.setattr(revision_settings, "find_settings", read_and_move)
    assert skillpack.pack(source).digest == before
    monkeypatch.undo()
    assert skillpack.pack(source).digest != before


def test_settings_that_are_given_replace_those_of_the_revision(repository: Repository) -> None:
    source = skillpack.GitRevision(repository.root, "HEAD", "skills/a")
    excluded = {file.path for file in skillpack.pack(source).skill.tree.files}
    every = {file.path for file in skillpack.pack(source, settings=skillpack.Settings()).skill.tree.files}
    assert every - excluded == {"drafts/one.txt"}
    assert skillpack.diff(source, source).equal
    assert {file.path for file in skillpack.measure(source).files} == excluded
    (inline,) = skillpack.container("c", [source])["skills"]
    assert inline == skillpack.pack(source).inline_skill()


@pytest.mark.parametrize("revision", ["none", "-b", "HEAD\0", "HEAD:README.md"])
def test_a_revision_that_git_does_not_know_is_an_error(revision: str, repository: Repository) -> None:
    with pytest.raises(skillpack.NotASkillError, match="cannot be read"):
        skillpack.pack(skillpack.GitRevision(repository.root, revision, "skills/a"))


# --- --skill -------------------------------------------------------------------------------------------------------


@pytest.fixture
def body(repository: Repository) -> str:
    """A body with the skills a and b."""
    made: Any = skillpack.container("c", [repository.root / "skills/a", repository.root / "skills/b"])
    (repository.root / "body.json").write_text(json.dumps(made, separators=(",", ":")))
    return "body.json"


@pytest.mark.parametrize("names", [["a"], ["b"], ["b", "a"], []])
def test_a_name_picks_skills_of_a_body(names: list[str], body: str, capsys: pytest.CaptureFixture[str]) -> None:
    picked = [argument for name in names for argument in ("--skill", name)]
    made = json.loads(output(capsys, "container", body, "--name", "d", *picked))
    assert [skill["name"] for skill in made["skills"]] == sorted(names or ["a", "b"])


@pytest.mark.parametrize("command", ["pack", "zip"])
def test_several_skills_of_a_body_need_a_directory_unless_one_is_picked(
    command: str, body: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main([command, body, "-o", str(tmp_path / "out")]) == 2
    assert "--output-dir" in capsys.readouterr().err
    assert main([command, body, "-o", str(tmp_path / "out"), "--skill", "b"]) == 0
    assert main([command, "skills/b", "-o", str(tmp_path / "expected")]) == 0
    assert (tmp_path / "out").read_bytes() == (tmp_path / "expected").read_bytes()


@pytest.mark.parametrize("command", [["pack"], ["zip"], ["shell"], ["container", "--name", "d"]])
def test_an_unknown_name_is_an_error_that_names_the_others(
    command: list[str], body: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command, body, "--skill", "none"]) == 2
    assert "no skill is named none; available: a, b" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["check", "pack", "files", "digest"])
def test_a_folder_without_a_skill_ends_each_command_with_the_same_exit_code(
    command: str, repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, "deep", *REV]) == 2
    assert capsys.readouterr().err.startswith("error: no skill in deep in HEAD")


@pytest.mark.parametrize("command", ["check", "pack", "zip", "container"])
def test_no_call_to_fix_is_shown_for_a_revision(
    command: str, repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    repository.write("skills/a/SKILL.md", b"---\nname: a\ndescription: Use when: the user asks.\n---\n")
    repository.git("add", "-A")
    repository.git("commit", "-q", "-m", "x")
    name = ["--name", "c"] if command == "container" else []
    for revision, shown in (((), True), (REV, False)):
        assert main([command, *name, "skills/a", *revision]) == 1
        out, err = capsys.readouterr()
        assert "error[yaml-unquoted-colon]" in out + err
        assert ("skillpack check --fix" in out + err) is shown
