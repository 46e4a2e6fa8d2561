"""Rules on SKILL.md: is it there, is it the only one, is it spelled as all readers spell it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skillpack.findings import Location, Severity, escaped
from skillpack.limits import MANIFEST
from skillpack.rules.engine import Remark, rule
from skillpack.rules.ignoring import line_of
from skillpack.skill.skill import Skill
from skillpack.skill.tree import is_manifest

if TYPE_CHECKING:
    from collections.abc import Iterator


@rule(Skill, Severity.ERROR, "api", "spec", hint=f"add a {MANIFEST} that begins with a name and a description")
def manifest_missing(skill: Skill) -> Iterator[Remark]:
    """The skill has no SKILL.md at its root.

    Why it matters: the API, and every agent, reads the skill from there; without it there is no skill. OpenAI's guide
    wants exactly one.

    Before:
        skills/pdf-forms/README.md
    After:
        skills/pdf-forms/SKILL.md
    """
    if skill.manifest:
        return
    out = next((entry for entry in skill.tree.selection.excluded if entry.path == MANIFEST), None)
    if out:
        message = f"{MANIFEST} is left out by {line_of(out.decision)}, which matches {escaped(out.decision.matched)}"
        advice = f"a link goes the way of what it leads to: keep that, or make {MANIFEST} a file of its own"
        yield Remark(Location(), message, advice)
        return
    below = next((file.path for file in skill.tree.files if _is_manifest(file.path)), None)
    hint = f"the skill seems to begin at {escaped(below.rpartition('/')[0])}" if below else None
    yield Remark(Location(), f"there is no {MANIFEST} at the root", hint)


@rule(Skill, Severity.WARNING, "reader", hint=f"rename it to {MANIFEST}")
def manifest_case(skill: Skill) -> Iterator[Remark]:
    """The manifest is called skill.md or the like, not exactly SKILL.md.

    Why it matters: OpenAI's API matches the name in any case; Codex and Claude Code on Linux find nothing
    (anthropics/skills#314).

    Before:
        skills/pdf-forms/skill.md
    After:
        skills/pdf-forms/SKILL.md
    """
    if skill.manifest and skill.manifest.path != MANIFEST:
        yield Remark(Location(skill.manifest.path), "only some agents find a manifest of this spelling")


@rule(Skill, Severity.ERROR, "api", hint="rename it, for instance to GUIDE.md, or leave it out with --exclude")
def manifest_duplicate(skill: Skill) -> Iterator[Remark]:
    """There is a second SKILL.md, in any case, at any depth.

    Why it matters: OpenAI's guide wants exactly one in the bundle, matched case-insensitively. claude.ai refuses a
    zip with "must contain exactly one SKILL.md file".

    Before:
        skills/pdf-forms/SKILL.md
        skills/pdf-forms/examples/skill.md
    After:
        skills/pdf-forms/SKILL.md
        skills/pdf-forms/examples/example.md
    """
    for file in skill.tree.files:
        if skill.manifest and file is not skill.manifest and _is_manifest(file.path):
            yield Remark(Location(file.path), f"a second {MANIFEST}; the API refuses a bundle with more than one")


def _is_manifest(path: str) -> bool:
    return is_manifest(path.rpartition("/")[2])
