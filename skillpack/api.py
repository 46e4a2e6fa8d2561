"""The builder: walk, check, zip, weigh, wrap. The whole program in one method."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from skillpack import arguments, rules
from skillpack.archive import thread_count, upper_bound
from skillpack.bundle.packing import Zipping
from skillpack.errors import NotASkillError
from skillpack.findings import RejectedError
from skillpack.limits import NOTED_ZIP_BYTES
from skillpack.rules import Packed
from skillpack.select.walk import walk
from skillpack.settings import Settings
from skillpack.skill.skill import Skill
from skillpack.skill.tree import BytesLike, SkillTree
from skillpack.sources.directory import Directory, is_file

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from skillpack.bundle.bundle import Bundle, Streamed
    from skillpack.bundle.packing import Piece, Progress
    from skillpack.bundle.request import Entry
    from skillpack.findings import Report
    from skillpack.payload import ExpiresAfter
    from skillpack.payload.shapes import (
        ContainerCreateDict,
        LocalSkillDict,
        MemoryLimit,
        ShellToolDict,
    )
    from skillpack.skill.decisions import Verdict


Source = str | os.PathLike[str] | BytesLike | SkillTree
"""A directory or a zip file by its path, a zip's bytes, or a tree."""


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
        arguments.demand("settings", self.settings, Settings, "Settings")
        arguments.demand("outputs", self.outputs, tuple, "a tuple of paths")
        for output in self.outputs:
            arguments.demand("what outputs holds", output, Path, "a pathlib.Path")
        if self.watch is not None and not callable(self.watch):
            raise TypeError(f"watch must be callable, not {type(self.watch).__name__}")
        thread_count(self.threads)

    def pack(self, source: Source) -> Bundle:
        """Return the bundle of a skill. Takes and raises what skillpack.pack does."""
        from skillpack.bundle.bundle import Bundle

        skill = Skill.from_tree(self.tree(source))
        zipping = self._zipping(skill)
        report = zipping.judge()
        zip = io.BytesIO()
        report = (report + zipping.write(zip.write)).raise_for_errors()
        return Bundle(skill, report, zip.getvalue())

    def stream(self, source: Source, tell: Callable[[Report], object], *, early: bool = True) -> Streamed:
        """Judge a skill now, and pack it while it is written: of its zip no more is held than threads work ahead.

        For the command line: what it returns is not public.

        Args:
            source: as pack takes it.
            tell: given all there is to say, once it is written and its zip's weight is known.
            early: whether to compress while it is judged, which holds up to 25 MiB until it is written.

        Returns:
            What a body takes in place of a bundle; to write that body is to pack the skill.

        Raises:
            RejectedError, NotASkillError, ArchiveError: as pack does.
            SkillChangedError: only while it is written, as is RejectedError for a zip that is too large.
        """
        from skillpack.bundle.bundle import Streamed
        from skillpack.payload.wire import Flow

        skill = Skill.from_tree(self.tree(source))
        zipping = self._zipping(skill)
        report = zipping.judge(early=early)

        def pieces() -> Iterator[Piece]:
            weight = yield from zipping.pieces()
            tell((report + weight).raise_for_errors())

        return Streamed(skill, report, Flow(pieces))

    def check(self, source: Source) -> Report:
        """Return everything there is to say of a skill. Takes and raises what skillpack.check does.

        The limits of its zip are judged too. Nothing is compressed where the sum of the sizes already fits.
        """
        skill = Skill.from_tree(self.tree(source))
        bound = upper_bound(skill.tree, skill.name)
        if bound <= NOTED_ZIP_BYTES:
            report = rules.check(skill, self.settings)
            return report + rules.weigh(Packed(skill, bound), self.settings, skill.tree.origin)
        zipping = self._zipping(skill)
        try:
            report = zipping.judge()
        except RejectedError as rejected:  # what cannot be packed cannot be weighed either
            return rejected.report
        return report + zipping.write(len)

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
        path = _path("source", source, "a path, the bytes of a zip or a SkillTree")
        if not is_file(path):
            return self.walk(path)
        from skillpack.archive.read import read_zip_file

        return self._unselected(read_zip_file(path))

    def _zipping(self, skill: Skill) -> Zipping:
        return Zipping(skill, self.settings, self.threads, self.watch)

    def _unselected(self, tree: SkillTree) -> SkillTree:
        """A zip is taken as it is: no pattern matches in it."""
        return replace(tree, selection=replace(tree.selection, unmatched=self.settings.patterns))

    def walk(self, root: str | os.PathLike[str], only: Collection[str] | None = None) -> SkillTree:
        """Return the tree of a skill's directory, with what was left out and why.

        Args:
            root: the directory.
            only: paths relative to it; where given, no other file is in the tree.

        Raises:
            NotASkillError: it cannot be listed.
            TypeError: `only` is one string, not several.
        """
        listed = None if only is None else arguments.strings("only", only)
        return walk(Directory(_path("root", root)), self.settings, listed, self.outputs)

    def why(self, root: str | os.PathLike[str], paths: Iterable[str]) -> tuple[Verdict, ...]:
        """Return a verdict on each path in a skill: whether it is packed, and which line of which file says so.

        Args:
            root: the skill's directory.
            paths: relative to it; they need not be there.

        Raises:
            NotASkillError: it cannot be opened.
            TypeError: `paths` is one string, not several.
            ValueError: a system can have no file at one of them.
        """
        from skillpack.select.explain import why

        return why(Directory(_path("root", root)), self.settings, arguments.paths("paths", paths))

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
        from skillpack.bundle import request

        options = request.Options(expires_after, request.listed(file_ids), memory_limit, network_policy)
        made = request.container(name, request.packed(skills, self.pack), options, self.settings)
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
        from skillpack.bundle import request

        options = request.Options(expires_after, request.listed(file_ids), memory_limit, network_policy)
        request.container(name, request.packed(skills, self.pack), options, self.settings).write(file)

    def shell_tool(
        self,
        skills: Iterable[Entry],
        *,
        file_ids: Iterable[str] = (),
        memory_limit: MemoryLimit | None = None,
        network_policy: object = None,
    ) -> ShellToolDict:
        """Return the Responses API's shell tool. Takes and raises what skillpack.shell_tool does."""
        from skillpack.bundle import request

        options = request.Options(None, request.listed(file_ids), memory_limit, network_policy)
        return cast(
            "ShellToolDict", request.shell_tool(request.packed(skills, self.pack), options, self.settings).to_dict()
        )

    def local_skill(self, root: str | os.PathLike[str]) -> LocalSkillDict:
        """Return the entry by which a local shell finds a skill.

        Args:
            root: the skill's directory, as the shell will open it.

        Raises:
            RejectedError: the skill has errors.
            NotASkillError: the directory cannot be listed.
            SkillChangedError: its SKILL.md could be read only when it was too late.
        """
        skill = Skill.from_tree(self.walk(root))
        rules.check(skill, self.settings).raise_for_errors()
        skill.demand_name()
        return {"name": skill.name, "description": skill.description, "path": os.fspath(root)}

    def __reduce__(self) -> tuple[type[Builder], tuple[object, ...]]:
        return type(self), (self.settings, None, self.threads, self.outputs)


