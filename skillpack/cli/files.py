"""`skillpack files`: a skill to the list of what is packed and what is not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from skillpack.cli import options, streams
from skillpack.cli.console import COLUMN, reason
from skillpack.cli.packing import unmatched
from skillpack.decisions import Odd, Oddity
from skillpack.errors import SkillChangedError
from skillpack.findings import escaped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from skillpack.tree import SkillFile, SkillTree


@click.command("files", epilog="Example: skillpack files skills/pdf-forms --left-out")
@click.argument("skill", default=".")
@click.option("--tree", "as_tree", is_flag=True, help="Draw the folders as a tree.")
@click.option("--left-out", is_flag=True, help="List what is left out, and why.")
@click.option("--output-format", type=click.Choice(["text", "json"]), default="text", help="How to say it.")
@options.selection
@options.common
def command(session: options.Session, skill: str, as_tree: bool, left_out: bool, output_format: str) -> None:
    """List what is packed, with sizes, `*` for what is executable and `!` for what is refused; or what is left out.

    --tree and --left-out together draw both. A folder that is left out stands for everything in it.
    """
    from skillpack.cli.drawing import drawn
    from skillpack.output import json

    tree = _readable(session.builder(skill).tree(skill))
    unmatched(session, [tree]).raise_for_errors()
    if output_format == "json":
        streams.put(json.render_files(tree))
        return
    lines = drawn(tree, left_out=left_out) if as_tree else _left_out(tree) if left_out else _listed(tree)
    for line in lines:
        streams.put(line)
    session.console.summary(tree)


def _readable(tree: SkillTree) -> SkillTree:
    """Return the tree with each file that cannot be read among what is refused, as check has it."""
    files, refused = [], list(tree.refused)
    for file in tree.files:
        try:
            file.executable  # noqa: B018 - which asks the content
        except SkillChangedError:
            refused.append(Odd(file.path, Oddity.FILE_CHANGED))
        except OSError as error:
            refused.append(Odd(file.path, Oddity.FILE_UNREADABLE, (error.strerror or "failed").lower()))
        else:
            files.append(file)
    return replace(tree, files=tuple(files), refused=tuple(refused))


def _listed(tree: SkillTree) -> Iterator[str]:
    width = max((len(f"{file.size:,}") for file in tree.files), default=0)
    for file in tree.files:
        yield f"{file.size:>{width},} {_mark(file)} {escaped(file.path)}"
    for odd in tree.refused:
        yield f"{'?':>{width}} ! {escaped(odd.path)}  refused: {odd.words}"


def _left_out(tree: SkillTree) -> Iterator[str]:
    width = max((len(escaped(entry.path)) for entry in tree.left_out), default=0)
    for entry in tree.left_out:
        yield reason(entry, min(width, COLUMN))
    for odd in tree.refused:
        yield f"{escaped(odd.path):<{min(width, COLUMN)}}  refused: {odd.words}"


def _mark(file: SkillFile) -> str:
    return "*" if file.executable else " "
