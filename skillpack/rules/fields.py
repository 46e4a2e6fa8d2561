"""Check the fields of the frontmatter.

Where the frontmatter cannot be read, the intended reading is checked, so that one broken value does not hide problems
with the others.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from skillpack.findings import Edit, Issue, Location
from skillpack.frontmatter import Field, Fields, Items, Text
from skillpack.frontmatter.nodes import TEXT, resolve_types
from skillpack.limits import MAX_COMPATIBILITY_CHARS, MAX_DESCRIPTION_CHARS, MAX_NAME_CHARS, NAME_PATTERN
from skillpack.rules.engine import rule
from skillpack.rules.text import is_visible
from skillpack.secrets.scan import clip
from skillpack.skill.skill import Skill
from skillpack.text import escaped

if TYPE_CHECKING:
    from collections.abc import Iterator

FIELDS: Final = ("name", "description", "license", "compatibility", "metadata", "allowed-tools")
"""The fields of the specification."""
_REQUIRED: Final = ("name", "description")
_SIMILAR: Final = 0.75  # difflib's ratio: `nmae` is name, `game` as well, but `title` is not

_FIELDS_OF: Final = {
    # code.claude.com/docs/en/skills, "Frontmatter reference"
    "Claude Code": (
        *(
            "when_to_use",
            "argument-hint",
            "arguments",
            "disable-model-invocation",
            "user-invocable",
            "disallowed-tools",
        ),
        *("model", "effort", "context", "agent", "hooks", "paths", "shell"),
    ),
    # code.visualstudio.com/docs/copilot/customization/agent-skills, "SKILL.md file format"
    "VS Code": ("argument-hint", "user-invocable", "disable-model-invocation"),
    # docs.openclaw.ai/tools/skills, "Format"
    "OpenClaw": (
        *("homepage", "user-invocable", "disable-model-invocation"),
        *("command-dispatch", "command-tool", "command-arg-mode"),
    ),
}
"""The fields that agents add, by their documentation."""


@rule(Skill)
def name_missing(skill: Skill) -> Iterator[Issue]:
    yield from _find_missing("name-missing", skill, "name")


@rule(Skill)
def name_malformed(skill: Skill) -> Iterator[Issue]:
    name = _text(skill, "name")
    if name and not re.fullmatch(NAME_PATTERN, name):
        near = re.sub(r"[^a-z0-9]+", "-", _without_accents(name)).strip("-")[:MAX_NAME_CHARS].rstrip("-")
        hint = f"use a name such as {near}" if near else None
        yield Issue(
            "name-malformed",
            skill.at("name"),
            "the name is not words of a-z and 0-9 joined by single hyphens",
            hint=hint,
        )


def _without_accents(text: str) -> str:
    """Return a text in lower case with letters such as é as e, and ß as ss."""
    if text.isascii():
        return text.lower()
    import unicodedata  # the tables are large, and few names need them

    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in parts if not unicodedata.combining(char))


@rule(Skill)
def name_too_long(skill: Skill) -> Iterator[Issue]:
    yield from _find_too_long(skill, "name", _text(skill, "name"), MAX_NAME_CHARS)


@rule(Skill)
def name_not_directory(skill: Skill) -> Iterator[Issue]:
    name, folder = _text(skill, "name"), skill.tree.directory
    if folder and name != folder and re.fullmatch(NAME_PATTERN, name):
        yield Issue(
            "name-not-directory",
            skill.at("name"),
            f"the name is {clip(name, MAX_NAME_CHARS)}, but the folder is {escaped(folder)[:80]}",
        )


@rule(Skill)
def description_missing(skill: Skill) -> Iterator[Issue]:
    yield from _find_missing("description-missing", skill, "description")


@rule(Skill)
def description_too_long(skill: Skill) -> Iterator[Issue]:
    yield from _find_too_long(skill, "description", _text(skill, "description").strip(), MAX_DESCRIPTION_CHARS)


@rule(Skill)
def compatibility_too_long(skill: Skill) -> Iterator[Issue]:
    yield from _find_too_long(skill, "compatibility", _text(skill, "compatibility"), MAX_COMPATIBILITY_CHARS)


def _find_too_long(skill: Skill, key: str, text: str, limit: int) -> Iterator[Issue]:
    if len(text) > limit:
        field = key if key == "compatibility" else f"the {key}"
        message = f"{field} has {len(text):,} characters, {len(text) - limit:,} too many"
        yield Issue(f"{key}-too-long", skill.at(key), message)


@rule(Skill)
def metadata_not_text(skill: Skill) -> Iterator[Issue]:
    metadata = _field(skill, "metadata")
    if metadata is None:
        return
    if not isinstance(metadata.value, Fields):
        yield Issue("metadata-not-text", skill.at("metadata"), f"metadata is {_kind(metadata)}, not a mapping")
        return
    found = [field for field in metadata.value.entries if not isinstance(field.value, Text)]
    if found:  # agents that nest values there do so for all of their own
        message = f"{_clip_key(found[0])} under metadata is {_kind(found[0])}, not a text"
        more = f"; {len(found) - 1:,} more" if len(found) > 1 else ""
        yield Issue("metadata-not-text", _at_key(skill, found[0]), message + more)


@rule(Skill)
def field_not_text(skill: Skill) -> Iterator[Issue]:
    for key in ("license", "compatibility", "allowed-tools"):
        field = _field(skill, key)
        if field and (kind := _kind(field)) != TEXT:
            yield Issue("field-not-text", skill.at(key), f"{key} is {kind}, not a text")


@rule(Skill)
def field_unknown(skill: Skill) -> Iterator[Issue]:
    reading = skill.reading
    if reading is None:
        return
    reported = [_find_misspelt(skill, key) for key in _REQUIRED]
    for field in reading.fields.entries:
        if field.key.value in FIELDS or field in reported:
            continue
        near = next((key for key in _nearest(field) if reading.fields.get(key) is None), None)
        agents = [agent for agent, keys in _FIELDS_OF.items() if field.key.value in keys]
        known = f"; {_join(agents)} read{'s' if len(agents) == 1 else ''} it" if agents else ""
        yield Issue(
            "field-unknown",
            _at_key(skill, field),
            f"the specification has no field {_clip_key(field)}{known}",
            hint=f"write {near}" if near else None,
            edits=_lower_key(skill, field),
        )


def _find_missing(id: str, skill: Skill, key: str) -> Iterator[Issue]:
    if skill.reading is None or is_visible(_text(skill, key)):
        return
    field = _field(skill, key)
    message = f"the skill has no {key}"
    if field is None and (near := _find_misspelt(skill, key)):
        place, edits = _at_key(skill, near), _lower_key(skill, near)
        yield Issue(id, place, f"{message}, but a field {_clip_key(near)}", hint=f"write `{key}:`", edits=edits)
    elif field is None:
        yield Issue(id, skill.at(key), message)
    elif isinstance(field.value, Items | Fields):
        yield Issue(
            id, skill.at(key), f"the {key} is {_kind(field)}, not a text", hint="put it in quotes if it is a text"
        )
    else:
        empty = "has no visible character" if _text(skill, key).strip() else "is empty"
        yield Issue(id, skill.at(key), f"{message}: the field {empty}")


def _find_misspelt(skill: Skill, key: str) -> Field | None:
    """Return the field that was meant to be the required field `key`, which is missing."""
    if skill.reading is None or skill.reading.fields.get(key):
        return None
    return next((field for field in skill.reading.fields.entries if key in _nearest(field)), None)


def _nearest(field: Field) -> tuple[str, ...]:
    """Return the field of the specification with a similar name, if any."""
    key = field.key.value[:40]
    return () if key in FIELDS else _find_similar(key)


@lru_cache(1024)  # most skills have the same fields
def _find_similar(key: str) -> tuple[str, ...]:
    """Return the field of the specification that is similar, if any; a no-break space or `=` may be part of the key."""
    import difflib

    word = key.partition("=")[0].strip().lower().replace("_", "-").replace(" ", "-")
    return tuple(difflib.get_close_matches(word, FIELDS, 1, _SIMILAR))


def _join(names: list[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


def _lower_key(skill: Skill, field: Field) -> tuple[Edit, ...]:
    """Return the edit that writes a field of the specification in lower case, unless that field exists too."""
    key, span = field.key.value.lower(), field.key.span
    if skill.frontmatter is None or skill.manifest is None or key not in FIELDS or skill.frontmatter.fields.get(key):
        return ()
    if sum(other.key.value.lower() == key for other in skill.frontmatter.fields.entries) > 1:
        return ()
    return (Edit(path=skill.manifest.path, start=span.start, end=span.end, text=key.encode()),)


def _field(skill: Skill, key: str) -> Field | None:
    reading = skill.reading
    return reading.fields.get(key) if reading else None


def _text(skill: Skill, key: str) -> str:
    return (skill.reading and skill.reading.value(key)) or ""


def _kind(field: Field) -> str:
    if isinstance(field.value, Items):
        return "a list"
    if isinstance(field.value, Fields):
        return "a mapping"
    if field.value.null:
        return "empty"
    old, new = resolve_types(field.value.value) if field.value.style == "plain" else (TEXT, TEXT)
    return old if old == new else TEXT  # where they differ, yaml-ambiguous-scalar says so


def _clip_key(field: Field) -> str:
    return clip(field.key.value, 40)


def _at_key(skill: Skill, field: Field) -> Location:
    assert skill.manifest is not None
    span = field.key.span
    return Location(
        skill.manifest.path, line=span.line, column=span.column, end_line=span.end_line, end_column=span.end_column
    )
