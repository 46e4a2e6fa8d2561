"""Keep only the fixes that apply cleanly and leave the meaning of the frontmatter unchanged."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from skillpack.frontmatter import Fields, Items, Text, read

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from skillpack.findings import Edit, Finding
    from skillpack.frontmatter import Node
    from skillpack.skill.tree import SkillTree

_MAX_ALONE: Final = 16
"""How many edits are tried one by one where they do not fit together: each needs two parses."""


def drop_unsafe_edits(findings: Sequence[Finding], tree: SkillTree, manifest: str, content: bytes) -> Iterator[Finding]:
    """Yield the findings without the edits that cannot be applied, so that what is called fixable is fixed.

    Args:
        findings: what rules found in the tree.
        tree: the skill; a file reached through a symlink is not edited.
        manifest: the path of its SKILL.md.
        content: the bytes of its SKILL.md.
    """
    linked = {note.location.path for note in tree.selection.notes if note.rule_id == "link-copied"}
    ours = [each for each in findings if each.edits and each.location.path == manifest and manifest not in linked]
    fit = {id(each) for each in _select_for_manifest(content, ours)}
    for finding in findings:
        path = finding.location.path
        rejected = path in linked or (path == manifest and id(finding) not in fit)
        yield replace(finding, edits=()) if finding.edits and rejected else finding


def _select_for_manifest(content: bytes, findings: list[Finding]) -> list[Finding]:
    if not findings:
        return []
    together = _select_disjoint(findings)
    if not _keeps_meaning(content, apply_edits(content, together)):
        together = []
    rest = [each for each in findings if not any(each is other for other in together)]
    alone = rest[:_MAX_ALONE]
    return together + [each for each in alone if _keeps_meaning(content, apply_edits(content, [each]))]


def select_compatible(before: bytes, findings: list[Finding], *, is_manifest: bool) -> list[Finding]:
    """Return the findings whose edits can be applied together without changing the meaning of the frontmatter."""
    apart = _select_disjoint(findings)
    if not is_manifest or _keeps_meaning(before, apply_edits(before, apart)):
        return apart
    alone = [finding for finding in apart if _keeps_meaning(before, apply_edits(before, [finding]))]
    return alone if alone and _keeps_meaning(before, apply_edits(before, alone)) else alone[:1]


def _select_disjoint(findings: list[Finding]) -> list[Finding]:
    """Return the findings whose edits do not overlap those of an earlier one; the others wait for the next round."""
    taken: list[tuple[int, int]] = []
    chosen = []
    for finding in findings:
        spans = [(edit.start, max(edit.end, edit.start + 1)) for edit in finding.edits]
        one_file = all(edit.path == finding.location.path for edit in finding.edits)
        if one_file and not any(start < end and begin < stop for start, stop in spans for begin, end in taken):
            taken += spans
            chosen.append(finding)
    return chosen


def apply_edits(content: bytes, findings: list[Finding]) -> bytes:
    """Return the content with the edits of the findings applied."""
    edits: list[Edit] = sorted((edit for finding in findings for edit in finding.edits), key=lambda edit: edit.start)
    pieces, at = [], 0
    for edit in edits:
        pieces += [content[at : edit.start], edit.text]
        at = edit.end
    return b"".join([*pieces, content[at:]])


def _keeps_meaning(before: bytes, after: bytes) -> bool:
    """Return True if the frontmatter has the same meaning, or the intended one where it could not be read."""
    old, new = read(before), read(after)
    if old.issues and len(new.issues) >= len(old.issues):
        return False
    if not old.issues and new.issues:
        return False
    if old.intended is None or new.intended is None:  # a byte order mark removed from a file that cannot be read anyway
        return old.intended is new.intended
    return _meaning(old.intended.fields) == _meaning(new.intended.fields) and after.endswith(before[old.intended.end :])


def _meaning(node: Node) -> object:
    if isinstance(node, Text):
        return node.value.rstrip("\n")  # a block ends with a line break that is not part of the text
    if isinstance(node, Items):
        return [_meaning(value) for value in node.values]
    assert isinstance(node, Fields)
    return {each.key.value: _meaning(each.value) for each in node.entries}
