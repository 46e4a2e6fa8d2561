"""An output that is what a skill is read from is refused, and the file stays as it was."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

import skillpack
from skillpack.cli import main

if TYPE_CHECKING:
    from types import FrameType

    from tests.conftest import MakeSkill

CALLS: Final = {
    "pack": ["-o"],
    "zip": ["-o"],
    "container": ["--name", "c", "-o"],
    "shell": ["-o"],
    "environment": ["-o"],
    "manifest": ["-o"],
    "attest": ["-o"],
    "size": ["--html"],
}
"""Each command with an output, and the options before it."""

MANY: Final = ("shell", "container", "environment", "manifest")
"""Those of them that take several skills and write one file."""


@pytest.fixture
def folder(make_skill: MakeSkill, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: the skills demo and other, and the first as a zip, in a body, and behind links to its zip."""
    folder = make_skill({"a.txt": b"text"}).parent
    make_skill(name="other")
    monkeypatch.chdir(folder)
    Path("demo.zip").write_bytes(skillpack.pack("demo").zip)
    Path("body.json").write_text(json.dumps(skillpack.container("x", ["demo"])), "utf-8")
    Path("symlink.zip").symlink_to("demo.zip")
    Path("hardlink.zip").hardlink_to("demo.zip")
    return folder


@pytest.mark.parametrize("command", CALLS)
@pytest.mark.parametrize(
    ("skill", "output"),
    [
        ("demo.zip", "demo.zip"),
        ("demo.zip", "./demo/../demo.zip"),
        ("demo.zip", "symlink.zip"),
        ("demo.zip", "hardlink.zip"),
        ("symlink.zip", "demo.zip"),
        ("symlink.zip", "symlink.zip"),
        ("body.json", "body.json"),
    ],
)
def test_a_zip_or_a_body_is_not_replaced_by_what_is_made_of_it(
    folder: Path, capsys: pytest.CaptureFixture[str], command: str, skill: str, output: str
) -> None:
    before = {path: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    assert main([command, skill, *CALLS[command], output]) == 2
    said = capsys.readouterr()
    assert (said.out, said.err.splitlines()[-1]) == (
        "",
        f"error: cannot write {Path(output)}: the skill is read from it",
    )
    assert {path: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before


@pytest.mark.parametrize("command", CALLS)
def test_the_skill_md_of_a_folder_is_not_replaced(
    folder: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    manifest = folder / "demo" / "SKILL.md"
    before = manifest.read_bytes()
    for skill in ("demo", "demo/SKILL.md") if command not in {"manifest", "attest", "size"} else ("demo",):
        assert main([command, skill, *CALLS[command], "demo/SKILL.md"]) == 2
        assert "cannot write demo/SKILL.md: it is in the skill" in capsys.readouterr().err
    assert manifest.read_bytes() == before


@pytest.mark.parametrize("command", MANY)
def test_the_input_may_be_any_of_several(folder: Path, capsys: pytest.CaptureFixture[str], command: str) -> None:
    before = (folder / "demo.zip").read_bytes()
    assert main([command, "other", "demo.zip", *CALLS[command], "demo.zip"]) == 2
    assert "error: cannot write demo.zip: the skill is read from it" in capsys.readouterr().err
    assert (folder / "demo.zip").read_bytes() == before


def test_a_folder_of_outputs_that_has_the_input_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (folder / "demo.zip").read_bytes()
    assert main(["zip", "demo.zip", "other", "--output-dir", "."]) == 2
    assert "error: cannot write demo.zip: the skill is read from it" in capsys.readouterr().err
    assert (folder / "demo.zip").read_bytes() == before
    assert not (folder / "other.zip").exists()


@pytest.mark.parametrize("command", [command for command in CALLS if command not in {"manifest", "attest"}])
def test_a_file_that_is_redirected_to_stdin_is_not_replaced(folder: Path, command: str) -> None:
    before = (folder / "demo.zip").read_bytes()
    done = call_with_stdin("demo.zip", command, "-", *CALLS[command], "demo.zip")
    assert (done.returncode, done.stderr) == (2, "error: cannot write demo.zip: the skill is read from it\n")
    assert (folder / "demo.zip").read_bytes() == before


def test_another_file_is_replaced_though_stdin_is_one(folder: Path) -> None:
    Path("old.json").write_text("old", "utf-8")
    assert call_with_stdin("demo.zip", "pack", "-", "-o", "old.json").returncode == 0
    assert json.loads((folder / "old.json").read_text("utf-8"))["type"] == "inline"


@pytest.mark.parametrize("command", [*CALLS, "lock"])
def test_the_settings_file_that_is_named_is_not_replaced(
    folder: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    settings = folder / "own.toml"
    settings.write_text("[rules]\n", "utf-8")
    assert main([command, "demo", "--config", "own.toml", *CALLS.get(command, ["-o"]), "own.toml"]) == 2
    assert capsys.readouterr() == ("", "error: cannot write own.toml: the settings are read from it\n")
    assert settings.read_text("utf-8") == "[rules]\n"


@pytest.mark.parametrize("command", [*CALLS, "lock"])
@pytest.mark.parametrize(
    ("settings", "output"),
    [
        ("skillpack.toml", "skillpack.toml"),
        ("pyproject.toml", "pyproject.toml"),
        ("skillpack.toml", "linked.toml"),
    ],
)
def test_the_settings_file_that_is_found_is_not_replaced(
    folder: Path, capsys: pytest.CaptureFixture[str], command: str, settings: str, output: str
) -> None:
    content = "[tool.skillpack]\n" if settings == "pyproject.toml" else "[rules]\n"
    Path(settings).write_text(content, "utf-8")
    Path("linked.toml").hardlink_to(settings)
    assert main([command, "demo", *CALLS.get(command, ["-o"]), output]) == 2
    assert capsys.readouterr() == ("", f"error: cannot write {output}: the settings are read from it\n")
    assert (folder / settings).read_text("utf-8") == content


@pytest.mark.parametrize("command", [*CALLS, "lock"])
def test_an_output_may_have_the_name_of_a_settings_file_that_does_not_exist(folder: Path, command: str) -> None:
    assert main([command, "demo", *CALLS.get(command, ["-o"]), "skillpack.toml"]) == 0
    assert (folder / "skillpack.toml").stat().st_size


@pytest.mark.parametrize("output", ["demo.zip", "symlink.zip", "hardlink.zip"])
def test_a_zip_is_not_replaced_by_its_lock(folder: Path, capsys: pytest.CaptureFixture[str], output: str) -> None:
    before = (folder / output).read_bytes()
    assert main(["lock", "demo.zip", "-o", output]) == 2
    assert f"error: cannot write {output}: " in capsys.readouterr().err
    assert (folder / output).read_bytes() == before


@pytest.mark.parametrize("command", CALLS)
def test_a_zip_with_the_name_that_stdin_has_in_messages_is_not_replaced(folder: Path, command: str) -> None:
    zip = Path("demo.zip").rename("<stdin>")
    before = zip.read_bytes()
    done = call_with_stdin(os.devnull, command, "<stdin>", *CALLS[command], "<stdin>")
    assert (done.returncode, done.stderr.splitlines()[-1]) == (
        2,
        "error: cannot write <stdin>: the skill is read from it",
    )
    assert (folder / "<stdin>").read_bytes() == before


@pytest.mark.parametrize("command", [command for command in CALLS if command not in {"manifest", "attest"}])
def test_stdin_is_not_mistaken_for_a_file_with_the_name_that_it_has_in_messages(folder: Path, command: str) -> None:
    before = Path("demo.zip").read_bytes()
    Path("<stdin>").write_text("another", "utf-8")
    done = call_with_stdin("demo.zip", command, "-", *CALLS[command], "demo.zip")
    assert (done.returncode, done.stderr) == (2, "error: cannot write demo.zip: the skill is read from it\n")
    assert (folder / "demo.zip").read_bytes() == before


@pytest.mark.parametrize(
    "call",
    [
        ["environment", "demo", "--env", "KEY=file:key.txt"],
        ["shell", "demo", "--allow-domain", "a.example", "--secret", "a.example:KEY=file:key.txt"],
        ["container", "demo", "--name", "c", "--allow-domain", "a.example", "--secret", "a.example:KEY=file:key.txt"],
    ],
)
def test_the_file_of_a_secret_is_not_replaced(
    folder: Path, capsys: pytest.CaptureFixture[str], call: list[str]
) -> None:
    Path("key.txt").write_text("value", "utf-8")
    assert main([*call, "-o", "key.txt"]) == 2
    assert capsys.readouterr() == ("", "error: cannot write key.txt: another option reads it\n")
    assert (folder / "key.txt").read_text("utf-8") == "value"
    assert main([*call, "-o", "other.json"]) == 0
    assert (folder / "other.json").exists()
    redirected = [argument.replace("file:key.txt", "-") for argument in call]
    done = call_with_stdin("key.txt", *redirected, "-o", "key.txt")
    assert (done.returncode, done.stderr) == (2, "error: cannot write key.txt: another option reads it\n")
    assert (folder / "key.txt").read_text("utf-8") == "value"
    assert call_with_stdin("key.txt", *redirected, "-o", "other.json").returncode == 0


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (["zip", "-q", "--jobs", "1", "--output-dir", "out"], ["zip", "-q", "--jobs", "1", "--output-dir", "out"]),
        (["manifest", "--as", "well-known"], ["manifest", "--as", "well-known", "--artifacts", "out"]),
        (
            ["manifest", "--as", "well-known", "-o", "index.json"],
            ["manifest", "--as", "well-known", "-o", "index.json", "--artifacts", "."],
        ),
    ],
    ids=["outputs that exist", "artifacts", "artifacts beside the skills"],
)
def test_comparing_outputs_with_inputs_grows_with_their_number_and_not_with_its_square(
    make_skill: MakeSkill, monkeypatch: pytest.MonkeyPatch, first: list[str], then: list[str]
) -> None:
    skills = [make_skill({"a.txt": b"text"}, name=f"demo-{number}") for number in range(48)]
    monkeypatch.chdir(skills[0].parent)
    names = [skill.name for skill in skills]

    def more_calls(number: int) -> int:
        """Return how many more calls of functions the second call takes than the first."""
        shutil.rmtree("out", ignore_errors=True)
        before = count_calls([first[0], *names[:number], *first[1:]])
        return count_calls([then[0], *names[:number], *then[1:]]) - before

    more_calls(1)  # what is imported, and remembered
    few, many = more_calls(12), more_calls(48)
    assert few > 0
    assert many < 6 * few  # 4 of the number, 16 of its square


def call_with_stdin(stdin: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Return what a call of the command line does to which a file is redirected."""
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parent.parent)}
    call = [sys.executable, "-m", "skillpack", *arguments]
    with Path(stdin).open("rb") as opened:
        return subprocess.run(call, stdin=opened, capture_output=True, text=True, check=False, env=environment)


def count_calls(arguments: list[str]) -> int:
    """Return how many functions a call of the command line calls, in Python and in C."""
    count = 0

    def seen(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    sys.setprofile(seen)
    try:
        status = main(arguments)
    finally:
        sys.setprofile(None)
    assert status == 0
    return count
