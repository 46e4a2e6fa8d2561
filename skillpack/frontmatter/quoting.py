"""Text to one line of YAML that every reader takes for that text."""

from __future__ import annotations

import re
from typing import Final

_ESCAPES: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def quoted(text: str) -> str:
    """Return the text in quotes: in those that need no escape, which a line-based reader would show."""
    if not re.search(r'["\\\n\t\r]', text):
        return f'"{text}"'
    if not re.search(r"['\n\t\r]", text):
        return f"'{text}'"
    return '"' + "".join(_ESCAPES.get(char, char) for char in text) + '"'


def folded(lines: list[str]) -> str:
    """Return what YAML makes of a text over several lines: each break a space, each empty line a break."""
    text, breaks = "", 0
    for line in (line.strip(" \t\r") for line in lines):
        if not line:
            breaks += 1
            continue
        text += ("\n" * breaks or " ") * bool(text) + line
        breaks = 0
    return text


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
