"""Write a text as one line of YAML, and read YAML as a line-based reader does."""

from __future__ import annotations

import re
from typing import Final

_ESCAPES: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def quote(text: str) -> str:
    """Return the text in the quotes that need no escape, which a line-based reader would show."""
    if not re.search(r'["\\\n\t\r]', text):
        return f'"{text}"'
    if not re.search(r"['\n\t\r]", text):
        return f"'{text}'"
    return '"' + "".join(_ESCAPES.get(char, char) for char in text) + '"'


def fold(lines: list[str]) -> str:
    """Join the lines of a text as YAML does: a line break becomes a space, an empty line a line break."""
    text, breaks = "", 0
    for line in (line.strip(" \t\r") for line in lines):
        if not line:
            breaks += 1
            continue
        text += ("\n" * breaks or " ") * bool(text) + line
        breaks = 0
    return text


def read_lines(text: str) -> dict[str, str]:
    """Return key -> value as a line-based reader sees them: no folding, no comments, no escapes.

    Args:
        text: the lines between the two lines of `---`.
    """
    seen = {}
    for line in text.splitlines():
        if line[:1].isspace() or line.startswith("#") or ":" not in line:
            continue
        key, _, value = line.partition(":")
        seen[key.strip()] = _unquote(value.strip())
    return seen


def _unquote(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
        return value[1:-1]
    return value
