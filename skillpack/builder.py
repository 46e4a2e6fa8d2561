"""The builder: walk, check, zip, weigh, wrap. The whole program in one method."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from skillpack import rules
from skillpack.archive import Compression, members, thread_count, upper_bound
from skillpack.archive.file import is_file, read_zip_file
from skillpack.archive.layout import lay_out
from skillpack.errors import NotASkillError, SkillChangedError
from skillpack.limits import MAX_ZIP_BYTES, NOTED_ZIP_BYTES
from skillpack.rules import Packed
from skillpack.settings import Settings
from skillpack.skill import Skill
from skillpack.tree import BytesLike, SkillTree
from skillpack.walk import walk

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping

    from skillpack.archive import Member
    from skillpack.body import Entry
    from skillpack.bundle import Bundle, Streamed
    from skillpack.findings import Report
    from skillpack.payload import ExpiresAfter
    from skillpack.payload.shapes import (
        ContainerCreateDict,
        LocalSkillDict,
        MemoryLimit,
        ShellToolDict,
    )
    from skillpack.tree import Verdict

Piece = bytes | bytearray | memoryview
Source = str | os.PathLike[str] | BytesLike | SkillTree
"""A directory or a zip file by its path, a zip's bytes, or a tree."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far packing has come: the file just compressed, and bytes of content `done` of `total`.

    `path` is relative to the skill's root.
    """

    path: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Builder:
    """Turns skills into bundles and bodies, all under the same settings.

    Args:
        settings: how skills are read, judged and packed.
        watch: called after each file that is compressed; not compared, not pickled.
        threads: how many threads compress; as many as there are processors, up to 8, if None.
        outputs: files that are never packed, because this very call writes them.
    """

    settings: Settings = Settings()
    watch: Callable[[Progress], None] | None = field(default=None, compare=False, repr=False)
    threads: int | None = field(default=None, compare=False)
    outputs: tuple[Path, ...] = ()

    def __post_init__(self) -> None:
        thread_count(self.threads)

    def pack(self, source: Source) -> Bundle:
        """Return the bundle of a skill. Takes and raises what skillpack.pack does."""
        from skillpack.bundle import Bundle

        skill = Skill.of(self.tree(source))
        report = rules.check(skill, self.settings).raise_for_errors()
        zip = io.BytesIO()
        report = (report + _written(self._zip(skill), zip.write)).raise_for_errors()
        return Bundle(skill, report, zip.getvalue())

    def stream(self, source: Source, tell: Callable[[Report], object]) -> Streamed:
        """Judge a skill now, and pack it while it is written: its zip is never held whole.

        Args:
            source: as pack takes it.
            tell: given what there is to say of the zip's weight, once it is written.

        Returns:
            What a body takes in place of a bundle; to write that body is to pack the skill.

        Raises:
            RejectedError, NotASkillError, ArchiveError: as pack does.
            SkillChangedError: only while it is written, as is RejectedError for a zip that is too large.
        """
        from skillpack.bundle import Streamed
        from skillpack.payload.wire import Flow

        skill = Skill.of(self.tree(source))
        report = rules.check(skill, self.settings).raise_for_errors()

        def pieces() -> Iterator[Piece]:
            try:
                weight = yield from self._zip(skill)
            except OSError as error:  # whoever writes must not take it for a failure of the output
                raise SkillChangedError(f"a file could be judged, but not read again: {error.strerror}") from error
            (report + weight).raise_for_errors()
            tell(weight)

        return Streamed(skill, report, Flow(pieces))

    def check(self, source: Source) -> Report:
        """Return everything there is to say of a skill. Takes and raises what skillpack.check does.

        The limits of its zip are judged too. Nothing is compressed where the sum of the sizes already fits.
        """
        skill = Skill.of(self.tree(source))
        report = rules.check(skill, self.settings)
        bound = upper_bound(skill.tree, skill.name)
        if bound <= NOTED_ZIP_BYTES:
            return report + rules.weigh(Packed(skill, bound), self.settings, skill.tree.origin)
        if not report.ok:  # what cannot be packed cannot be weighed either
            return report
        return report + _written(self._zip(skill), len)

    def tree(self, source: Source) -> SkillTree:
        """Return the files of a skill, wherever they lie.

        Args:
            source: as pack takes it; a tree is returned as it is.

        Raises:
            NotASkillError, ArchiveError: the source is neither a directory nor a sound skill zip.
        """
        if isinstance(source, SkillTree):
            return source
        if isinstance(source, BytesLike):
            from skillpack.archive.read import read_zip

            return self._unselected(read_zip(source))
        path = _path(source)
        return self._unselected(read_zip_file(path)) if is_file(path) else self.walk(path)

    def _unselected(self, tree: SkillTree) -> SkillTree:
        """A zip is taken as it is: no pattern matches in it."""
        return replace(tree, unmatched=self.settings.patterns)

    def walk(self, root: str | os.PathLike[str], only: Collection[str] | None = None) -> SkillTree:
        """Return the tree of a skill's directory, with what was left out and why.

        Args:
            root: the directory.
            only: paths relative to it; where given, no other file is in the tree.

        Raises:
            NotASkillError: it cannot be listed.
        """
        return walk(_path(root), self.settings, only, self.outputs)

    def why(self, root: str | os.PathLike[str], paths: Iterable[str]) -> tuple[Verdict, ...]:
        """Return a verdict on each path in a skill: whether it is packed, and which line of which file says so.

        Args:
            root: the skill's directory.
            paths: relative to it; they need not be there.

        Raises:
            NotASkillError: it cannot be opened.
        """
        from skillpack.why import why

        return why(_path(root), self.settings, paths)

    def container(
        self,
        name: str,
        skills: Iterable[Entry] = (),
        *,
        expires_after: int | Mapping[str, object] | ExpiresAfter | None = None,
        file_ids: Iterable[str] = (),
        memory_limit: MemoryLimit | None = None,
        network_policy: object = None,
    ) -> ContainerCreateDict:
        """Return the body of POST /containers. Takes and raises what skillpack.container does."""
        from skillpack import body

        options = body.Options(expires_after, body.listed(file_ids), memory_limit, network_policy)
        made = body.container(name, body.packed(skills, self.pack), options, self.settings)
        return cast("ContainerCreateDict", made.to_dict())

    def write_container(
        self,
        file: BinaryIO,
        name: str,
        skills: Iterable[Entry] = (),
        *,
        expires_after: int | Mapping[str, object] | ExpiresAfter | None = None,
        file_ids: Iterable[str] = (),
        memory_limit: MemoryLimit | None = None,
        network_policy: object = None,
    ) -> None:
        """Write the body of POST /containers. Takes and raises what skillpack.write_container does."""
        from skillpack import body

        options = body.Options(expires_after, body.listed(file_ids), memory_limit, network_policy)
        body.container(name, body.packed(skills, self.pack), options, self.settings).write(file)

    def shell_tool(
        self,
        skills: Iterable[Entry],
        *,
        file_ids: Iterable[str] = (),
        memory_limit: MemoryLimit | None = None,
        network_policy: object = None,
    ) -> ShellToolDict:
        """Return the Responses API's shell tool. Takes and raises what skillpack.shell_tool does."""
        from skillpack import body

        options = body.Options(None, body.listed(file_ids), memory_limit, network_policy)
        return cast("ShellToolDict", body.shell_tool(body.packed(skills, self.pack), options, self.settings).to_dict())

    def local_skill(self, root: str | os.PathLike[str]) -> LocalSkillDict:
        """Return the entry by which a local shell finds a skill.

        Args:
            root: the skill's directory, as the shell will open it.

        Raises:
            RejectedError: the skill has errors.
            NotASkillError: the directory cannot be listed.
        """
        skill = Skill.of(self.walk(root))
        rules.check(skill, self.settings).raise_for_errors()
        return {"name": skill.name, "description": skill.description, "path": os.fspath(root)}

    def _zip(self, skill: Skill) -> Generator[Piece, None, Report]:
        """Yield a skill's zip as it is compressed; return what there is to say of its weight.

        Past the API's limit only the size is counted, so that it can be told.
        """
        footprints: list[tuple[str, int]] = []
        size = 0
        for piece in lay_out(self._watched(skill, footprints)):
            size += len(piece)
            if size <= MAX_ZIP_BYTES:
                yield piece
            del piece  # or a large one would be held until the next is compressed
        return rules.weigh(Packed(skill, size, tuple(footprints)), self.settings, skill.tree.origin)

    def _watched(self, skill: Skill, footprints: list[tuple[str, int]]) -> Iterator[Member]:
        done, total = 0, skill.tree.size
        files = iter(skill.tree.files)
        for member in members(skill.tree, skill.name, Compression(self.settings.compression), self.threads):
            yield member
            file = next(files)
            footprints.append((file.path, member.footprint))
            del member
            done += file.size
            if self.watch:
                self.watch(Progress(file.path, done, total))

    def __reduce__(self) -> tuple[type[Builder], tuple[object, ...]]:
        return type(self), (self.settings, None, self.threads, self.outputs)


def _written(pieces: Generator[Piece, None, Report], write: Callable[[Piece], object]) -> Report:
    """Hand on every piece, and return what the generator returns."""
    while True:
        try:
            write(next(pieces))
        except StopIteration as end:
            report: Report = end.value
            return report


def _path(source: str | os.PathLike[str]) -> Path:
    if not os.fspath(source):  # pathlib would take it for the folder we are in
        raise NotASkillError("an empty path is neither a directory nor a zip")
    return Path(source)
