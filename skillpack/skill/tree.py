"""The files of one skill, wherever they lie: the value everything else passes on."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol, Self

from skillpack.arguments import demand
from skillpack.errors import ArchiveError, SkillChangedError
from skillpack.findings import escaped
from skillpack.limits import MANIFEST, MAX_FILE_BYTES
from skillpack.skill.decisions import Excluded, Odd, Oddity, OddLine

DIGEST_VERSION: Final = "skillpack1"
BytesLike = bytes | bytearray | memoryview


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What the content of one file says of it: its hash, and whether a system would run it.

    A file is executable if it begins with `#!` or is an ELF program. Mode bits play no part: they are lost on
    Windows and often wrong elsewhere.
    """

    sha256: str
    executable: bool

    @classmethod
    def from_content(cls, content: bytes) -> Self:
        """Judge the whole content of a file."""
        return cls(hashlib.sha256(content).hexdigest(), content.startswith((b"#!", b"\x7fELF")))


class Source(Protocol):
    """Where the content of one file comes from."""

    @property
    def fingerprint(self) -> Fingerprint:
        """What the content says of the file; the same for ever."""

    def read(self) -> bytes:
        """Return the whole content, always the same bytes; raise what SkillFile.read does."""


@dataclass(slots=True)
class Memory:
    """Content that is already here."""

    content: bytes = field(repr=False)
    _fingerprint: Fingerprint | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def fingerprint(self) -> Fingerprint:
        """What the content says of the file."""
        if self._fingerprint is None:  # not functools.cached_property: on Python 3.11 all its instances share a lock
            self._fingerprint = Fingerprint.from_content(self.content)
        return self._fingerprint

    def read(self) -> bytes:
        """Return the content."""
        return self.content


@dataclass(frozen=True, slots=True, eq=False)
class SkillFile:
    """One regular file of a skill. Two are equal if they have the same path and content.

    `path` is relative to the skill's root, with `/`, in Unicode form NFC; `size` in bytes; `source` gives the content.
    """

    path: str
    size: int
    source: Source = field(repr=False)

    def __post_init__(self) -> None:
        demand("path", self.path, str, "a string")
        demand("size", self.size, int, "a whole number")
        if not hasattr(self.source, "read"):
            raise TypeError(f"source must have a method read, which {type(self.source).__name__} has not")

    @property
    def sha256(self) -> str:
        """SHA-256 of the content, lowercase hex."""
        return self.source.fingerprint.sha256

    @property
    def executable(self) -> bool:
        """Whether the content is a script with `#!` or an ELF program; what is too large to pack is not looked at."""
        return self.size <= MAX_FILE_BYTES and self.source.fingerprint.executable

    def read(self) -> bytes:
        """Return the whole content.

        Raises:
            SkillChangedError: it is no longer what it was, or not as large as `size` says.
            OSError: it cannot be read.
        """
        content = self.source.read()
        if len(content) != self.size:
            raise SkillChangedError(f"{escaped(self.path)} has {len(content):,} bytes, not {self.size:,}")
        return content

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SkillFile):
            return NotImplemented
        return self.path == other.path and self.size == other.size and self.sha256 == other.sha256

    def __hash__(self) -> int:
        return hash((self.path, self.size))


_RESEMBLES_MANIFEST: Final = r"(?i)_?skills?(?:[-_. ]?md)?(?:\.(?:md|mdx|mdc|markdown|mkd|txt|text))*"


def is_manifest(name: str) -> bool:
    """Whether a file of this name makes its folder a skill, as the API sees it: SKILL.md, in whatever case.

    Unicode folds the long s of `\u017fkill.md` to an s; no system opens that file as SKILL.md.
    """
    return name.isascii() and name.casefold() == MANIFEST.casefold()


