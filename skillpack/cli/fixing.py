"""Skills to the same skills mended, or to the diff that would mend them: `check --fix` and `check --diff`."""

from __future__ import annotations

import sys
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import click

from skillpack.cli import streams
from skillpack.findings import Report, escaped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from skillpack import Builder, SkillSource
    from skillpack.cli.console import Console
    from skillpack.fixes import Fix
    from skillpack.skill.tree import SkillTree

    Judged = Iterable[tuple[Builder, SkillSource]]


def options(function: Callable[..., int]) -> Callable[..., int]:
    """Add the two options."""
    for option in (
        click.option("--diff", is_flag=True, help="Print what --fix would change; write nothing."),
        click.option("--fix", is_flag=True, help="Mend what can be mended without changing what a skill says."),
    ):
        function = option(function)
    return function


def fixed(judged: Judged, console: Console) -> Iterator[tuple[Builder, SkillSource]]:
    """Mend each skill on disk, say what was done, and yield it as it is now."""
    from skillpack import fixes

    for builder, source in judged:
        tree, found = _found(builder, source, console)
        for fix in found:
            fixes.write(fix)
            said = ", ".join(f"{rule}{f' ({times} times)' if times > 1 else ''}" for rule, times in fix.counts.items())
            console.say(f"mended {_path(tree, fix)}: {said}")
        yield builder, fixes.applied(tree, found)


def print_diff(judged: Judged, console: Console) -> int:
    """Print what would be mended as unified diffs; return 1 if there is anything, 2 if a rule crashed."""
    status = 0
    for builder, source in judged:
        tree, found = _found(builder, source, console)
        report = builder.check(tree)
        if report.crashed:
            status = 2
            console.report(Report(findings=tuple(finding for finding in report if finding.rule == "rule-crashed")))
        for fix in found:
            status = max(status, 1)
            diff = fix.diff(_path(tree, fix))
            streams.put(_for_terminal(diff) if sys.stdout.isatty() else diff, newline=False)
    return status


def _for_terminal(diff: str) -> str:
    """Return the diff with nothing in it that a terminal would obey; what is piped stays as patch needs it."""
    lines = (line.removesuffix("\r").split("\t") for line in diff.split("\n"))
    return "\n".join("\t".join(map(escaped, line)) for line in lines)


def _found(builder: Builder, source: SkillSource, console: Console) -> tuple[SkillTree, tuple[Fix, ...]]:
    from skillpack.fixes import find_fixes

    tree = builder.tree(source)
    if Path(tree.origin).is_file():
        console.say(f"{escaped(tree.origin)} is a zip, which is not mended: mend the skill, and pack it again")
        return tree, ()
    return tree, find_fixes(tree, builder.settings)


def _path(tree: SkillTree, fix: Fix) -> str:
    return escaped((PurePosixPath(tree.origin) / fix.file.path).as_posix())
