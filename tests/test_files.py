from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING, Final

import pytest

from skillpack.cli import main

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import MakeSkill


ESCAPES: Final = "the symlink points out of the skill"
FIFO: Final = "this is a FIFO, not a regular file"


@pytest.fixture
def odd_skill(make_skill: MakeSkill) -> Path:
    skill = make_skill()
    os.mkfifo(skill / "pipe")
    (skill / "away").symlink_to("/")
    return skill


@pytest.mark.parametrize("options", [(), ("--tree",), ("--excluded",)])
def test_what_is_refused_is_listed_with_its_reason(
    options: tuple[str, ...], odd_skill: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["files", str(odd_skill), *options]) == 0
    said = capsys.readouterr()
    lines = [line for line in said.out.splitlines() if "rejected" in line]
    assert [line.split("rejected")[1].strip(": ") for line in lines] == [ESCAPES, FIFO]
    assert f"; 2 rejected (away: {ESCAPES}, pipe: {FIFO})" in said.err


def test_the_summary_of_long_names_is_one_short_line(make_skill: MakeSkill, capsys: pytest.CaptureFixture[str]) -> None:
    deep = "/".join(["d" * 200] * 10)
    skill = make_skill({f"{deep}/{number}.long": "" for number in range(3)})
    for number in range(2000):
        (skill / f".env.{number}").write_bytes(b"")
    assert main(["files", str(skill), "--exclude", "*.long"]) == 0
    said = capsys.readouterr().err
    assert "2,000 excluded by default (.env.0, " in said
    assert len(said) < 1500


def test_json_names_the_rule_that_refuses(odd_skill: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["files", str(odd_skill), "--output-format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["rejected"] == [
        {"path": "away", "rule": "link-escapes", "detail": ESCAPES},
        {"path": "pipe", "rule": "file-not-regular", "detail": FIFO},
    ]


def test_json_has_the_hash_of_each_file_that_may_be_packed(
    make_skill: MakeSkill, capsys: pytest.CaptureFixture[str]
) -> None:
    skill = make_skill({"a.txt": b"abc", "empty": b""})
    with (skill / "huge.bin").open("wb") as huge:
        huge.truncate(26 * 1024 * 1024 + 1)
    assert main(["files", str(skill), "--output-format", "json"]) == 0
    hashes = {file["path"]: file["sha256"] for file in json.loads(capsys.readouterr().out)["files"]}
    assert hashes["a.txt"] == hashlib.sha256(b"abc").hexdigest()
    assert hashes["empty"] == hashlib.sha256(b"").hexdigest()
    assert hashes["huge.bin"] is None
