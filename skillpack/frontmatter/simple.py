"""Read a frontmatter of one-line texts without PyYAML, whose import takes a fifth of a short run.

What is read here is a mapping of `key: value` where each value is unquoted and starts with a letter, or is in quotes
without an escape. YAML has one reading of that; all else is left to PyYAML. tests/property/test_simple.py compares the
two.
"""

import re
from typing import Final

from skillpack.frontmatter.nodes import Field, Fields, Span, Style, Text

_MAX_FIELDS: Final = 64
_LINE: Final = (
    r"([a-z]+(?:-[a-z]+)*): "
    r"""([A-Za-z](?:[!-9;-~]|:(?=[!-~])| (?=[!"$-~]))*|"[ !#-\[\]-~]*"|'[ -&(-~]*')"""
    r"\n"
)
"""A line of printable ASCII. A colon in an unquoted value is not before a space, and a space not before `#`."""

_STYLES: Final[dict[str, Style]] = {'"': "double", "'": "single"}


def read_simple(text: str, start: int) -> Fields | None:
    """Return the fields of a frontmatter, or None if it is not as simple as that.

    Args:
        text: what is between the two lines of `---`.
        start: the byte of the file where it starts.
    """
    if not text.isascii() or text.count("\n") > _MAX_FIELDS:
        return None
    pattern = re.compile(_LINE)
    fields: dict[str, Field] = {}
    at, line = 0, 2
    while at < len(text):
        found = pattern.match(text, at)
        if found is None or found[1] in fields:
            return None
        key = Text(found[1], "plain", _span(found, 1, line, start))
        style = _STYLES.get(found[2][0], "plain")
        value = found[2] if style == "plain" else found[2][1:-1]
        fields[found[1]] = Field(key, Text(value, style, _span(found, 2, line, start)))
        at, line = found.end(), line + 1
    if not fields:
        return None
    return Fields(tuple(fields.values()), flow=False, span=Span(2, 1, line, 1, start, start + len(text)))


def _span(found: re.Match[str], group: int, line: int, start: int) -> Span:
    begin, end = found.span(group)
    columns = begin - found.start() + 1, end - found.start() + 1
    return Span(line, columns[0], line, columns[1], start + begin, start + end)
