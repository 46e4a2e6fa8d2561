"""Keep only the fixes that apply cleanly and leave the meaning of the frontmatter unchanged."""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from typing import TYPE_CHECKING, Final

from skillpack.frontmatter import Fields, Items, Reading, Text, read
from skillpack.frontmatter.nodes import FIELD
from skillpack.limits import MANIFEST
from skillpack.values import replace

if TYPE_CHECKING:
    from skillpack.findings import Edit, Finding, Report
    from skillpack.frontmatter import Node
    from skillpack.skill.skill import Skill

_MAX_ALONE: Final = 8
"""How many edits are tried one by one where they do not fit together: each takes a reading of the frontmatter."""


def drop_unsafe_edits(report: Report, skill: Skill) -> Report:
    """Return the report without the edits that cannot be applied, so that what is called fixable is fixed.

    Args:
        report: what rules found in the skill.
        skill: the skill; a file reached through a symlink is not edited.
    """
    fixable = [finding for finding in report if finding.edits]
    if not fixable:
        return report
    linked = {note.location.path for note in skill.tree.selection.notes if note.rule_id == "link-copied"}
    manifest = skill.manifest.path if skill.manifest else MANIFEST
    ours = [finding for finding in fixable if finding.location.path == manifest and manifest not in linked]
    meaning = _Meaning(skill.content, Reading(skill.frontmatter, skill.intended, skill.issues))
    others = [finding for finding in fixable if finding.location.path not in {manifest, *linked}]
    applied = {id(finding) for finding in [*_select_for_manifest(meaning, ours), *others]}
    return replace(
        report,
        findings=tuple(
            finding if not finding.edits or id(finding) in applied else replace(finding, edits=()) for finding in report
        ),
    )


def _select_for_manifest(meaning: _Meaning, findings: list[Finding]) -> list[Finding]:
    """Return the findings whose edits can be applied, in this round or in a later one."""
    if not findings:
        return []
    together = _select_disjoint(findings)
    if not meaning.is_kept_by(together):
        together = []
    chosen = {id(finding) for finding in together}
    rest = [finding for finding in findings if id(finding) not in chosen]
    return together + meaning.select_alone(rest)


def select_compatible(before: bytes, findings: list[Finding], *, is_manifest: bool) -> list[Finding]:
    """Return the findings whose edits can be applied together without changing the meaning of the frontmatter."""
    apart = _select_disjoint(findings)
    if not is_manifest:
        return apart
    meaning = _Meaning(before, read(before))
    if meaning.is_kept_by(apart):
        return apart
    alone = meaning.select_alone(apart)
    return alone if alone and meaning.is_kept_by(alone) else alone[:1]


def _select_disjoint(findings: list[Finding]) -> list[Finding]:
    """Return the findings whose edits do not overlap those of an earlier one; the others wait for the next round."""
    taken: list[tuple[int, int]] = []  # sorted, without overlap
    chosen = []
    for finding in findings:
        spans = [(edit.start, max(edit.end, edit.start + 1)) for edit in finding.edits]
        one_file = all(edit.path == finding.location.path for edit in finding.edits)
        if one_file and not any(_overlaps(taken, span) for span in spans):
            for span in spans:
                insort(taken, span)
            chosen.append(finding)
    return chosen


def _overlaps(taken: list[tuple[int, int]], span: tuple[int, int]) -> bool:
    at = bisect_left(taken, span)
    return any(start < span[1] and span[0] < end for start, end in taken[max(at - 1, 0) : at + 1])


def apply_edits(content: bytes, findings: list[Finding]) -> bytes:
    """Return the content with the edits of the findings applied."""
    return _apply_from(0, content, findings)


def _apply_from(at: int, content: bytes, findings: list[Finding]) -> bytes:
    """Return the content from a place on, with those edits of the findings applied that begin there or later."""
    edits: list[Edit] = sorted((edit for finding in findings for edit in finding.edits), key=lambda edit: edit.start)
    pieces = []
    for edit in edits:
        if edit.start < at:
            continue
        pieces += [content[at : edit.start], edit.text]
        at = edit.end
    return b"".join([*pieces, content[at:]])


class _Meaning:
    """What the frontmatter of a file means, against which edits are compared."""

    def __init__(self, content: bytes, old: Reading) -> None:
        self._content, self._old = content, old

    def select_alone(self, findings: list[Finding]) -> list[Finding]:
        """Return the first findings whose edits keep the meaning each on its own."""
        if self._old.intended is None:  # nothing to compare a value with
            return []
        return [finding for finding in findings[:_MAX_ALONE] if self.is_kept_by([finding])]

    def is_kept_by(self, findings: list[Finding]) -> bool:
        """Return True if the frontmatter has the same meaning, or the intended one where it could not be read."""
        after = apply_edits(self._content, findings)
        old, new = self._old, read(after)
        if new.issues and len(new.issues) >= len(old.issues):
            return False
        if old.intended is None or new.intended is None:  # only what is around the values changed
            return old.intended is new.intended
        same = _texts(old.intended.fields, is_top=True) == _texts(new.intended.fields, is_top=True)
        return same and after.endswith(_apply_from(old.intended.end, self._content, findings))


def _texts(node: Node, *, is_top: bool = False) -> object:
    """Return the texts of all values; quotes around a number do not count, nor the case of a field's name."""
    if isinstance(node, Text):
        return node.value.rstrip("\n")  # a block ends with a line break that is not part of the text
    if isinstance(node, Items):
        return [_texts(value) for value in node.values]
    assert isinstance(node, Fields)
    return [(_fold_key(each.key.value) if is_top else each.key.value, _texts(each.value)) for each in node.entries]


def _fold_key(key: str) -> str:
    return key.lower() if re.fullmatch(FIELD, key.lower()) else key
