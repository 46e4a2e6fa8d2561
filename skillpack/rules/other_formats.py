"""Find a skill whose zip would be a file of another format as well: the content of its first files decides."""

from __future__ import annotations

import zlib
from itertools import accumulate
from typing import TYPE_CHECKING

from skillpack.archive.records import (
    LOCAL,
    START_BYTES,
    STORED,
    TAR_FIELD,
    Member,
    entry_name,
    holds_tar_checksum,
    other_formats,
    start_of_zip,
    upper_bound,
)
from skillpack.errors import ArchiveError
from skillpack.findings import Issue, Location
from skillpack.select.wildmatch import line_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from skillpack.skill.skill import Skill
    from skillpack.skill.tree import SkillFile


class FirstFiles:
    """The files at the start of a skill's zip without compression, collected while all are read in archive order.

    A compressed zip that is another format as well has these files uncompressed, so compression does not matter.

    Args:
        skill: the skill.
    """

    def __init__(self, skill: Skill) -> None:
        self._tops = (skill.name, None)
        self._files: list[tuple[str, Member]] = []
        self._size = 0
        self._is_short = upper_bound(skill.tree, skill.name) < START_BYTES

    def add(self, file: SkillFile, content: bytes) -> None:
        """Collect a file if it begins in the bytes that decide."""
        if self._size < START_BYTES:
            size = len(content)
            member = Member(b"", STORED, zlib.crc32(content), size, file.executable, content[:START_BYTES], size)
            self._files.append((file.path, member))
            self._size += LOCAL.size + size

    def _members(self, top: str | None) -> Iterator[Member]:
        return (member._replace(name=entry_name(top, path)) for path, member in self._files)

    def find(self) -> Iterator[Issue]:
        """Yield an issue for each other format, whether the files are in a folder of the zip or at its root."""
        found: dict[str, Issue] = {}
        for top in self._tops:
            try:
                if self._is_short and not holds_tar_checksum(start_of_zip(self._members(top), TAR_FIELD.stop)):
                    continue  # nearly always, and seen from the first file
                members = [*self._members(top)]
            except ArchiveError:  # another rule reports that no zip holds the name
                continue
            for offset, message in other_formats(start_of_zip(members)):
                ends = accumulate(LOCAL.size + len(member.name) + member.size for member in members)
                path = next((path for (path, _), end in zip(self._files, ends, strict=True) if offset < end), ".")
                hint = f"change or rename the file, or add {line_for(path)} to .skillignore"
                issue = Issue("zip-not-a-zip", Location(path), f"with this content {message}", hint=hint)
                found.setdefault(message, issue)
        yield from found.values()
