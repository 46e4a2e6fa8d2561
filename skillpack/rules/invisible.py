"""Text to the characters in it that nobody sees: controls of direction, zero width, tags."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_KINDS: Final = {
    "control of direction": "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069",
    "zero-width character": "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200d\u2060-\u2065\u206a-\u206f"
    "\u3164\ufeff\uffa0\ufff9-\ufffb",
    "variation selector": "\ufe00-\ufe0f\U000e0100-\U000e01ef",
    "tag character": "\U000e0000-\U000e007f",
}
_HIDDEN: Final = f"[{''.join(_KINDS.values())}]"
_JOINERS: Final = "\u200c\u200d"
# scripts whose spelling needs joiners: Arabic and its neighbours, those of India, Burmese, Khmer, Mongolian
_JOINING: Final = "[\u0600-\u0dff\u1000-\u109f\u1780-\u18af\ua800-\uabff\ufb50-\ufdff\ufe70-\ufefc]"
_EMOJI: Final = "[\u00a9\u00ae\u2190-\u2bff\u3030\u303d\u3297\u3299\ufe0f\U0001f000-\U0001faff]"
# the flags of England, Scotland, Wales and the like: a black flag, a region of at most six letters, the end
_FLAG: Final = "\U0001f3f4"
_FLAG_LETTER: Final = "[\U000e0030-\U000e0039\U000e0061-\U000e007a]"
_FLAG_END: Final = "\U000e007f"

_RIGHT_TO_LEFT: Final = "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]"
_MARKS: Final = "\u061c\u200e\u200f"
"""They order mixed text and hide nothing; the embeddings, overrides and isolates can do both."""
MOST_COUNTED: Final = 1000
"""Characters counted in one line: it can have eight million."""

_MOST_SPARED: Final = 20_000
_BLANK: Final = "\u2800"  # a braille cell without a dot


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Return a pattern compiled; most skills need none of these, and a hostile one needs them millions of times."""
    return re.compile(pattern)


def visible(text: str) -> bool:
    """Return whether there is anything in the text that can be seen."""
    return any(
        not char.isspace()
        and char != _BLANK
        and (char.isascii() or not _compiled(_HIDDEN).match(char))
        and unicodedata.category(char) not in ("Cc", "Cf", "Cs")
        for char in text
    )


def hidden_in_prose(text: str) -> Iterator[tuple[int, str]]:
    """Yield what `hidden` does, but for marks of direction in text with Arabic or Hebrew, which needs them."""
    if text.isascii():
        return iter(())
    return _found(_hidden(_MARKS if _compiled(_RIGHT_TO_LEFT).search(text) else ""), text)


def hidden(text: str) -> Iterator[tuple[int, str]]:
    """Yield (index, what it is) of every character that nobody sees and that no spelling needs.

    Joiners inside emoji and in scripts that are spelt with them are fine, and so are the flags made of tag
    characters and one variation selector behind a character.
    """
    return iter(()) if text.isascii() else _found(_hidden(""), text)


def hidden_by_line(text: str, begin: int = 0) -> Iterator[tuple[int, int, str, int]]:
    """Yield what `hidden_in_prose` says of each line that has any: number, column, character, how many more.

    Args:
        text: many lines, or one of many megabytes.
        begin: where to begin in the first line.
    """
    if text.isascii():
        return
    number, start, spared = 1, 0, 0
    # after so many lines that need their marks, marks are no longer asked about
    while found := _hidden("" if spared < _MOST_SPARED else _MARKS).search(text, begin):
        at = found.start()
        number += text.count("\n", start, at)
        start = text.rfind("\n", start, at) + 1 or start
        end = text.find("\n", at)
        end = end if end >= 0 else len(text)
        marks = _MARKS if _compiled(_RIGHT_TO_LEFT).search(text, start, end) else ""
        more = islice(_hidden(marks).finditer(text, at, end), MOST_COUNTED + 1)
        if first := next(more, None):
            yield number, first.start() - start + 1, first[0], sum(1 for _ in more)
        else:
            spared += 1
        begin = start = end + 1
        number += 1


def _found(pattern: re.Pattern[str], text: str) -> Iterator[tuple[int, str]]:
    return ((found.start(), kind_of(found[0])) for found in pattern.finditer(text))


def kind_of(char: str) -> str:
    """Return what a character that nobody sees is."""
    return next(kind for kind, characters in _KINDS.items() if _compiled(f"[{characters}]").match(char))


@cache
def _hidden(marks: str) -> re.Pattern[str]:
    """Return what finds a character that nobody sees and no spelling needs; `marks` are needed too.

    It begins with a set of characters, so that all others are passed over quickly, and looks around from there.
    """
    every, letter = "".join(_KINDS.values()), _FLAG_LETTER
    needed = [
        f"(?<={_JOINING}[{_JOINERS}])(?:{_JOINING}|\n|\\Z)",
        f"(?<={_EMOJI}[{_JOINERS}]){_EMOJI}",
        f"(?<=[^\\s{every}][{_KINDS['variation selector']}])",  # a second one in a row can carry hidden bytes
        *(f"(?<={_FLAG}{letter}{{{at}}}){letter}{{{max(3 - at, 0)},{6 - at}}}{_FLAG_END}" for at in range(1, 7)),
        *(f"(?<={_FLAG}{letter}{{{at}}}{_FLAG_END})" for at in range(3, 7)),
        *([f"(?<=[{marks}])"] if marks else []),
    ]
    return re.compile(f"[{every}](?!{'|'.join(needed)})")
