"""Completion as a person uses it: each shell on a terminal, with the script that `skillpack completion` prints."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import select
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Final, NamedTuple

import pytest

from tests.judges import judge
from tests.samples import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TYPED: Final[dict[str, tuple[str, ...]]] = {  # what is typed before the tab -> the arguments that the program gets
    "che": ("check",),
    "check --fi": ("check", "--fix"),
    "check skills/de": ("check", "skills/demo"),
    "check skills/demo/SK": ("check", "skills/demo/SKILL.md"),
    "check My": ("check", "My Skill"),
    "check --config skillp": ("check", "--config", "skillpack.toml"),
    "check --target agent": ("check", "--target", "agentskills"),
    "check --output-format sa": ("check", "--output-format", "sarif"),
    "check --exclude skills/demo/SK": ("check", "--exclude", "skills/demo/SKILL.md"),
    "pack skills/de": ("pack", "skills/demo"),
    "pack --compression sm": ("pack", "--compression", "smallest"),
    "zip skills/demo -o bun": ("zip", "skills/demo", "-o", "bundle.zip"),
    "zip skills/demo --output-dir My": ("zip", "skills/demo", "--output-dir", "My Skill"),
    "container --memory 6": ("container", "--memory", "64g"),
    "shell skills/de": ("shell", "skills/demo"),
    "files skills/de": ("files", "skills/demo"),
    "why skills/demo/SK": ("why", "skills/demo/SKILL.md"),
    "digest bun": ("digest", "bundle.zip"),
    "rule yaml-unq": ("rule", "yaml-unquoted-colon"),
    "schema sett": ("schema", "settings"),
    "completion fi": ("completion", "fish"),
}
_PRINTED: Final = re.compile(r"\[\[(.*?)\]\]", re.DOTALL)
_LONGEST: Final = 120  # seconds until a shell that does not answer is given up

_CONTROLLED: Final = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execvp(sys.argv[1], sys.argv[1:])
"""
"""Runs a program on its controlling terminal, without which fish does not start."""


class Shell(NamedTuple):
    """How to start a shell without anyone's settings, and make it use a completion script."""

    command: tuple[str, ...]
    setup: str


SHELLS: Final = {
    "bash": Shell(("bash", "--norc", "--noprofile", "-i"), "source ./script"),
    "zsh": Shell(("zsh", "-f", "-i"), "autoload -U compinit; compinit -u -D; source ./script"),
    "fish": Shell(("fish", "--no-config", "--interactive"), "source ./script"),
}


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Return an environment whose `skillpack` completes, and else prints its arguments; fill its folder."""
    for path in ("work/skills/demo/SKILL.md", "work/My Skill/SKILL.md", "work/skillpack.toml", "work/bundle.zip"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "skillpack"
    program.write_text(
        f'#!/bin/sh\n[ "$_SKILLPACK_COMPLETE" ] && exec "{sys.executable}" -m skillpack\n'
        "printf '[['; printf '%s\\037' \"$@\"; printf ']]'; echo\n",
        "utf-8",
    )
    program.chmod(0o755)
    return {
        "PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "PYTHONPATH": str(ROOT),
        "LC_ALL": "C.UTF-8",
        "TERM": "xterm",
        "PS1": "> ",
    }


@pytest.mark.parametrize("name", SHELLS)
def test_a_shell_completes_commands_options_values_rules_and_paths(
    name: str, tmp_path: Path, environment: dict[str, str]
) -> None:
    shell = SHELLS[name]
    script = subprocess.run(
        [sys.executable, "-m", "skillpack", "completion", name], env=environment, capture_output=True, check=True
    ).stdout
    (tmp_path / "work" / "script").write_bytes(script)
    with terminal((judge(shell.command[0]), *shell.command[1:]), tmp_path / "work", environment) as typing:
        typing.type(f"{shell.setup}; skillpack ready\n")
        assert typing.printed() == ("ready",)
        given = {typed: typing.complete(f"skillpack {typed}\t\n") for typed in TYPED}
    without_slash = {typed: tuple(each.rstrip("/") for each in printed) for typed, printed in given.items()}
    assert without_slash == TYPED  # zsh removes the slash where a word ends with it


@pytest.mark.parametrize("words", [{}, {"COMP_WORDS": "skillpack", "COMP_CWORD": "x"}, {"COMP_WORDS": ""}])
@pytest.mark.parametrize("shell", SHELLS)
def test_words_that_no_script_passes_end_with_a_message(
    shell: str, words: dict[str, str], environment: dict[str, str]
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "skillpack"],
        env={**environment, **words, "_SKILLPACK_COMPLETE": f"{shell}_complete"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 2)
    assert done.stderr in ("", "error: _SKILLPACK_COMPLETE is for completion scripts; unset it\n")


class Typing:
    """A person at a terminal."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._shown = ""

    def type(self, text: str) -> None:
        os.write(self._descriptor, text.encode())

    def complete(self, text: str) -> tuple[str, ...]:
        self.type(text)
        return self.printed()

    def printed(self) -> tuple[str, ...]:
        """Return the arguments that the next call of skillpack prints."""
        end = time.monotonic() + _LONGEST
        while not (found := _PRINTED.search(self._shown)):
            ready, _, _ = select.select([self._descriptor], [], [], max(end - time.monotonic(), 0))
            assert ready, f"nothing more is printed after {self._shown!r}"
            self._shown += os.read(self._descriptor, 65536).decode("utf-8", "replace")
        self._shown = self._shown[found.end() :]
        return tuple(found[1].split("\x1f")[:-1])


@contextlib.contextmanager
def terminal(command: tuple[str, ...], folder: Path, environment: dict[str, str]) -> Iterator[Typing]:
    """Run a shell on a terminal of its own."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", _CONTROLLED, *command],
        cwd=folder,
        env=environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    ) as process:
        os.close(theirs)
        try:
            yield Typing(ours)
        finally:
            process.kill()
            os.close(ours)
