"""Rules on SKILL.md: is it there, is it the only one, could its frontmatter be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skillpack.findings import Location, Severity
from skillpack.limits import MANIFEST
from skillpack.rules.rule import Remark, rule
from skillpack.skill import Skill

if TYPE_CHECKING:
    from collections.abc import Iterator


@rule(Skill, Severity.ERROR, "api", "spec", hint=f"add a {MANIFEST} that begins with a name and a description")
def manifest_missing(skill: Skill) -> Iterator[Remark]:
    """The API reads the skill from the SKILL.md at its root; without one there is no skill."""
    if skill.manifest is None:
        yield Remark(Location(), f"there is no {MANIFEST} at the root")


@rule(Skill, Severity.WARNING, "reader", hint=f"rename it to {MANIFEST}")
def manifest_case(skill: Skill) -> Iterator[Remark]:
    """OpenAI's API matches the name in any case; Codex and Claude Code want exactly SKILL.md."""
    if skill.manifest and skill.manifest.path != MANIFEST:
        yield Remark(Location(skill.manifest.path), "only some agents find a manifest of this spelling")


@rule(Skill, Severity.ERROR, "api", hint="rename it, for instance to GUIDE.md, or leave it out with --exclude")
def manifest_duplicate(skill: Skill) -> Iterator[Remark]:
    """The API wants exactly one SKILL.md in the bundle, matched case-insensitively, at any depth."""
    for file in skill.tree.files:
        if file is not skill.manifest and file.path.rpartition("/")[2].casefold() == MANIFEST.casefold():
            yield Remark(Location(file.path), f"a second {MANIFEST}; the API refuses a bundle with more than one")
