"""A tree of files to lines that draw it, folders as branches."""

from __future__ import annotations

import sys
import unicodedata
from typing import TYPE_CHECKING, Final

from skillpack.cli.console import COLUMN, deciding, size
from skillpack.findings import escaped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from skillpack.tree import SkillTree

_LINES: Final = ("├── ", "└── ", "│   ", "    ")
_ASCII: Final = ("|-- ", "`-- ", "|   ", "    ")

_Branch = dict[str, "_Branch | str"]  # name -> what lies in the folder, or what to say of the file


def drawn(tree: SkillTree, *, left_out: bool) -> Iterator[str]:
    """Yield the lines of a tree's files with their sizes, and of what is left out with the reason, if asked."""
    root: _Branch = {}
    for file in tree.files:
        _put(root, file.path, f"{size(file.size):>8}{' *' if file.executable else ''}")
    for entry in tree.left_out if left_out else ():
        _put(root, entry.path, f"left out  {deciding(entry.decision, entry.path)}")
    for odd in tree.refused:
        _put(root, odd.path, f"refused  {odd.words}")
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
