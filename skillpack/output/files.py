"""Show the files of a skill as text: what is packed, what is excluded by which rule, what is rejected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from skillpack.limits import MAX_BASE64_CHARS
from skillpack.output.text import plain
from skillpack.select.defaults import NAMED
from skillpack.text import escaped, format_share, format_size, plural, width

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from skillpack.output.text import Style
    from skillpack.skill.decisions import Decision, Excluded
    from skillpack.skill.tree import SkillTree

_FEW: Final = 3
_MANY: Final = 20
_LONGEST: Final = 100
_COLUMN: Final = 40  # a longer path moves the rest of its line to the right
_BY: Final = {
    "always": "always",
    "option": "by option",
    "skillignore": "by .skillignore",
    "gitignore": "by .gitignore",
    "default": "by default",
}


def summary(tree: SkillTree, result: str = "") -> str:
    """Return `12 files, 48 kB; 3 excluded by .gitignore (...), 1 by default (.env); 1 rejected (...)`.

    Args:
        tree: the files.
        result: what they were packed to, as describe_zip or describe_base64 has it; it follows their size.
    """
    by_layer: dict[str, list[Excluded]] = {}
    for entry in tree.selection.excluded:
        by_layer.setdefault(_BY[entry.decision.layer], []).append(entry)
    counted = [(f"{len(entries):,}", f"{by} ({_name_some(entries)})") for by, entries in by_layer.items()]
    parts = [f"{plural(len(tree.files), 'file')}, {format_size(tree.size)}{result and f'; {result}'}"]
    if counted:
        (first, by), *more = counted
        parts.append(", ".join([f"{first} excluded {by}", *(" ".join(each) for each in more)]))
    if rejected := tree.selection.rejected:
        shown = [f"{_shorten(issue.location.path)}: {_shorten(issue.message)}" for issue in rejected[:_FEW]]
        parts.append(f"{len(rejected):,} rejected ({', '.join(shown + ['...'] * (len(rejected) > _FEW))})")
    return "; ".join(parts)


def describe_zip(zip_bytes: int, limit: int | None) -> str:
    """Return how large a zip is and how much of its limit it uses: `zip of 1.6 kB, <0.1 % of the limit`.

    Args:
        zip_bytes: the size of the zip.
        limit: what its targets accept, in bytes; if None, the share is omitted.
    """
    share = "" if limit is None else f", {format_share(zip_bytes / limit)} of the limit"
    return f"zip of {format_size(zip_bytes)}{share}"


def describe_base64(zip_bytes: int) -> str:
    """Return how large a zip is in a body and how much of its limit it uses: `2.83 kB of base64, <0.1 % of the limit`.

    Args:
        zip_bytes: the size of the zip.
    """
    characters = (zip_bytes + 2) // 3 * 4
    return f"{format_size(characters)} of base64, {format_share(characters / MAX_BASE64_CHARS)} of the limit"


def _name_some(entries: list[Excluded]) -> str:
    """Name a few paths, but up to 20 of those that were more likely meant to be packed."""
    likely = [entry for entry in entries if entry.decision.group in NAMED]
    rest = [entry for entry in entries if entry.decision.group not in NAMED]
    shown = likely[:_MANY] + rest[: max(_FEW - len(likely), 0)]
    return ", ".join([_shorten(entry.path) for entry in shown] + ["..."] * (len(shown) < len(entries)))


def _shorten(text: str) -> str:
    """Return a path or message for a line that holds several: of a long one its beginning and its end."""
    shown = escaped(text)
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST // 2]}...{shown[-_LONGEST // 2 :]}"


def format_decision(decision: Decision, path: str) -> str:
    """Return `.gitignore:2: build/`: the line that decided, and what it matched unless that is the path itself."""
    place = f"{escaped(decision.file)}:{decision.line}" if decision.file else str(decision.layer)
    group = f"  ({decision.group})" if decision.group else ""
    matched = "" if decision.matched.rstrip("/") == path.rstrip("/") else f"  (on {escaped(decision.matched)})"
    return f"{place}: {escaped(decision.pattern)}{group}{matched}"


def list_packed(tree: SkillTree) -> Iterator[str]:
    """Yield a line for each file: its size, `*` if it is executable, its path; then the rejected paths, with `!`."""
    digits = max((len(f"{file.size:,}") for file in tree.files), default=0)
    for file in tree.files:
        yield f"{file.size:>{digits},} {'*' if file.executable else ' '} {escaped(file.path)}"
    for issue in tree.selection.rejected:
        yield f"{'?':>{digits}} ! {escaped(issue.location.path)}  rejected: {escaped(issue.message)}"


def list_excluded(tree: SkillTree, *, rejected: bool = False) -> Iterator[str]:
    """Yield a line for each excluded path, with the line that decided.

    Args:
        tree: the files.
        rejected: whether to list the rejected paths after them.
    """
    rows = [(entry.path, format_decision(entry.decision, entry.path)) for entry in tree.selection.excluded]
    column = min(max((width(escaped(path)) for path, _ in rows), default=0), _COLUMN)
    if rejected:
        rows += [(issue.location.path, f"rejected: {escaped(issue.message)}") for issue in tree.selection.rejected]
    for path, reason in rows:
        yield f"{_pad(escaped(path), column)}  {reason}"


_LINES: Final = ("├── ", "└── ", "│   ", "    ")
_ASCII: Final = ("|-- ", "`-- ", "|   ", "    ")

_Folder = dict[str, "_Folder | str"]  # name -> the entries of a folder, or the remark on a file


def draw_tree(
    tree: SkillTree, *, excluded: bool, encoding: str, style: Callable[[str, Style], str] = plain
) -> Iterator[str]:
    """Yield the lines of a tree of the files with their sizes.

    Args:
        tree: the files.
        excluded: whether to show what is excluded too, with the line that decided.
        encoding: the encoding of the stream, which may lack the characters for lines.
        style: returns a text in a style.
    """
    root: _Folder = {}
    for file in tree.files:
        _insert(root, file.path, f"{format_size(file.size):>8}{' *' if file.executable else ''}")
    for entry in tree.selection.excluded if excluded else ():
        _insert(root, entry.path, f"excluded  {format_decision(entry.decision, entry.path)}")
    for issue in tree.selection.rejected:
        _insert(root, issue.location.path, f"rejected  {escaped(issue.message)}")
    rows = [("", f"{escaped(tree.directory)}/", ""), *_rows(root, "", _strokes(encoding))]
    column = min(max(width(before + name) for before, name, _ in rows), _COLUMN)
    for before, name, remark in rows:
        line = f"{_pad(before + name, column)}  {remark}".rstrip()
        text = line[len(before) :]
        yield before + (style(text, kind) if (kind := _style_of(name, remark)) else text)


def _style_of(name: str, remark: str) -> Style | None:
    """Return the style of a row: excluded and rejected paths whole, then folders and executable files."""
    if remark.startswith("excluded"):
        return "dim"
    if remark.startswith("rejected"):
        return "error"
    if name.endswith("/"):
        return "bold"
    return "good" if remark.endswith("*") else None


def _pad(text: str, column: int) -> str:
    return text + " " * (column - width(text))


def _insert(root: _Folder, path: str, remark: str) -> None:
    *folders, name = path.removesuffix("/").split("/")
    folder = root
    for each in folders:
        inner = folder.setdefault(f"{each}/", {})
        assert isinstance(inner, dict)
        folder = inner
    folder[f"{name}/" if path.endswith("/") else name] = remark


def _rows(folder: _Folder, before: str, strokes: tuple[str, ...]) -> Iterator[tuple[str, str, str]]:
    """Yield the lines before a name, the name and its remark for each entry."""
    names = sorted(folder)
    for name in names:
        last = name == names[-1]
        inner = folder[name]
        yield before + strokes[last], escaped(name), inner if isinstance(inner, str) else ""
        if isinstance(inner, dict):
            yield from _rows(inner, before + strokes[2 + last], strokes)


def _strokes(encoding: str) -> tuple[str, ...]:
    try:
        "".join(_LINES).encode(encoding)
    except UnicodeEncodeError:
        return _ASCII
    return _LINES
