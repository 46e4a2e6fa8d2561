"""Write to stdout, where a failure to write is an error, and to stderr, where it is ignored."""

from __future__ import annotations

import io
import os
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import click

from skillpack.errors import OutputError
from skillpack.text import escape_commands, escaped, os_error
from skillpack.values import NamedTuple

if TYPE_CHECKING:
    from typing import BinaryIO, TextIO

    from skillpack.bundle.progress import Progress
    from skillpack.findings import Report
    from skillpack.output import Look
    from skillpack.skill.tree import SkillTree

_NARROWEST: Final = 40
"""Columns; below that wrapped text is harder to read than text cut by the terminal."""

Color = Literal["auto", "always", "never"]

_STYLES: Final[dict[str, dict[str, str | bool]]] = {
    "error": {"fg": "red", "bold": True},
    "warning": {"fg": "yellow", "bold": True},
    "note": {"fg": "cyan", "bold": True},
    "dim": {"dim": True},
    "bold": {"bold": True},
    "good": {"fg": "green"},
    "added": {"fg": "green"},
    "removed": {"fg": "red"},
    "hunk": {"fg": "cyan"},
}


_PRINTED_ON_REQUEST: Final = {"patch": "--patch", "lock_file": "-o"}
"""Parameters with files that are printed if `-` is given, and their options."""


class _Closed(io.TextIOBase):
    """Replaces a stdout that was closed before the program started, so that writing to it is an error."""

    @property
    def buffer(self) -> BinaryIO:
        raise _closed()

    def write(self, _text: str, /) -> int:
        raise _closed()


def output_option() -> str:
    """Return the option by which the running command writes to a file what it would print, or an empty string."""
    context = click.get_current_context(silent=True)
    given = context.params if context else {}
    if "output" in given:
        return "-o"
    return next((option for name, option in _PRINTED_ON_REQUEST.items() if str(given.get(name)) == "-"), "")


def _closed() -> OutputError:
    option = output_option()
    return OutputError(f"stdout is closed: use {option} FILE" if option else "stdout is closed")


def prepare_streams() -> None:
    """Replace streams that are None because they were closed, and let both take characters outside their encoding."""
    if sys.stdout is None:
        sys.stdout = _Closed()
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - open as long as the program runs
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            with suppress(OSError):  # it flushes what --version could not write
                stream.reconfigure(errors="backslashreplace")


def write_stdout(text: str, *, newline: bool = True, colored: bool | None = None, commands: bool = False) -> None:
    """Write a result to stdout, with commands of CI runners escaped.

    Args:
        text: the result.
        newline: whether to end it with a line break.
        colored: whether to keep its colours even where stdout is not a terminal.
        commands: whether its lines are meant as commands to a CI runner; then nothing is escaped.

    Raises:
        OutputError: stdout cannot be written to.
    """
    if not colored and not sys.stdout.isatty():
        text = click.unstyle(text)  # before commands are escaped: without colours, there may be more of them
    try:
        click.echo(text if commands else escape_commands(text), nl=newline, color=True)
    except BrokenPipeError:  # the reader has closed the pipe: not a failure, and the command still has its verdict
        discard(sys.stdout)
    except OutputError:
        raise
    except OSError as error:
        raise OutputError(f"cannot write to stdout: {os_error(error)}") from error


def write_stderr(text: str, *, newline: bool = True) -> None:
    """Write a message to stderr, colours kept and commands of CI runners escaped; failures are ignored."""
    try:
        click.echo(escape_commands(text), err=True, nl=newline, color=True)
    except OSError:
        discard(sys.stderr)


def discard(stream: TextIO) -> None:
    """Discard what a stream has buffered: flushing it once more at exit would fail, and change the exit code."""
    try:
        stream.flush()
    except OSError:
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


