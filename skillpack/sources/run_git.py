"""Run git, so that it runs no program that a repository names."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from typing import TYPE_CHECKING, Final, Literal

from skillpack.text import escaped, os_error

if TYPE_CHECKING:
    from pathlib import Path

Command = Literal["rev-parse", "ls-files", "ls-tree", "cat-file", "check-ignore"]
"""Add only commands that call no filter, no textconv and no external diff: no setting disables all of those."""

TIMEOUT: Final = 60.0
"""Seconds for one call; a repository with a million files is listed in less than one."""

_NEUTRALIZED: Final = (
    *("-c", "core.fsmonitor=false"),
    *("-c", f"core.hooksPath={os.devnull}"),
    *("-c", "core.useReplaceRefs=false"),  # an object is what its name says
    *("-c", "safe.bareRepository=explicit"),  # tracked files can be a bare repository, with a config
    "--no-pager",
)
_FIXED: Final = {
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": ":",  # none; older versions of git do not know GIT_NO_LAZY_FETCH
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "",
}
_INHERITED: Final = frozenset(
    {
        *("GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE"),
        *("GIT_CEILING_DIRECTORIES", "GIT_DISCOVERY_ACROSS_FILESYSTEM"),
    }
)
_INHERITED_CONFIG: Final = "GIT_CONFIG_"
"""GIT_CONFIG_COUNT, _KEY_n, _VALUE_n, _PARAMETERS, _GLOBAL, _SYSTEM and _NOSYSTEM.

They belong to the user, and no repository can set them. CI puts safe.directory there, and `git -c safe.directory=...
commit` hands it to the hook as GIT_CONFIG_PARAMETERS. The `-c` above are read after them and win.
"""


class GitError(Exception):
    """git could not be started or failed; str() of it is one line that is safe to print."""


class GitMissingError(GitError):
    """There is no git in PATH, or the system does not start it."""


def run(command: Command, *arguments: str, cwd: str | Path | None = None, stdin: bytes = b"") -> bytes:
    """Run a git command that only reads, and return its output.

    Neither hooks, fsmonitor nor a fetch of missing objects can start a program, and git asks no questions.

    Args:
        command: the command.
        arguments: its arguments; the caller protects values that may begin with `-`.
        cwd: the folder to run in.
        stdin: what it reads from standard input.

    Raises:
        GitError: git cannot be started, fails, or takes longer than TIMEOUT.
    """
    try:
        ended = subprocess.run(
            (_program(), *_NEUTRALIZED, command, *arguments),
            cwd=cwd,
            env=_environment(),
            input=stdin,
            capture_output=True,
            timeout=TIMEOUT,
            check=False,
        )
    except OSError as error:
        raise GitMissingError(f"git cannot be started: {os_error(error)}") from error
    except subprocess.TimeoutExpired as error:
        raise GitError(f"git {command} took longer than {TIMEOUT:g} s") from error
    if ended.returncode != 0:
        line = ended.stderr.decode("utf-8", "replace").partition("\n")[0]
        raise GitError(escaped(line.removeprefix("fatal: ")[:200]))
    return ended.stdout


def run_bounded(command: Command, *arguments: str, most: int, cwd: str | Path | None = None) -> bytes:
    """Run a git command as `run` does, but stop it once its output is too large.

    Args:
        command: the command.
        arguments: its arguments.
        most: how many bytes it may print.
        cwd: the folder to run in.

    Raises:
        GitError: git cannot be started, fails, prints too much, or takes longer than TIMEOUT.
    """
    try:
        process = subprocess.Popen(
            (_program(), *_NEUTRALIZED, command, *arguments),
            cwd=cwd,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
    except OSError as error:
        raise GitMissingError(f"git cannot be started: {os_error(error)}") from error
    with process:
        timer = threading.Timer(TIMEOUT, process.kill)
        timer.start()
        assert process.stdout is not None
        try:
            output = process.stdout.read(most + 1)
        finally:
            timer.cancel()
            process.stdout.close()  # which ends it, if it has more to print
    if len(output) > most:
        raise GitError(f"git {command} printed over {most:,} bytes")
    if process.returncode != 0:
        raise GitError(f"git {command} failed")
    return output


def _program() -> str:
    """Return the path of git, never one in the current folder, where Windows and an empty entry of PATH look."""
    name = "git.exe" if os.name == "nt" else "git"
    for folder in filter(os.path.isabs, os.get_exec_path()):
        if found := shutil.which(os.path.join(folder, name)):
            return found
    raise GitMissingError("git cannot be started: it is not in PATH")


def names_repository() -> bool:
    """Return whether the environment names a repository, so that git looks for none above the current folder."""
    return "GIT_DIR" in os.environ


def _environment() -> dict[str, str]:
    included = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("GIT_") or name in _INHERITED or name.startswith(_INHERITED_CONFIG)
    }
    return included | _FIXED
