"""`skillpack files`: a skill to the list of what is packed and what is not."""

from __future__ import annotations

import sys
import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import click

from skillpack.cli import options, streams
from skillpack.cli.console import COLUMN, deciding, reason, size
from skillpack.cli.deliver import unmatched
from skillpack.errors import SkillChangedError
from skillpack.findings import escaped
from skillpack.skill.decisions import describe_error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from skillpack.skill.tree import SkillFile, SkillTree


@click.command("files", epilog="Example: skillpack files skills/pdf-forms --excluded")
@click.argument("skill", default=".")
@click.option("--tree", "as_tree", is_flag=True, help="Draw the folders as a tree.")
@click.option("--excluded", is_flag=True, help="List what is left out, and why.")
@click.option("--output-format", type=click.Choice(["text", "json"]), default="text", help="How to say it.")
@options.selection
@options.common
def command(session: options.Session, skill: str, as_tree: bool, excluded: bool, output_format: str) -> None:
    """List what is packed, with sizes, `*` for what is executable and `!` for what is refused; or what is left out.

    --tree and --excluded together draw both. A folder that is left out stands for everything in it.
    """
    from skillpack.cli.commands.files import drawn
    from skillpack.output import json

    tree = _readable(session.builder(skill).tree(skill))
    unmatched(session, [tree]).raise_for_errors()
    if output_format == "json":
        streams.put(json.render_files(tree))
        return
    lines = drawn(tree, excluded=excluded) if as_tree else _left_out(tree) if excluded else _listed(tree)
    for line in lines:
        streams.put(line)
    session.console.summary(tree)


def _readable(tree: SkillTree) -> SkillTree:
    """Return the tree with each file that cannot be read among what is refused, as check has it."""
    files, rejected = [], list(tree.selection.rejected)
    for file in tree.files:
        try:
            file.executable  # noqa: B018 - which asks the content
        except (OSError, SkillChangedError) as error:
            rejected.append(describe_error(file.path, error))
        else:
            files.append(file)
    return replace(tree, files=tuple(files), selection=replace(tree.selection, rejected=tuple(rejected)))


def _listed(tree: SkillTree) -> Iterator[str]:
    width = max((len(f"{file.size:,}") for file in tree.files), default=0)
    for file in tree.files:
        yield f"{file.size:>{width},} {_mark(file)} {escaped(file.path)}"
    for issue in tree.selection.rejected:
        yield f"{'?':>{width}} ! {escaped(issue.location.path)}  rejected: {issue.message}"


def _left_out(tree: SkillTree) -> Iterator[str]:
    width = max((len(escaped(entry.path)) for entry in tree.selection.excluded), default=0)
    for entry in tree.selection.excluded:
        yield reason(entry, min(width, COLUMN))
    for issue in tree.selection.rejected:
        yield f"{escaped(issue.location.path):<{min(width, COLUMN)}}  rejected: {issue.message}"


def _mark(file: SkillFile) -> str:
    return "*" if file.executable else " "


_LINES: Final = ("├── ", "└── ", "│   ", "    ")
_ASCII: Final = ("|-- ", "`-- ", "|   ", "    ")

_Branch = dict[str, "_Branch | str"]  # name -> what lies in the folder, or what to say of the file


def drawn(tree: SkillTree, *, excluded: bool) -> Iterator[str]:
    """Yield the lines of a tree's files with their sizes, and of what is left out with the reason, if asked."""
    root: _Branch = {}
    for file in tree.files:
        _put(root, file.path, f"{size(file.size):>8}{' *' if file.executable else ''}")
    for entry in tree.selection.excluded if excluded else ():
        _put(root, entry.path, f"left out  {deciding(entry.decision, entry.path)}")
    for issue in tree.selection.rejected:
        _put(root, issue.location.path, f"rejected  {issue.message}")
    rows = [(f"{escaped(tree.directory)}/", ""), *_rows(root, "", _strokes())]
    width = min(max(columns(name) for name, _ in rows), COLUMN)
    for name, remark in rows:
        yield f"{name}{' ' * (width - columns(name))}  {remark}".rstrip()


def columns(text: str) -> int:
    """Return how many columns of a terminal a text takes: two for East Asian wide characters, none for accents."""
    return sum(0 if unicodedata.combining(char) else 1 + (unicodedata.east_asian_width(char) in "WF") for char in text)


def _put(root: _Branch, path: str, remark: str) -> None:
    *folders, name = path.removesuffix("/").split("/")
    branch = root
    for folder in folders:
        inner = branch.setdefault(f"{folder}/", {})
        assert isinstance(inner, dict)
        branch = inner
    branch[f"{name}/" if path.endswith("/") else name] = remark


def _rows(branch: _Branch, before: str, strokes: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    names = sorted(branch)
    for name in names:
        last = name == names[-1]
        inner = branch[name]
        yield f"{before}{strokes[last]}{escaped(name)}", inner if isinstance(inner, str) else ""
        if isinstance(inner, dict):
            yield from _rows(inner, before + strokes[2 + last], strokes)


def _strokes() -> tuple[str, ...]:
    try:
        "".join(_LINES).encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return _ASCII
    return _LINES
