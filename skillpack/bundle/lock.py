"""Write and read skillpack.lock, which pins the content of skills, and name what differs from it."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, Literal

from skillpack.bundle.pairs import pair_files
from skillpack.errors import SettingsError
from skillpack.settings.file import parse_toml
from skillpack.skill.digest import DIGEST, SHA256, content_digest
from skillpack.skill.tree import SkillTree
from skillpack.text import escaped
from skillpack.values import NamedTuple

VERSION: Final = 1
MAX_LOCK_BYTES: Final = 16 * 1024 * 1024
ChangeKind = Literal["skill-added", "skill-removed", "skill-renamed", "added", "removed", "renamed", "changed"]

_HEAD: Final = f"# Written by skillpack lock; skillpack lock --check compares skills with it.\nversion = {VERSION}\n"
_SHA256: Final = re.compile(SHA256)
_DIGEST: Final = re.compile(DIGEST)
_MOST_DOTS: Final = 30  # parse_toml refuses a key of over 32 parts, and a name may look like one


class LockedFile(NamedTuple):
    """One file of a locked skill."""

    path: str
    sha256: str
    executable: bool


class LockedSkill(NamedTuple):
    """One skill of a lock: `path` is relative to the lock's folder, `files` are in archive order.

    `format`, `compression` and `compressor` are what a zip's bytes depend on besides the content; they are recorded
    and not compared.
    """

    path: str
    name: str
    digest: str
    format: int
    compression: str
    compressor: str
    files: tuple[LockedFile, ...]


class LockDifference(NamedTuple):
    """One thing that differs from a lock: in a file, or of the skill as a whole if `before` and `after` are no files.

    `executable` is whether the executable bit differs, `old` the former path or name of what was renamed.
    """

    kind: ChangeKind
    file: str = ""
    old: str = ""
    before: LockedFile | None = None
    after: LockedFile | None = None

    @property
    def executable(self) -> bool:
        """Whether the file has become executable, or is no longer."""
        was = bool(self.before and self.before.executable)
        return self.after is not None and self.after.executable != was


def files_of(tree: SkillTree) -> tuple[LockedFile, ...]:
    """Return what a lock records of the files of a skill."""
    return tuple(LockedFile(file.path, file.sha256, file.executable) for file in tree.files)


def render_lock(skills: Iterable[LockedSkill]) -> str:
    """Return the text of a lock; the same skills always give the same text, in any order.

    Raises:
        SettingsError: a path or name is not Unicode, which TOML requires.
    """
    return _HEAD + "".join(_entry(skill) for skill in sorted(skills))


def parse_lock(path: Path, content: bytes) -> tuple[LockedSkill, ...]:
    """Parse the content of a lock.

    Args:
        path: the file, for messages.
        content: what it holds.

    Raises:
        SettingsError: it is not TOML, or is not what render_lock writes.
    """
    shown = escaped(path.as_posix())
    table = parse_toml(path, content)
    reader = _Reader(shown, content)
    reader.keys(table, {"version": int, "skills": list}, "", optional={"skills"})
    if table["version"] != VERSION:
        raise reader.error("version", f"must be {VERSION}; a newer skillpack may read this lock")
    skills = tuple(reader.skill(entry, at) for at, entry in enumerate(table.get("skills", [])))
    if len({skill.path for skill in skills}) != len(skills):
        raise SettingsError("has two skills of the same path", shown)
    return skills


def compare_locked(before: LockedSkill | None, after: LockedSkill | None) -> tuple[LockDifference, ...]:
    """Return what differs between a skill as it was locked and as it is.

    Args:
        before: the skill in the lock; None if it is not in there.
        after: the skill as it is; None if it does not exist.
    """
    if before is None or after is None:
        return (LockDifference("skill-removed" if before else "skill-added"),)
    renamed = (LockDifference("skill-renamed", old=before.name),) if before.name != after.name else ()
    changes = (_file_change(*pair) for pair in pair_files(before.files, after.files))
    return (*renamed, *sorted(changes, key=lambda change: change.file))


def _file_change(before: LockedFile | None, after: LockedFile | None) -> LockDifference:
    """Return what happened to one file of a skill."""
    if before is None or after is None:
        file = after or before
        assert file, "one of them is there"
        return LockDifference("added" if after else "removed", file.path, before=before, after=after)
    if before.path != after.path:
        return LockDifference("renamed", after.path, before.path, before, after)
    return LockDifference("changed", after.path, before=before, after=after)


def _entry(skill: LockedSkill) -> str:
    lines = [
        "",
        "[[skills]]",
        *(f"{key} = {_quoted(getattr(skill, key))}" for key in ("path", "name", "digest")),
        f"format = {skill.format}",
        *(f"{key} = {_quoted(getattr(skill, key))}" for key in ("compression", "compressor")),
        "files = [",
        *map(_line, skill.files),
    ]
    return "\n".join([*lines, "]", ""])


def _line(file: LockedFile) -> str:
    executable = "true" if file.executable else "false"
    return f'  {{ path = {_quoted(file.path)}, sha256 = "{file.sha256}", executable = {executable} }},'


def _quoted(text: str) -> str:
    """Return a text as a basic string of TOML that shows every character which is not printable."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise SettingsError(f"{text} is not UTF-8, and cannot be in a lock") from error
    hidden = '"\\.' if text.count(".") > _MOST_DOTS else '"\\'
    return '"' + "".join(c if c.isprintable() and c not in hidden else f"\\U{ord(c):08X}" for c in text) + '"'


