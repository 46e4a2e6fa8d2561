"""Compare texts line by line, as unified diffs to read and as patches that git applies.

Lines are matched in time that grows with their number, whatever they hold: first the lines that both texts have exactly
once, as in patience diff, then small blocks by difflib. A match that is missed makes a diff longer, never wrong.
"""

from __future__ import annotations

import difflib
import hashlib
import zlib
from base64 import b85encode
from bisect import bisect_left
from collections import Counter
from typing import TYPE_CHECKING, Final

from skillpack.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Opcode = tuple[str, int, int, int, int]

_CONTEXT: Final = 3
_SMALL: Final = 10_000
"""Pairs of lines up to which a block is compared by difflib."""
_LINES: Final = 100_000
"""Pairs of lines that difflib may compare in one text; further blocks are replaced as a whole."""
_ROUNDS: Final = 16


class PatchedFile(NamedTuple):
    """What a patch needs of one file: its content and whether it is executable."""

    data: bytes
    executable: bool


def split_lines(content: bytes) -> list[bytes]:
    """Return the lines of a content, split only at line feeds, each with its line feed."""
    lines = content.split(b"\n")
    last = lines.pop()
    return [line + b"\n" for line in lines] + ([last] if last else [])


def count_lines(content: bytes) -> int:
    """Return how many lines split_lines returns for a content."""
    return content.count(b"\n") + (not content.endswith(b"\n") and bool(content))


def unified_diff(old: Sequence[bytes], new: Sequence[bytes], shown: tuple[Sequence[bytes], Sequence[bytes]]) -> bytes:
    """Return the hunks of a unified diff.

    Args:
        old: the lines before.
        new: the lines after.
        shown: the same lines as they are printed, for example with credentials masked.
    """
    return b"".join(_hunk(group, *shown) for group in _grouped(_opcodes(old, new)))


def _grouped(codes: Iterable[Opcode]) -> Iterator[list[Opcode]]:
    """Yield the operations of each hunk, with at most three equal lines at its start and at its end."""
    group: list[Opcode] = []
    for tag, begin, end, new_begin, new_end in codes:
        if tag != "equal":
            group.append((tag, begin, end, new_begin, new_end))
            continue
        length = end - begin
        if group and length > 2 * _CONTEXT:
            yield [*group, (tag, begin, begin + _CONTEXT, new_begin, new_begin + _CONTEXT)]
            group = []
        cut = 0 if group else max(0, length - _CONTEXT)
        group.append((tag, begin + cut, end, new_begin + cut, new_end))
    if len(group) > 1 and group[-1][0] == "equal":
        tag, begin, end, new_begin, new_end = group.pop()
        cut = max(0, end - begin - _CONTEXT)
        group.append((tag, begin, end - cut, new_begin, new_end - cut))
    if any(tag != "equal" for tag, *_ in group):
        yield group


def _hunk(group: Sequence[Opcode], old: Sequence[bytes], new: Sequence[bytes]) -> bytes:
    (_, begin, _, new_begin, _), (_, _, end, _, new_end) = group[0], group[-1]
    lines = [f"@@ -{_range(begin, end)} +{_range(new_begin, new_end)} @@\n".encode()]
    for tag, start, stop, new_start, new_stop in group:
        if tag == "equal":
            lines += [b" " + line for line in old[start:stop]]
        else:
            lines += [b"-" + line for line in old[start:stop]]
            lines += [b"+" + line for line in new[new_start:new_stop]]
    return b"".join(line if line.endswith(b"\n") else line + b"\n\\ No newline at end of file\n" for line in lines)


def _range(begin: int, end: int) -> str:
    length = end - begin
    return f"{begin + 1}" if length == 1 else f"{begin + 1 if length else begin},{length}"


def _opcodes(old: Sequence[bytes], new: Sequence[bytes]) -> list[Opcode]:
    """Return the operations that make the new lines of the old ones, in difflib's form."""
    codes: list[Opcode] = []
    at, new_at = 0, 0
    for start, new_start, length in [*_merged(_matches(old, new)), (len(old), len(new), 0)]:
        if at < start or new_at < new_start:
            tag = "replace" if at < start and new_at < new_start else "delete" if at < start else "insert"
            codes.append((tag, at, start, new_at, new_start))
        if length:
            codes.append(("equal", start, start + length, new_start, new_start + length))
        at, new_at = start + length, new_start + length
    return codes


def _merged(pairs: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int, int]]:
    """Join pairs of equal lines to runs (start, start in the new lines, length)."""
    begin, new_begin, length = 0, 0, 0
    for at, new_at in sorted(pairs):
        if length and (at, new_at) == (begin + length, new_begin + length):
            length += 1
            continue
        if length:
            yield begin, new_begin, length
        begin, new_begin, length = at, new_at, 1
    if length:
        yield begin, new_begin, length


def _matches(old: Sequence[bytes], new: Sequence[bytes]) -> Iterator[tuple[int, int]]:
    """Yield pairs of places with equal lines, rising in both texts."""
    left = _LINES
    blocks = [(0, len(old), 0, len(new))]
    for _ in range(_ROUNDS):
        gaps: list[tuple[int, int, int, int]] = []
        for block in blocks:
            found, inner = _anchor(old, new, block)
            yield from found
            gaps += inner
        blocks = []
        for begin, end, new_begin, new_end in gaps:
            size = (end - begin) * (new_end - new_begin)
            if size > min(_SMALL, left):
                blocks.append((begin, end, new_begin, new_end))
                continue
            left -= size
            matcher = difflib.SequenceMatcher(None, old[begin:end], new[new_begin:new_end], autojunk=False)
            for run in matcher.get_matching_blocks():
                yield from ((begin + run.a + at, new_begin + run.b + at) for at in range(run.size))
        if not blocks:
            return


