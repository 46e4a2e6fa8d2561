"""Rules on the frontmatter as YAML: one for each way of being unreadable."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from skillpack.findings import Severity
from skillpack.rules.rule import Remark, rule
from skillpack.skill import Skill

if TYPE_CHECKING:
    from collections.abc import Iterator


def _troubles(skill: Skill, id: str) -> Iterator[Remark]:
    assert skill.manifest is not None or not skill.trouble
    for trouble in skill.trouble:
        if trouble.rule == id and skill.manifest:
            yield Remark(replace(trouble.location, path=skill.manifest.path), trouble.message, trouble.hint)


@rule(
    Skill,
    Severity.ERROR,
    "api",
    "spec",
    hint="begin the file with name and description between two lines of ---",
)
def frontmatter_missing(skill: Skill) -> Iterator[Remark]:
    """A SKILL.md begins with frontmatter: YAML between two lines of three hyphens."""
    yield from _troubles(skill, "frontmatter-missing")


@rule(Skill, Severity.ERROR, "api", "spec", hint="close it with a line of ---")
def frontmatter_unclosed(skill: Skill) -> Iterator[Remark]:
    """The frontmatter ends with a line of three hyphens."""
    yield from _troubles(skill, "frontmatter-unclosed")


@rule(Skill, Severity.ERROR, "api", "spec", hint="move the frontmatter to the first line of the file")
def frontmatter_not_first(skill: Skill) -> Iterator[Remark]:
    """The frontmatter begins on the very first line."""
    yield from _troubles(skill, "frontmatter-not-first")


@rule(Skill, Severity.ERROR, "reader", hint="save the file as UTF-8")
def frontmatter_encoding(skill: Skill) -> Iterator[Remark]:
    """The frontmatter is UTF-8 without control characters."""
    yield from _troubles(skill, "frontmatter-encoding")


@rule(Skill, Severity.ERROR, "reader", hint="save the file as UTF-8 without a byte order mark")
def frontmatter_bom(skill: Skill) -> Iterator[Remark]:
    """Four of six readers lose all fields behind a byte order mark."""
    yield from _troubles(skill, "frontmatter-bom")


@rule(Skill, Severity.ERROR, "safety", hint="keep the frontmatter to a few fields")
def frontmatter_too_large(skill: Skill) -> Iterator[Remark]:
    """Frontmatter is bounded before it is parsed: 64 KiB, 8 levels, 4,096 events."""
    yield from _troubles(skill, "frontmatter-too-large")


@rule(Skill, Severity.ERROR, "reader", hint="put the value in double quotes")
def yaml_syntax(skill: Skill) -> Iterator[Remark]:
    """The frontmatter is YAML."""
    yield from _troubles(skill, "yaml-syntax")


@rule(Skill, Severity.ERROR, "reader", hint="keep one of the two")
def yaml_duplicate_key(skill: Skill) -> Iterator[Remark]:
    """Of two equal keys some readers take the first, some the last, some none."""
    yield from _troubles(skill, "yaml-duplicate-key")


@rule(Skill, Severity.ERROR, "reader", hint="write the value out, or put it in quotes")
def yaml_alias(skill: Skill) -> Iterator[Remark]:
    """Anchors and aliases are not understood by many readers, and can explode."""
    yield from _troubles(skill, "yaml-alias")


@rule(Skill, Severity.ERROR, "reader", hint="put the value in quotes")
def yaml_tag(skill: Skill) -> Iterator[Remark]:
    """Tags make readers differ, and in some run code."""
    yield from _troubles(skill, "yaml-tag")


@rule(Skill, Severity.ERROR, "reader", hint="keep to one document")
def yaml_several_documents(skill: Skill) -> Iterator[Remark]:
    """Frontmatter is one YAML document."""
    yield from _troubles(skill, "yaml-several-documents")
