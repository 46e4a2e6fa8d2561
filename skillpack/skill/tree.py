"""Define the files of one skill, wherever they come from, and what a walk selected."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Final, Protocol, Self

from skillpack.errors import ArchiveError, SkillChangedError, require_type
from skillpack.findings import Issue, Location
from skillpack.limits import MANIFEST, MAX_FILE_BYTES
from skillpack.skill.decisions import Excluded, note_not_nfc
from skillpack.skill.digest import Fingerprint, content_digest
from skillpack.text import escaped
from skillpack.values import Value, field

BytesLike = bytes | bytearray | memoryview
"""What holds bytes: the content of a file, or a zip."""
_UNSAFE_PARTS: Final = frozenset(("", ".", ".."))


class ContentSource(Protocol):
    """Where the content of one file comes from."""

    @property
    def fingerprint(self) -> Fingerprint:
        """The fingerprint of the content; it never changes."""

    def read(self) -> bytes:
        """Return the whole content, always the same bytes; raise what SkillFile.read does."""


ContentSource.__module__ = "skillpack"


class Memory:
    """Content in memory.

    Args:
        content: the bytes.
    """

    __slots__ = ("_fingerprint", "content")

    def __init__(self, content: bytes) -> None:
        self.content = content
        self._fingerprint: Fingerprint | None = None

    @property
    def fingerprint(self) -> Fingerprint:
        """The fingerprint of the content."""
        if self._fingerprint is None:  # not functools.cached_property: on Python 3.11 all its instances share a lock
            self._fingerprint = Fingerprint.from_content(self.content)
        return self._fingerprint

    def read(self) -> bytes:
        """Return the content."""
        return self.content


class SkillFile(Value, kw_only=False):
    """One regular file of a skill. Two are equal if they have the same path and content.

    Args:
        path: relative to the skill's root, its parts separated by `/`, in Unicode form NFC.
        size: the size in bytes.
        source: gives the content.
        mode_executable: whether its mode says that it can be executed, None if unknown; only for a note, since what is
            packed depends on the content alone.

    Raises:
        ArchiveError: the path is absolute or empty, holds a NUL character, or has a part that is empty, `.` or `..`. A
            path that a file on disk can have, but a zip should not hold, is the finding path-unsafe.
    """

    __module__ = "skillpack"

    path: str
    size: int
    source: ContentSource = field(repr=False)
    mode_executable: bool | None = field(default=None, compare=False, repr=False, kw_only=True)

    def __post_init__(self) -> None:
        require_type("path", self.path, str, "a string")
        if "\0" in self.path:
            raise ArchiveError("a path cannot contain a NUL character", "path-control")
        if not _UNSAFE_PARTS.isdisjoint(self.path.split("/")):
            raise ArchiveError(f"{escaped(self.path)[:200] or 'an empty path'} is not a path in a skill", "path-unsafe")
        require_type("size", self.size, int, "a whole number")
        if self.mode_executable is not None:
            require_type("mode_executable", self.mode_executable, bool, "True, False or None")
        if not hasattr(self.source, "read"):
            raise TypeError(f"source must have a method read, which {type(self.source).__name__} does not have")

    @property
    def sha256(self) -> str:
        """SHA-256 of the content, lowercase hex."""
        return self.source.fingerprint.sha256

    @property
    def executable(self) -> bool:
        """True if the content is a script with `#!` or an ELF program; False for a file that is too large to pack."""
        return self.size <= MAX_FILE_BYTES and self.source.fingerprint.executable

    def read(self) -> bytes:
        """Return the whole content.

        Raises:
            SkillChangedError: it changed since it was first read, or is not `size` bytes long.
            OSError: it cannot be read.
        """
        content = self.source.read()
        if len(content) != self.size:
            raise SkillChangedError(f"{self.path} has {len(content):,} bytes, not {self.size:,}")
        return content

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SkillFile):
            return NotImplemented
        return self.path == other.path and self.size == other.size and self.sha256 == other.sha256

    def __hash__(self) -> int:
        return hash((self.path, self.size))


_RESEMBLES_MANIFEST: Final = r"(?i)_?skills?(?:[-_. ]?md)?(?:\.(?:md|mdx|mdc|markdown|mkd|txt|text))*"


def is_manifest(name: str) -> bool:
    """Return whether a file of this name makes its folder a skill, as the API sees it: SKILL.md, in any case.

    Unicode folds the long s of `\u017fkill.md` to an s; no system opens that file as SKILL.md.
    """
    return name.isascii() and name.casefold() == MANIFEST.casefold()


def resembles_manifest(name: str) -> bool:
    """Return True if a name was probably meant to be SKILL.md: SKILL.md.txt, SKILLS.md, Skill.markdown."""
    return not is_manifest(name) and re.fullmatch(_RESEMBLES_MANIFEST, name) is not None


class Selection(Value):
    """What a walk decided about everything that is not among the files of a skill, and about its ignore files.

    Args:
        excluded: what ignore rules exclude.
        rejected: what can never be packed.
        notes: what is packed but unusual, and lines of ignore files that have no effect.
        protected: what is packed although a rule excludes it; `.` is the skill itself.
        unmatched: patterns of `exclude` and `include` that matched nothing.
        tracked_excluded: what the caller listed and a rule excludes.
        unreadable: True if a zip or a body was rejected as a whole, so that its files are unknown; `rejected` has why.
        in_zip: where SKILL.md is in the zip that was read, with the name and the offset of its entry; None if there was
            no zip, or one in an inline skill.
    """

    __module__ = "skillpack"

    excluded: tuple[Excluded, ...] = ()
    rejected: tuple[Issue, ...] = ()
    notes: tuple[Issue, ...] = ()
    protected: tuple[Excluded, ...] = ()
    unmatched: tuple[str, ...] = ()
    tracked_excluded: tuple[Excluded, ...] = ()
    unreadable: bool = False
    in_zip: Location | None = None

    def __post_init__(self) -> None:
        for name in ("excluded", "rejected", "notes", "protected", "unmatched", "tracked_excluded"):
            require_type(name, getattr(self, name), tuple, "a tuple")
        require_type("unreadable", self.unreadable, bool, "True or False")
        require_type("in_zip", self.in_zip, Location | None, "a Location or None")

    @property
    def cut_short(self) -> bool:
        """True if the walk stopped at a limit, so that there may be more files."""
        return any(issue.rule_id in ("ignore-too-costly", "walk-too-long") for issue in self.rejected)


class SkillTree(Value, kw_only=False):
    """The files of one skill. Two trees are equal if their files are.

    Args:
        files: the files, in any order; they are put in archive order.
        directory: the name of their folder, empty if unknown.
        origin: that folder as the caller wrote it.
        selection: what was not packed and why.
    """

    __module__ = "skillpack"

    files: tuple[SkillFile, ...]
    directory: str = field(default="", compare=False)
    origin: str = field(default="", compare=False)
    selection: Selection = field(default=Selection(), compare=False)

    def __post_init__(self) -> None:
        for name in ("directory", "origin"):
            require_type(name, getattr(self, name), str, "a string")
        require_type("selection", self.selection, Selection, "a Selection")
        require_type("files", self.files, tuple | list, "a tuple of SkillFile")
        for file in self.files:
            require_type("each item of files", file, SkillFile, "a SkillFile")
        object.__setattr__(self, "files", _in_archive_order(self.files))

    @classmethod
    def from_files(cls, contents: Mapping[str, BytesLike], directory: str = "") -> Self:
        """Return a tree of contents in memory.

        Args:
            contents: path relative to the skill's root -> content of the file there.
            directory: the name of their folder; if it is empty, findings name `skill/SKILL.md`.

        Raises:
            TypeError: a path is not a string, or a content is not bytes.
            ArchiveError: a path leads out of the skill, as SkillFile says.
        """
        require_type("contents", contents, Mapping, "a dict")
        for path, content in contents.items():
            require_type("a path in contents", path, str, "a string")
            require_type("the content of a file", content, BytesLike, "bytes")
        sources = {path: Memory(bytes(content)) for path, content in contents.items()}
        files = tuple(SkillFile(nfc(path), len(source.content), source) for path, source in sources.items())
        notes = [note_not_nfc(nfc(path)) for path in contents if path != nfc(path)]
        return cls(files, directory, directory or "skill", Selection(notes=tuple(notes)))

    @property
    def size(self) -> int:
        """The sum of the sizes of all files, in bytes."""
        return sum(file.size for file in self.files)

    @property
    def digest(self) -> str:
        """The content digest, which does not depend on the compression (docs/reference/bundle-format).

        Raises:
            ArchiveError: a name holds a line feed, so two lines of another skill could be the same text.
        """
        if not is_listable(self):
            raise ArchiveError("a file's name holds a line feed, so the skill has no content digest", "path-control")
        known = ((file.path, file.source.fingerprint) for file in self.files)
        return content_digest((path, fingerprint.sha256, fingerprint.executable) for path, fingerprint in known)

    def file(self, path: str) -> SkillFile | None:
        """Return the file at exactly this path, or None.

        Args:
            path: as SkillFile has it.
        """
        return next((file for file in self.files if file.path == path), None)


def is_listable(tree: SkillTree) -> bool:
    """Return True if no file's name holds a line feed, so that the tree has a digest."""
    return not any("\n" in file.path for file in tree.files)


def nfc(path: str) -> str:
    """Return the path in Unicode form NFC, the one names have in the zip."""
    return path if path.isascii() else unicodedata.normalize("NFC", path)


def _in_archive_order(files: Iterable[SkillFile]) -> tuple[SkillFile, ...]:
    """Sort by the UTF-8 bytes of the whole path, as the entries of the zip are: `a.txt` before `a/b`."""
    return tuple(sorted(files, key=lambda file: file.path.encode("utf-8", "surrogatepass")))
