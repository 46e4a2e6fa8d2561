"""`skillpack files`: list what is packed, or what is excluded and why."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from skillpack.cli import options
from skillpack.cli.console import write_stdout
from skillpack.cli.opening import find_unmatched, open_skills, unread_as_json
from skillpack.errors import SkillChangedError
from skillpack.skill.decisions import describe_error
from skillpack.text import escaped
from skillpack.values import replace

if TYPE_CHECKING:
    from skillpack.skill.tree import SkillTree


@click.command("files", epilog="Example: skillpack files skills/pdf-forms --excluded")
@click.argument("skill", default=".", shell_complete=options.complete_path)
@click.option("--tree", "as_tree", is_flag=True, help="Draw the files as a tree.")
@click.option("--excluded", is_flag=True, help="List what is excluded, and why.")
@click.option("--output-format", type=click.Choice(["text", "json"]), default="text", help="Output format.")
@options.selection
@options.common
def command(session: options.Session, skill: str, as_tree: bool, excluded: bool, output_format: str) -> None:
    """List what is packed, or what is excluded. `*` marks executable files, `!` rejected paths.

    --tree and --excluded together draw both. An excluded directory stands for everything in it.
    """
    with unread_as_json(output_format, session, skill):
        opened = open_skills(session, skill)
    opened.report.raise_for_errors()
    for tree in opened.trees:
        if tree.selection.unreadable:
            opened.builder.check(tree).raise_for_errors()
    find_unmatched(session, opened.trees).raise_for_errors()
    if output_format == "json" and len(opened.trees) != 1:
        raise click.UsageError(f"--output-format json takes one skill, and {escaped(skill)} has {len(opened.trees)}")
    for tree in map(_reject_unreadable, opened.trees):
        if len(opened.trees) > 1:
            write_stdout(f"{escaped(tree.origin)}:")
        name = tree.origin if len(opened.trees) > 1 else ""
        _print(session, tree, output_format, name, as_tree=as_tree, excluded=excluded)


def _print(
    session: options.Session, tree: SkillTree, output_format: str, name: str, *, as_tree: bool, excluded: bool
) -> None:
    from skillpack.output import files, json

    if output_format == "json":
        write_stdout(json.render_files(tree))
        return
    if as_tree:
        look = session.console.look(sys.stdout)
        lines = files.draw_tree(tree, excluded=excluded, encoding=sys.stdout.encoding or "ascii", style=look.style)
    else:
        lines = files.list_excluded(tree, rejected=True) if excluded else files.list_packed(tree)
    for line in lines:
        write_stdout(line, colored=as_tree)
    session.console.print_summary(tree, name=name)


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
