"""Define what a source of a skill is: a folder whose entries can be listed and read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

from skillpack.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable
    from contextlib import AbstractContextManager

    from skillpack.findings import Issue
    from skillpack.skill.tree import ContentSource

FILE: Final = "a regular file"
FOLDER: Final = "a folder"
SYMLINK: Final = "a symlink"
JUNCTION: Final = "a junction"
"""A folder of Windows that is really another one, anywhere."""


class Status(NamedTuple):
    """What an entry is. A symlink is not followed.

    `kind` is FILE, FOLDER, SYMLINK, JUNCTION, or in words what else it is; `size` is in bytes; `target` is that of a
    symlink. `executable` is the mode bit, None where a source has none. `identity` is the same for two names of one
    file (device and inode), None where a source cannot tell; `aliased` is True if the file has several names,
    `mounted` if something is mounted there. `owner` is a user id. `handle` is for the source itself, to read it.
    """

    kind: str
    size: int = 0
    target: str = ""
    executable: bool | None = None
    identity: tuple[int, int] | None = None
    aliased: bool = False
    mounted: bool = False
    owner: int | None = None
    handle: Any = None


class Entry(Protocol):
    """An entry of a folder."""

    @property
    def name(self) -> str:
        """Its name, in UTF-8; bytes that are not are surrogates, as os.fsdecode makes them."""

    @property
    def is_folder(self) -> bool:
        """True if it is a folder, or a junction; not if it is a symlink to one."""

    def status(self) -> Status:
        """Return what it is; raises OSError if that is unknown."""


class Folder(Protocol):
    """A folder that is open."""

    @property
    def mounted(self) -> bool:
        """True if something is mounted there."""

    def entries(self) -> Iterable[Entry]:
        """Return its entries, in any order."""

    def status(self, name: str) -> Status:
        """Return what an entry is.

        Args:
            name: of the entry; one that begins with `../` is above the folder.

        Raises:
            OSError: there is no such entry, or it cannot be examined.
        """

    def read(self, name: str, status: Status) -> bytes | None:
        """Return the content of a regular file, or None if it changed since its status was taken.

        Args:
            name: as `status` takes it.
            status: what `status` returned.

        Raises:
            OSError: it cannot be read.
        """


class Source(Protocol):
    """A folder with the files of a skill, wherever it is."""

    @property
    def origin(self) -> str:
        """The folder as the caller wrote it, for findings."""

    @property
    def parts(self) -> tuple[str, ...]:
        """The names of the folders on the way to it, its own last; empty if it has none."""

    @property
    def location(self) -> str | None:
        """Its path on disk without symlinks, or None if it is not on disk."""

    @property
    def notes(self) -> tuple[Issue, ...]:
        """Issues with the folder itself."""

    def open_folder(self, prefix: str) -> AbstractContextManager[Folder]:
        """Open the skill's folder or one in it; no symlink on the way is followed.

        Args:
            prefix: its path relative to the skill's folder, `""` or `a/b/`.

        Raises:
            SkillChangedError: the skill's folder was replaced.
            OSError: there is no such folder, or it cannot be opened.
        """

    def content(self, path: str, status: Status, /) -> ContentSource:
        """Return where the content of a regular file comes from; nothing is read yet.

        Args:
            path: relative to the skill's folder.
            status: what the file is.
        """
