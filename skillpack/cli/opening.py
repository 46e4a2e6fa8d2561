"""Open what a path of a call stands for: a skill, a zip, a request body in JSON, or stdin."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from skillpack.discover import find_skill_of
from skillpack.errors import NotASkillError
from skillpack.findings import Report
from skillpack.limits import MAX_INFLATED_BYTES
from skillpack.rules import report_body
from skillpack.select.inputs import open_body
from skillpack.sources.directory import is_file
from skillpack.text import escaped
from skillpack.values import replace

if TYPE_CHECKING:
    from skillpack.api import Builder
    from skillpack.cli.options import Session
    from skillpack.skill.tree import SkillTree

STDIN: Final = "-"
_STDIN_SHOWN: Final = "<stdin>"


class Opened(NamedTuple):
    """The skills that one path stands for, the builder that has their settings, and the report on the body itself."""

    builder: Builder
    trees: tuple[SkillTree, ...]
    report: Report = Report()


def open_path(session: Session, path: str) -> Opened:
    """Open the skill at a path, or that a file is in, the skills of a request body, or those on stdin for `-`.

    Raises:
        NotASkillError, ArchiveError: it is not one of these, or cannot be read.
        SettingsError: the settings file is invalid.
    """
    path = find_skill_of(path)
    builder = session.builder(path)
    if path == STDIN:
        content = sys.stdin.buffer.read(MAX_INFLATED_BYTES + 1)
        if content.startswith(b"PK"):
            return Opened(builder, (replace(builder.tree(content), origin=_STDIN_SHOWN),))
        return _open_body(builder, content, _STDIN_SHOWN)
    if path and is_file(Path(path)):
        from skillpack.sources.payload import BEGINNING, looks_like_payload
        from skillpack.sources.zip import read_start

        if looks_like_payload(read_start(Path(path), BEGINNING)):
            return _open_body(builder, read_start(Path(path), MAX_INFLATED_BYTES + 1), Path(path).as_posix())
    return Opened(builder, (builder.tree(path),))


def _open_body(builder: Builder, content: bytes, origin: str) -> Opened:
    if len(content) > MAX_INFLATED_BYTES:
        raise NotASkillError(f"{escaped(origin)} has over {MAX_INFLATED_BYTES:,} bytes")
    body = open_body(content, origin, builder.settings)
    return Opened(builder, body.skills, report_body(body, builder.settings))
