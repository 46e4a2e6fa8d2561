"""`skillpack files`: list what is packed, or what is excluded and why."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from skillpack.cli import options
from skillpack.cli.console import write_stdout
from skillpack.cli.packing import find_unmatched
from skillpack.errors import SkillChangedError
from skillpack.skill.decisions import describe_error

if TYPE_CHECKING:
    from skillpack.skill.tree import SkillTree


@click.command("files", epilog="Example: skillpack files skills/pdf-forms --excluded")
@click.argument("skill", default=".")
@click.option("--tree", "as_tree", is_flag=True, help="Draw the files as a tree.")
@click.option("--excluded", is_flag=True, help="List what is excluded, and why.")
@click.option("--output-format", type=click.Choice(["text", "json"]), default="text", help="Output format.")
@options.selection
@options.common
def command(session: options.Session, skill: str, as_tree: bool, excluded: bool, output_format: str) -> None:
    """List what is packed, with sizes, `*` for executable files and `!` for rejected paths; or what is excluded.

    --tree and --excluded together draw both. An excluded directory stands for everything in it.
    """
    from skillpack.output import files, json

    tree = _reject_unreadable(session.builder(skill).tree(skill))
    find_unmatched(session, [tree]).raise_for_errors()
    if output_format == "json":
        write_stdout(json.render_files(tree))
        return
    if as_tree:
        lines = files.draw_tree(tree, excluded=excluded, encoding=sys.stdout.encoding or "ascii")
    else:
        lines = files.list_excluded(tree, rejected=True) if excluded else files.list_packed(tree)
    for line in lines:
        write_stdout(line)
    session.console.print_summary(tree)


def _reject_unreadable(tree: SkillTree) -> SkillTree:
    """Return the tree with each unreadable file among what is rejected, as in a check."""
    readable, rejected = [], list(tree.selection.rejected)
    for file in tree.files:
        try:
            file.executable  # noqa: B018 - reads the content
        except (OSError, SkillChangedError) as error:
            rejected.append(describe_error(file.path, error))
        else:
            readable.append(file)
    return replace(tree, files=tuple(readable), selection=replace(tree.selection, rejected=tuple(rejected)))
