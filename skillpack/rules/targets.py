"""Check what one target requires in addition to what every skill must meet."""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING, Final

from skillpack.findings import Issue, Location, Severity
from skillpack.rules.engine import Delivered, SkillForTarget, rule
from skillpack.secrets.scan import clip
from skillpack.targets import TARGETS
from skillpack.text import list_words
from skillpack.values import replace

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
    skill = aimed.skill
    for word in aimed.target.reserved_words:
        names = [name for name in aimed.names if word in TARGETS[name].reserved_words]
        if word in skill.name.lower() and names[0] == aimed.name:
            message = f"the name contains {word}, a reserved word of {list_words(names)}"
            yield Issue("target-text", skill.at("name"), message, hint="write it without that word")
    names = [name for name in aimed.names if TARGETS[name].refuses_xml]
    if aimed.name not in names[:1]:
        return
    for field, value in (("name", skill.name), ("description", skill.description)):
        if tag := re.search(_XML_TAG, value):
            refuse = f"{list_words(names)} refuse{'s' if len(names) == 1 else ''}"
            message = f"the {field} contains {clip(tag[0], 40)}, an XML tag, which {refuse}"
            yield Issue("target-text", _place_of(tag[0], field, skill), message, hint="write it without angle brackets")


def _place_of(text: str, field: str, skill: Skill) -> Location:
    """Return the place of a text in the value of a field, or of the value if the text is written in another way."""
    value = skill.at(field)
    lines = skill.content.decode("utf-8", "replace").split("\n")
    for line in range(value.line or 1, (value.end_line or 0) + 1):
        begin = value.column or 1 if line == value.line else 1
        if (at := lines[line - 1].find(text, begin - 1)) >= 0:
            return replace(value, line=line, column=at + 1, end_line=line, end_column=at + 1 + len(text))
    return value


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
