"""Rules on what the fields of the frontmatter say.

They judge what was most likely meant where the frontmatter cannot be read, so that one broken value does not hide
what is wrong with the others.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from skillpack.findings import Location, Severity, escaped
from skillpack.frontmatter import Field, Fields, Items, Text
from skillpack.frontmatter.nodes import TEXT, types
from skillpack.limits import MAX_COMPATIBILITY_CHARS, MAX_DESCRIPTION_CHARS, MAX_NAME_CHARS, NAME_PATTERN
from skillpack.rules.engine import Remark, rule
from skillpack.rules.text import visible
from skillpack.skill.skill import Skill

if TYPE_CHECKING:
    from collections.abc import Iterator

FIELDS: Final = ("name", "description", "license", "compatibility", "metadata", "allowed-tools")
"""The fields of the specification."""


@rule(Skill, Severity.ERROR, "spec", "api", hint="add a line such as `name: pdf-forms`")
def name_missing(skill: Skill) -> Iterator[Remark]:
    """The frontmatter has no name, or one that is empty, null, no text or nothing that can be seen.

    Why it matters: the specification requires it, agents call the skill by it, and the API wants the same name in
    the request and in SKILL.md.

    Before:
        description: Fills in PDF forms.
    After:
        name: pdf-forms
        description: Fills in PDF forms.
    """
    yield from _missing(skill, "name")


@rule(
    Skill,
    Severity.ERROR,
    "spec",
    "api",
    hint="use lowercase letters and digits in words joined by single hyphens",
)
def name_malformed(skill: Skill) -> Iterator[Remark]:
    """The name has other characters than lowercase ASCII letters, digits and single hyphens between them.

    Why it matters: that is how the specification defines a name. It becomes the one folder in the bundle, a part of
    commands and of paths; a space, an uppercase letter or `../` in it breaks one or the other.

    Before:
        name: PDF_Forms
    After:
        name: pdf-forms
    """
    name = _text(skill, "name")
    if name and not re.fullmatch(NAME_PATTERN, name):
        near = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:MAX_NAME_CHARS].rstrip("-")
        hint = f"for instance {near}" if near else None
        yield Remark(skill.at("name"), "the name is not words of a-z and 0-9 joined by single hyphens", hint)


@rule(Skill, Severity.ERROR, "spec", "api", hint="shorten it")
def name_too_long(skill: Skill) -> Iterator[Remark]:
    """The name has over 64 characters.

    Why it matters: the specification allows 1 to 64, and Codex skips a skill with a longer one.

    Before:
        name: pdf-forms-and-everything-else-that-one-may-want-to-do-with-forms-of-all-kinds
    After:
        name: pdf-forms
    """
    if (count := len(_text(skill, "name"))) > MAX_NAME_CHARS:
        yield Remark(skill.at("name"), f"the name has {count:,} characters, {count - MAX_NAME_CHARS:,} too many")


@rule(Skill, Severity.WARNING, "spec", hint="give the folder the skill's name, or the skill the folder's")
def name_not_directory(skill: Skill) -> Iterator[Remark]:
    """The name is not that of the folder the skill lies in.

    For the target agentskills this is an error.

    Why it matters: the specification wants them equal, and some agents call a skill by its folder. The bundle's one
    folder is called like the skill in any case. OpenAI's own example has csv_insights_skill and csv-insights, so
    for OpenAI it is a warning.

    Before:
        skills/forms/SKILL.md    name: pdf-forms
    After:
        skills/pdf-forms/SKILL.md    name: pdf-forms
    """
    name, folder = _text(skill, "name"), skill.tree.directory
    if folder and name != folder and re.fullmatch(NAME_PATTERN, name):
        yield Remark(
            skill.at("name"), f"the name is {name[:MAX_NAME_CHARS]}, the folder is called {escaped(folder)[:80]}"
        )


@rule(Skill, Severity.ERROR, "spec", "api", hint="say what the skill does and when to use it")
def description_missing(skill: Skill) -> Iterator[Remark]:
    """The frontmatter has no description, or one that is empty, null, no text or nothing that can be seen.

    Why it matters: the specification requires it, and it is all that a model sees of a skill before it decides
    whether to use it.

    Before:
        name: pdf-forms
        description:
    After:
        name: pdf-forms
        description: Fills in PDF forms. Use when the user has a form to fill in.
    """
    yield from _missing(skill, "description")


@rule(Skill, Severity.ERROR, "spec", "api", hint="move the details into the body of SKILL.md")
def description_too_long(skill: Skill) -> Iterator[Remark]:
    """The description has over 1,024 characters, white space at its ends not counted.

    Why it matters: the specification allows 1 to 1,024. Codex says "invalid description: exceeds maximum length of
    1024 characters" and skips the skill.

    Before:
        description: Fills in PDF forms. (and 1,100 characters more)
    After:
        description: Fills in PDF forms. Use when the user has a form to fill in.
    """
    if (count := len(_text(skill, "description").strip())) > MAX_DESCRIPTION_CHARS:
        over = count - MAX_DESCRIPTION_CHARS
        yield Remark(skill.at("description"), f"the description has {count:,} characters, {over:,} too many")


@rule(Skill, Severity.ERROR, "spec", hint="name what is needed, and explain it in the body of SKILL.md")
def compatibility_too_long(skill: Skill) -> Iterator[Remark]:
    """The field compatibility has over 500 characters.

    Why it matters: the specification allows 1 to 500, and its own tool refuses more.

    Before:
        compatibility: Needs Python 3.11. (and 500 characters more)
    After:
        compatibility: Needs Python 3.11.
    """
    if (count := len(_text(skill, "compatibility"))) > MAX_COMPATIBILITY_CHARS:
        over = count - MAX_COMPATIBILITY_CHARS
        yield Remark(skill.at("compatibility"), f"compatibility has {count:,} characters, {over:,} too many")


@rule(Skill, Severity.WARNING, "spec", hint="write a text for each key")
def metadata_not_text(skill: Skill) -> Iterator[Remark]:
    """The field metadata is no mapping, or holds a list or a mapping.

    Why it matters: the specification says a map from text to text. Readers with a schema refuse others; 12 of 744
    public skills have them.

    Before:
        metadata:
          author:
            name: Ada
    After:
        metadata:
          author: Ada
    """
    metadata = _field(skill, "metadata")
    if metadata is None:
        return
    if not isinstance(metadata.value, Fields):
        yield Remark(skill.at("metadata"), f"metadata is {_kind(metadata)}, not a mapping")
        return
    for field in metadata.value:
        if not isinstance(field.value, Text):
            yield Remark(_at_key(skill, field), f"{_shown(field)} under metadata is {_kind(field)}, not a text")


@rule(Skill, Severity.WARNING, "spec", hint="write it as one text; in quotes if it looks like a number")
def field_not_text(skill: Skill) -> Iterator[Remark]:
    """One of license, compatibility and allowed-tools is no text.

    Why it matters: the specification says text for each. A list of tools is common and some agents read it; those
    that follow the specification want `allowed-tools: Read Write`.

    Before:
        allowed-tools:
          - Read
          - Write
    After:
        allowed-tools: Read Write
    """
    for key in ("license", "compatibility", "allowed-tools"):
        field = _field(skill, key)
        if field and (kind := _kind(field)) != TEXT:
            yield Remark(skill.at(key), f"{key} is {kind}, not a text")


@rule(
    Skill,
    Severity.NOTE,
    "spec",
    hint="put it under metadata, or leave it if an agent that you use knows it",
)
def field_unknown(skill: Skill) -> Iterator[Remark]:
    """The specification has no such field.

    For the target agentskills this is a warning.

    Why it matters: some readers refuse it, most ignore it. 67 percent of 2,264 public skills have such a field, so
    it must not block.

    Before:
        name: pdf-forms
        version: "2"
    After:
        name: pdf-forms
        metadata:
          version: "2"
    """
    said = skill.said
    if said is None:
        return
    for field in said.fields:
        if (key := field.key.value) not in FIELDS:
            import difflib

            near = difflib.get_close_matches(key.lower().replace("_", "-")[:40], FIELDS, 1, 0.8)
            hint = f"write {near[0]}" if near and near[0] not in {each.key.value for each in said.fields} else None
            yield Remark(_at_key(skill, field), f"the specification has no field {_shown(field)}", hint)


def _missing(skill: Skill, key: str) -> Iterator[Remark]:
    if skill.said is None or visible(_text(skill, key)):
        return
    field = _field(skill, key)
    message = f"the skill has no {key}"
    if field is None:
        yield Remark(skill.at(key), message)
    elif isinstance(field.value, Items | Fields):
        yield Remark(skill.at(key), f"the {key} is {_kind(field)}, not a text", "put it in quotes if a text is meant")
    else:
        empty = "holds nothing that can be seen" if _text(skill, key).strip() else "is empty"
        yield Remark(skill.at(key), f"{message}: the field {empty}")


def _field(skill: Skill, key: str) -> Field | None:
    said = skill.said
    return said.fields.get(key) if said else None


def _text(skill: Skill, key: str) -> str:
    return (skill.said and skill.said.value(key)) or ""


def _kind(field: Field) -> str:
    if isinstance(field.value, Items):
        return "a list"
    if isinstance(field.value, Fields):
        return "a mapping"
    if field.value.null:
        return "empty"
    old, new = types(field.value.value) if field.value.style == "plain" else (TEXT, TEXT)
    return old if old == new else TEXT  # where they differ, yaml-ambiguous-scalar says so


def _shown(field: Field) -> str:
    return escaped(field.key.value[:40])


def _at_key(skill: Skill, field: Field) -> Location:
    assert skill.manifest is not None
    span = field.key.span
    return Location(skill.manifest.path, span.line, span.column, span.end_line, span.end_column)
