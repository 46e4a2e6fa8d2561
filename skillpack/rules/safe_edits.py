"""Findings with edits to those whose edits can be made: they can be, and the frontmatter goes on saying the same."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from skillpack.frontmatter import Fields, Items, Text, read
from skillpack.skill.decisions import Oddity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from skillpack.findings import Edit, Finding
    from skillpack.frontmatter import Node
    from skillpack.skill.tree import SkillTree

_MAX_ALONE: Final = 16
"""How many edits are tried one by one where they do not fit together: each costs two readings."""


def offered(findings: Sequence[Finding], tree: SkillTree, manifest: str, content: bytes) -> Iterator[Finding]:
    """Yield the findings, without the edits that would not be made: what is called mendable is mended.

    Args:
        findings: what rules say of the tree.
        tree: the skill; a file reached by a link is not edited.
        manifest: the path of its SKILL.md.
        content: the bytes of that.
    """
    linked = {odd.path for odd in tree.selection.notes if odd.oddity is Oddity.LINK_COPIED}
    ours = [each for each in findings if each.edits and each.location.path == manifest and manifest not in linked]
    fit = {id(each) for each in _fitting(content, ours)}
    for finding in findings:
        path = finding.location.path
        rejected = path in linked or (path == manifest and id(finding) not in fit)
        yield replace(finding, edits=()) if finding.edits and rejected else finding


def _fitting(content: bytes, findings: list[Finding]) -> list[Finding]:
    if not findings:
        return []
    together = _apart(findings)
    if not _keeps_meaning(content, edited(content, together)):
        together = []
    rest = [each for each in findings if not any(each is other for other in together)]
    alone = rest[:_MAX_ALONE]
    return together + [each for each in alone if _keeps_meaning(content, edited(content, [each]))]


def sound(before: bytes, findings: list[Finding], *, is_manifest: bool) -> list[Finding]:
    """Return the findings whose edits can be made together without changing what the frontmatter says."""
    apart = _apart(findings)
    if not is_manifest or _keeps_meaning(before, edited(before, apart)):
        return apart
    alone = [finding for finding in apart if _keeps_meaning(before, edited(before, [finding]))]
    return alone if alone and _keeps_meaning(before, edited(before, alone)) else alone[:1]


def _apart(findings: list[Finding]) -> list[Finding]:
    """Return the findings whose edits touch no byte that an earlier finding's do; the others wait for a round."""
    taken: list[tuple[int, int]] = []
    chosen = []
    for finding in findings:
        spans = [(edit.start, max(edit.end, edit.start + 1)) for edit in finding.edits]
        one_file = all(edit.path == finding.location.path for edit in finding.edits)
        if one_file and not any(start < end and begin < stop for start, stop in spans for begin, end in taken):
            taken += spans
            chosen.append(finding)
    return chosen


def edited(content: bytes, findings: list[Finding]) -> bytes:
    """Return the content with the edits of the findings made."""
    edits: list[Edit] = sorted((edit for finding in findings for edit in finding.edits), key=lambda edit: edit.start)
    pieces, at = [], 0
    for edit in edits:
        pieces += [content[at : edit.start], edit.text]
        at = edit.end
    return b"".join([*pieces, content[at:]])


def _keeps_meaning(before: bytes, after: bytes) -> bool:
    """Whether the frontmatter after says what it said, or what it was meant to say where nobody could read it."""
    old, new = read(before), read(after)
    if old.troubles and len(new.troubles) >= len(old.troubles):
        return False
    if not old.troubles and new.troubles:
        return False
    if old.meant is None or new.meant is None:  # a byte order mark taken away from what nobody can read anyway
        return old.meant is new.meant
    return _meaning(old.meant.fields) == _meaning(new.meant.fields) and after.endswith(before[old.meant.end :])


def _meaning(node: Node) -> object:
    if isinstance(node, Text):
        return node.value.rstrip("\n")  # a block ends with a line break that nobody meant
    if isinstance(node, Items):
        return [_meaning(value) for value in node.values]
    assert isinstance(node, Fields)
    return {each.key.value: _meaning(each.value) for each in node}
