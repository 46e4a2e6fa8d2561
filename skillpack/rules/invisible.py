"""Text to the characters in it that nobody sees: controls of direction, zero width, tags."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
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
_HIDDEN: Final = "|".join(f"([{characters}])" for characters in _KINDS.values())
_JOINERS: Final = "\u200c\u200d"
# scripts whose spelling needs joiners: Arabic and its neighbours, those of India, Burmese, Khmer, Mongolian
_JOINING: Final = "[\u0600-\u0dff\u1000-\u109f\u1780-\u18af\ua800-\uabff\ufb50-\ufdff\ufe70-\ufefc]"
_EMOJI: Final = "[\u00a9\u00ae\u2190-\u2bff\u3030\u303d\u3297\u3299\ufe0f\U0001f000-\U0001faff]"
# the flags of England, Scotland, Wales and the like: a black flag, a region of at most six letters, the end
_FLAG: Final = "\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f"

_RIGHT_TO_LEFT: Final = "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]"
_MARKS: Final = "\u061c\u200e\u200f"
"""They order mixed text and hide nothing; the embeddings, overrides and isolates can do both."""
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
    marks = _MARKS if _compiled(_RIGHT_TO_LEFT).search(text) else ""
    return ((at, kind) for at, kind in hidden(text) if text[at] not in marks)


def hidden(text: str) -> Iterator[tuple[int, str]]:
    """Yield (index, what it is) of every character that nobody sees and that no spelling needs.

    Joiners inside emoji and in scripts that are spelt with them are fine, and so are the flags made of tag
    characters and one variation selector behind a character.
    """
    if text.isascii():
        return
    flags = [(flag.start(), flag.end()) for flag in _compiled(_FLAG).finditer(text)]
    for found in _compiled(_HIDDEN).finditer(text):
        at, kind = found.start(), list(_KINDS)[(found.lastindex or 1) - 1]
        if not _is_spelling(text, at, kind) and not any(begin < at < end for begin, end in flags):
            yield at, kind


def _is_spelling(text: str, at: int, kind: str) -> bool:
    before, after = text[at - 1 : at] if at else "", text[at + 1 : at + 2]
    if text[at] in _JOINERS:
        joins = _compiled(_JOINING).match(before) and (not after or _compiled(_JOINING).match(after))
        return bool(joins or (_compiled(_EMOJI).match(before) and _compiled(_EMOJI).match(after)))
    if kind == "variation selector":  # a second one in a row selects nothing: it can carry hidden bytes
        return bool(before.strip()) and not _compiled(_HIDDEN).match(before)
    return False
