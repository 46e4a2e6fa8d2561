"""Recognize the results of earlier calls, which alone may be replaced in a skill."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Final

from skillpack.archive.read import read_zip
from skillpack.disk import DiskFile
from skillpack.errors import ArchiveError, OutputError, PayloadError
from skillpack.findings import escaped
from skillpack.limits import MAX_ZIP_BYTES
from skillpack.payload import wire

if TYPE_CHECKING:
    from collections.abc import Iterable

    from skillpack.tree import SkillTree

_MAX_BYTES: Final = 512 * 1024 * 1024  # a larger file is not read, and counts as somebody's own


def refuse_to_replace(outputs: Iterable[Path], skills: Iterable[str], trees: Iterable[SkillTree]) -> None:
    """Refuse outputs that would replace a file in a skill, unless the file is a result of an earlier call.

    Folders and files are compared by device and inode: a name can differ in case, or lead over a symlink or mount.

    Args:
        outputs: the files that the call writes.
        skills: the directories of the skills; zips have no files to replace.
        trees: the files to pack; a hard link to one of them would be excluded as the output that it is.

    Raises:
        OutputError: one of them is in a skill and not a result.
    """
    roots = [os.stat(skill) for skill in skills if os.path.isdir(skill)]
    packed = {file.source.identity[:2] for tree in trees for file in tree.files if isinstance(file.source, DiskFile)}
    for output in outputs:
        if not os.path.lexists(output):
            continue
        status = os.lstat(output)
        in_skill = (status.st_dev, status.st_ino) in packed or _is_below(output, roots)
        if in_skill and not (stat.S_ISREG(status.st_mode) and _is_result(output)):
            raise OutputError(f"cannot write {escaped(str(output))}: it is in the skill, and no result of skillpack")


def _is_below(file: Path, roots: list[os.stat_result]) -> bool:
    folder = Path(os.path.realpath(file.parent))
    above = [os.stat(place) for place in (folder, *folder.parents)]
    return any(os.path.samestat(place, root) for place in above for root in roots)


def _is_result(file: Path) -> bool:
    try:
        content = _content(file)
    except OSError as error:
        reason = (error.strerror or "failed").lower()
        raise OutputError(
            f"cannot write {escaped(str(file))}: it is in the skill, and cannot be read: {reason}"
        ) from error
    return _is_our_zip(content) if content.startswith(b"PK") else _is_our_json(content)


def _content(file: Path) -> bytes:
    """Return the content of a file, or nothing of one that is too large; never through a link, never waiting."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with open(os.open(file, flags), "rb") as opened:
        size = os.fstat(opened.fileno()).st_size
        return opened.read(size) if size <= _MAX_BYTES else b""


def _is_our_zip(content: bytes) -> bool:
    try:
        return len(content) <= MAX_ZIP_BYTES and bool(read_zip(content).files)
    except ArchiveError:
        return False


def _is_our_json(content: bytes) -> bool:
    """Return whether it is a body, written as we write it: indented or with a line break at the end it is not."""
    if not content.startswith(b'{"'):
        return False
    try:
        value = json.loads(content)
        return _is_body(value) and b"".join(wire.pieces(value)) == content
    except (ValueError, RecursionError):
        return False


def _is_body(value: dict[str, object]) -> bool:
    from skillpack.payload.models import ContainerAuto, ContainerCreate, InlineSkill

    tool = value.get("type") == "shell" and value.keys() == {"type", "environment"}
    environment = value["environment"] if tool else None
    if isinstance(environment, dict) and environment.get("type") == "local":
        skills = environment.get("skills")
        return (
            environment.keys() == {"type", "skills"} and isinstance(skills, list) and all(map(_is_local_skill, skills))
        )
    model = ContainerAuto if tool else InlineSkill if value.get("type") == "inline" else ContainerCreate
    try:
        model.parse(environment if tool else value)
    except PayloadError:
        return False
    return True


def _is_local_skill(value: object) -> bool:
    return isinstance(value, dict) and value.keys() == {"name", "description", "path"}
