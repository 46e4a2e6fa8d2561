"""Show what a skill costs in a request as text: bars for its folders and files, limits, savings, texts for a model."""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, Final

from skillpack.output.text import wrap
from skillpack.select.wildmatch import line_for
from skillpack.text import escaped, format_share, format_size, plural, width
from skillpack.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from skillpack.bundle.size import FileSize, LimitUse, ModelText, Saving, SkillSize
    from skillpack.output.text import Look, Style

_COLUMNS: Final = 80
_WIDEST: Final = 120
_ROWS: Final = 24
_NAME: Final = 30
_LEAST_NAME: Final = 25  # the longest row that is not a path
_EIGHTHS: Final = " ▏▎▍▌▋▊▉█"
_ASCII: Final = " #"
_CLOSE: Final = 0.8  # of a limit: from here its bar has the colour of a warning

KINDS: Final = {
    "listing": "in every request: name and description",
    "body": "when the skill is used: its SKILL.md",
    "reference": "perhaps then",
}


class Node(NamedTuple):
    """A file or folder; `inner` is what is in a folder, the most expensive first."""

    path: str
    characters: int
    files: int
    inner: tuple[Node, ...] = ()

    @property
    def name(self) -> str:
        """The last part of the path, with a slash at the end if it is a folder."""
        return self.path.removesuffix("/").rpartition("/")[2] + "/" * self.path.endswith("/")


def render(size: SkillSize, look: Look, encoding: str = "utf-8", *, whole: bool = False) -> Iterator[str]:
    """Yield the lines that show what a skill costs.

    Args:
        size: what it costs.
        look: width and colours.
        encoding: that of the stream, which may lack the characters for bars.
        whole: whether to show every file, not only the most expensive ones.
    """
    columns = min(look.width or _COLUMNS, _WIDEST)
    bars = _Bars(_blocks(encoding), look)
    yield look.style(f"{escaped(size.name)}: {size.body_bytes:,} bytes as JSON for a request", "bold")
    yield ""
    yield from _body(size, bars, columns, whole=whole)
    if size.limits:
        yield ""
        yield look.style("limits", "bold")
        for use in size.limits:
            yield from _limit(use, bars, columns)
    if size.savings:
        yield ""
        yield look.style("would save most", "bold")
        for saving in size.savings:
            share = format_share(saving.characters / size.body_bytes)
            yield from _beside(f"  {saving.characters:>11,}  {share:>6}  ", describe_saving(saving), look)
    yield ""
    yield look.style("read by a model (tokens are an estimate)", "bold")
    yield f"  {'characters':>11}  {'tokens':>8}"
    shown = size.texts if whole else size.texts[:_ROWS]
    for text in shown:
        tokens = f"~{text.tokens:,}"
        yield from _beside(f"  {text.characters:>11,}  {tokens:>8}  ", describe_text(text), look)
    if len(shown) < len(size.texts):
        rest = size.texts[len(shown) :]
        tokens = f"~{sum(text.tokens for text in rest):,}"
        count = plural(len(rest), "more text")
        yield f"  {sum(text.characters for text in rest):>11,}  {tokens:>8}  {KINDS['reference']}: {count}"


def describe_saving(saving: Saving) -> str:
    """Return what to do for a saving: `exclude /assets/video.mp4`."""
    paths = [escaped(path) for path in saving.paths]
    if saving.kind == "compression":
        return f"--compression {paths[0]}"
    if saving.kind == "exclude":
        return f"exclude {escaped(line_for(saving.paths[0]))}"
    more = f" and {len(paths) - 2:,} more" if len(paths) > 2 else ""
    return f"equal content: {paths[0]}, {paths[1]}{more}"


def describe_text(text: ModelText) -> str:
    """Return when a model reads a text: `perhaps then: references/fields.md`."""
    return f"{KINDS[text.kind]}: {escaped(text.path)}" if text.kind == "reference" else KINDS[text.kind]


def describe_limit(use: LimitUse) -> str:
    """Return how much of which limit is used: `2,828 of 70,254,592 characters of base64`."""
    if use.name == "characters":
        return f"{use.used:,} of {use.limit:,} characters of base64"
    if use.name == "zip":
        return f"{format_size(use.used)} of {format_size(use.limit)} for the zip"
    if use.name == "files":
        return f"{use.used:,} of {use.limit:,} files"
    return f"{format_size(use.used)} of {format_size(use.limit)} for a file ({escaped(use.path or '')})"


class _Bars(NamedTuple):
    """Draws bars, in the characters that an encoding has."""

    blocks: str
    look: Look

    def draw(self, share: float, columns: int, style: Style) -> str:
        """Return a bar of a part of some columns, padded to all of them; what is not nothing is visible."""
        steps = len(self.blocks) - 1
        eighths = round(min(share, 1) * columns * steps)
        eighths = max(eighths, 1) if share > 0 else 0
        whole, rest = divmod(eighths, steps)
        bar = self.blocks[-1] * whole + (self.blocks[rest] if rest else "")
        return self.look.style(bar, style) + " " * (columns - len(bar)) if bar else " " * columns


