"""Pieces of bytes to stdout or a file: nothing before the whole is known to be good, nothing half."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from skillpack import atomic
from skillpack.cli import streams
from skillpack.errors import OutputError
from skillpack.findings import escaped

if TYPE_CHECKING:
    from collections.abc import Iterable

_TERMINAL_BYTES: Final = 64 * 1024


def deliver(
    pieces: Iterable[bytes],
    output: Path | None,
    *,
    newline: bool = True,
    private: bool = False,
    shown: bool = False,
) -> None:
    """Write a result to a file, or to stdout if there is none.

    Args:
        pieces: the result.
        output: the file; `-` is stdout too.
        newline: whether a line break ends it on a terminal.
        private: whether it holds secrets: only its owner may read the file, and no terminal shows it.
        shown: whether a terminal shows it all the same.

    Raises:
        OutputError: it cannot be written; what was there is untouched.
    """
    if output is not None and output != Path("-"):
        if not atomic.replace(output, pieces, private=private) and output.is_file():
            streams.tell("written, but the system does not say whether it would survive a loss of power")
        return
    try:
        _to_stdout(pieces, newline=newline, private=private and not shown)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(f"cannot write to stdout: {(error.strerror or 'failed').lower()}") from error


def _to_stdout(pieces: Iterable[bytes], *, newline: bool, private: bool) -> None:
    stdout = sys.stdout.buffer
    if not sys.stdout.isatty():
        for piece in pieces:
            stdout.write(piece)
        stdout.flush()
        return
    if private:
        raise OutputError("the body holds secrets, which are not for a terminal: use -o FILE, a pipe or --show-secrets")
    whole = b"".join(pieces)
    if not newline or len(whole) > _TERMINAL_BYTES:
        raise OutputError(f"{len(whole):,} bytes are not for a terminal: use -o FILE or a pipe")
    stdout.write(_printable(whole.decode()).encode() + b"\n")
    stdout.flush()


def _printable(json_text: str) -> str:
    """Return JSON that means the same, with what a terminal would obey, or nobody would see, as its escapes."""
    if json_text == escaped(json_text):
        return json_text
    return "".join(char if char == escaped(char) else json.dumps(char)[1:-1] for char in json_text)


def one_place(skills: tuple[str, ...], output: Path | None, directory: Path | None) -> None:
    """Refuse a call that leaves open where its results go.

    Raises:
        click.UsageError: several skills without a folder, or both a file and a folder.
    """
    if directory and output:
        raise click.UsageError("--output and --output-dir exclude each other")
    if len(skills) > 1 and not directory:
        raise click.UsageError("several skills need --output-dir, which gets one file for each")


def deliver_into(directory: Path, name: str, pieces: Iterable[bytes]) -> None:
    """Write a result to a file of this name in a folder, which is made if it is not there.

    Raises:
        OutputError: it cannot be written; what was there is untouched.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = (error.strerror or "failed").lower()
        raise OutputError(f"cannot make {escaped(str(directory))}: {reason}") from error
    deliver(pieces, directory / name)