def resembles_manifest(name: str) -> bool:
    """Return True if a name was probably meant to be SKILL.md: SKILL.md.txt, SKILLS.md, Skill.markdown."""
    return not is_manifest(name) and re.fullmatch(_RESEMBLES_MANIFEST, name) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What a walk decided about everything that is not among the files of a skill, and about its ignore files.

    Args:
        excluded: what ignore rules exclude.
        rejected: what can never be packed.
        notes: what is packed, but unusual.
        protected: what is packed although a rule excludes it; `.` is the skill itself.
        ineffective_lines: lines of ignore files that do not do what they seem to.
        unmatched: patterns of `exclude` and `include` that matched nothing.
        tracked_excluded: what the caller listed and a rule excludes.
    """

    excluded: tuple[Excluded, ...] = ()
    rejected: tuple[Odd, ...] = ()
    notes: tuple[Odd, ...] = ()
    protected: tuple[Excluded, ...] = ()
    ineffective_lines: tuple[OddLine, ...] = ()
    unmatched: tuple[str, ...] = ()
    tracked_excluded: tuple[Excluded, ...] = ()

    def __post_init__(self) -> None:
        for name in self.__slots__:
            demand(name, getattr(self, name), tuple, "a tuple")

    @property
    def cut_short(self) -> bool:
        """True if the walk ended early because it or its ignore rules cost too much: there may be more files."""
        return any(odd.oddity in (Oddity.IGNORE_TOO_COSTLY, Oddity.WALK_TOO_LONG) for odd in self.rejected)


@dataclass(frozen=True, slots=True)
class SkillTree:
    """The files of one skill. Two trees are equal if their files are.

    Args:
        files: the files, in any order; they are put in archive order.
        directory: the name of their folder, empty if unknown.
        origin: that folder as the caller wrote it.
        selection: what was not packed and why.
    """

    files: tuple[SkillFile, ...]
    directory: str = field(default="", compare=False)
    origin: str = field(default="", compare=False)
    selection: Selection = field(default=Selection(), compare=False)

    def __post_init__(self) -> None:
        for name in ("directory", "origin"):
            demand(name, getattr(self, name), str, "a string")
        demand("selection", self.selection, Selection, "a Selection")
        demand("files", self.files, tuple | list, "a tuple of SkillFile")
        for file in self.files:
            demand("what files holds", file, SkillFile, "a SkillFile")
        object.__setattr__(self, "files", _in_archive_order(self.files))

    @classmethod
    def from_files(cls, contents: Mapping[str, BytesLike], directory: str = "") -> Self:
        """Return a tree of contents in memory.

        Args:
            contents: path relative to the skill's root -> content of the file there.
            directory: the name of their folder; where nobody knows it, findings are told of `skill/SKILL.md`.

        Raises:
            TypeError: a path is no string, a content no bytes.
        """
        demand("contents", contents, Mapping, "a dict")
        for path, content in contents.items():
            demand("a path in contents", path, str, "a string")
            demand("the content of a file", content, BytesLike, "bytes")
        sources = {path: Memory(bytes(content)) for path, content in contents.items()}
        files = tuple(SkillFile(nfc(path), len(source.content), source) for path, source in sources.items())
        notes = [Odd(nfc(path), Oddity.PATH_NOT_NFC) for path in contents if path != nfc(path)]
        return cls(files, directory, directory or "skill", Selection(notes=tuple(notes)))

    @property
    def size(self) -> int:
        """The sum of the sizes of all files, in bytes."""
        return sum(file.size for file in self.files)

    @property
    def listable(self) -> bool:
        """Whether every name fits on a line of its own."""
        return not any("\n" in file.path for file in self.files)

    @property
    def digest(self) -> str:
        """The content digest: it names what is in the skill, whatever compressed it (docs/reference/bundle-format).

        Raises:
            ArchiveError: a name holds a line feed: two lines of another skill could read the same.
        """
        if not self.listable:
            raise ArchiveError("a file's name holds a line feed, so the skill has no content digest", "path-control")
        total = hashlib.sha256()
        for file in self.files:
            fingerprint = file.source.fingerprint
            line = f"{fingerprint.sha256} {'x' if fingerprint.executable else '-'} {file.path}\n"
            total.update(line.encode("utf-8", "surrogatepass"))
        return f"{DIGEST_VERSION}:{total.hexdigest()}"

    def file(self, path: str) -> SkillFile | None:
        """Return the file at exactly this path, or None.

        Args:
            path: as SkillFile has it.
        """
        return next((file for file in self.files if file.path == path), None)


def nfc(path: str) -> str:
    """Return the path in Unicode form NFC, the one names have in the zip."""
    return path if path.isascii() else unicodedata.normalize("NFC", path)


def _in_archive_order(files: Iterable[SkillFile]) -> tuple[SkillFile, ...]:
    """Sort by the UTF-8 bytes of the whole path, as the entries of the zip are: `a.txt` before `a/b`."""
    return tuple(sorted(files, key=lambda file: file.path.encode("utf-8", "surrogatepass")))
