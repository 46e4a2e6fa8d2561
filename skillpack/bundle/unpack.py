"""Write the files of skills to new folders: all of them completely, or none."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from pathlib import Path  # noqa: TC003 - get_type_hints needs it
from typing import TYPE_CHECKING, Final, Self

from skillpack import atomic, rules
from skillpack.archive.records import entry_name, refuse_clashes
from skillpack.errors import NotASkillError, OutputError, SkillChangedError, SkillpackError, require_type
from skillpack.findings import Report
from skillpack.select.inputs import checked_path
from skillpack.settings import Settings
from skillpack.skill.skill import Skill
from skillpack.skill.tree import SkillFile, SkillTree
from skillpack.sources.directory import native

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_FILE: Final = 0o644
_EXECUTABLE: Final = 0o755
_FOLDER: Final = 0o755

_Entries = dict[str, "_Entries | SkillFile"]


def write_tree(tree: SkillTree, folder: str | os.PathLike[str], *, settings: Settings = Settings()) -> Path:
    """Write the files of a skill to a new folder `<name>/`, completely or not at all.

    Executable files get mode 0755, all others 0644.

    Args:
        tree: the files; those of Builder.tree or read_zip, for example.
        folder: gets the folder of the skill; it is created if it does not exist.
        settings: which rules apply.

    Returns:
        The folder of the skill.

    Raises:
        RejectedError: the skill has errors; nothing was written.
        ArchiveError: its name or the path of a file is not one that every system can have.
        OutputError: there is a `<name>/` already, or it could not be written.
        SkillChangedError: a file changed between the check and the write.
    """
    require_type("tree", tree, SkillTree, "a SkillTree")
    require_type("settings", settings, Settings, "Settings")
    target = checked_path("folder", folder)
    skill = Skill.from_tree(tree)
    judge((skill,), settings).raise_for_errors()
    write_skills((skill,), target)
    return target / skill.name


write_tree.__module__ = "skillpack"


def judge(skills: Sequence[Skill], settings: Settings) -> Report:
    """Return the findings for skills that are to be written to one folder.

    Args:
        skills: those of one source.
        settings: which rules apply.
    """
    reports = [rules.check(skill, settings) for skill in skills]
    if len(skills) > 1:
        names = tuple(skill.name for skill in skills if skill.name)
        reports.append(rules.weigh(rules.Environment("local", names), settings))
    return Report.merge(reports)


def write_skills(skills: Sequence[Skill], folder: Path) -> bool:
    """Write skills that were judged: each to a temporary folder, and when all are complete, each gets its name.

    Args:
        skills: without errors.
        folder: gets a folder for each.

    Returns:
        True if the folders were synced to disk; they are in place in either case.

    Raises:
        OutputError: a folder exists already, or could not be written; none of them was.
        ArchiveError: a name or a path is not one that every system can have.
        SkillChangedError: a file changed since it was judged.
    """
    if not skills:
        raise NotASkillError("there is no skill to write")
    contents = {native(skill.name): _entries(skill) for skill in skills}
    if len(contents) < len(skills):
        raise OutputError("two skills have the same name")
    with atomic.output_errors(folder), _made(folder), atomic.open_folder(folder) as opened:
        for name in contents:
            _refuse_existing(opened, folder, name)
        atomic.remove_abandoned(opened, folders=True)
        with _Staging(opened, contents) as staging:
            staging.fill()
            staging.publish(folder)
        return atomic.sync(opened)


def _entries(skill: Skill) -> _Entries:
    """Return the files of a skill as nested folders, with every name checked.

    Raises:
        ArchiveError: some system would put a file elsewhere, or nowhere.
    """
    skill.demand_name()
    refuse_clashes(entry_name(skill.name, file.path) for file in skill.tree.files)
    root: _Entries = {}
    for file in skill.tree.files:
        *folders, name = native(file.path).split("/")
        folder = root
        for each in folders:
            inner = folder.setdefault(each, {})
            assert isinstance(inner, dict), "refuse_clashes refuses a file that is also a folder"
            folder = inner
        folder[name] = file
    return root


@contextmanager
def _made(folder: Path) -> Iterator[None]:
    """Make a folder and those above it; if what follows fails, remove those that were made."""
    missing = [place for place in (folder, *folder.parents) if not os.path.lexists(place)]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        for place in missing:
            with suppress(OSError):
                place.rmdir()
        raise


def _refuse_existing(opened: int | str, folder: Path, name: str) -> None:
    if atomic.status_of(opened, name):
        raise OutputError(f"cannot write {(folder / name).as_posix()}: it exists")


class _Staging:
    """Folders on their way to their names; left by an exception, it removes all of them.

    Their temporary names are chosen first, because a signal can arrive before a call of the system returns.
    """

    def __init__(self, opened: int | str, contents: dict[str, _Entries]) -> None:
        token = os.urandom(6).hex()
        self._opened, self._contents = opened, contents
        self._temporary = {name: f".skillpack-{token}{at:04x}.tmp" for at, name in enumerate(contents)}
        self._identity: dict[str, tuple[int, int]] = {}

    def fill(self) -> None:
        """Write all files of all folders."""
        for name, temporary in self._temporary.items():
            with atomic.create_folder(self._opened, temporary, _FOLDER) as inner:
                _fill(inner, self._contents[name])
            status = atomic.status_of(self._opened, temporary)
            assert status, "it was made a moment ago"
            self._identity[name] = (status.st_dev, status.st_ino)

    def publish(self, folder: Path) -> None:
        """Give each folder its name.

        Raises:
            OutputError: something of that name appeared.
        """
        for name, temporary in self._temporary.items():
            try:
                atomic.rename_new(self._opened, temporary, name)
            except FileExistsError as error:
                raise OutputError(f"cannot write {(folder / name).as_posix()}: it exists") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_error: object) -> None:
        if kind is None:
            return
        for name, temporary in reversed(self._temporary.items()):
            self._take_back(name, temporary)
            atomic.remove_folder(self._opened, temporary)

    def _take_back(self, name: str, temporary: str) -> None:
        """Give a folder that already has its name the temporary one, so that no part of it is seen."""
        with suppress(OSError):
            status = atomic.status_of(self._opened, name)
            if status and (status.st_dev, status.st_ino) == self._identity.get(name):
                atomic.rename_new(self._opened, name, temporary)


def _fill(folder: int | str, entries: _Entries) -> None:
    for name, entry in entries.items():
        if isinstance(entry, SkillFile):
            atomic.create(folder, name, (_read(entry),), _EXECUTABLE if entry.executable else _FILE)
            continue
        with atomic.create_folder(folder, name, _FOLDER) as inner:
            _fill(inner, entry)


def _read(file: SkillFile) -> bytes:
    try:
        return file.read()
    except SkillpackError:
        raise
    except OSError as error:
        raise SkillChangedError(f"{file.path} can no longer be read") from error
