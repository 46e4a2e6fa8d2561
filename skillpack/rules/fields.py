"""Rules on what the fields of the frontmatter say."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from skillpack.findings import Severity
from skillpack.limits import MAX_DESCRIPTION_CHARS, MAX_NAME_CHARS, NAME_PATTERN
from skillpack.rules.rule import Remark, rule
from skillpack.skill import Skill

if TYPE_CHECKING:
    from collections.abc import Iterator


@rule(Skill, Severity.ERROR, "spec", "api", hint="add a line such as `name: pdf-forms`")
def name_missing(skill: Skill) -> Iterator[Remark]:
    """The specification and the API require a name."""
    if skill.frontmatter and not skill.name:
        yield Remark(skill.at("name"), "the skill has no name")


@rule(
    Skill,
    Severity.ERROR,
    "spec",
    "api",
    hint="use lowercase letters and digits in words joined by single hyphens",
)
def name_malformed(skill: Skill) -> Iterator[Remark]:
    """A name consists of lowercase ASCII letters, digits and single hyphens between them."""
    if skill.name and not re.fullmatch(NAME_PATTERN, skill.name):
        yield Remark(skill.at("name"), "the name is not words of a-z and 0-9 joined by single hyphens")


@rule(Skill, Severity.ERROR, "spec", "api", hint="shorten it")
def name_too_long(skill: Skill) -> Iterator[Remark]:
    """A name has at most 64 characters."""
    if (count := len(skill.name)) > MAX_NAME_CHARS:
        yield Remark(skill.at("name"), f"the name has {count} characters, {count - MAX_NAME_CHARS} too many")


@rule(Skill, Severity.ERROR, "spec", "api", hint="say what the skill does and when to use it")
def description_missing(skill: Skill) -> Iterator[Remark]:
    """The specification and the API require a description."""
    if skill.frontmatter and not skill.description.strip():
        yield Remark(skill.at("description"), "the skill has no description")


@rule(Skill, Severity.ERROR, "spec", "api", hint="move the details into the body of SKILL.md")
def description_too_long(skill: Skill) -> Iterator[Remark]:
    """A description has at most 1,024 characters."""
    if (count := len(skill.description.strip())) > MAX_DESCRIPTION_CHARS:
        over = count - MAX_DESCRIPTION_CHARS
        yield Remark(skill.at("description"), f"the description has {count:,} characters, {over:,} too many")
