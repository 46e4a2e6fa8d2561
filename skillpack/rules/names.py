"""Rules on the names of files: what no zip, no system or no reader can hold."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from skillpack.findings import Location, Severity
from skillpack.rules.rule import Remark, rule
from skillpack.skill import Skill
from skillpack.tree import Oddity

if TYPE_CHECKING:
    from collections.abc import Iterator


@rule(Skill, Severity.ERROR, "reader", hint="rename the file")
def path_not_utf8(skill: Skill) -> Iterator[Remark]:
    """Names in the zip are UTF-8; a name that is not cannot be written."""
    yield from (
        Remark(Location(odd.path), "the file's name is not UTF-8")
        for odd in skill.tree.refused
        if odd.oddity is Oddity.PATH_NOT_UTF8
    )


@rule(Skill, Severity.ERROR, "safety", hint="rename the file")
def path_control(skill: Skill) -> Iterator[Remark]:
    """A name with control characters can write to a terminal and break lists of files."""
    for file in skill.tree.files:
        if any(unicodedata.category(char) == "Cc" for char in file.path):
            yield Remark(Location(file.path), "the file's name holds a control character")


@rule(Skill, Severity.ERROR, "safety", "reader", hint="rename the file")
def path_unsafe(skill: Skill) -> Iterator[Remark]:
    r"""A name with `\`, `:` or a part that is empty, `.` or `..` means another file to some readers."""
    for file in skill.tree.files:
        parts = file.path.split("/")
        if "\\" in file.path or ":" in file.path or any(part in ("", ".", "..") for part in parts):
            yield Remark(Location(file.path), "some readers would put the file of this name somewhere else")


@rule(Skill, Severity.ERROR, "reader", hint="rename one of the two")
def path_collision(skill: Skill) -> Iterator[Remark]:
    """Two names that differ only in case are one file on Windows and macOS; a file cannot be a folder as well."""
    seen: dict[str, str] = {}
    for file in skill.tree.files:
        key = unicodedata.normalize("NFC", file.path.casefold())
        if key in seen:
            yield Remark(Location(file.path), f"{seen[key]} has the same name on systems that ignore case")
        seen.setdefault(key, file.path)
    for key, path in seen.items():
        parents = (key[:at] for at, char in enumerate(key) if char == "/")
        if hit := next((parent for parent in parents if parent in seen), None):
            yield Remark(Location(path), f"{seen[hit]} is a file and would also have to be a folder")


@rule(Skill, Severity.WARNING, "reader", hint="rename the file to its composed form")
def path_not_nfc(skill: Skill) -> Iterator[Remark]:
    """MacOS writes some letters as two characters; the zip has the name in Unicode form NFC."""
    for odd in skill.tree.noted:
        if odd.oddity is Oddity.PATH_NOT_NFC:
            yield Remark(Location(odd.path), "the file's name is not in Unicode form NFC; it is packed in that form")
