"""Rules on what kinds of entries the directory holds: links, devices, files that cannot be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skillpack.findings import Location, Severity
from skillpack.rules.rule import Remark, rule
from skillpack.skill import Skill
from skillpack.tree import Oddity

if TYPE_CHECKING:
    from collections.abc import Iterator


def _refused(skill: Skill, oddity: Oddity, message: str) -> Iterator[Remark]:
    for odd in skill.tree.refused:
        if odd.oddity is oddity:
            yield Remark(Location(odd.path), message.format(odd.detail))


@rule(Skill, Severity.ERROR, "safety", hint="replace it with a regular file, or leave it out")
def file_not_regular(skill: Skill) -> Iterator[Remark]:
    """A FIFO, socket or device has no content to pack, and opening one can hang."""
    yield from _refused(skill, Oddity.FILE_NOT_REGULAR, "this is {}, not a regular file")


@rule(Skill, Severity.ERROR, "safety", hint="copy the file into the skill, or leave the link out")
def link_escapes(skill: Skill) -> Iterator[Remark]:
    """A link to a file outside the skill would send that file to a third party."""
    yield from _refused(skill, Oddity.LINK_ESCAPES, "the link leads out of the skill")


@rule(Skill, Severity.ERROR, "safety", hint="mend the link, or leave it out")
def link_broken(skill: Skill) -> Iterator[Remark]:
    """A link to nothing, or to itself, has no content to pack."""
    yield from _refused(skill, Oddity.LINK_BROKEN, "the link leads nowhere")


@rule(Skill, Severity.ERROR, "safety", hint="replace the link with the folder, or leave it out")
def link_to_directory(skill: Skill) -> Iterator[Remark]:
    """A link to a folder is not followed: it can lead in circles, and into other skills."""
    yield from _refused(skill, Oddity.LINK_TO_DIRECTORY, "the link leads to a folder")


@rule(Skill, Severity.NOTE, "safety", hint="nothing to do; a bundle holds no links")
def link_copied(skill: Skill) -> Iterator[Remark]:
    """A link to a regular file inside the skill is packed as a copy of that file."""
    for odd in skill.tree.noted:
        if odd.oddity is Oddity.LINK_COPIED:
            yield Remark(Location(odd.path), f"the link is packed as a copy of {odd.detail}")


@rule(Skill, Severity.ERROR, "safety", hint="make it readable, or leave it out")
def file_unreadable(skill: Skill) -> Iterator[Remark]:
    """A file or folder that cannot be read cannot be packed."""
    yield from _refused(skill, Oddity.FILE_UNREADABLE, "it cannot be read: {}")


@rule(Skill, Severity.ERROR, "safety", hint="run again when nothing writes to the skill")
def file_changed(skill: Skill) -> Iterator[Remark]:
    """A file that changes while it is read has no content that could be vouched for."""
    yield from _refused(skill, Oddity.FILE_CHANGED, "the file changed while it was read")


@rule(Skill, Severity.ERROR, "safety", hint="flatten the folders")
def path_too_deep(skill: Skill) -> Iterator[Remark]:
    """Folders nested over 32 deep are a mistake, or a trap."""
    yield from _refused(skill, Oddity.PATH_TOO_DEEP, "the folder is {}")
