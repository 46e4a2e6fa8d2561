"""`skillpack new`: what it creates, what it refuses, and that it creates all or nothing."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skillpack import atomic, check
from skillpack.cli import main
from skillpack.limits import MAX_NAME_CHARS
from skillpack.rules import RULES
from tests.conftest import MANIFEST

if TYPE_CHECKING:
    from tests.conftest import MakeSkill

NAMES = st.from_regex(r"[a-z0-9]+(-[a-z0-9]+)*", fullmatch=True).filter(lambda name: len(name) <= MAX_NAME_CHARS)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


@pytest.mark.parametrize("name", ["pdf-forms", "a", "1", "123", "1e3", "true", "null", "no", "0x1f", "a" * 64])
@pytest.mark.parametrize("target", ["openai", "agentskills"])
def test_a_new_skill_passes_a_strict_check_and_has_nothing_but_what_the_specification_requires(
    name: str, target: str, folder: Path
) -> None:
    assert main(["new", name]) == 0
    assert written(folder) == [name, f"{name}/SKILL.md"]
    assert main(["check", "--strict", "--target", target, name]) == 0
    report = check(folder / name)
    assert (report.findings, [subject.name for subject in report.subjects]) == ((), [name])


@settings(deadline=None)
@given(name=NAMES)
def test_every_name_that_the_specification_allows_is_taken_unless_windows_reserves_it(
    name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    where = tmp_path_factory.mktemp("new")
    code = main(["new", name, "-q", "-d", str(where)])
    reserved = "path-not-portable" in {
        finding.rule for finding in check({"SKILL.md": MANIFEST.replace(b"demo", name.encode())})
    }
    assert code == (2 if reserved else 0)
    assert (where / name / "SKILL.md").exists() is not reserved


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("PDF Forms", "name-malformed"),
        ("a--b", "name-malformed"),
        ("..", "name-malformed"),
        ("a: b", "name-malformed"),
        ("a\nlicense: MIT", "name-malformed"),
        ("caf\xe9", "name-malformed"),
        ("a" * 65, "name-too-long"),
        ("aux", "path-not-portable"),
    ],
)
def test_a_name_is_refused_with_the_message_of_its_rule(
    name: str, rule: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["new", name]) == 2
    assert written(folder) == []
    said = capsys.readouterr().err
    tree = {
        "SKILL.md": MANIFEST.replace(b"name: demo", b"name: " + (f"'{name}'" if "\n" not in name else "a b").encode())
    }
    message = next(finding.message for finding in check(tree) if finding.rule == rule)
    assert rule in RULES
    assert message in said


@pytest.mark.parametrize("description", ["", "TODO", "Forms.", "a" * 2000, "x\u200b" * 20])
def test_a_description_that_check_would_report_is_refused(
    description: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["new", "demo", "--description", description]) == 2
    assert written(folder) == []
    assert "'--description'" in capsys.readouterr().err


@pytest.mark.parametrize(
    "description", ["Use when: asked for it, # or so.", 'Says "it\'s" done, when asked.', "- [x] is asked for: *this*"]
)
def test_a_description_is_quoted_as_yaml_needs_it(description: str, folder: Path) -> None:
    assert main(["new", "demo", "--description", description]) == 0
    assert check("demo").findings == ()
    from skillpack import pack

    assert pack("demo").inline_skill()["description"] == description


@pytest.mark.parametrize("kind", ["folder", "empty folder", "file", "symlink", "dangling symlink"])
def test_what_is_there_is_refused_and_unchanged(
    kind: str, folder: Path, make_skill: MakeSkill, capsys: pytest.CaptureFixture[str]
) -> None:
    match kind:
        case "folder":
            make_skill()
        case "empty folder":
            (folder / "demo").mkdir()
        case "file":
            (folder / "demo").write_bytes(b"mine")
        case _:
            (folder / "demo").symlink_to("." if kind == "symlink" else "nowhere")
    before = written(folder)
    assert main(["new", "demo"]) == 2
    assert capsys.readouterr().err == "error: demo already exists\n"
    assert written(folder) == before


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("call", ["replace", "mkdir", "rename"])
def test_a_failure_leaves_nothing(
    call: str, error: BaseException, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_arguments: Any, **_options: Any) -> None:
        raise error

    monkeypatch.setattr(atomic if call == "replace" else Path, call, fail)
    assert main(["new", "demo"]) == (130 if isinstance(error, KeyboardInterrupt) else 2)
    assert written(folder) == []
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_the_directory_is_created_and_a_file_in_its_place_is_an_error(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["new", "demo", "-d", "skills/mine"]) == 0
    assert (folder / "skills" / "mine" / "demo" / "SKILL.md").is_file()
    (folder / "file").touch()
    capsys.readouterr()
    assert main(["new", "demo", "-d", "file/below"]) == 2
    assert capsys.readouterr().err == f"error: cannot create {Path('file', 'below', 'demo')}: not a directory\n"


def test_an_empty_name_is_a_wrong_call(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", ""]) == 2
    assert capsys.readouterr().err.startswith("error: invalid value for 'NAME': empty name (unset shell variable?)\n")
    assert written(folder) == []