def _anchor(
    old: Sequence[bytes], new: Sequence[bytes], block: tuple[int, int, int, int]
) -> tuple[list[tuple[int, int]], list[tuple[int, int, int, int]]]:
    """Return the pairs of a block at its start, at its end and of lines unique in it, and the blocks between them.

    A block without any pair is replaced as a whole, unless it is small.
    """
    begin, end, new_begin, new_end = block
    pairs: list[tuple[int, int]] = []
    tail: list[tuple[int, int]] = []
    while begin < end and new_begin < new_end and old[begin] == new[new_begin]:
        pairs.append((begin, new_begin))
        begin, new_begin = begin + 1, new_begin + 1
    while begin < end and new_begin < new_end and old[end - 1] == new[new_end - 1]:
        end, new_end = end - 1, new_end - 1
        tail.append((end, new_end))
    middle = _rising(_unique(old, new, (begin, end, new_begin, new_end)))
    gaps: list[tuple[int, int, int, int]] = []
    for at, new_at in [*middle, (end, new_end)]:
        if begin < at and new_begin < new_at:
            gaps.append((begin, at, new_begin, new_at))
        begin, new_begin = at + 1, new_at + 1
    found = [*pairs, *middle, *tail]
    whole = not found and gaps and (gaps[0][1] - gaps[0][0]) * (gaps[0][3] - gaps[0][2]) > _SMALL
    return found, [] if whole else gaps


def _unique(old: Sequence[bytes], new: Sequence[bytes], block: tuple[int, int, int, int]) -> Iterator[tuple[int, int]]:
    """Yield the places of the lines that a block has exactly once before and once after."""
    begin, end, new_begin, new_end = block
    counts, new_counts = Counter(old[begin:end]), Counter(new[new_begin:new_end])
    places = {new[at]: at for at in range(new_begin, new_end)}
    for at in range(begin, end):
        if counts[old[at]] == 1 and new_counts[old[at]] == 1:
            yield at, places[old[at]]


def _rising(pairs: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return a longest selection of pairs, given in order of their first part, in which the second rises too."""
    ends: list[int] = []  # the least second part with which a selection of each length ends
    links: list[tuple[tuple[int, int], int]] = []
    tops: list[int] = []
    for pair in pairs:
        length = bisect_left(ends, pair[1])
        links.append((pair, tops[length - 1] if length else -1))
        ends[length : length + 1] = [pair[1]]
        tops[length : length + 1] = [len(links) - 1]
    found: list[tuple[int, int]] = []
    at = tops[-1] if tops else -1
    while at >= 0:
        pair, at = links[at]
        found.append(pair)
    return found[::-1]


# --- patches for git ---------------------------------------------------------------------------------------------


def git_patch(path: str, before: PatchedFile | None, after: PatchedFile | None) -> bytes:
    """Return the change of one file as `git apply` takes it; the patch of a binary file holds its whole new content.

    Args:
        path: of the file.
        before: the file as it was; None if it is added.
        after: the file as it will be; None if it is removed.
    """
    raw = path.encode("utf-8", "surrogateescape")
    old, new = _quoted(b"a/" + raw), _quoted(b"b/" + raw)
    head = [b"diff --git " + old + b" " + new, *_modes(before, after)]
    before_data, after_data = (each.data if each else b"" for each in (before, after))
    if b"\0" in before_data or b"\0" in after_data:
        head += [b"index " + _object_id(before) + b".." + _object_id(after), b"GIT binary patch"]
        return b"\n".join((*head, b"literal %d" % len(after_data), *_base85(after_data), b"", b""))
    text = b"\n".join((*head, b""))
    if before_data == after_data:
        return text
    names = (b"--- " + (_ended(old) if before else b"/dev/null"), b"+++ " + (_ended(new) if after else b"/dev/null"))
    lines = split_lines(before_data), split_lines(after_data)
    return text + b"\n".join((*names, unified_diff(*lines, lines)))


def _modes(before: PatchedFile | None, after: PatchedFile | None) -> Iterator[bytes]:
    old, new = (b"100755" if each and each.executable else b"100644" for each in (before, after))
    if before is None:
        yield b"new file mode " + new
    elif after is None:
        yield b"deleted file mode " + old
    elif old != new:
        yield from (b"old mode " + old, b"new mode " + new)


def _object_id(content: PatchedFile | None) -> bytes:
    """Return git's name of a content, which `git apply` wants for binary files."""
    if content is None:
        return b"0" * 40
    header = b"blob %d\0" % len(content.data)
    return hashlib.sha1(header + content.data, usedforsecurity=False).hexdigest().encode()


def _base85(data: bytes) -> Iterator[bytes]:
    """Yield lines of at most 52 bytes, each after a letter for their number."""
    packed = zlib.compress(data)
    for at in range(0, len(packed), 52):
        piece = packed[at : at + 52]
        letter = len(piece) + (ord("A") - 1 if len(piece) <= 26 else ord("a") - 27)
        yield bytes((letter,)) + b85encode(piece, pad=True)


def _quoted(name: bytes) -> bytes:
    """Return a name as git writes it: in quotes where it has bytes other than printable ASCII."""
    if all(0x20 <= byte < 0x7F and byte not in b'"\\' for byte in name):
        return name
    return b'"' + b"".join(_escape(byte) for byte in name) + b'"'


def _escape(byte: int) -> bytes:
    if byte in b'"\\':
        return b"\\%c" % byte
    return b"%c" % byte if 0x20 <= byte < 0x7F else b"\\%03o" % byte


def _ended(name: bytes) -> bytes:
    """Return a name for a line of its own; after one with a space, a tab marks its end."""
    return name + b"\t" if b" " in name else name
