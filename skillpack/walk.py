"""A directory to its tree: never outside the root, never blocking, links not followed."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from skillpack.disk import DiskFile, identity
from skillpack.errors import NotASkillError
from skillpack.findings import escaped
from skillpack.ignore import IgnoreRules
from skillpack.limits import MANIFEST, MAX_DEPTH
from skillpack.tree import LeftOut, Odd, Oddity, SkillFile, SkillTree, in_archive_order, nfc

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from skillpack.settings import Settings


def walk(root: Path, settings: Settings, only: Collection[str] | None = None) -> SkillTree:
    """Return the tree of the skill in a directory. Sizes are known from the scan; no file is opened.

    Args:
        root: the skill's directory; a link to one is followed.
        settings: which ignore rules count.
        only: paths relative to the root; where given, no other file is in the tree.

    Raises:
        NotASkillError: `root` is no directory that can be listed.
    """
    resolved = _directory(root)
    scan = _Scan(resolved, IgnoreRules.of(settings, _ignore_file(resolved / ".gitignore")), only)
    scan.run()
    files = in_archive_order(scan.files)
    return SkillTree(
        resolved.name,
        files,
        tuple(sorted(scan.left_out, key=lambda entry: entry.path)),
        tuple(sorted(scan.refused, key=lambda entry: entry.path)),
        tuple(sorted(scan.noted, key=lambda entry: entry.path)),
        origin=root.as_posix(),
    )


def _directory(root: Path) -> Path:
    try:
        resolved = root.resolve(strict=True)
        if resolved.is_dir():
            return resolved
    except (OSError, RuntimeError) as error:
        raise NotASkillError(f"{escaped(str(root))} cannot be opened: {_reason(error)}") from error
    raise NotASkillError(f"{escaped(str(root))} is neither a directory nor a zip")


def _reason(error: Exception) -> str:
    return ((isinstance(error, OSError) and error.strerror) or "it cannot be resolved").lower()


def _ignore_file(path: Path) -> bytes | None:
    try:
        return path.read_bytes() if stat.S_ISREG(path.lstat().st_mode) else None
    except OSError:
        return None


class _Scan:
    """One walk: what was found so far, and the folders still to enter."""

    def __init__(self, root: Path, rules: IgnoreRules, only: Collection[str] | None) -> None:
        self._root, self._rules = str(root), rules
        self._only = None if only is None else frozenset(only)
        self.files: list[SkillFile] = []
        self.left_out: list[LeftOut] = []
        self.refused: list[Odd] = []
        self.noted: list[Odd] = []

    def run(self) -> None:
        waiting = [""]
        while waiting:
            prefix = waiting.pop()
            try:
                with os.scandir(os.path.join(self._root, prefix)) as entries:
                    found = list(entries)
            except OSError as error:
                if not prefix:
                    raise NotASkillError(f"{escaped(self._root)} cannot be listed: {_reason(error)}") from error
                self.refused.append(Odd(prefix, Oddity.FILE_UNREADABLE, _reason(error)))
                continue
            waiting += filter(None, [self._take(entry, prefix + entry.name) for entry in found])

    def _take(self, entry: os.DirEntry[str], path: str) -> str | None:
        """Put one entry where it belongs; return the prefix of a folder to enter."""
        directory = entry.is_dir(follow_symlinks=False)
        decision = self._rules.decide(path, directory=directory)
        if decision and path != MANIFEST:
            self.left_out.append(LeftOut(f"{path}/" if directory else path, decision))
            return None
        if not path.isascii() and not _is_unicode(path):
            self.refused.append(Odd(path, Oddity.PATH_NOT_UTF8))
            return None
        if directory:
            if path.count("/") < MAX_DEPTH:
                return f"{path}/"
            self.refused.append(Odd(path, Oddity.PATH_TOO_DEEP, f"over {MAX_DEPTH} folders deep"))
            return None
        if self._only is None or path in self._only:
            self._take_file(entry, path)
        return None

    def _take_file(self, entry: os.DirEntry[str], path: str) -> None:
        target = entry.path
        if entry.is_symlink():
            odd = self._judge_link(entry, path)
            if odd.oddity is not Oddity.LINK_COPIED:
                self.refused.append(odd)
                return
            self.noted.append(odd)
            target = os.path.realpath(entry.path)
        status = os.stat(target, follow_symlinks=False)
        if not stat.S_ISREG(status.st_mode):
            self.refused.append(Odd(path, Oddity.FILE_NOT_REGULAR, _kind(status.st_mode)))
            return
        if path != nfc(path):
            self.noted.append(Odd(nfc(path), Oddity.PATH_NOT_NFC))
        self.files.append(SkillFile(nfc(path), status.st_size, DiskFile(target, identity(status))))

    def _judge_link(self, entry: os.DirEntry[str], path: str) -> Odd:
        try:
            real = os.path.realpath(entry.path, strict=True)
            status = os.stat(real)
        except OSError:
            return Odd(path, Oddity.LINK_BROKEN)
        inside = real.startswith(self._root + os.sep)
        if not inside or os.path.isabs(os.readlink(entry.path)):
            return Odd(path, Oddity.LINK_ESCAPES)
        if stat.S_ISDIR(status.st_mode):
            return Odd(path, Oddity.LINK_TO_DIRECTORY)
        return Odd(path, Oddity.LINK_COPIED, os.path.relpath(real, self._root))


def _is_unicode(path: str) -> bool:
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _kind(mode: int) -> str:
    kinds = {
        stat.S_IFIFO: "a FIFO",
        stat.S_IFSOCK: "a socket",
        stat.S_IFCHR: "a device",
        stat.S_IFBLK: "a device",
    }
    return kinds.get(stat.S_IFMT(mode), "of an unknown kind")
