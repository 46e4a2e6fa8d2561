"""`skillpack diff`: show what differs between two skills."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from skillpack.bundle.diff import SkillDiff, TextBudget, compare
from skillpack.cli import options
from skillpack.cli.console import write_stdout
from skillpack.cli.deliver import deliver
from skillpack.cli.exit_codes import FAILED, FINDINGS, SUCCEEDED
from skillpack.cli.opening import STDIN, collect_rejections, find_unmatched, open_path, unread_as_json
from skillpack.cli.packing import refuse_outputs_inside
from skillpack.errors import NotASkillError
from skillpack.findings import RejectedError, Report
from skillpack.skill.skill import Skill
from skillpack.skill.tree import SkillTree
from skillpack.text import escaped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from skillpack.cli.opening import Opened


@click.command("diff", epilog="Example: skillpack diff received.zip skills/pdf-forms")
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@click.option("--patch", type=options.output_path, help="Also write a patch for `git apply` to this file.")
@click.option("--output-format", type=click.Choice(["text", "json"]), default="text", help="Output format.")
@options.selection
@options.common
def command(session: options.Session, before: str, after: str, patch: Path | None, output_format: str) -> int:
    """Show what differs between two skills: first what every model reads (name and description), then the rest.

    A and B are skills' directories, zips or request bodies in JSON, and one may be `-`. In two bodies, skills of the
    same name are compared. Exits with 0 if they have the same content digest, 1 if not, 2 if one cannot be read.
    """
    if before == after == STDIN:
        raise click.UsageError("only one of A and B can be stdin")
    try:
        opened: list[Opened] = []
        for path in (before, after):
            with unread_as_json(output_format, session, path):
                opened.append(open_path(session, path))
        Report.merge(each.report for each in opened).raise_for_errors()
        find_unmatched(session, [tree for each in opened for tree in each.trees]).raise_for_errors()
        failures: list[Report] = []
        for each, path in zip(opened, (before, after), strict=True):
            with unread_as_json(output_format, session, path):
                _require_digests(each, path, failures)
        Report.merge(failures).raise_for_errors()
    except RejectedError as error:  # 1 means that the skills differ
        session.console.print_report(error.report)
        return FAILED
    refuse_outputs_inside(session, (tree for each in opened for tree in each.trees), [patch])
    diffs = [(name, compare(*map(Skill.from_tree, pair))) for name, pair in _pairs(*opened)]
    if patch:
        deliver(_patch(diffs), patch, newline=False)
    if not (patch and str(patch) == STDIN):
        _print(session, diffs, output_format)
    session.console.print(_summary(diffs))
    return SUCCEEDED if all(diff.equal for _, diff in diffs) else FINDINGS


def _require_digests(opened: Opened, path: str, failures: list[Report]) -> None:
    """Raise an error for a source without skills; add the report on one that cannot be packed to `failures`."""
    if not opened.trees:
        raise NotASkillError(f"{escaped(path)} has no inline skill")
    for tree in opened.trees:
        with collect_rejections(failures):
            opened.builder.digest(tree)


def _pairs(before: Opened, after: Opened) -> Iterator[tuple[str, tuple[SkillTree, SkillTree]]]:
    """Yield the skills to compare: both if each source has one, else those of the same name."""
    if len(before.trees) == len(after.trees) == 1:
        yield "", (before.trees[0], after.trees[0])
        return
    old, new = _by_name(before), _by_name(after)
    for name in sorted(old.keys() | new.keys()):
        yield name, (old.get(name, SkillTree(())), new.get(name, SkillTree(())))


def _by_name(opened: Opened) -> dict[str, SkillTree]:
    return {Skill.from_tree(tree).name or tree.directory: tree for tree in opened.trees}


def _patch(diffs: Iterable[tuple[str, SkillDiff]]) -> Iterator[bytes]:
    for name, diff in diffs:
        yield from diff.iter_patch(f"{name}/" if name else "")


def _print(session: options.Session, diffs: Iterable[tuple[str, SkillDiff]], output_format: str) -> None:
    from skillpack.output import diff as text
    from skillpack.output import json

    if output_format == "json":
        write_stdout(json.render_diff(diffs))
        return
    look, budget = session.console.look(sys.stdout), TextBudget()
    for name, diff in diffs:
        for line in () if diff.equal else text.render(diff, look, budget, name):
            write_stdout(line, colored=True)


def _summary(diffs: Iterable[tuple[str, SkillDiff]]) -> str:
    from skillpack.output.diff import summary

    return summary(diff for _, diff in diffs)
