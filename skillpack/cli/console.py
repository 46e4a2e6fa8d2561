"""What is said to a person: on stderr, coloured where that helps, never a raw control character."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TextIO

import click

from skillpack.findings import escaped

if TYPE_CHECKING:
    from skillpack.builder import Progress
    from skillpack.findings import Report
    from skillpack.output import Look
    from skillpack.tree import LeftOut, SkillTree

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
}


@dataclass(frozen=True, slots=True)
class Console:
    """How to talk: with or without colour, more or less."""

    color: Color = "auto"
    quiet: bool = False
    verbose: bool = False

    def colored(self, stream: object = None) -> bool:
        """Whether to write colours to a stream (stderr if None); click ignores these conventions."""
        if self.color != "auto":
            return self.color == "always"
        if os.environ.get("NO_COLOR"):
            return False
        if os.environ.get("FORCE_COLOR"):
            return True
        stream = stream or sys.stderr
        return os.environ.get("TERM") != "dumb" and bool(getattr(stream, "isatty", bool)())

    def style(self, text: str, style: str, stream: object = None) -> str:
        """Return the text in a style, or as it is where there is no colour."""
        return click.style(text, **_STYLES[style]) if self.colored(stream) else text  # type: ignore[arg-type]

    def look(self, stream: TextIO) -> Look:
        """Return how a report looks on a stream: as wide as the terminal, unwrapped where there is none."""
        from skillpack.output import Look

        return Look(_width() if stream.isatty() else None, lambda text, style: self.style(text, style, stream))

    def say(self, text: str) -> None:
        """Write a line to stderr, unless --quiet."""
        if not self.quiet:
            click.echo(text, err=True, color=True)

    def report(self, report: Report) -> None:
        """Write what there is to say of skills to stderr; with --quiet only errors."""
        from skillpack.findings import Report
        from skillpack.output import text

        shown = Report(report.errors) if self.quiet else report
        if shown.findings:
            click.echo(text.render(shown, self.look(sys.stderr)), err=True, color=True)

    def summary(self, tree: SkillTree) -> None:
        """Say in one line what was kept and what was left out; with --verbose also why, a line each."""
        for entry in tree.left_out if self.verbose else ():
            self.say(f"left out {reason(entry)}")
        self.say(summary(tree))

    def watch(self) -> Watch:
        """Return a watch that shows progress, where there is somebody to see it."""
        return Watch(shown=not self.quiet and sys.stderr.isatty())


@dataclass
class Voice:
    """The console of the present call, for whoever reports its failure once the command is left."""

    console: Console = Console()


def reason(entry: LeftOut) -> str:
    """Return `build/  .gitignore:2: build/`: what is left out, and the line that decided."""
    decision = entry.decision
    where = f"{escaped(decision.file)}:{decision.line}" if decision.file else decision.layer
    return f"{escaped(entry.path)}  {where}: {escaped(decision.pattern)}"


def _width() -> int:
    import shutil  # it brings the modules of three compressors along

    return max(shutil.get_terminal_size().columns, _NARROWEST)


def summary(tree: SkillTree) -> str:
    """Return `kept 12 files, 48 kB; left out 3 by .gitignore, 1 by default (.env)`."""
    by_layer: dict[str, list[str]] = {}
    for entry in tree.left_out:
        by_layer.setdefault(entry.decision.layer, []).append(entry.path)
    parts = []
    for layer, paths in by_layer.items():
        shown = ", ".join(escaped(path) for path in paths[:3]) + (", ..." if len(paths) > 3 else "")
        parts.append(f"{len(paths)} by {layer} ({shown})")
    kept = f"kept {count(len(tree.files), 'file')}, {size(tree.size)}"
    return f"{kept}; left out {', '.join(parts)}" if parts else kept


def count(number: int, noun: str) -> str:
    """Return `1 file`, `1,200 files`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def size(number: int) -> str:
    """Return a number of bytes in the unit a person would use: 512 B, 48 kB, 31.4 MB."""
    if number < 1000:
        return f"{number} B"
    if number < 1_000_000:
        return f"{number / 1000:.3g} kB" if number < 999_500 else "1 MB"
    return f"{number / 1_000_000:.1f} MB"


class Watch:
    """Shows how far the packing has come, once it takes over 0.3 seconds."""

    _PATIENCE: Final = 0.3

    def __init__(self, *, shown: bool) -> None:
        self._shown = shown
        self._begin = time.monotonic()
        self._last = ""

    def __call__(self, progress: Progress) -> None:
        """Show one more file as done."""
        if not self._shown or time.monotonic() - self._begin < self._PATIENCE:
            return
        line = f"packing {progress.done * 100 // max(progress.total, 1):3d} %  {escaped(progress.path)[:60]}"
        click.echo(f"\r{line:<{len(self._last)}}", err=True, nl=False)
        self._last = line
        if progress.done == progress.total:
            self.clear()

    def clear(self) -> None:
        """Take the line away."""
        if self._last:
            click.echo(f"\r{'':<{len(self._last)}}\r", err=True, nl=False)
            self._last = ""
