"""Open what a caller gives for a skill, wherever it is, and select the files that are packed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from skillpack.errors import ArchiveError, NotASkillError, require_type
from skillpack.findings import Issue, Location
from skillpack.select.walk import walk
from skillpack.settings import patterns_of
from skillpack.skill.skill import Skill
from skillpack.skill.tree import BytesLike, Selection, SkillTree, is_manifest
from skillpack.sources.directory import Directory, is_file
from skillpack.targets import layout_for
from skillpack.values import NamedTuple, replace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from skillpack.settings import Settings
    from skillpack.sources.request_body import Received, ReceivedEnvironment
    from skillpack.sources.zip import ForeignZip

_SOURCES = "a path, the bytes of a zip, a dict, a folder of a package, a GitRevision or a SkillTree"


class ReceivedBody(NamedTuple):
    """A request body that was read: its skills, its environments, and the issues with the body itself.

    The origin of a skill is that of the body, with `#` and a JSON pointer if the body is more than one inline skill.
    """

    origin: str
    skills: tuple[SkillTree, ...]
    environments: tuple[ReceivedEnvironment, ...]
    issues: tuple[Issue, ...]


def is_inline(source: object) -> bool:
    """Return True if a mapping is an inline skill, False if it is the files of a skill."""
    return isinstance(source, Mapping) and isinstance(source.get("type"), str)


def open_skill(source: Any, settings: Settings) -> SkillTree:
    """Return the files of a skill that are packed. Problems with a zip or an inline skill are in its `selection`.

    Args:
        source: what skillpack.pack takes.
        settings: which ignore rules apply; none does to a SkillTree and to a zip that skillpack made.

    Raises:
        NotASkillError: the source is neither a directory nor a zip, or cannot be read.
        ArchiveError: the bytes are not a zip, or too many.
        TypeError: the source is something else.
    """
    if isinstance(source, SkillTree):
        return source
    if isinstance(source, BytesLike):
        from skillpack.sources.zip import read_zip_source

        return _select(read_zip_source(source, "", layout_for(settings.targets)), settings)
    if isinstance(source, Mapping):
        return _open_mapping(source, settings)
    if isinstance(source, str | os.PathLike):
        checked = checked_path("source", source, _SOURCES)
        return _open_path(cast("Path", folder_of_manifest(checked)), settings)
    return _open_object(source, settings)


def open_body(data: BytesLike, origin: str, settings: Settings) -> ReceivedBody:
    """Read a request body and the skills in it.

    Args:
        data: the whole JSON text.
        origin: the file as the caller wrote it.
        settings: which ignore rules apply to zips of other tools.
    """
    from skillpack.sources.request_body import read_payload

    return _open_received(read_payload(data), origin, settings)


def checked_path(name: str, source: object, words: str = "a path") -> Path:
    """Return an argument as a path.

    Raises:
        NotASkillError: it is empty.
        TypeError: it is not a path.
    """
    require_type(name, source, str | os.PathLike, words)
    path = os.fspath(cast("os.PathLike[str]", source))
    require_type(name, path, str, words)
    if not path:  # pathlib would take it for the current folder
        raise NotASkillError("empty path (unset shell variable?)")
    return source if isinstance(source, Path) else Path(path)


def folder_of_manifest(path: str | os.PathLike[str]) -> str | os.PathLike[str]:
    """Return the directory of a SKILL.md, which stands for its skill, and any other path unchanged."""
    named = os.fsdecode(path)
    is_one = is_manifest(os.path.basename(named)) and is_file(Path(named))
    return Path(named).parent if is_one else path


def _open_path(path: Path, settings: Settings) -> SkillTree:
    if not is_file(path):
        return walk(Directory(path), settings)
    from skillpack.sources.zip import read_zip_file

    return _select(read_zip_file(path, layout_for(settings.targets)), settings)


def _open_mapping(source: Mapping[Any, Any], settings: Settings) -> SkillTree:
    if not is_inline(source):
        from skillpack.sources.memory import MemorySource

        for path, content in source.items():
            require_type("a path in source", path, str, "a string")
            require_type("the content of a file in source", content, BytesLike, "bytes")
        return walk(MemorySource(source), settings)
    from skillpack.sources.request_body import read_inline_skill

    body = _open_received(read_inline_skill(source), "", settings)
    if not body.skills:
        return _refused(body.issues, "skill")
    (tree,) = body.skills
    return replace(tree, selection=replace(tree.selection, notes=(*tree.selection.notes, *body.issues)))


def _open_object(source: object, settings: Settings) -> SkillTree:
    from importlib.resources.abc import Traversable

    from skillpack.sources.git import GitSource
    from skillpack.sources.git_revision import GitRevision

    if isinstance(source, GitRevision):
        return walk(GitSource(source), settings)
    require_type("source", source, Traversable, _SOURCES)
    from skillpack.sources.memory import TraversableSource

    return walk(TraversableSource(cast("Traversable", source)), settings)


def _select(found: SkillTree | ForeignZip, settings: Settings) -> SkillTree:
    """Return the tree of a canonical zip as it is; of any other zip, the files that no ignore rule excludes.

    Raises:
        ArchiveError: it is not a zip.
    """
    if isinstance(found, SkillTree):
        return replace(found, selection=replace(found.selection, unmatched=patterns_of(settings)))
    origin = found.origin or found.directory or "skill"
    found.demand_zip()
    if not found.contents:
        return _refused(found.issues, origin)
    from skillpack.sources.memory import MemorySource

    tree = walk(MemorySource(found.contents, found.directory), settings)
    notes = (*found.issues, *tree.selection.notes)
    rejected = (*found.rejected, *tree.selection.rejected)
    selection = replace(tree.selection, notes=notes, rejected=rejected, in_zip=found.in_zip)
    return replace(tree, origin=origin, selection=selection)


def _refused(issues: Iterable[Issue], origin: str) -> SkillTree:
    return SkillTree((), "", origin, Selection(rejected=tuple(issues), unreadable=True))


def _open_received(received: Received, origin: str, settings: Settings) -> ReceivedBody:
    from skillpack.sources.request_body import compare_names
    from skillpack.sources.zip import read_zip_source

    trees: list[SkillTree] = []
    issues = [*received.issues]
    for skill in received.skills:
        place = f"{origin}#{skill.pointer}" if origin and skill.pointer else origin
        try:
            tree = _select(read_zip_source(skill.read(), place), settings)
            tree = replace(tree, selection=replace(tree.selection, in_zip=None))
        except ArchiveError as error:
            issue = Issue(error.rule, Location(pointer=f"{skill.pointer}/source/data"), error.message)
            tree = _refused((issue,), place or "skill")
        inner = Skill.from_tree(tree)
        if inner.frontmatter:
            issues += compare_names(skill, inner.name, inner.description)
        trees.append(tree)
    return ReceivedBody(origin, tuple(trees), received.environments, tuple(issues))
