"""The bytes of a SKILL.md to what its frontmatter says: values with their places, or what is wrong with them.

Values come from PyYAML's events, never from its constructors: those let the last of two equal keys win, turn `on`
into True, and quote the input in their errors. Everything on which readers of YAML differ is refused or told.
"""

from __future__ import annotations

from skillpack.frontmatter.nodes import Field, Fields, Frontmatter, Items, Node, Span, Style, Text, Trouble
from skillpack.frontmatter.parse import MAX_BYTES, MAX_DEPTH, MAX_EVENTS, Reading, meant, read, read_frontmatter
from skillpack.frontmatter.quoting import quoted, read_lines

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
    "Trouble",
    "meant",
    "quoted",
    "read",
    "read_frontmatter",
    "read_lines",
]
