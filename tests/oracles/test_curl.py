"""curl as a way to send: from a pipe and from a file; and the recipes that do not work."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

import skillpack
from tests.judges import judge
from tests.recording import Recorder, recorder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import MakeSkill

ROOT: Final = Path(__file__).parent.parent.parent


@pytest.fixture
def server() -> Iterator[Recorder]:
    with recorder() as recorded:
        yield recorded


@pytest.fixture
def skill(make_skill: MakeSkill) -> Path:
    return make_skill({"image.png": random.Random(0).randbytes(300_000)})


def shell(script: str, *arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
    python = f"{sys.executable} -m skillpack"
    environment = os.environ | {"PYTHONPATH": str(ROOT), "SKILLPACK": python, "CURL": f"{judge('curl')} -sS --fail"}
    command = ["sh", "-c", script, "sh", *arguments]
    return subprocess.run(command, capture_output=True, check=False, env=environment)


def test_curl_sends_what_comes_through_the_pipe(skill: Path, server: Recorder) -> None:
    script = '$SKILLPACK container --name c "$1" | $CURL -H "content-type: application/json" --data-binary @- "$2"'
    done = shell(script, skill, f"{server.url}/v1/containers")
    assert done.returncode == 0, done.stderr
    body = skillpack.container("c", [skill])
    assert server.received[0][1] == json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def test_curl_sends_what_lies_in_a_file(skill: Path, server: Recorder, tmp_path: Path) -> None:
    script = '$SKILLPACK container --name c "$1" -o "$3" && $CURL --data-binary @"$3" "$2"'
    done = shell(script, skill, f"{server.url}/v1/containers", tmp_path / "body.json")
    assert done.returncode == 0, done.stderr
    assert server.received[0][1] == (tmp_path / "body.json").read_bytes()


def test_one_argument_cannot_hold_a_body(skill: Path, server: Recorder) -> None:
    """A recipe that is often shown: a single argument of a program holds 128 KiB on Linux."""
    done = shell('$CURL -d "$($SKILLPACK container --name c "$1")" "$2"', skill, f"{server.url}/v1/containers")
    assert done.returncode != 0
    assert b"rgument list too long" in done.stderr
    assert server.received == []


def test_base64_of_gnu_breaks_the_json(skill: Path, tmp_path: Path) -> None:
    """Another one: GNU base64 breaks its lines after 76 characters."""
    (tmp_path / "demo.zip").write_bytes(skillpack.pack(skill).zip)
    done = shell('printf \'{"data": "%s"}\' "$(base64 <"$1")"', tmp_path / "demo.zip")
    with pytest.raises(json.JSONDecodeError, match="control character"):
        json.loads(done.stdout)
