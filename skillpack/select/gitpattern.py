"""Compile a line of an ignore file to a pathspec pattern that matches exactly what git matches, in linear time."""

from __future__ import annotations

from typing import Any, Final

from pathspec.pattern import RegexPattern

from skillpack.select.wildmatch import MalformedPatternError, entry_regex, line_text

_NEVER: Final = "(?!)"


class GitPattern(RegexPattern):
    """One line. It matches an entry itself, `a/b` for a file and `a/b/` for a folder, never what is in it.

    A line that git cannot match matches nothing. No line raises.
    """

    __slots__ = ()

    @classmethod
    def pattern_to_regex(cls, pattern: Any) -> tuple[Any, bool | None]:
        """Return the regular expression and whether it excludes; (None, None) for a comment or an empty line."""
        text = line_text(pattern)
        if not text or text.startswith("#"):
            return None, None
        negated = text.startswith("!")
        try:
            return entry_regex(text[negated:]), not negated
        except MalformedPatternError:
            return _NEVER, not negated
