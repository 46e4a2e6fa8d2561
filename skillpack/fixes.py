"""The edits that rules offer to files mended: every other byte stays, and YAML goes on saying the same."""

from __future__ import annotations

import difflib
import os
import stat
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from skillpack import atomic, rules
from skillpack.disk import DiskFile
from skillpack.errors import SkillChangedError
from skillpack.findings import escaped
from skillpack.frontmatter import Fields, Items, Text, meant, read_frontmatter
from skillpack.rules.tokens import masked
from skillpack.skill import Skill
from skillpack.tree import Memory, Oddity, SkillFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from skillpack.findings import Edit, Finding
    from skillpack.frontmatter import Node
    from skillpack.settings import Settings
    from skillpack.tree import SkillTree

# A value can need two: its quotes first, then the byte order mark's three bytes less, then the line it stands on.
_MAX_ROUNDS: Final = 8


@dataclass(frozen=True, slots=True)
class Fix:
    """One file before and after, and the rules whose findings that mends, each as often as it does."""

    file: SkillFile
    before: bytes = field(repr=False)
    after: bytes = field(repr=False)
    rules: tuple[str, ...]

    @property
    def counts(self) -> Mapping[str, int]:
        """Rule -> how many of its findings this mends."""
        return {rule: self.rules.count(rule) for rule in dict.fromkeys(self.rules)}

    def diff(self, path: str) -> str:
        """Return the change as a unified diff.

        Credentials show as asterisks, what is no UTF-8 as replacement characters; such a diff cannot be applied.
        """
        old, new = (masked(content).decode("utf-8", "replace") for content in (self.before, self.after))
        lines = difflib.unified_diff(_lines(old), _lines(new), f"a/{path}", f"b/{path}")
        return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def mend(tree: SkillTree, settings: Settings) -> tuple[Fix, ...]:
    """Return what can be mended in a skill; nothing is written.

    An edit that would change what the frontmatter says is not among it, nor is one to a file reached by a link.

    Args:
        tree: the skill.
        settings: which rules count.
    """
    mended, done = tree, dict[str, Fix]()
    for _ in range(_MAX_ROUNDS):
        fixes = tuple(_round(mended, settings))
        for fix in fixes:
            first = done.get(fix.file.path)
            file, before, earlier = (first.file, first.before, first.rules) if first else (fix.file, fix.before, ())
            done[fix.file.path] = Fix(file, before, fix.after, earlier + fix.rules)
        if not fixes:
            break
        mended = applied(mended, fixes)
    return tuple(fix for _, fix in sorted(done.items()))


def applied(tree: SkillTree, fixes: Sequence[Fix]) -> SkillTree:
    """Return the tree with the files as they are after the fixes."""
    new = {fix.file.path: SkillFile(fix.file.path, len(fix.after), Memory(fix.after)) for fix in fixes}
    return replace(tree, files=tuple(new.get(file.path, file) for file in tree.files))


def write(fix: Fix) -> None:
    """Write one mended file, whole or not at all; its mode stays.

    Raises:
        SkillChangedError: the file is no longer what was mended.
        OutputError: it could not be written; what was there is untouched.
    """
    source = fix.file.source
    assert isinstance(source, DiskFile), "only what lies on disk is mended"
    try:
        same = source.read() == fix.before and stat.S_ISREG(os.lstat(source.place).st_mode)
    except OSError as error:
        raise SkillChangedError(f"{escaped(source.path)} can no longer be read") from error
    if not same:
        raise SkillChangedError(f"{escaped(source.path)} changed while it was mended")
    atomic.replace(Path(source.place), (fix.after,))


def _round(tree: SkillTree, settings: Settings) -> Iterator[Fix]:
    skill = Skill.of(tree)
    linked = {odd.path for odd in tree.noted if odd.oddity is Oddity.LINK_COPIED}
    by_path: dict[str, list[Finding]] = {}
    for finding in rules.check(skill, settings):
        if finding.edits and finding.location.path not in linked:
            by_path.setdefault(finding.location.path, []).append(finding)
    for path, findings in by_path.items():
        file = tree.file(path)
        before = file.read() if file else b""
        sound = _sound(before, findings, is_manifest=file is skill.manifest)
        if file and sound:
            yield Fix(file, before, _edited(before, sound), tuple(finding.rule for finding in sound))


def _sound(before: bytes, findings: list[Finding], *, is_manifest: bool) -> list[Finding]:
    """Return the findings whose edits can be made together without changing what the frontmatter says."""
    apart = _apart(findings)
    if not is_manifest or _keeps_meaning(before, _edited(before, apart)):
        return apart
    alone = [finding for finding in apart if _keeps_meaning(before, _edited(before, [finding]))]
    return alone if alone and _keeps_meaning(before, _edited(before, alone)) else alone[:1]


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


def _edited(content: bytes, findings: list[Finding]) -> bytes:
    edits: list[Edit] = sorted((edit for finding in findings for edit in finding.edits), key=lambda edit: edit.start)
    pieces, at = [], 0
    for edit in edits:
        pieces += [content[at : edit.start], edit.text]
        at = edit.end
    return b"".join([*pieces, content[at:]])


def _keeps_meaning(before: bytes, after: bytes) -> bool:
    """Whether the frontmatter after says what it said, or what it was meant to say where nobody could read it."""
    old, troubles = read_frontmatter(before)
    new, left = read_frontmatter(after)
    if old is None:
        old, new = meant(before), new or meant(after)
        if len(left) >= len(troubles):
            return False
    if old is None or new is None:  # a byte order mark taken away from what nobody can read anyway
        return old is new
    return _meaning(old.fields) == _meaning(new.fields) and after.endswith(before[old.end :])


def _meaning(node: Node) -> object:
    if isinstance(node, Text):
        return node.value.rstrip("\n")  # a block ends with a line break that nobody meant
    if isinstance(node, Items):
        return [_meaning(value) for value in node.values]
    assert isinstance(node, Fields)
    return {each.key.value: _meaning(each.value) for each in node}


def _lines(text: str) -> list[str]:
    """Split at line feeds alone: a diff of CRLF lines keeps their carriage returns."""
    return [line + "\n" for line in text.split("\n")[:-1]] + ([text.rpartition("\n")[2]] if text[-1:] != "\n" else [])
