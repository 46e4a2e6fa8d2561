"""Find where a block of Markdown may begin, without a parser."""

from __future__ import annotations

import re
from typing import Final

_LONGEST_LABEL: Final = 1001  # characters, with the bracket
_LONGEST_MARKS: Final = 200
MARKS: Final = r"(?:[ \t>]|[*+-][ \t]|\d{1,9}[.)][ \t])*"
"""What precedes the first text of a quotation or an item."""


def ends_label(text: str, at: int) -> bool:
    """Return True if `]:` at a place may end the label of a link's definition, which begins a block; no footnote."""
    least = max(0, at - _LONGEST_LABEL)
    begin = text.rfind("[", least, at)
    while begin > 0 and text[begin - 1] == "\\":
        begin = text.rfind("[", least, begin)
    return begin >= 0 and not text.startswith("[^", begin) and _begins_block(text, begin)


def _begins_block(text: str, at: int) -> bool:
    """Return True if only the marks of quotations and items precede a place on its line."""
    least = max(0, at - _LONGEST_MARKS)
    begin = text.rfind("\n", least, at)
    return (begin >= 0 or not least) and re.compile(MARKS).fullmatch(text, begin + 1, at) is not None