def _blocks(encoding: str) -> str:
    try:
        _EIGHTHS.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return _ASCII
    return _EIGHTHS


def _body(size: SkillSize, bars: _Bars, columns: int, *, whole: bool) -> Iterator[str]:
    rows = list(_rows(size, whole=whole))
    name = min(max(width(label) for label, _ in rows), max(_NAME + (columns - _COLUMNS) // 2, _LEAST_NAME))
    room = max(columns - name - 25, 8)
    yield f"  {'bytes':>11}  {'share':>6}"
    for label, characters in rows:
        share = characters / size.body_bytes
        bar = bars.draw(share, room, "note")
        yield f"  {characters:>11,}  {format_share(share):>6}  {_fit(label, name)}  {bar}".rstrip()
    yield f"  {size.body_bytes:>11,}  {'100 %':>6}  all of it"


def _rows(size: SkillSize, *, whole: bool) -> Iterator[tuple[str, int]]:
    """Yield (label, characters) for each folder and file that is shown, and for all else, so that they add up."""
    root = grow(size.files)
    shown = _most_expensive(root, len(size.files) * 40 if whole else _ROWS)
    yield from _indented(root, shown, 0)
    yield "(end of the zip)", size.archive_characters
    yield "(JSON, name, description)", size.json_bytes


def grow(files: tuple[FileSize, ...]) -> Node:
    """Return the files as a tree."""
    folders: dict[str, list[FileSize]] = {}
    folders_in: dict[str, set[str]] = {"": set()}
    for file in files:
        parent = file.path.rpartition("/")[0]
        folders.setdefault(parent + "/" * bool(parent), []).append(file)
        path = parent + "/" * bool(parent)
        while path:
            above = path[:-1].rpartition("/")[0]
            above += "/" * bool(above)
            folders_in.setdefault(path, set())
            folders_in.setdefault(above, set()).add(path)
            path = above

    def node(path: str) -> Node:
        inner = [Node(file.path, file.characters, 1) for file in folders.get(path, ())]
        inner += [node(each) for each in folders_in[path]]
        inner.sort(key=lambda each: (-each.characters, each.path))
        return Node(path, sum(each.characters for each in inner), sum(each.files for each in inner), tuple(inner))

    return node("")


def _most_expensive(root: Node, count: int) -> set[str]:
    """Return the paths of the most expensive nodes; with each, the folder that it is in."""
    waiting = [(-each.characters, each.path, each.inner) for each in root.inner]
    heapify(waiting)
    shown: set[str] = set()
    while waiting and len(shown) < count:
        _, path, inner = heappop(waiting)
        shown.add(path)
        for each in inner:
            heappush(waiting, (-each.characters, each.path, each.inner))
    return shown


def _indented(node: Node, shown: set[str], depth: int) -> Iterator[tuple[str, int]]:
    indent = "  " * depth
    hidden = [each for each in node.inner if each.path not in shown]
    if len(hidden) == 1 and not hidden[0].inner:  # its name takes no more room than a count
        hidden = []
    for each in node.inner:
        if each not in hidden:
            yield f"{indent}{escaped(each.name)}", each.characters
            if any(inner.path in shown for inner in each.inner):
                yield from _indented(each, shown, depth + 1)
    if hidden:
        yield (
            f"{indent}({plural(sum(each.files for each in hidden), 'more file')})",
            sum(each.characters for each in hidden),
        )


def _limit(use: LimitUse, bars: _Bars, columns: int) -> Iterator[str]:
    style: Style = "error" if use.share > 1 else "warning" if use.share >= _CLOSE else "good"
    room = max(columns - 64, 8)
    over = "  exceeded" if use.share > 1 else ""
    bar, share = bars.draw(use.share, room, style), f"{format_share(use.share):>6}"
    *lines, last = _beside(" " * (room + 12), f"{describe_limit(use)}{over}", bars.look)
    last = last.removesuffix(over) + bars.look.style(over, "error") if over else last
    first, *more = [*lines, last]
    yield f"  {bar}  {share}  {first.lstrip()}"
    yield from more


def _beside(begin: str, text: str, look: Look) -> list[str]:
    """Return a text after the begin of its line, wrapped for a terminal; elsewhere it stays on the line."""
    if not look.width:
        return [begin + text]
    columns = max(min(look.width, _WIDEST), len(begin) + _NAME)
    lines = wrap(text, look._replace(width=columns), begin, " " * len(begin))
    return [line[: len(begin)] + _fit(line[len(begin) :], columns - len(begin)).rstrip() for line in lines]


def _fit(text: str, columns: int) -> str:
    """Return a text padded to some columns, or its beginning and end if it is wider."""
    if width(text) > columns:
        half = (columns - 3) // 2
        start, end = text[:half], text[-half:]
        while width(start) > half:
            start = start[:-1]
        while width(end) > half:
            end = end[1:]
        text = f"{start}...{end}"
    return text + " " * (columns - width(text))
