"""A git repository with two skills, for tests of the hooks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import click

from skillpack.cli.commands.check import command
from skillpack.cli.run import group
from tests.conftest import MANIFEST
from tests.judges import judge

PROJECT: Final = Path(__file__).parents[1]


class Repository:
    """A git repository under test; everything happens in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.git("init", "-q", "-b", "main")
        self.write("README.md", b"")
        for name in ("a", "b"):
            self.write(f"skills/{name}/SKILL.md", MANIFEST.replace(b"name: demo", f"name: {name}".encode()))
        self.write("skills/a/scripts/run.py", b"print()\n")
        self.commit()

    def git(self, *arguments: str) -> str:
        identity = ("-c", "user.name=t", "-c", "user.email=t@example.com")
        command = [judge("git"), *identity, *arguments]
        return subprocess.run(command, cwd=self.root, capture_output=True, check=True, text=True).stdout

    def write(self, path: str, content: bytes) -> None:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

    def commit(self) -> None:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "x")

    def hook(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "skillpack", "check", "--hook", *arguments]
        clean = {key: value for key, value in os.environ.items() if key not in ("GITHUB_ACTIONS", "PRE_COMMIT")}
        return subprocess.run(
            command,
            cwd=self.root,
            env={**clean, "PYTHONPATH": str(PROJECT), "PRE_COMMIT": "1", **environment},
            capture_output=True,
            text=True,
            check=False,
        )


def names_like_options() -> list[str]:
    """Return a file name for each way to write each option of `skillpack check`, and some that are no option of it."""
    names = [
        "--help",
        "-h",
        "--version",
        "-x",
        "-qh",
        "-",
        "--",
        "-h/SKILL.md",
        "--help/notes.md",
        "--config=evil.toml",
    ]
    with click.Context(command, **group.context_settings) as context:
        for parameter in command.get_params(context):
            if isinstance(parameter, click.Option):
                names += (*parameter.opts, *parameter.secondary_opts)
                if not parameter.is_flag:
                    choices = parameter.type.choices if isinstance(parameter.type, click.Choice) else ("README.md",)
                    names += (f"{parameter.opts[-1]}={choice}" for choice in choices)
    return sorted(set(names))