def _path(name: str, source: str | os.PathLike[str], words: str = "a path") -> Path:
    arguments.demand(name, source, str | os.PathLike, words)
    arguments.demand(name, os.fspath(source), str, words)
    if not os.fspath(source):  # pathlib would take it for the folder we are in
        raise NotASkillError("an empty path is neither a directory nor a zip")
    return Path(source)


def pack(source: Source) -> Bundle:
    """Pack a skill.

    Args:
        source: a directory or zip file by its path, a zip's bytes, or a SkillTree.

    Returns:
        The bundle: `.inline_skill()` is the dict to embed, `.zip` the archive, `.report` what else was noticed.

    Raises:
        RejectedError: the skill has errors; `.report` holds everything there is to say.
        NotASkillError, ArchiveError: the source is neither a directory nor a sound skill zip.
        SkillChangedError: a file changed between the check and the write.
    """
    return Builder().pack(source)


def check(source: Source) -> Report:
    """Say everything there is to say of a skill.

    Args:
        source: a directory or zip file by its path, a zip's bytes, or a SkillTree.

    Returns:
        The report; iterate it for findings, ask `.ok` whether the skill would be packed.

    Raises:
        NotASkillError, ArchiveError: the source is neither a directory nor a sound skill zip.
        SkillChangedError: a file changed while the skill was weighed; one that changed before is a finding.
    """
    return Builder().check(source)


