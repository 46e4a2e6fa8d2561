"""Read the frontmatter of a SKILL.md: values with their places, or the issues that prevent it.

Values come from PyYAML's events, never from its constructors: those let the last of two equal keys win, turn `on`
into True, and quote the input in their errors. YAML that readers read differently is refused or reported.
"""

from __future__ import annotations

from skillpack.frontmatter.nodes import Field, Fields, Frontmatter, Items, Node, Span, Style, Text
from skillpack.frontmatter.parse import MAX_BYTES, MAX_DEPTH, MAX_EVENTS, Reading, read, read_frontmatter, read_intended
from skillpack.frontmatter.quoting import quote, read_lines

__all__ = [
    "MAX_BYTES",
    "MAX_DEPTH",
    "MAX_EVENTS",
    "Field",
    "Fields",
    "Frontmatter",
    "Items",
    "Node",
    "Reading",
    "Span",
    "Style",
    "Text",
    "quote",
    "read",
    "read_frontmatter",
    "read_intended",
    "read_lines",
]
