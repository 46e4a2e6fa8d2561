"""Find a skill whose zip would be a file of another format as well: the content of its first files decides."""

from __future__ import annotations

import zlib
from itertools import accumulate
from typing import TYPE_CHECKING

from skillpack.archive.records import (
    ISO_FIELD,
    ISO_MARK,
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
        self._files: list[tuple[SkillFile, int, bytes, int | None]] = []  # with size, start, and CRC if it is longer
        self._size = 0
        self._is_short = upper_bound(skill.tree, skill.name) < START_BYTES

    def add(self, file: SkillFile, content: bytes) -> None:
        """Collect a file if it begins in the bytes that decide."""
        if self._size < START_BYTES:
            size = len(content)
            crc = zlib.crc32(content) if size > START_BYTES else None  # that of others is computed if it is needed
            self._files.append((file, size, content[:START_BYTES], crc))
            self._size += LOCAL.size + size

    def _members(self, top: str | None) -> Iterator[Member]:
        for file, size, start, known in self._files:
            crc = zlib.crc32(start) if known is None else known
            yield Member(entry_name(top, file.path), STORED, crc, size, file.executable, start, size)

    def _is_only_a_zip(self, top: str | None) -> bool:
        """Return True if the content of files shows, without a header being written, that no other format fits."""
        field = self._content_at(TAR_FIELD, top)
        if field is None or holds_tar_checksum(bytes(TAR_FIELD.start) + field):
            return False
        return self._is_short or self._content_at(ISO_FIELD, top) not in {None, ISO_MARK}

    def _content_at(self, place: slice, top: str | None) -> bytes | None:
        """Return the bytes at a place of the zip, or None if they are not all of the content of one file."""
        end, above = 0, 0 if top is None else len(top.encode()) + 1
        for file, size, start, _ in self._files:
            begin = end + LOCAL.size + above + len(file.path.encode("utf-8", "surrogatepass"))
            end = begin + size
            if begin <= place.start and place.stop <= end:
                return start[place.start - begin : place.stop - begin]
        return None

    def find(self) -> Iterator[Issue]:
        """Yield an issue for each other format, whether the files are in a folder of the zip or at its root."""
        found: dict[str, Issue] = {}
        for top in self._tops:
            if self._is_only_a_zip(top):
                continue  # nearly always
            try:
                members = [*self._members(top)]
            except ArchiveError:  # another rule reports that no zip holds the name
                continue
            for offset, message in other_formats(start_of_zip(members)):
                ends = accumulate(LOCAL.size + len(member.name) + member.size for member in members)
                path = next((file.path for (file, *_), end in zip(self._files, ends, strict=True) if offset < end), ".")
                hint = f"change or rename the file, or add {line_for(path)} to .skillignore"
                issue = Issue("zip-not-a-zip", Location(path), f"with this content {message}", hint=hint)
                found.setdefault(message, issue)
        yield from found.values()
