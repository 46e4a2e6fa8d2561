"""What is said to a person: on stderr, coloured where that helps, never a raw control character."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TextIO

import click

from skillpack.cli import streams
from skillpack.findings import escaped
from skillpack.select.defaults import NAMED

if TYPE_CHECKING:
    from skillpack.bundle.packing import Progress
    from skillpack.findings import Report
    from skillpack.output import Look
    from skillpack.skill.decisions import Decision, Excluded
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
}


_FEW: Final = 3
_MANY: Final = 20
_BRIEF: Final = 100
COLUMN: Final = 40  # a longer path pushes the rest of its line aside
_BY: Final = {
    "always": "always",
    "option": "by option",
    "skillignore": "by .skillignore",
    "gitignore": "by .gitignore",
    "default": "by default",
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

        width = _width() if stream.isatty() else None
        return Look(width, lambda text, style: self.style(text, style, stream), summed=not self.quiet)

    def say(self, text: str) -> None:
        """Write a line to stderr, unless --quiet."""
        if not self.quiet:
            streams.tell(text)

    def fail(self, text: str) -> None:
        """Say on stderr what failed, even with --quiet."""
        streams.tell(f"{self.style('error', 'error')}: {text}")

    def report(self, report: Report) -> None:
        """Write what there is to say of skills to stderr; with --quiet only errors."""
        from skillpack.findings import Report
        from skillpack.output import text

        shown = Report(report.errors) if self.quiet else report
        if shown.findings:
            streams.tell(text.render(shown, self.look(sys.stderr)))

    def summary(self, tree: SkillTree) -> None:
        """Say in one line what was kept and what was left out; with --verbose also why, a line each."""
        width = max((len(escaped(entry.path)) for entry in tree.selection.excluded), default=0)
        for entry in tree.selection.excluded if self.verbose else ():
            self.say(f"left out {reason(entry, min(width, COLUMN))}")
        self.say(summary(tree))

    def watch(self) -> Watch:
        """Return a watch that shows progress, where there is somebody to see it."""
        return Watch(shown=not self.quiet and sys.stderr.isatty())


@dataclass
class Voice:
    """The console of the present call, for whoever reports its failure once the command is left."""

    console: Console = Console()


def reason(entry: Excluded, width: int = 0) -> str:
    """Return `build/  .gitignore:2: build/`: what is left out, and the line that decided.

    Args:
        entry: what is left out.
        width: how many columns the path fills at least.
    """
    return f"{escaped(entry.path):<{width}}  {deciding(entry.decision, entry.path)}"


def deciding(decision: Decision, path: str) -> str:
    """Return `.gitignore:2: build/`: the line that decided, and what it matched if that is not the path itself."""
    place = f"{escaped(decision.file)}:{decision.line}" if decision.file else str(decision.layer)
    group = f"  ({decision.group})" if decision.group else ""
    matched = "" if decision.matched.rstrip("/") == path.rstrip("/") else f"  (on {escaped(decision.matched)})"
    return f"{place}: {escaped(decision.pattern)}{group}{matched}"


def _width() -> int:
    import shutil  # it brings the modules of three compressors along

    return max(shutil.get_terminal_size().columns, _NARROWEST)


def summary(tree: SkillTree) -> str:
    """Return `kept 12 files, 48 kB; left out 3 by .gitignore (...), 1 by default (.env)`."""
    by_layer: dict[str, list[Excluded]] = {}
    for entry in tree.selection.excluded:
        by_layer.setdefault(_BY[entry.decision.layer], []).append(entry)
    parts = [f"{len(entries):,} {by} ({_named(entries)})" for by, entries in by_layer.items()]
    included = f"kept {count(len(tree.files), 'file')}, {size(tree.size)}"
    said = [included]
    if parts:
        said.append(f"left out {', '.join(parts)}")
    if rejected := tree.selection.rejected:
        shown = [f"{_brief(issue.location.path)}: {_brief(issue.message)}" for issue in rejected[:_FEW]]
        said.append(f"rejected {len(rejected):,} ({', '.join(shown + ['...'] * (len(rejected) > _FEW))})")
    return "; ".join(said)


def _named(entries: list[Excluded]) -> str:
    """Name a few, but more of what somebody may have meant to go along."""
    dear = [entry for entry in entries if entry.decision.group in NAMED]
    rest = [entry for entry in entries if entry.decision.group not in NAMED]
    shown = dear[:_MANY] + rest[: max(_FEW - len(dear), 0)]
    return ", ".join([_brief(entry.path) for entry in shown] + ["..."] * (len(shown) < len(entries)))


def _brief(text: str) -> str:
    """Return a path or the like for a line that holds several: of a long one its beginning and its end."""
    shown = escaped(text)
    return shown if len(shown) <= _BRIEF else f"{shown[: _BRIEF // 2]}...{shown[-_BRIEF // 2 :]}"


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
        streams.tell(f"\r{line:<{len(self._last)}}", newline=False)
        self._last = line
        if progress.done == progress.total:
            self.clear()

    def clear(self) -> None:
        """Take the line away."""
        if self._last:
            streams.tell(f"\r{'':<{len(self._last)}}\r", newline=False)
            self._last = ""