class _Reader:
    """Checks the parts of one lock."""

    def __init__(self, shown: str, content: bytes) -> None:
        self._shown = shown
        self._starts = [at for at, line in enumerate(content.split(b"\n"), 1) if line.strip() == b"[[skills]]"]

    def error(self, key: str, message: str, skill: int | None = None) -> SettingsError:
        """Return an error about a key, at the line where the skill begins."""
        line = self._starts[skill] if skill is not None and skill < len(self._starts) else None
        return SettingsError(message, self._shown, line, key or None)

    def keys(
        self, table: Any, kinds: dict[str, type], key: str, skill: int | None = None, optional: Iterable[str] = ()
    ) -> None:
        """Refuse what is no table of exactly these keys with values of these types."""
        if not isinstance(table, dict):
            raise self.error(key, "must be a table", skill)
        prefix = f"{key}." if key else ""
        for name in table:
            if name not in kinds:
                raise self.error(f"{prefix}{name[:100]}", "unknown key", skill)
        for name, kind in kinds.items():
            if name not in table:
                if name not in optional:
                    raise self.error(f"{prefix}{name}", "is missing", skill)
            elif type(table[name]) is not kind:  # a bool is no int here
                raise self.error(f"{prefix}{name}", f"must be {_WORDS[kind]}", skill)

    def skill(self, entry: Any, at: int) -> LockedSkill:
        """Return one skill of the lock."""
        self.keys(entry, _SKILL, "skills", at)
        if entry["path"] in ("", "-") or "\0" in entry["path"]:
            raise self.error("skills.path", "must be a path", at)
        if not _DIGEST.fullmatch(entry["digest"]):
            raise self.error("skills.digest", "must be a content digest", at)
        files = tuple(self._file(file, at) for file in entry["files"])
        if len({file.path for file in files}) != len(files):
            raise self.error("skills.files", "has two files of the same path", at)
        if content_digest(files) != entry["digest"]:
            raise self.error("skills.digest", "is not the digest of the files listed", at)
        return LockedSkill(**{**entry, "files": files})

    def _file(self, entry: Any, skill: int) -> LockedFile:
        self.keys(entry, {"path": str, "sha256": str, "executable": bool}, "skills.files", skill)
        if not _SHA256.fullmatch(entry["sha256"]):
            raise self.error("skills.files.sha256", "must be 64 lowercase hex digits", skill)
        return LockedFile(**entry)


_SKILL: Final = {
    "path": str,
    "name": str,
    "digest": str,
    "format": int,
    "compression": str,
    "compressor": str,
    "files": list,
}
_WORDS: Final = {str: "a text", int: "an integer", bool: "true or false", list: "a list"}
