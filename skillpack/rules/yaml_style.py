"""Check how the frontmatter is written: valid YAML that some readers read differently.

Messages quote what a line-based reader sees: one that splits each line at its first colon.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from skillpack.findings import Edit, Issue, Location
from skillpack.frontmatter import Field, Fields, Frontmatter, Items, Node, Text, quote, read_lines
from skillpack.frontmatter.nodes import TEXT, resolve_types
from skillpack.rules.engine import rule
from skillpack.secrets.scan import clip
from skillpack.skill.skill import Skill
from skillpack.text import plural
from skillpack.values import replace

if TYPE_CHECKING:
    from collections.abc import Iterator

_SHOWN: Final = 48
_TEXTS: Final = ("name", "description")
_NEVER_LISTS: Final = ("license", "compatibility", "allowed-tools")
_TRUE: Final = ("on", "yes", "true")


@rule(Skill)
def yaml_comment_cuts_value(skill: Skill) -> Iterator[Issue]:
    for field, text in _text_fields(skill):
        rest = skill.content[text.span.end :].split(b"\n", 1)[0]
        comment = re.match(rb"[ \t]+(#.*?)[ \t\r]*$", rest) if b"#" in rest else None
        if comment and text.span.line == text.span.end_line:
            begin = text.span.end_column + comment.start(1)
            place = Location(
                _path(skill), line=text.span.end_line, column=begin, end_line=text.span.end_line, end_column=begin + 1
            )
            yield Issue(
                "yaml-comment-cuts-value",
                place,
                f"the comment ends the value; {_describe_seen(skill, field)}",
                hint=None,
                edits=_move_comment(skill, field, text, comment),
            )


@rule(Skill)
def yaml_ambiguous_scalar(skill: Skill) -> Iterator[Issue]:
    for key, text in _scalars(skill):
        if text.style != "plain":
            continue
        old, new = resolve_types(text.value)
        number = _as_number(text.value) if key == "metadata" and old == new == "a number" else None
        if old == new and not number and (key not in _TEXTS or old in (TEXT, "null")):
            continue
        as_yaml = f"{old} in YAML 1.1 and {new} in YAML 1.2" if old != new else f"{old} in YAML, not a text"
        as_yaml = f"the number {number} in YAML" if number else as_yaml
        edits: tuple[Edit, ...] = ()
        hint = f"put it in quotes: {quote(clip(text.value, _SHOWN))}"
        if key not in _TEXTS and old in ("a boolean", "null"):
            hint = f"write {'true' if text.value.lower() in _TRUE else 'false'}, or put it in quotes if it is a text"
        else:
            edits = (
                Edit(path=_path(skill), start=text.span.start, end=text.span.end, text=quote(text.value).encode()),
            )
        yield Issue(
            "yaml-ambiguous-scalar",
            _place(skill, text),
            f"{clip(text.value, _SHOWN)} is {as_yaml}",
            hint=hint,
            edits=edits,
        )


@rule(Skill)
def yaml_block_scalar(skill: Skill) -> Iterator[Issue]:
    for field, text in _text_fields(skill):
        if field.key.value in _TEXTS and text.style in ("literal", "folded"):
            sign = ">" if text.style == "folded" else "|"
            message = f"the {field.key.value} is a block ({sign}); {_describe_seen(skill, field)}"
            yield Issue(
                "yaml-block-scalar",
                _first_line(skill, text, 1),
                message,
                hint=None,
                edits=_join_lines(skill, field, text),
            )


@rule(Skill)
def yaml_indented_plain(skill: Skill) -> Iterator[Issue]:
    braces = skill.frontmatter is not None and skill.frontmatter.fields.flow
    for field, text in _text_fields(skill):
        lines = text.span.end_line - field.key.span.line
        if field.key.value in _TEXTS and braces:
            message = f"the {field.key.value} is in braces; {_describe_seen(skill, field)}"
            yield Issue(
                "yaml-indented-plain",
                _first_line(skill, text),
                message,
                hint="remove the braces, and write one key per line",
            )
            continue
        if field.key.value in _TEXTS and text.style in ("plain", "single", "double") and lines and text.value:
            more = plural(lines, "more line")
            message = f"the {field.key.value} continues over {more}; {_describe_seen(skill, field)}"
            yield Issue(
                "yaml-indented-plain",
                _first_line(skill, text),
                message,
                hint=None,
                edits=_join_lines(skill, field, text),
            )


@rule(Skill)
def yaml_flow_style(skill: Skill) -> Iterator[Issue]:
    for field in skill.frontmatter.fields.entries if skill.frontmatter else ():
        flow = next((node for node in _nodes(field.value) if isinstance(node, Items | Fields) and node.flow), None)
        if flow and field.key.value not in _NEVER_LISTS:  # field-not-text reports those
            what = "a list in brackets" if isinstance(flow, Items) else "a mapping in braces"
            yield Issue("yaml-flow-style", _first_line(skill, flow), f"{clip(field.key.value, _SHOWN)} has {what}")


def _text_fields(skill: Skill) -> Iterator[tuple[Field, Text]]:
    for field in skill.frontmatter.fields.entries if skill.frontmatter else ():
        if isinstance(field.value, Text):
            yield field, field.value


def _scalars(skill: Skill) -> Iterator[tuple[str, Text]]:
    """Yield (top-level key, scalar) of everything that is checked; a key itself comes with an empty one."""
    fields = list(skill.frontmatter.fields.entries) if skill.frontmatter else []
    metadata = skill.frontmatter and skill.frontmatter.fields.get("metadata")
    inner = list(metadata.value.entries) if metadata and isinstance(metadata.value, Fields) else []
    for field, top in [*((field, field.key.value) for field in fields), *((field, "metadata") for field in inner)]:
        yield "", field.key
        if isinstance(field.value, Text):
            yield top, field.value


def _as_number(value: str) -> str | None:
    """Return how a program writes the number of a decimal fraction if that differs: 1.1 for the version 1.10."""
    if not re.fullmatch(r"[0-9]{1,15}\.[0-9]{1,15}", value):
        return None
    written = repr(float(value))
    return written if written != value else None


def _nodes(node: Node) -> Iterator[Node]:
    yield node
    children = (
        node.values
        if isinstance(node, Items)
        else [each.value for each in node.entries]
        if isinstance(node, Fields)
        else ()
    )
    for child in children:
        yield from _nodes(child)


def _join_lines(skill: Skill, field: Field, text: Text) -> tuple[Edit, ...]:
    """Return the edit that writes a text on the line of its key, unless a comment is between them."""
    source = skill.content[field.key.span.end : text.span.end].rstrip()
    head = re.match(rb"[ ]*:", source)
    begin = text.span.start - field.key.span.end
    header = source[begin:].split(b"\n", 1)[0] if text.style in ("literal", "folded") else b""
    if head is None or b"#" in source[head.end() : begin] + header or not text.value.strip():
        return ()
    line = quote(text.value.rstrip("\n") if header else text.value)
    start = field.key.span.end + head.end()
    return (Edit(path=_path(skill), start=start, end=field.key.span.end + len(source), text=f" {line}".encode()),)


def _move_comment(skill: Skill, field: Field, text: Text, comment: re.Match[bytes]) -> tuple[Edit, ...]:
    if field.key.span.line != text.span.line or (text.style == "plain" and field.key.value == "description"):
        return ()
    above, end = skill.content.rfind(b"\n", 0, field.key.span.start) + 1, text.span.end
    indent = skill.content[above : field.key.span.start]
    if indent.strip():
        return ()
    line_end = b"\r\n" if skill.content[:above].endswith(b"\r\n") else b"\n"
    return (
        Edit(path=_path(skill), start=above, end=above, text=indent + comment[1] + line_end),
        Edit(path=_path(skill), start=end, end=end + comment.end(1), text=b""),
    )


def _describe_seen(skill: Skill, field: Field) -> str:
    assert isinstance(skill.frontmatter, Frontmatter)
    seen = _read_lines(skill.frontmatter.text).get(field.key.value)
    return f"a line-based reader sees {quote(clip(seen, _SHOWN)) if seen else 'nothing'}"


@lru_cache(maxsize=1)  # once for all fields of a skill
def _read_lines(text: str) -> dict[str, str]:
    return read_lines(text)


def _path(skill: Skill) -> str:
    assert skill.manifest is not None
    return skill.manifest.path


def _place(skill: Skill, node: Node) -> Location:
    span = node.span
    return Location(
        _path(skill), line=span.line, column=span.column, end_line=span.end_line, end_column=span.end_column
    )


def _first_line(skill: Skill, node: Node, width: int | None = None) -> Location:
    """Return the place of the first line of a node, or of its first characters."""
    span = node.span
    if width is None and span.line == span.end_line:
        return _place(skill, node)
    place = Location(_path(skill), line=span.line, column=span.column)
    return place if width is None else replace(place, end_line=span.line, end_column=span.column + width)
