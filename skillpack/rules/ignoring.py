"""Check what the ignore rules decided: the decisions that the walk recorded, never the disk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from skillpack.findings import Issue, Location
from skillpack.limits import MANIFEST
from skillpack.rules.engine import Content, OptionPatterns, rule
from skillpack.rules.references import find_references
from skillpack.select.wildmatch import line_for
from skillpack.skill.decisions import Layer, describe_line
from skillpack.skill.skill import Skill
from skillpack.text import escaped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from skillpack.rules.references import Reference
    from skillpack.skill.decisions import Excluded


_EXPECTED: Final = ("repository", "evaluation", "agents")
"""Groups of the built-in patterns for files that belong in git and not in a bundle."""

_FOREIGN: Final = {
    ".clawhubignore": "ClawHub",
    ".clawdhubignore": "ClawdHub",
    ".npmignore": "npm",
    ".dockerignore": "Docker",
    ".vscodeignore": "vsce",
    ".claudeignore": "some agents",
    ".cursorignore": "Cursor",
    ".geminiignore": "Gemini CLI",
    ".zipignore": "other packagers",
    ".bundleignore": "other packagers",
}


@rule(Skill)
def ignore_hits_manifest(skill: Skill) -> Iterator[Issue]:
    for entry in skill.tree.selection.protected:
        if entry.path == MANIFEST:
            line = entry.decision
            place = Location(line.file, line=line.line, column=1) if line.file else Location(MANIFEST)
            yield Issue(
                "ignore-hits-manifest", place, f"{describe_line(line)} matches {MANIFEST}, which is packed anyway"
            )


@rule(Skill)
def ignore_hits_tracked(skill: Skill) -> Iterator[Issue]:
    by_line: dict[tuple[str | None, int | None, str], list[Excluded]] = {}
    for entry in skill.tree.selection.tracked_excluded:
        line = entry.decision
        if line.group not in _EXPECTED:
            by_line.setdefault((line.file, line.line, line.pattern), []).append(entry)
    for entries in by_line.values():
        first, more = entries[0], len(entries) - 1
        others = f" and {more:,} more" if more else ""
        message = f"git tracks this{others}, but {describe_line(first.decision)} excludes it"
        yield Issue("ignore-hits-tracked", Location(first.path), message)


@rule(Skill)
def ignore_file_foreign(skill: Skill) -> Iterator[Issue]:
    for file in skill.tree.files:
        if file.path in _FOREIGN:
            message = f"{file.path} is read by {_FOREIGN[file.path]}; skillpack reads .skillignore and .gitignore"
            yield Issue("ignore-file-foreign", Location(file.path), message)


@rule(OptionPatterns)
def ignore_unmatched_option(asked: OptionPatterns) -> Iterator[Issue]:
    for pattern in dict.fromkeys(asked.patterns):
        if asked.unmatched and all(pattern in unmatched for unmatched in asked.unmatched):
            option = "--include" if pattern.startswith("!") else "--exclude"
            message = f"{option} {escaped(pattern.removeprefix('!'))[:200]} matches nothing"
            yield Issue("ignore-unmatched-option", Location(), message)


@rule(Skill)
def skill_is_ignored(skill: Skill) -> Iterator[Issue]:
    for entry in skill.tree.selection.protected:
        if entry.path == ".":
            message = f"{describe_line(entry.decision)} matches {entry.decision.matched}, which contains the skill"
            yield Issue("skill-is-ignored", Location(), message)


@rule(Content, when=lambda file: file.markdown)
def reference_left_out(content: Content) -> Iterator[Issue]:
    for reference in content.once(find_references):
        if reference.problem == "excluded" and reference.kind in ("link", "image"):
            yield _describe_excluded("reference-left-out", reference)


@rule(Content, when=lambda file: file.markdown)
def path_left_out(content: Content) -> Iterator[Issue]:
    for reference in content.once(find_references):
        if reference.problem == "excluded" and reference.kind in ("path", "command"):
            yield _describe_excluded("path-left-out", reference)


def _describe_excluded(id: str, reference: Reference) -> Issue:
    from shlex import quote

    entry = reference.excluded
    assert entry is not None
    message = f"{reference.path} is excluded from the bundle by {describe_line(entry.decision)}"
    line = line_for(entry.path)
    hint = f"add !{line} to .skillignore, or pass --include {quote(line)}"
    return Issue(id, reference.location, message, hint=hint)


@rule(Skill)
def only_the_manifest(skill: Skill) -> Iterator[Issue]:
    tree = skill.tree
    stated = (Layer.OPTION, Layer.SKILLIGNORE, Layer.GITIGNORE)
    others = [
        entry for entry in tree.selection.excluded if entry.decision.layer in stated and entry.path != ".gitignore"
    ]
    if skill.manifest and len(tree.files) == 1 and others and not tree.selection.cut_short:
        shown = ", ".join(entry.path for entry in others[:3]) + (", ..." if len(others) > 3 else "")
        first = others[0]
        hint = f"{first.path} is excluded by {describe_line(first.decision)}: include it if the skill needs it"
        message = f"{MANIFEST} is packed alone; excluded: {shown}"
        yield Issue("only-the-manifest", Location(skill.manifest.path), message, hint=hint)
