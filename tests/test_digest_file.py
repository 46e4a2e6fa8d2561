"""`digest --check-file`: what `digest` prints is checked as sha256sum checks its own lines."""

from __future__ import annotations

import io
import json
import os
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

import skillpack
from skillpack.cli import main
from skillpack.cli.commands.digest import Line
from skillpack.limits import MAX_FILE_BYTES
from skillpack.text import escaped
from tests.conftest import MANIFEST

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import MakeSkill

ZEROS = f"skillpack1:{'0' * 64}"


@pytest.fixture
def digests(make_skill: MakeSkill, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    """Make skills behind every kind of path, and return the lines that digest prints of them."""
    folder = make_skill({"run": "#!/bin/sh\n", "a.txt": "a"}).parent
    make_skill(name="a-b")
    (make_skill(name="other")).rename(folder / "größe und leer")
    monkeypatch.chdir(folder)
    Path("demo.zip").write_bytes(skillpack.pack("demo").zip)
    Path("body.json").write_text(json.dumps(skillpack.container("x", ["demo", "a-b"])), "utf-8")
    assert main(["digest", "demo", "a-b", "größe und leer", "demo.zip", "body.json"]) == 0
    return capsys.readouterr().out


def check(lines: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[str], str]:
    Path("digests.txt").write_bytes(lines.encode())
    code = main(["digest", "--check-file", "digests.txt"])
    printed = capsys.readouterr()
    return code, printed.out.splitlines(), printed.err


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\n\n"])
def test_what_digest_prints_is_checked(digests: str, line_break: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = check(digests.replace("\n", line_break), capsys)
    paths = ["demo", "a-b", "größe und leer", "demo.zip", "body.json#/skills/0", "body.json#/skills/1"]
    assert (code, out) == (0, [f"{path}: OK" for path in paths])


def test_the_file_is_read_from_stdin(digests: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(digests.encode())))
    assert main(["digest", "--check-file", "-"]) == 0


@pytest.mark.parametrize("change", ["byte", "name", "executable", "new file"])
def test_every_skill_that_differs_fails_and_the_others_are_checked(
    change: str, digests: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if change == "byte":
        Path("demo/a.txt").write_text("b")
    elif change == "name":
        Path("demo/a.txt").rename("demo/b.txt")
    elif change == "executable":
        Path("demo/a.txt").write_text("#!a")
    else:
        Path("demo/new.txt").write_text("new")
    code, out, error = check(digests, capsys)
    assert (code, [line for line in out if line.endswith("FAILED")]) == (1, ["demo: FAILED"])
    assert len(out) == 6
    assert "1 of 6 skills differ" in error


def test_a_skill_that_is_gone_or_cannot_be_packed_is_a_failure(
    digests: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("a-b").rename("moved")
    Path("demo/link").symlink_to("/etc/hostname")
    code, out, error = check(digests, capsys)
    assert (code, out[:3]) == (2, ["demo: FAILED", "a-b: FAILED", "größe und leer: OK"])
    assert "link-escapes" in error
    assert "2 of 6 skills have no digest" in error


@pytest.mark.parametrize(
    "lines",
    ["", "\n", "words\n", f"{ZEROS} demo\n", f"{ZEROS}  \n", f"{ZEROS.upper()}  demo\n", f"{'0' * 64}  demo\n", ZEROS],
)
def test_a_file_of_anything_else_is_refused_before_anything_is_checked(
    lines: str, digests: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, error = check((digests + lines) if lines.strip() else lines, capsys)
    assert (code, out) == (2, [])
    assert "--check-file: " in error


def test_a_body_of_two_skills_needs_a_line_for_each(digests: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(f"{ZEROS}  body.json\n", capsys)[0] == 2
    assert check(f"{ZEROS}  body.json#/skills/7\n", capsys)[0] == 2
    assert check(f"{ZEROS}  body.json#/skills/1\n", capsys)[0] == 1


@pytest.mark.parametrize("arguments", [["demo"], ["--check", ZEROS]])
def test_the_file_alone_lists_the_skills(arguments: list[str], tmp_path: Path) -> None:
    (tmp_path / "digests.txt").write_text(f"{ZEROS}  demo\n")
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo/SKILL.md").write_bytes(MANIFEST)
    assert main(["digest", "--check-file", str(tmp_path / "digests.txt"), *arguments]) == 2


def test_without_a_skill_the_call_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["digest"]) == 2
    assert "missing argument 'SKILL...'" in capsys.readouterr().err


@given(path=st.text(st.characters(exclude_characters="\0"), min_size=1).filter(str.strip))
def test_every_path_is_read_back_from_a_line_that_is_safe_to_print(path: str) -> None:
    try:
        path = os.fsdecode(path.encode("utf-8", "surrogateescape"))
    except UnicodeEncodeError:  # half of a surrogate pair, which no file name has
        return
    line = str(Line(ZEROS, path))
    assert escaped(line) == line
    assert Line.parse(line) == Line(ZEROS, path)


@given(path=st.binary(min_size=1))
def test_a_path_of_any_bytes_is_read_back(path: bytes) -> None:
    assert Line.parse(str(Line(ZEROS, os.fsdecode(path)))) == Line(ZEROS, os.fsdecode(path))


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"a\nb", rb"a\nb"),
        (b"a\r", rb"a\r"),
        (b"a\\\nb", rb"a\\\nb"),
        (b"a\xff", rb"a\xff"),
        (b"a\x1b[1m", rb"a\x1b[1m"),
        (b"a::error::b", rb"a::error::b"),
    ],
)
def test_a_folder_of_an_unusual_name_is_checked(
    name: bytes,
    shown: bytes,
    make_skill: MakeSkill,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = make_skill().parent
    make_skill(name="other").rename(folder / os.fsdecode(name))
    monkeypatch.chdir(folder)
    assert main(["digest", "--all", "."]) == 0
    lines = capsys.readouterr().out
    line = next(line for line in lines.splitlines() if not line.endswith("  demo"))
    assert line.endswith(f"  {shown.decode()}")
    assert line.startswith("\\" if name != b"a::error::b" else "skillpack1:")
    code, out, _ = check(lines, capsys)
    assert (code, [line.rpartition(": ")[2] for line in out]) == (0, ["OK", "OK"])


@pytest.mark.parametrize("path", ["a\\", r"a\q", r"a\x1", r"a\xfg"])
def test_an_escape_that_digest_does_not_write_is_refused(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    code, _, err = check(f"\\{ZEROS}  {path}\n", capsys)
    assert code == 2
    assert "line 1 is not a content digest, two spaces and a path" in err


def break_line(skill: Path) -> None:
    (skill / "a\nb").touch()


def point_outside(skill: Path) -> None:
    (skill / "link").symlink_to("/")


def exceed(skill: Path) -> None:
    with (skill / "large").open("wb") as file:
        file.truncate(MAX_FILE_BYTES + 1)


@pytest.mark.parametrize("change", [break_line, point_outside, exceed])
def test_a_skill_whose_files_cannot_all_be_listed_has_no_digest(
    change: Callable[[Path], None], make_skill: MakeSkill, capsys: pytest.CaptureFixture[str]
) -> None:
    skill = make_skill()
    change(skill)
    lock = skill.parent / "new.lock"
    assert main(["digest", str(skill)]) == main(["lock", str(skill), "-o", str(lock)]) == 1
    assert capsys.readouterr().out == ""
    assert not lock.exists()


def test_any_other_error_leaves_the_digest_as_it_is(make_skill: MakeSkill, capsys: pytest.CaptureFixture[str]) -> None:
    skill = make_skill({"SKILL.md": "no frontmatter", "a:b": "", "back\\slash": "", "A.txt": "", "a.txt": ""})
    without_manifest = skill.parent / "x.zip"
    with zipfile.ZipFile(without_manifest, "w") as file:
        file.writestr("x/a.txt", "a")
    for path in (str(skill), str(without_manifest)):
        assert main(["check", path]) == main(["digest", "-v", path]) == 1
        capsys.readouterr()
        assert main(["digest", path]) == 0
        assert main(["digest", path, "--check", capsys.readouterr().out.strip()]) == 0
        assert main(["lock", path, "-o", str(skill.parent / "new.lock")]) == 0
