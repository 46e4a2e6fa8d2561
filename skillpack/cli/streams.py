"""Text to stdout, where not being able to write is a failure, and to stderr, where it is none."""

from __future__ import annotations

import io
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from skillpack.errors import OutputError
from skillpack.text import escape_commands

if TYPE_CHECKING:
    from typing import BinaryIO, TextIO


class _Closed(io.TextIOBase):
    """In the place of a stdout that was closed when we were started: what is written to it is no silent success."""

    @property
    def buffer(self) -> BinaryIO:
        raise OutputError("stdout is closed: use -o FILE")

    def write(self, _text: str, /) -> int:
        raise OutputError("stdout is closed")


def settle() -> None:
    """Make both streams exist, and take any character whatever their encoding is.

    Python has None in the place of a stream that was closed when it was started.
    """
    if sys.stdout is None:
        sys.stdout = _Closed()
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - it is open as long as we run
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            with suppress(OSError):  # it flushes what --version could not write
                stream.reconfigure(errors="backslashreplace")


def put(text: str, *, newline: bool = True, colored: bool | None = None, commands: bool = False) -> None:
    """Write data to stdout, with nothing in it that a CI runner would execute.

    Args:
        text: the data.
        newline: whether a line break ends it.
        colored: whether its colours stay even where stdout is no terminal.
        commands: whether its lines are our own commands to a CI runner, which quote nothing unescaped.

    Raises:
        OutputError: it cannot be written.
    """
    try:
        click.echo(text if commands else escape_commands(text), nl=newline, color=colored)
    except BrokenPipeError:  # whoever read it has enough
        raise
    except OSError as error:
        raise OutputError(f"cannot write to stdout: {(error.strerror or 'failed').lower()}") from error


def tell(text: str, *, newline: bool = True) -> None:
    """Write talk to stderr, as coloured as it is and with nothing in it that a CI runner would execute.

    Where nobody can hear it, it is lost, and nothing else with it.
    """
    try:
        click.echo(escape_commands(text), err=True, nl=newline, color=True)
    except OSError:
        let_go_of(sys.stderr)


def let_go_of(stream: TextIO) -> None:
    """Lose what a stream would not take: writing it once more at the end would fail, and change the exit code."""
    try:
        stream.flush()
    except OSError:
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
