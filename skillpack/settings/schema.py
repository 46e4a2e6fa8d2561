"""Define the JSON schema of a settings file, which editors use, and find the errors in a table of settings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from skillpack.limits import HIGHEST_CONTENTS_MIB, MAX_CONTENTS_MIB, MEMORY_LIMITS
from skillpack.targets import TARGETS
from skillpack.text import escaped, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LEVELS: Final = ("error", "warning", "note", "off")

_PATTERNS: Final = {"type": "array", "items": {"type": "string"}}
_RULES: Final = {
    "type": "object",
    "description": "Rule id to the level it has instead of its own.",
    "additionalProperties": {"enum": list(LEVELS)},
}

SCHEMA: Final[dict[str, Any]] = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "title": "Settings of skillpack: skillpack.toml, or [tool.skillpack] in pyproject.toml",
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "targets": {
            "description": "The consumers whose requirements to enforce; `skillpack targets` lists them.",
            "type": "array",
            "items": {"enum": list(TARGETS)},
            "default": ["openai"],
        },
        "exclude": {
            "description": "Patterns of files to exclude, as in a .gitignore at the skill's root.",
            **_PATTERNS,
            "default": [],
        },
        "include": {
            "description": "Patterns of files to include although another pattern excludes them.",
            **_PATTERNS,
            "default": [],
        },
        "gitignore": {"description": "Read .gitignore files.", "type": "boolean", "default": True},
        "default-excludes": {
            "description": "Use the built-in ignore patterns.",
            "type": "boolean",
            "default": True,
        },
        "compression": {
            "description": "How files are compressed.",
            "enum": ["deflate", "smallest", "store"],
            "default": "deflate",
        },
        "max-contents": {
            "description": "MiB of contents that are read and packed, for data that is not compressed.",
            "type": "integer",
            "minimum": 1,
            "maximum": HIGHEST_CONTENTS_MIB,
            "default": MAX_CONTENTS_MIB,
        },
        "rules": _RULES,
        "allow-secrets": {
            "description": "Path in the skill to the SHA-256 of the content that may be packed there.",
            "type": "object",
            "additionalProperties": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
        },
        "container": {
            "description": "Defaults of `skillpack container`.",
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "name": {"description": "The container's name.", "type": "string"},
                "memory": {"description": "The container's memory.", "enum": list(MEMORY_LIMITS)},
                "expires-after": {
                    "description": "Minutes after its last use.",
                    "type": "integer",
                    "minimum": 1,
                },
                "allow-domains": {
                    "description": "The domains it may connect to.",
                    "type": "array",
                    "items": {"type": "string"},
                },
            },
        },
        "overrides": {
            "description": "Levels of rules for some skills; the last override that names a rule wins.",
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["skills", "rules"],
                "properties": {
                    "skills": {
                        "description": "Folders of skills, relative to the settings file; * stays within one "
                        "folder, ** does not.",
                        "type": "array",
                        "items": {"type": "string"},
                    },
                    "rules": _RULES,
                },
            },
        },
    },
}

_TYPES: Final[dict[str, tuple[tuple[type, ...], str]]] = {
    "boolean": ((bool,), "true or false"),
    "integer": ((int,), "a whole number"),
    "string": ((str,), "a string"),
    "array": ((list, tuple), "an array"),
    "object": ((dict,), "a table"),
}
_ITEM: Final = r"(?<![\w-])(targets|exclude|include|allow-domains|overrides|skills)\.(\d+)(?![\w-])"
_MOMENT: Final = "a date or time"


def find_errors(
    value: object, schema: Mapping[str, Any], key: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield (key, what is wrong there); values are never quoted."""
    if "enum" in schema:
        if not (isinstance(value, str) and value in schema["enum"]):
            near = nearest(value, dict.fromkeys(schema["enum"])) if isinstance(value, str) else ""
            yield key, f"must be {_listed(schema['enum'])}{near}"
        return
    types, words = _TYPES[schema["type"]]
    if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
        yield key, f"must be {words}, not {_kind(value)}"
    elif isinstance(value, dict):
        yield from _table_errors(value, schema, key)
    elif isinstance(value, list | tuple):
        for at, item in enumerate(value):
            yield from find_errors(item, schema["items"], (*key, str(at)))
    elif isinstance(value, str) and not _is_unicode(value):
        yield key, "must be Unicode"
    elif isinstance(value, str) and not re.search(schema.get("pattern", ""), value):
        yield key, "must be a SHA-256: 64 lowercase hexadecimal digits"
    elif isinstance(value, int) and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        less = value < schema.get("minimum", value)
        yield key, f"must be at {'least' if less else 'most'} {schema['minimum' if less else 'maximum']}"


def _table_errors(
    table: Mapping[Any, object], schema: Mapping[str, Any], key: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], str]]:
    known = schema.get("properties", {})
    for name, value in table.items():
        if not isinstance(name, str):
            yield key, f"must have strings as keys, not {_kind(name)}"
            continue
        inner = known.get(name) or schema["additionalProperties"]
        if inner:
            yield from find_errors(value, inner, (*key, name))
        else:
            yield (*key, name), f"is not known{nearest(name, known)}"
    for name in schema.get("required", ()):
        if name not in table:
            yield key, f"lacks the key {name}"


def dotted(key: tuple[str, ...]) -> str:
    """Return a key as it is written in TOML, safe to print; an item of an array has its number: `targets[0]`."""
    return escaped(re.sub(_ITEM, r"\1[\2]", ".".join(key)[:100]))


def _listed(words: list[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"


def _kind(value: object) -> str:
    for types, words in _TYPES.values():
        if isinstance(value, types):
            return {"true or false": "a boolean", "a whole number": "a number"}.get(words, words)
    kind = type(value).__name__
    return {"NoneType": "None", "float": "a float", "date": _MOMENT, "datetime": _MOMENT, "time": _MOMENT}.get(
        kind, kind
    )


def _is_unicode(text: str) -> bool:
    """Return whether a text has bytes, as every file name has; os.fsdecode makes surrogates of those not UTF-8."""
    try:
        text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return False
    return True