def container(
    name: str,
    skills: Iterable[Entry] = (),
    *,
    expires_after: int | Mapping[str, object] | ExpiresAfter | None = None,
    file_ids: Iterable[str] = (),
    memory_limit: MemoryLimit | None = None,
    network_policy: object = None,
) -> ContainerCreateDict:
    """Return the body of POST /containers, for `client.containers.create(**body)`.

    Args:
        name: the container's name.
        skills: bundles, skills still to be packed, or references such as
            `{"type": "skill_reference", "skill_id": "..."}`, as dicts or models.
        expires_after: minutes after it was last active, or the dict or model of the API.
        file_ids: uploaded files to copy into it.
        memory_limit: 1g, 4g, 16g or 64g.
        network_policy: a dict or model of the API's two policies.

    Raises:
        RejectedError: a skill has errors, or two have the same name.
        PayloadError: an option or a reference is not what the API takes.
        NotASkillError, ArchiveError, SkillChangedError: as pack does.
    """
    return Builder().container(
        name,
        skills,
        expires_after=expires_after,
        file_ids=file_ids,
        memory_limit=memory_limit,
        network_policy=network_policy,
    )


def write_container(
    file: BinaryIO,
    name: str,
    skills: Iterable[Entry] = (),
    *,
    expires_after: int | Mapping[str, object] | ExpiresAfter | None = None,
    file_ids: Iterable[str] = (),
    memory_limit: MemoryLimit | None = None,
    network_policy: object = None,
) -> None:
    """Write the body of POST /containers as compact UTF-8 JSON, without ever holding the whole.

    Args:
        file: anything with a write method that takes bytes; nothing is written unless all is sound.
        name: the container's name.
        skills: bundles, skills still to be packed, or references.
        expires_after: minutes after it was last active, or the dict or model of the API.
        file_ids: uploaded files to copy into it.
        memory_limit: 1g, 4g, 16g or 64g.
        network_policy: a dict or model of the API's two policies.

    Raises:
        RejectedError, PayloadError, NotASkillError, ArchiveError, SkillChangedError: as container does.
        OSError: the file cannot be written.
    """
    Builder().write_container(
        file,
        name,
        skills,
        expires_after=expires_after,
        file_ids=file_ids,
        memory_limit=memory_limit,
        network_policy=network_policy,
    )


def shell_tool(
    skills: Iterable[Entry],
    *,
    file_ids: Iterable[str] = (),
    memory_limit: MemoryLimit | None = None,
    network_policy: object = None,
) -> ShellToolDict:
    """Return the Responses API's shell tool, for `client.responses.create(tools=[tool])`.

    Args:
        skills: bundles, skills still to be packed, or references; at most 200.
        file_ids: uploaded files to copy into its container; at most 50.
        memory_limit: 1g, 4g, 16g or 64g.
        network_policy: a dict or model of the API's two policies.

    Raises:
        RejectedError: a skill has errors, two have the same name, or there are too many.
        PayloadError: an option or a reference is not what the API takes.
        NotASkillError, ArchiveError, SkillChangedError: as pack does.
    """
    return Builder().shell_tool(skills, file_ids=file_ids, memory_limit=memory_limit, network_policy=network_policy)
