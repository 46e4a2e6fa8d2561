"""Check what one target requires in addition to what every skill must meet."""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING, Final

from skillpack.findings import Issue, Location, Severity
from skillpack.rules.engine import Delivered, SkillForTarget, rule
from skillpack.text import escaped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from skillpack.skill.skill import Skill

_XML_TAG: Final = r"</?[A-Za-z][^<>]*>"
_PLUGIN: Final = ".claude-plugin/plugin.json"


@rule(SkillForTarget)
def target_limit(aimed: SkillForTarget) -> Iterator[Issue]:
    target, tree = aimed.target, aimed.skill.tree
    severity = None if target.strict else Severity.WARNING
    counts = [(len(tree.files), target.max_files, "files"), (tree.size, target.max_bytes, "bytes in all")]
    if target.max_depth is not None:
        deepest = max(tree.files, key=lambda file: file.path.count("/"), default=None)
        if deepest is not None:
            counts.append((deepest.path.count("/"), target.max_depth, "levels of folders"))
    for count, most, what in counts:
        if most is not None and count > most:
            message = f"the skill has {count:,} {what}; {aimed.name} accepts {most:,}"
            yield Issue("target-limit", Location(), message, severity=severity)
    if target.max_ratio is not None and (ratio := _ratio(aimed.skill)) > target.max_ratio:
        message = f"the files are {ratio:,} times as large as their zip; {aimed.name} accepts {target.max_ratio} times"
        yield Issue("target-limit", Location(), message)


def _ratio(skill: Skill) -> int:
    """Return how many times as large as their zip the files are, rounded up; deflate itself reaches about 1,030."""
    packed = sum(len(zlib.compress(file.read(), 6)) + 2 * len(file.path) + 76 for file in skill.tree.files)
    return -(-skill.tree.size // packed) if packed else 0


@rule(SkillForTarget)
def target_text(aimed: SkillForTarget) -> Iterator[Issue]:
    skill, target = aimed.skill, aimed.target
    for word in target.reserved_words:
        if word in skill.name.lower():
            yield Issue("target-text", skill.at("name"), f"the name contains {word}, a reserved word of {aimed.name}")
    if target.refuses_xml:
        for field, value in (("name", skill.name), ("description", skill.description)):
            if tag := re.search(_XML_TAG, value):
                message = f"the {field} contains {escaped(tag[0][:40])}, an XML tag, which {aimed.name} refuses"
                hint = "write the word without angle brackets"
                yield Issue("target-text", skill.at(field), message, hint=hint)


@rule(SkillForTarget)
def target_file(aimed: SkillForTarget) -> Iterator[Issue]:
    if aimed.target.refuses_plugins and aimed.skill.tree.file(_PLUGIN):
        message = f"the skill has the manifest of a plugin, which {aimed.name} refuses"
        yield Issue("target-file", Location(_PLUGIN), message, hint=f"add /{_PLUGIN} to .skillignore")


@rule(Delivered)
def target_layout(delivered: Delivered) -> Iterator[Issue]:
    folder, _, manifest = delivered.in_zip.path.rpartition("/")
    if delivered.target.layout == "root" and folder:
        message = f"SKILL.md is in a folder of the zip; {delivered.name} wants it at the root"
        hint = f"write a zip for it: skillpack zip SKILL --target {delivered.name} -o FILE"
        if delivered.other_layout:
            hint += "; no zip fits all targets of this call"
        yield Issue("target-layout", Location(manifest, offset=delivered.in_zip.offset), message, hint=hint)
