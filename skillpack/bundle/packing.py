"""A skill to the pieces of its zip, judged while it is compressed already, and weighed at the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from skillpack import rules
from skillpack.archive import Compression, Compressor
from skillpack.archive.layout import lay_out
from skillpack.errors import SkillChangedError
from skillpack.limits import MAX_ZIP_BYTES
from skillpack.rules import Packed
from skillpack.text import os_error

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from skillpack.archive import Member
    from skillpack.findings import Report
    from skillpack.settings import Settings
    from skillpack.skill.skill import Skill

Piece = bytes | bytearray | memoryview


@dataclass(frozen=True, slots=True)
class Progress:
    """How far packing has come: the file just compressed, and bytes of content `done` of `total`.

    `path` is relative to the skill's root.
    """

    path: str
    done: int
    total: int


class Zipping:
    """One skill on its way into a zip.

    Args:
        skill: what to pack.
        settings: how.
        threads: how many compress; as many as there are processors, up to 8, if None.
        watch: called after each file that is compressed.
    """

    def __init__(
        self, skill: Skill, settings: Settings, threads: int | None, watch: Callable[[Progress], None] | None
    ) -> None:
        self._skill, self._settings, self._threads, self._watch = skill, settings, threads, watch
        self._compressor = self._new_compressor()

    def judge(self) -> Report:
        """Judge the skill, and compress meanwhile what is read for it, unless it has an error already.

        Up to 25 MiB of contents and results are held until the zip is made.

        Raises:
            RejectedError: the skill has errors.
            SkillChangedError: its SKILL.md could be read only when it was too late.
        """
        promising = self._skill.frontmatter and not self._skill.tree.selection.rejected
        seen = self._compressor.offer if promising else None
        try:
            report = rules.check(self._skill, self._settings, seen).raise_for_errors()
            self._skill.demand_name()
        except BaseException:
            self._compressor.close()
            raise
        return report

    def pieces(self) -> Generator[Piece, None, Report]:
        """Yield the zip as it is compressed; return what there is to say of its weight.

        Past the API's limit only the size is counted, so that it can be told.

        Raises:
            SkillChangedError: a file is not what it was when it was judged, or cannot be read again.
        """
        footprints: list[tuple[str, int]] = []
        size = 0
        for piece in lay_out(self._members(footprints)):
            size += len(piece)
            if size <= MAX_ZIP_BYTES:
                yield piece
            del piece  # or a large one would be held until the next is compressed
        weighed = Packed(self._skill, size, tuple(footprints))
        return rules.weigh(weighed, self._settings, self._skill.tree.origin)

    def write(self, write: Callable[[Piece], object]) -> Report:
        """Hand on every piece of the zip, and return what there is to say of its weight. Raises what pieces does."""
        pieces = self.pieces()
        while True:
            try:
                write(next(pieces))
            except StopIteration as end:
                report: Report = end.value
                return report

    def _members(self, footprints: list[tuple[str, int]]) -> Iterator[Member]:
        done, total = 0, self._skill.tree.size
        files = iter(self._skill.tree.files)
        compressor, self._compressor = self._compressor, self._new_compressor()  # one is for one zip
        for member in _readable(compressor.members()):
            yield member
            file = next(files)
            footprints.append((file.path, member.footprint))
            del member
            done += file.size
            if self._watch:
                self._watch(Progress(file.path, done, total))

    def _new_compressor(self) -> Compressor:
        return Compressor(self._skill.tree, self._skill.name, Compression(self._settings.compression), self._threads)


def _readable(members: Iterator[Member]) -> Iterator[Member]:
    try:
        yield from members
    except OSError as error:  # whoever writes must not take it for a failure of the output
        raise SkillChangedError(f"a file could be judged, but not read again: {os_error(error)}") from error
