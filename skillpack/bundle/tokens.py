"""Estimate how many tokens a model reads for a text, without the tables of its tokenizer."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_PIECES: Final = (
    r"(?P<word>[A-Za-z]+)"
    r"|(?P<digits>[0-9]{1,3})"
    r"|(?P<newline>\s*\n\s*)"
    r"|(?P<space>\s{2,})"
    r"|(?P<punctuation>[!-/:-@\[-`{-~]+)"
    "|(?P<han>[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+)"
    "|(?P<kana>[\u3040-\u30ff]+)"
    "|(?P<hangul>[\uac00-\ud7af]+)"
    r"|(?P<letters>[^\W\d_]+)"
    r"|(?P<other>\S)"
)
_LONG_WORD: Final = 7

TOKENS: Final[Mapping[str, float]] = {
    # for each piece, however long
    "word": 0.94,
    "digits": 1.0,
    "newline": 1.0,
    "space": 0.96,
    "punctuation": 0.85,
    # for each character
    "long": 0.19,  # of a word, after the seventh
    "more": 0.19,  # of a run of punctuation, after the first
    "han": 0.8,
    "kana": 0.74,
    "hangul": 0.78,
    "letters": 0.46,  # of other scripts, or with accents
    "other": 0.56,
}
"""Fitted to the o200k_base counts of public skills (docs/how-to/measure-a-skill); 0.01 more or less changes little."""

_BY_PIECE: Final = frozenset(("word", "digits", "newline", "space", "punctuation"))


def estimate_tokens(text: str) -> int:
    """Return about how many tokens of o200k_base a text has: words, digits, punctuation and each script are counted.

    Args:
        text: any text.
    """
    counts: Counter[str] = Counter()
    for piece in re.finditer(_PIECES, text):
        kind, length = str(piece.lastgroup), piece.end() - piece.start()
        counts[kind] += 1 if kind in _BY_PIECE else length
        if kind == "word" and length > _LONG_WORD:
            counts["long"] += length - _LONG_WORD
        elif kind == "punctuation":
            counts["more"] += length - 1
    return round(sum(TOKENS[kind] * count for kind, count in counts.items())) or min(len(text), 1)
