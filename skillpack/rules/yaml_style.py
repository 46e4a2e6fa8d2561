"""Rules on how the frontmatter is written: YAML that some readers take for something else.

Each of them says what a line-based reader sees: one that cuts each line at its first colon.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from skillpack.findings import Edit, Location, Severity
from skillpack.frontmatter import Field, Fields, Frontmatter, Items, Node, Text, quoted, read_lines
from skillpack.frontmatter.nodes import TEXT, types
from skillpack.rules.engine import Remark, rule
from skillpack.secrets.scan import masked
from skillpack.skill.skill import Skill

if TYPE_CHECKING:
    from collections.abc import Iterator

_SHOWN: Final = 48
_TEXTS: Final = ("name", "description")
_TRUE: Final = ("on", "yes", "true")


@rule(
    Skill,
    Severity.WARNING,
    "reader",
    hint="put the comment on a line of its own, or all in quotes if the rest of the line belongs to the value",
    fix=True,
)
def yaml_comment_cuts_value(skill: Skill) -> Iterator[Remark]:
    """A space and `#` end the value of a field on its line.

    The fix keeps what YAML reads: it moves the comment to a line of its own. A description without quotes is left
    alone: there the rest of the line is most often text, and belongs in quotes.

    Why it matters: YAML takes the rest of the line for a comment and drops it, often in the middle of a sentence. A
    line-based reader, and openai-agents 0.24.0, keep it as part of the value. So the description that the API
    compares is another one than the one shown.

    Before:
        description: Answers questions about C # and F #.
        license: MIT # or so
    After:
        description: "Answers questions about C # and F #."
        # or so
        license: MIT
    """
    for field, text in _text_fields(skill):
        rest = skill.content[text.span.end :].split(b"\n", 1)[0]
        comment = re.match(rb"[ \t]+(#.*?)[ \t\r]*$", rest)
        if comment and text.span.line == text.span.end_line:
            begin = text.span.end_column + comment.start(1)
            place = Location(_path(skill), text.span.end_line, begin, text.span.end_line, begin + 1)
            yield Remark(
                place, f"the comment ends the value; {_seen(skill, field)}", None, _moved(skill, field, text, comment)
            )


@rule(Skill, Severity.WARNING, "reader", hint="put it in quotes", fix=True)
def yaml_ambiguous_scalar(skill: Skill) -> Iterator[Remark]:
    """A value or key without quotes that readers of YAML take for different things.

    Judged are the fields, their keys, and what is under `metadata`. A name or description that is a number, boolean
    or date to any reader counts as well.

    Why it matters: `on` is true to YAML 1.1 and a text to YAML 1.2, `010` is 8 or 10, `1e3` a text or 1000,
    `2026-01-31` a date or a text. PyYAML and most readers in Python follow 1.1, js-yaml and most others 1.2. A
    line-based reader sees the text as it stands.

    The fix quotes names, descriptions, numbers and dates: from then on all readers see a text. A boolean elsewhere is
    left to its author, since whoever reads it may ask for true or false.

    Before:
        released: 2026-01-31
    After:
        released: "2026-01-31"
    """
    for key, text in _scalars(skill):
        old, new = types(text.value)
        if text.style != "plain" or (old == new and (key not in _TEXTS or old in (TEXT, "null"))):
            continue
        as_yaml = f"{old} to YAML 1.1 and {new} to YAML 1.2" if old != new else f"{old} to YAML, not a text"
        edits: tuple[Edit, ...] = ()
        hint = f"put it in quotes: {quoted(_clipped(text.value))}"
        if key not in _TEXTS and old in ("a boolean", "null"):
            hint = f"write {'true' if text.value.lower() in _TRUE else 'false'}, or put it in quotes if a text is meant"
        else:
            edits = (Edit(_path(skill), text.span.start, text.span.end, quoted(text.value).encode()),)
        yield Remark(_place(skill, text), f"{_clipped(text.value)} is {as_yaml}", hint, edits)


@rule(Skill, Severity.WARNING, "api", "reader", hint="write it on one line, in quotes", fix=True)
def yaml_block_scalar(skill: Skill) -> Iterator[Remark]:
    """The name or description is a block: it begins with `>` or `|`.

    The fix writes the same text on one line in quotes, without the line break that ends the block.

    Why it matters: line-based readers see `>-` in place of the text. And one server of the API answered 400
    "Inline skill name/description must match" to a folded description until it was on one line.

    Before:
        description: >-
          Fills in PDF forms.
          Use when the user has a form to fill in.
    After:
        description: "Fills in PDF forms. Use when the user has a form to fill in."
    """
    for field, text in _text_fields(skill):
        if field.key.value in _TEXTS and text.style in ("literal", "folded"):
            sign = ">" if text.style == "folded" else "|"
            message = f"the {field.key.value} is a block ({sign}); {_seen(skill, field)}"
            yield Remark(_first_line(skill, text, 1), message, None, _on_one_line(skill, field, text))


@rule(Skill, Severity.WARNING, "reader", hint="write it on one line, in quotes", fix=True)
def yaml_indented_plain(skill: Skill) -> Iterator[Remark]:
    """The name or description begins below its key, goes on over indented lines, or stands in braces.

    Why it matters: a line-based reader sees nothing, or the first line alone. openai-agents read such a description
    as empty before it learned to join plain lines; 0.24.0 still sees one line of a text in quotes.

    Before:
        description:
          Fills in PDF forms.
          Use when the user has a form to fill in.
    After:
        description: "Fills in PDF forms. Use when the user has a form to fill in."
    """
    braces = skill.frontmatter is not None and skill.frontmatter.fields.flow
    for field, text in _text_fields(skill):
        lines = text.span.end_line - field.key.span.line
        if field.key.value in _TEXTS and braces:
            message = f"the {field.key.value} stands in braces; {_seen(skill, field)}"
            yield Remark(_first_line(skill, text), message, "take the braces away, and write one key a line")
            continue
        if field.key.value in _TEXTS and text.style in ("plain", "single", "double") and lines and text.value:
            more = f"{lines} more line{'s' if lines > 1 else ''}"
            message = f"the {field.key.value} goes on over {more}; {_seen(skill, field)}"
            yield Remark(_first_line(skill, text), message, None, _on_one_line(skill, field, text))


@rule(Skill, Severity.NOTE, "reader", hint="write one item a line, each behind a hyphen, or one key a line")
def yaml_flow_style(skill: Skill) -> Iterator[Remark]:
    """A value has brackets or braces: YAML's flow style.

    Why it matters: skills-ref, the specification's own tool, reads with strictyaml, which refuses flow style. 780
    public skills have it, and the agents that were tried read it, so this is a note.

    Before:
        tags: [pdf, forms]
    After:
        tags:
          - pdf
          - forms
    """
    for field in skill.frontmatter.fields if skill.frontmatter else ():
        flow = next((node for node in _nodes(field.value) if isinstance(node, Items | Fields) and node.flow), None)
        if flow:
            what = "a list in brackets" if isinstance(flow, Items) else "a mapping in braces"
            yield Remark(_first_line(skill, flow), f"{_clipped(field.key.value)} holds {what}")


def _text_fields(skill: Skill) -> Iterator[tuple[Field, Text]]:
    for field in skill.frontmatter.fields if skill.frontmatter else ():
        if isinstance(field.value, Text):
            yield field, field.value


def _scalars(skill: Skill) -> Iterator[tuple[str, Text]]:
    """Yield (key, scalar) of what is judged; a key itself stands under an empty one."""
    fields = list(skill.frontmatter.fields) if skill.frontmatter else []
    metadata = skill.frontmatter and skill.frontmatter.fields.get("metadata")
    inner = list(metadata.value) if metadata and isinstance(metadata.value, Fields) else []
    for field in fields + inner:
        yield "", field.key
        if isinstance(field.value, Text):
            yield ("" if field in inner else field.key.value), field.value


def _nodes(node: Node) -> Iterator[Node]:
    yield node
    children = (
        node.values if isinstance(node, Items) else [each.value for each in node] if isinstance(node, Fields) else ()
    )
    for child in children:
        yield from _nodes(child)


def _on_one_line(skill: Skill, field: Field, text: Text) -> tuple[Edit, ...]:
    """Return the edit that writes a text behind its key, unless a comment stands between them."""
    source = skill.content[field.key.span.end : text.span.end].rstrip()
    head = re.match(rb"[ ]*:", source)
    begin = text.span.start - field.key.span.end
    header = source[begin:].split(b"\n", 1)[0] if text.style in ("literal", "folded") else b""
    if head is None or b"#" in source[head.end() : begin] + header or not text.value.strip():
        return ()
    line = quoted(text.value.rstrip("\n") if header else text.value)
    start = field.key.span.end + head.end()
    return (Edit(_path(skill), start, field.key.span.end + len(source), f" {line}".encode()),)


def _moved(skill: Skill, field: Field, text: Text, comment: re.Match[bytes]) -> tuple[Edit, ...]:
    if field.key.span.line != text.span.line or (text.style == "plain" and field.key.value == "description"):
        return ()
    above, end = skill.content.rfind(b"\n", 0, field.key.span.start) + 1, text.span.end
    indent = skill.content[above : field.key.span.start]
    if indent.strip():
        return ()
    line_end = b"\r\n" if skill.content[:above].endswith(b"\r\n") else b"\n"
    return (
        Edit(_path(skill), above, above, indent + comment[1] + line_end),
        Edit(_path(skill), end, end + comment.end(1), b""),
    )


def _seen(skill: Skill, field: Field) -> str:
    assert isinstance(skill.frontmatter, Frontmatter)
    seen = read_lines(skill.frontmatter.text).get(field.key.value)
    return f"a line-based reader sees {quoted(_clipped(seen)) if seen else 'nothing'}"


def _clipped(text: str) -> str:
    text = masked(text.encode()).decode()  # before it is cut: half a credential would no longer look like one
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _path(skill: Skill) -> str:
    assert skill.manifest is not None
    return skill.manifest.path


def _place(skill: Skill, node: Node) -> Location:
    span = node.span
    return Location(_path(skill), span.line, span.column, span.end_line, span.end_column)


def _first_line(skill: Skill, node: Node, width: int | None = None) -> Location:
    """Return the place of a node's first line alone, or of its first characters."""
    span = node.span
    if width is None and span.line == span.end_line:
        return _place(skill, node)
    end = (None, None) if width is None else (span.line, span.column + width)
    return Location(_path(skill), span.line, span.column, *end)
