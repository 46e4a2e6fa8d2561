"""Check a skill and compress its files at the same time, then yield its zip and check the zip's size."""

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from typing import TYPE_CHECKING, TypeVar

from skillpack import rules
from skillpack.archive.records import lay_out, upper_bound
from skillpack.archive.write import Compression, Compressor
from skillpack.bundle.progress import Progress
from skillpack.errors import SkillChangedError
from skillpack.findings import RejectedError
from skillpack.rules import Packed
from skillpack.targets import zip_limit
from skillpack.text import os_error
from skillpack.values import replace

if TYPE_CHECKING:
    from skillpack.archive.records import Member
    from skillpack.bundle.bundle import Streamed
    from skillpack.findings import Report
    from skillpack.settings import Settings
    from skillpack.skill.skill import Skill
    from skillpack.targets import Layout

Piece = bytes | bytearray | memoryview
_Result = TypeVar("_Result")


class Zipping:
    """Checks and packs one skill.

    Args:
        skill: the skill to pack.
        settings: how to check and compress it.
        threads: how many threads compress; if None, as many as there are processors, up to 8.
        watch: called after each file that is compressed.
        layout: where the zip has SKILL.md; None for the zip of an inline skill, which OpenAI's API accepts or refuses
            whatever else the skill is for.
    """

    def __init__(
        self,
        skill: "Skill",
        settings: "Settings",
        threads: int | None,
        watch: Callable[[Progress], object] | None,
        layout: "Layout | None" = None,
    ) -> None:
        if layout is None and "openai" not in settings.targets:
            settings = replace(settings, targets=(*settings.targets, "openai"))
        self._skill, self._settings, self._threads, self._watch = skill, settings, threads, watch
        self._top = None if layout == "root" else skill.name
        self._compressor = self._new_compressor()

    def check(self) -> "Report":
        """Check the skill, and compress the files that are read for it, unless it already has an error.

        Up to 25 MiB of contents and results are held until the zip is made.

        Raises:
            RejectedError: the skill has errors.
            SkillChangedError: its SKILL.md could not be read at first, but could later.
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

    def measure(self, enough: int | None = None) -> "tuple[Report, Packed | None]":
        """Return the findings about the skill, and the size of its zip if it can be packed.

        Args:
            enough: once the zip is known to have at most this many bytes, compression stops, and the size that is
                returned is an upper bound without footprints. None to know the size.

        Raises:
            SkillChangedError: as check and pieces do.
        """
        self._compressor = self._new_compressor(enough)
        try:
            report = self.check()
        except RejectedError as rejected:
            return rejected.report, None
        size = upper_bound(self._skill.tree, self._top)
        footprints: list[tuple[str, int]] = []
        with closing(self._members(footprints)) as members:
            for member in members:
                size -= member.size - member.packed_size
                if enough is not None and size <= enough:
                    return report, Packed(self._skill, size)
                del member  # or its data would be held until the next one is compressed
        return report, Packed(self._skill, size, tuple(footprints))

    def pieces(self) -> Generator[Piece, None, "Report"]:
        """Yield the zip as it is compressed; return the findings about its size.

        Past the limit of its targets the zip is only measured, not yielded, so that its size can be reported.

        Raises:
            SkillChangedError: a file changed since it was checked, or cannot be read again.
        """
        measured = yield from self._measured_pieces()
        return rules.weigh(measured, self._settings, self._skill.tree.origin)

    def _measured_pieces(self) -> Generator[Piece, None, Packed]:
        footprints: list[tuple[str, int]] = []
        most = zip_limit(self._settings.targets)
        size = 0
        for piece in lay_out(self._members(footprints)):
            size += len(piece)
            if most is None or size <= most:
                yield piece
            del piece  # or a large one would be held until the next is compressed
        return Packed(self._skill, size, tuple(footprints))

    def write(self, write: Callable[[Piece], object]) -> "Report":
        """Pass each piece of the zip to `write`; return the findings about its size. Raises what pieces does."""
        return _run(self.pieces(), write)

    def stream(self, notify: Callable[["Report"], object]) -> "Streamed":
        """Check the skill now, and pack it while a body that holds it is written.

        Args:
            notify: called with all findings once the skill is written and the size of its zip is known.

        Returns:
            What a body takes in place of a bundle.

        Raises:
            RejectedError, SkillChangedError: as check does; while the body is written, as pieces does, and if the zip
                is too large.
        """
        from skillpack.bundle.bundle import Streamed
        from skillpack.payload.wire import Flow

        report = self.check()

        def pieces() -> Iterator[Piece]:
            size = yield from self.pieces()
            notify((report + size).raise_for_errors())

        return Streamed(self._skill, report, Flow(pieces))

    def _members(self, footprints: list[tuple[str, int]]) -> Generator["Member", None, None]:
        done, total = 0, self._skill.tree.size
        files = iter(self._skill.tree.files)
        compressor, self._compressor = self._compressor, self._new_compressor()  # one is for one zip
        with closing(_readable(compressor.members())) as members:
            for member in members:
                yield member
                file = next(files)
                footprints.append((file.path, member.footprint))
                del member
                done += file.size
                if self._watch:
                    self._watch(Progress(path=file.path, done=done, total=total))

    def _new_compressor(self, enough: int | None = None) -> Compressor:
        compression = Compression(self._settings.compression)
        return Compressor(self._skill.tree, self._top, compression, self._threads, enough)


def _run(pieces: Generator[Piece, None, _Result], write: Callable[[Piece], object]) -> _Result:
    """Pass each piece to `write`; return what the generator returns."""
    while True:
        try:
            write(next(pieces))
        except StopIteration as end:
            result: _Result = end.value
            return result


def _readable(members: Generator["Member", None, None]) -> Generator["Member", None, None]:
    try:
        yield from members
    except SkillChangedError:
        raise
    except OSError as error:  # or the writer would report it as a failure of the output
        raise SkillChangedError(f"a file could be checked, but not read again: {os_error(error)}") from error
