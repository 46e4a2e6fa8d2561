"""A link to the place it leads to, as the kernel finds it: 40 links at most, and few steps in one walk."""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from skillpack.errors import SkillChangedError
from skillpack.limits import MAX_DEPTH, MAX_LINKS, Budget
from skillpack.skill.decisions import Odd, Oddity
from skillpack.sources.directory import native, portable

if TYPE_CHECKING:
    from skillpack.sources.directory import Root


@dataclass(frozen=True, slots=True)
class Links:
    """The links of one skill, each place looked at once.

    os.path.realpath calls itself for each link of a chain, a thousand of which end it, and walks the whole of it anew
    for each link in it.
    """

    disk: Root
    budget: Budget = field(default_factory=Budget)
    _known: dict[str, _Place] = field(default_factory=dict, repr=False)

    def end(self, place: str) -> str:
        """Return the path without links of what a link leads to.

        Args:
            place: the link's own path, which leads over no link.

        Raises:
            OSError: it leads nowhere, in a circle, or over more links than a kernel follows.
            WalkTooLongError: all links together take too many steps.
        """
        if os.name == "nt":  # the system itself says there where a link ends
            return os.path.realpath(place, strict=True)
        here, _, name = place.rpartition("/")
        left, followed = [name], 0
        while left:
            part = left.pop()
            if part in ("", "."):
                continue
            if part == "..":
                here = here.rpartition("/")[0]
                continue
            found = self._at(f"{here}/{part}")
            if found.target is not None:
                followed += 1
                if followed > MAX_LINKS:
                    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), place)
                parts = found.target.split("/")
                self.budget.follow(len(parts))
                left += reversed(parts)
                here = "" if found.target.startswith("/") else here
            elif left and not found.folder:
                raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), place)
            else:
                here = f"{here}/{part}"
        return here or "/"

    def _at(self, path: str) -> _Place:
        known = self._known.get(path)
        if known is None:
            mode = os.lstat(path).st_mode
            target = os.readlink(path) if stat.S_ISLNK(mode) else None
            known = self._known[path] = _Place(target, stat.S_ISDIR(mode))
        return known


@dataclass(frozen=True, slots=True)
class _Place:
    """What lies somewhere: a link with its target, a folder, or a file."""

    target: str | None
    folder: bool


@dataclass(frozen=True, slots=True)
class Regular:
    """A regular file of the skill: the path where it lies, which is that of the entry itself or of a link's end."""

    path: str
    status: os.stat_result


def resolved(links: Links, path: str, status: os.stat_result) -> Regular | Odd:
    """Return what an entry stands for.

    Args:
        links: those of the skill's directory.
        path: of the entry, relative to it.
        status: of the entry itself; a link is not followed for it.

    Raises:
        WalkTooLongError: the links take too many steps to follow.
    """
    target = path
    if stat.S_ISLNK(status.st_mode):
        odd = _link(links, path)
        if odd.oddity is not Oddity.LINK_COPIED:
            return odd
        target = odd.detail
        try:
            status = links.disk.status(target)  # by descriptor: a folder exchanged since would lead out by its path
        except (OSError, SkillChangedError):
            return Odd(path, Oddity.FILE_CHANGED)
    if not stat.S_ISREG(status.st_mode):
        return Odd(path, Oddity.FILE_NOT_REGULAR, _kind(status.st_mode))
    return Regular(target, status)


def misnamed(path: str) -> Odd | None:
    """Return what is odd about a path whose name is no Unicode, which no zip could hold."""
    if path.isascii():
        return None
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        return Odd(path, Oddity.PATH_NOT_UTF8)
    return None


def too_deep(path: str) -> Odd | None:
    """Return what is odd about a folder that lies deeper than any is entered."""
    return Odd(path, Oddity.PATH_TOO_DEEP, f"over {MAX_DEPTH} folders deep") if path.count("/") >= MAX_DEPTH else None


def unseen(path: str, error: OSError | SkillChangedError) -> Odd:
    """Return what is odd about an entry that could not be looked at: it went away, became another, is unreadable."""
    gone = isinstance(error, SkillChangedError | FileNotFoundError | NotADirectoryError)
    gone = gone or getattr(error, "errno", None) in (errno.ELOOP, errno.ESTALE)
    return Odd(path, Oddity.FILE_CHANGED) if gone else Odd(path, Oddity.FILE_UNREADABLE, reason(error))


def reason(error: Exception) -> str:
    """Return what the system says of an error, in a few words."""
    return ((isinstance(error, OSError) and error.strerror) or "it cannot be resolved").lower()


def _link(links: Links, path: str) -> Odd:
    disk = links.disk
    place = os.path.join(disk.path, native(path))
    try:
        real = links.end(place)
        status = os.lstat(real)
        absolute = os.path.isabs(os.readlink(place))
    except OSError:
        return Odd(path, Oddity.LINK_BROKEN)
    inside = real == disk.path or real.startswith(disk.path.rstrip(os.sep) + os.sep)
    if not inside or absolute:
        return Odd(path, Oddity.LINK_ESCAPES)
    if stat.S_ISDIR(status.st_mode):
        return Odd(path, Oddity.LINK_TO_DIRECTORY)
    return Odd(path, Oddity.LINK_COPIED, portable(os.path.relpath(real, disk.path).replace(os.sep, "/")))


def _kind(mode: int) -> str:
    kinds = {stat.S_IFIFO: "a FIFO", stat.S_IFSOCK: "a socket", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device"}
    return kinds.get(stat.S_IFMT(mode), "of an unknown kind")
