"""Check that SKILL.md exists once, at the root, spelled as all readers spell it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skillpack.findings import Issue, Location
from skillpack.limits import MANIFEST
from skillpack.rules.engine import rule
from skillpack.select.wildmatch import line_for
from skillpack.skill.decisions import describe_line
from skillpack.skill.skill import Skill
from skillpack.skill.tree import is_manifest, resembles_manifest

if TYPE_CHECKING:
    from collections.abc import Iterator


@rule(Skill)
def manifest_missing(skill: Skill) -> Iterator[Issue]:
    if skill.manifest:
        return
    out = next((entry for entry in skill.tree.selection.excluded if entry.path == MANIFEST), None)
    if out:
        message = f"{MANIFEST} is excluded by {describe_line(out.decision)}, which matches {out.decision.matched}"
        advice = f"the rules apply to the symlink's target: include it, or make {MANIFEST} a regular file"
        yield Issue("manifest-missing", Location(), message, hint=advice)
        return
    below = next((file.path for file in skill.tree.files if _is_manifest(file.path)), None)
    hint = f"pack the folder {below.rpartition('/')[0]}, which has one" if below else None
    near = next((file.path for file in skill.tree.files if resembles_manifest(file.path)), None)
    if near:
        hint = f"rename {near} to {MANIFEST}"
    elif not below and any(note.rule_id == "zip-not-canonical" for note in skill.tree.selection.notes):
        hint = f"ask its author for a zip with a {MANIFEST}, or unpack it and add one"
    yield Issue("manifest-missing", Location(), f"there is no {MANIFEST} at the root", hint=hint)


@rule(Skill)
def manifest_case(skill: Skill) -> Iterator[Issue]:
    if skill.manifest and skill.manifest.path != MANIFEST:
        place = Location(skill.manifest.path)
        yield Issue("manifest-case", place, "only some agents find a manifest with this spelling")


@rule(Skill)
def manifest_duplicate(skill: Skill) -> Iterator[Issue]:
    for file in skill.tree.files:
        if skill.manifest and file is not skill.manifest and _is_manifest(file.path):
            message = f"a second {MANIFEST}; the API refuses a bundle with more than one"
            hint = f"rename it, for instance to GUIDE.md, or add {line_for(file.path)} to .skillignore"
            yield Issue("manifest-duplicate", Location(file.path), message, hint=hint)


def has_another(skill: Skill) -> bool:
    """Return True if there is no manifest at the root but one below: then that folder is the skill."""
    return skill.manifest is None and any(_is_manifest(file.path) for file in skill.tree.files)


def _is_manifest(path: str) -> bool:
    return is_manifest(path.rpartition("/")[2])
