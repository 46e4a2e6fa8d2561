"""A file that has the name of an option neither switches a hook off nor hides what it finds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import pytest

from skillpack.cli import main
from tests.conftest import MANIFEST
from tests.repository import Repository, names_like_options

if TYPE_CHECKING:
    from pathlib import Path

BAD: Final = "skills/b/SKILL.md"
BROKEN: Final = b"---\nname: b\ndescription: " + b"x" * 1025 + b"\n---\n\n# b\n"
FINDING: Final = f"{BAD}:3:14: error[description-too-long]: "
DISARMED: Final = b'[rules]\ndescription-too-long = "off"\n'
RENAME: Final = ": this file has the name of an option; rename it\n"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    monkeypatch.setenv("PRE_COMMIT", "1")
    repository = Repository(tmp_path)
    repository.write(BAD, BROKEN)
    return repository


def hook(*arguments: str) -> int:
    return main(["check", "--hook", *arguments])


def place(repository: Repository, *names: str) -> None:
    for name in names:
        repository.write(name, b"")
    repository.git("add", "-A")


@pytest.mark.parametrize("name", names_like_options())
@pytest.mark.parametrize("order", ["first", "last"])
def test_the_hook_fails_and_names_the_file_and_reports_the_rest(
    repository: Repository, capsys: pytest.CaptureFixture[str], name: str, order: str
) -> None:
    repository.write("evil.toml", DISARMED)
    place(repository, name)
    assert hook(*((name, BAD) if order == "first" else (BAD, name))) == 1
    said = capsys.readouterr()
    assert said.err == f"error: {name}{RENAME}"
    assert FINDING in said.out


@pytest.mark.parametrize("name", names_like_options())
def test_the_hook_fails_where_there_is_nothing_else_to_find(
    repository: Repository, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    place(repository, name)
    assert hook(name) == 1
    assert f"error: {name}{RENAME}" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [("--help",), ("-h",), ("--show-settings",), ("--config", "evil.toml")])
def test_without_such_a_file_an_option_is_an_option(repository: Repository, arguments: tuple[str, ...]) -> None:
    repository.write("evil.toml", DISARMED)
    repository.git("add", "-A")
    assert hook(*arguments, BAD) == 0


@pytest.mark.parametrize("option", ["--help", "--show-settings", "--diff", "--config=evil.toml", "--quiet"])
def test_the_hook_fails_also_where_the_user_gave_the_same_option(repository: Repository, option: str) -> None:
    repository.write("evil.toml", DISARMED)
    place(repository, option)
    assert hook(option, BAD, option) == 1


def test_an_option_of_the_user_keeps_its_effect_beside_a_file_of_its_name(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    place(repository, "--output-format=json", "--config")
    repository.write("strict.toml", b'[rules]\ndescription-too-long = "warning"\n')
    option, config = "--output-format=json", ("--config", "strict.toml")
    assert hook(option, *config, BAD, option, "--config") == 1
    assert {each["severity"] for each in json.loads(capsys.readouterr().out)["findings"]} == {"note", "warning"}


@pytest.mark.parametrize("option", ["--all", "--strict", "--no-gitignore", "--no-default-excludes", "--hook"])
def test_an_option_that_only_adds_findings_keeps_its_effect_in_any_case(
    repository: Repository, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    place(repository, option)
    assert hook(option, "README.md") == 1
    assert (FINDING in capsys.readouterr().out) is (option == "--all")


@pytest.mark.parametrize("option", ["--config", "--exclude", "--include", "--target", "--color", "--output-format"])
def test_a_path_that_an_option_of_the_user_takes_as_its_value_is_judged_too(
    repository: Repository, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    place(repository, option)
    assert hook(option, BAD) == 1
    assert FINDING in capsys.readouterr().out


def test_a_path_taken_by_an_option_in_front_of_a_file_is_judged_too(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    place(repository, "-x")
    assert hook("--exclude", "-x", BAD) == 1
    assert FINDING in capsys.readouterr().out


@pytest.mark.parametrize("folder", ["-x", "-h", "--all", "--config=evil.toml"])
def test_a_skill_whose_folder_has_such_a_name_is_judged(
    repository: Repository, capsys: pytest.CaptureFixture[str], folder: str
) -> None:
    place(repository, f"{folder}/SKILL.md")
    assert hook(f"{folder}/SKILL.md") == 1
    assert f"{folder}/SKILL.md:1:1: error[" in capsys.readouterr().out


def test_a_skill_at_the_top_is_judged_for_such_a_file(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    place(repository, "SKILL.md", "--help")
    assert hook("--help") == 1
    assert "SKILL.md:1:1: error[" in capsys.readouterr().out


def test_a_dangling_link_is_such_a_file_too(repository: Repository) -> None:
    (repository.root / "--help").symlink_to("nowhere")
    assert hook("--help", BAD) == 1


def test_after_two_hyphens_a_name_is_a_name(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    place(repository, "--help")
    assert hook("--", "--help", BAD) == 1
    said = capsys.readouterr()
    assert (FINDING in said.out, said.err) == (True, "")
    repository.write(BAD, MANIFEST.replace(b"name: demo", b"name: b"))
    assert hook("--", "--help", BAD) == 0
    place(repository, "--")
    assert hook("--", "--help", BAD) == 1, "these may be files"


def test_the_name_is_shown_without_control_characters(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    place(repository, "--\x1b[2J")
    assert hook("--\x1b[2J") == 1
    assert f"error: --\\x1b[2J{RENAME}" in capsys.readouterr().err


def test_sarif_reports_that_the_run_is_not_complete(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    place(repository, "--help")
    assert hook("--output-format", "sarif", "--help", BAD) == 1
    invocation = json.loads(capsys.readouterr().out)["runs"][0]["invocations"][0]
    assert invocation["executionSuccessful"] is False


def test_all_judges_the_skills_of_files_and_everything_where_no_folder_is_given(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    assert hook("--all", BAD) == 1
    assert hook("--all", "README.md") == 1
    assert hook("--all", "skills/a", "README.md") == 0
    assert hook("--all", "skills/a", BAD) == 1
    capsys.readouterr()


COMMANDS: Final = ["check", "pack", "container", "shell", "zip", "files", "digest"]


@pytest.mark.parametrize("folder", ["-x", "--help", "-h", "--"])
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_takes_a_path_that_begins_with_a_hyphen(
    repository: Repository, capsysbinary: pytest.CaptureFixture[bytes], command: str, folder: str
) -> None:
    repository.write(f"{folder}/SKILL.md", MANIFEST)
    more = {"container": ["--name", "demo"], "zip": ["-o", "-out.zip"]}.get(command, [])
    said = []
    for path in (["--", folder], [f"./{folder}"]):
        assert main([command, *more, *path]) == 0
        said.append(capsysbinary.readouterr().out.replace(b"./", b""))
    assert said[0] == said[1]
    assert (repository.root / "-out.zip").exists() is (command == "zip")


def test_why_takes_a_path_that_begins_with_a_hyphen(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    repository.write("-x/SKILL.md", MANIFEST)
    said = []
    for path in (["--", "-x/SKILL.md"], ["./-x/SKILL.md"]):
        assert main(["why", *path]) == 0
        said.append(capsys.readouterr().out.replace("./", ""))
    assert said[0] == said[1]
