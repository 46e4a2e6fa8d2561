"""The versions of other packages that pyproject.toml admits: bounded, and tried at both ends."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING, Final

import pytest

from tests.samples import ROOT

if TYPE_CHECKING:
    from pathlib import Path

REQUIREMENTS: Final[list[str]] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
BOUNDS: Final = re.compile(r"(?P<name>[a-z0-9-]+)>=(?P<oldest>[0-9.]+),<(?P<limit>[0-9.]+)")

POLICY: Final = ["--allow-domain", "a.example", "--secret", "a.example:TOKEN=env:HOME"]
SOUND: Final = {
    "check": ["check", "csv-report", "pdf-forms", "--output-format", "json"],
    "pack": ["pack", "csv-report"],
    "zip": ["zip", "pdf-forms", "--compression", "smallest"],
    "container": ["container", "--name", "c", "csv-report", "--skill-ref", "s@2", *POLICY],
    "shell": ["shell", "pdf-forms", "--memory", "4g"],
    "files": ["files", "pdf-forms", "--excluded"],
    "why": ["why", "pdf-forms/build"],
}
WRONG: Final = {
    "no command": [],
    "no skill": ["pack"],
    "unknown option": ["check", "--nope"],
}
API: Final = """
from skillpack import ContainerCreate, PayloadError
secret = {"domain": "a.example", "name": "T", "value": "v"}
policy = {"type": "allowlist", "allowed_domains": ["a.example"], "domain_secrets": [secret]}
body = ContainerCreate(name="c", network_policy={"type": "disabled"}).model_copy(update={"network_policy": policy})
print(body.to_dict(), repr(body))
for wrong in ({"network_policy": {"type": "x"}}, {"name": 1}, {"skills": [{"type": "inline"}]}):
    try:
        body.model_copy(update=wrong)
    except PayloadError as error:
        print(error)
"""


@pytest.mark.parametrize("requirement", REQUIREMENTS)
def test_each_dependency_has_an_oldest_version_and_a_limit(requirement: str) -> None:
    assert BOUNDS.fullmatch(requirement)


def ran(python: str, *arguments: str) -> tuple[int, bytes, bytes]:
    command = [python, *arguments]
    done = subprocess.run(command, cwd=ROOT / "fixtures" / "skills", capture_output=True, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.network
@pytest.mark.parametrize("resolution", ["lowest-direct", "highest"])
def test_the_oldest_and_the_newest_dependencies_give_the_same_results(resolution: str, tmp_path: Path) -> None:
    uv = [sys.executable, "-m", "uv", "--quiet"]
    python = str(tmp_path / "venv" / "bin" / "python")
    subprocess.run([*uv, "venv", "--python", sys.executable, tmp_path / "venv"], check=True)
    subprocess.run([*uv, "pip", "install", "--python", python, "--resolution", resolution, ROOT], check=True)
    listed = subprocess.run(
        [*uv, "pip", "list", "--python", python, "--format", "json"], check=True, capture_output=True
    )
    installed = {package["name"]: package["version"] for package in json.loads(listed.stdout)}
    print(installed)
    if resolution == "lowest-direct":
        for found in map(BOUNDS.fullmatch, REQUIREMENTS):
            assert found
            assert re.fullmatch(re.escape(found["oldest"]) + r"(\.0)*", installed[found["name"]])
    for arguments in SOUND.values():
        call = ["-m", "skillpack", *arguments]
        result = ran(python, *call)
        assert result == ran(sys.executable, *call)
        assert result[1], arguments
    for arguments in WRONG.values():
        code, out, err = ran(python, "-m", "skillpack", *arguments)
        assert (code, out) == (2, b"")
        assert err
        assert b"Traceback" not in err
    assert ran(python, "-c", API) == ran(sys.executable, "-c", API)