class Console(NamedTuple):
    """Writes messages to stderr, as `--color`, `--quiet` and `--verbose` ask for.

    `on_disk` is False if the skills are in a revision, where `--fix` writes nothing.
    """

    color: Color = "auto"
    quiet: bool = False
    verbose: bool = False
    on_disk: bool = True

    def colored(self, stream: object = None) -> bool:
        """Return whether a stream (stderr if None) gets colours; click ignores these conventions."""
        if self.color != "auto":
            return self.color == "always"
        if os.environ.get("NO_COLOR"):
            return False
        if os.environ.get("FORCE_COLOR"):
            return True
        stream = stream or sys.stderr
        return os.environ.get("TERM") != "dumb" and bool(getattr(stream, "isatty", bool)())

    def style(self, text: str, style: str, stream: object = None) -> str:
        """Return the text in a style, or unchanged where the stream gets no colours."""
        return _in_color(text, style) if self.colored(stream) else text

    def look(self, stream: TextIO) -> Look:
        """Return how a report looks on a stream: as wide as the terminal, unwrapped if it is not a terminal."""
        from skillpack.output import Look

        look = Look(_terminal_width() if stream.isatty() else None, summed=not self.quiet)
        return look._replace(style=_in_color) if self.colored(stream) else look

    def print(self, text: str) -> None:
        """Write a line, unless --quiet."""
        if not self.quiet:
            write_stderr(text)

    def print_error(self, text: str) -> None:
        """Write an error, even with --quiet."""
        write_stderr(f"{self.style('error', 'error')}: {text}")

    def print_report(self, report: Report) -> None:
        """Write the findings of a report; with --quiet only the errors."""
        from skillpack.output import text
        from skillpack.values import replace

        shown = replace(report, findings=report.errors) if self.quiet else report
        if shown.findings:
            from skillpack.cli.fixing_call import fixing_call, without_idle_edits

            shown = without_idle_edits(shown, on_disk=self.on_disk)
            write_stderr(text.render(shown, self.look(sys.stderr)._replace(fix=fixing_call(shown))))

    def print_summary(self, tree: SkillTree, result: str = "", name: str = "") -> None:
        """Write in one line what is packed and what is excluded; with --verbose also each excluded path and why.

        Args:
            tree: the files.
            result: what they were packed to, as files.describe_zip or files.describe_base64 has it.
            name: that of the skill, if the call has several.
        """
        from skillpack.output import files

        before = f"{escaped(name)}: " if name else ""
        for line in files.list_excluded(tree) if self.verbose else ():
            self.print(f"{before}excluded {line}")
        from skillpack.output.text import wrap

        text = before + files.summary(tree, result)
        self.print("\n".join(wrap(text, self.look(sys.stderr), "", "  ")))

    def progress(self) -> ProgressLine:
        """Return a progress line, shown only on a terminal and without --quiet."""
        return ProgressLine(shown=not self.quiet and sys.stderr.isatty())


def _in_color(text: str, style: str) -> str:
    return click.style(text, **_STYLES[style])  # type: ignore[arg-type]


class ConsoleHolder:
    """Holds the console of the current command, for reporting its failure after the command has ended."""

    def __init__(self) -> None:
        self.console = Console()


def _terminal_width() -> int:
    import shutil  # slow to import: it imports three compression modules

    return max(shutil.get_terminal_size().columns, _NARROWEST)


class ProgressLine:
    """Shows how far the packing has come, once it takes over 0.3 seconds, if it is `shown` at all."""

    _DELAY: Final = 0.3

    def __init__(self, *, shown: bool) -> None:
        self.shown = shown
        self._begin = time.monotonic()
        self._last = ""

    def __call__(self, progress: Progress) -> None:
        """Show one more file as done."""
        if not self.shown or time.monotonic() - self._begin < self._DELAY:
            return
        line = f"packing {progress.done * 100 // max(progress.total, 1):3d} %  {escaped(progress.path)[:60]}"
        write_stderr(f"\r{line:<{len(self._last)}}", newline=False)
        self._last = line
        if progress.done == progress.total:
            self.clear()

    def clear(self) -> None:
        """Remove the line."""
        if self._last:
            write_stderr(f"\r{'':<{len(self._last)}}\r", newline=False)
            self._last = ""
