"""Frontmatter to what a reader without YAML sees: each line cut at its first colon.

Many agents and scripts read so, or fall back to it where YAML fails. openai-agents 0.24.0 reads wrapped plain
text and blocks since, but keeps ` #` as text, does not undo escapes and sees one line of a text in quotes.
"""

from __future__ import annotations

from typing import Final

_PAIR: Final = 2


def read_lines(text: str) -> dict[str, str]:
    """Return key -> value as a line-based reader has them: no folding, no comments, no escapes.

    Args:
        text: what stands between the two lines of `---`.
    """
    seen = {}
    for line in text.splitlines():
        if line[:1].isspace() or line.startswith("#") or ":" not in line:
            continue
        key, _, value = line.partition(":")
        seen[key.strip()] = _unquoted(value.strip())
    return seen


def _unquoted(value: str) -> str:
    if len(value) >= _PAIR and value[0] == value[-1] and value[0] in "'\"":
        return value[1:-1]
    return value
