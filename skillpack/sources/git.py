"""Read a skill from a git revision, without a checkout."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Final

from skillpack.errors import NotASkillError, SkillChangedError
from skillpack.limits import MAX_FILE_BYTES, MAX_IGNORE_FILE_BYTES
from skillpack.skill.digest import Fingerprint
from skillpack.sources.listing import Listing
from skillpack.sources.run_git import GitError, run, run_bounded
from skillpack.sources.source import FILE, FOLDER, SYMLINK, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from skillpack.sources.git_revision import GitRevision

_MAX_LISTING: Final = 32 << 20
"""Bytes of `git ls-tree -r`: some 300,000 entries. Trees of a few kilobytes can stand for billions."""

_MAX_TARGET: Final = 4096
"""PATH_MAX of Linux; no longer symlink can be checked out."""

_BATCH: Final = 32 << 20
"""Bytes of blobs that are read in one call of git."""

_KINDS: Final = {
    b"100644": FILE,
    b"100664": FILE,
    b"100755": FILE,
    b"120000": SYMLINK,
    b"040000": FOLDER,
    b"160000": "a git submodule",
}


class GitSource(Listing):
    """The files of a revision, with their modes, as they are in the object store: no filter, no line ending changes.

    The .gitignore files above the skill are those of the same revision. Nothing is fetched.

    Args:
        revision: the skill.

    Raises:
        NotASkillError: git fails, or the path is not a folder in the revision.
    """

    def __init__(self, revision: GitRevision) -> None:
        self._repository = os.fspath(revision.repository)
        self._batches: dict[str, int] = {}  # blob -> its size, in the order in which they will be read
        self._read: dict[str, bytes] = {}
        parts = tuple(part for part in revision.path.replace(os.sep, "/").split("/") if part not in ("", "."))
        place = f"{revision.path or 'the repository'} in {revision.revision}"
        above: list[dict[str, Status]] = []
        try:
            tree = self._find_tree(revision.revision)
            for part in parts:
                entries = dict(self._list_tree(tree))
                tree = _folder_in(entries, part)
                above.insert(0, entries)
            if above:
                above[-1][".git"] = Status(FOLDER)  # the root of the repository, where the search for ignore files ends
            listed = list(self._list_tree(tree, "-r", "-t"))
            self._read_ahead([*listed, *(entry for entries in above for entry in entries.items())])
            listed = [(path, self._with_target(status)) for path, status in listed]
        except LookupError as error:
            raise NotASkillError(f"{place} is not a folder") from error
        except (GitError, ValueError) as error:  # or a NUL in the revision
            raise NotASkillError(f"{place} cannot be read: {error}") from error
        super().__init__(listed, "/".join(parts) or ".", parts, above)

    def content(self, _path: str, status: Status, /) -> Blob:
        """Return where the content of a file comes from, as Source has it."""
        if status.size <= MAX_FILE_BYTES:
            self._batches[status.handle] = status.size
        return Blob(self, status.handle, status.size)

    def read_blob(self, name: str, size: int) -> bytes:
        """Return the content of a blob. Those that are likely to be read next are read in the same call of git.

        Raises:
            OSError: git fails, or the blob is missing.
        """
        content = self._read.get(name)
        if content is None:
            try:
                self._read = self._read_blobs(self._select_batch(name, size))
            except GitError as error:
                raise OSError(errno.EIO, f"git cat-file failed: {error}") from error
            content = self._read.get(name)
        if content is None:
            raise OSError(errno.EIO, "its content is missing from this partial clone")
        return content

    def _select_batch(self, name: str, size: int) -> list[str]:
        batch, left = [name], _BATCH - size
        names = list(self._batches)
        for following in names[names.index(name) + 1 :] if name in self._batches else ():
            left -= self._batches[following]
            if left < 0:
                break
            batch.append(following)
        return batch

    def _find_tree(self, revision: str) -> str:
        found = run("rev-parse", "--verify", "--end-of-options", f"{revision}^{{tree}}", cwd=self._repository)
        return found.decode("ascii").strip()

    def _list_tree(self, tree: str, *options: str) -> Iterator[tuple[str, Status]]:
        """Yield the path and the status of each entry of a tree."""
        call = ("-z", "-l", "--full-tree", *options, tree)
        listed = run_bounded("ls-tree", *call, most=_MAX_LISTING, cwd=self._repository)
        for record in listed.split(b"\0")[:-1]:
            fields, _, path = record.partition(b"\t")
            mode, _, name, size = fields.split()
            status = Status(
                _KINDS.get(mode, "of an unknown kind"),
                int(size) if size.isdigit() else -1,  # `-` or, where the blob is missing, BAD
                executable=mode == b"100755",
                handle=name.decode("ascii"),
            )
            yield path.decode("utf-8", "surrogateescape"), status

    def _read_ahead(self, listed: Iterable[tuple[str, Status]]) -> None:
        """Read the symlinks and the ignore files in one call of git."""
        left = _BATCH
        wanted = []
        for path, status in listed:
            ignores = status.kind == FILE and path.rpartition("/")[2] in (".gitignore", ".skillignore")
            most = _MAX_TARGET if status.kind == SYMLINK else MAX_IGNORE_FILE_BYTES if ignores else -1
            if 0 <= status.size <= min(most, left):
                left -= status.size
                wanted.append(status.handle)
        self._read = self._read_blobs(wanted)

    def _with_target(self, status: Status) -> Status:
        if status.kind != SYMLINK:
            return status
        target = self._read.get(status.handle)
        if target is None:
            return status._replace(kind="a symlink whose target cannot be read")
        return status._replace(target=target.decode("utf-8", "surrogateescape"))

    def _read_blobs(self, names: Iterable[str]) -> dict[str, bytes]:
        """Return the contents of blobs; those that are missing are not in it."""
        asked = "".join(f"{name}\n" for name in names)
        if not asked:
            return {}
        answer = run("cat-file", "--batch", cwd=self._repository, stdin=asked.encode("ascii"))
        found, at = {}, 0
        while at < len(answer):
            end = answer.index(b"\n", at)
            name, *fields = answer[at:end].decode("ascii").split()
            at = end + 1
            if fields[0] != "missing":
                size = int(fields[1])
                found[name] = answer[at : at + size]
                at += size + 1
        return found


def _folder_in(entries: Mapping[str, Status], name: str) -> str:
    """Return the object of a folder.

    Raises:
        LookupError: there is no folder of this name.
    """
    found = entries[name]
    if found.kind != FOLDER:
        raise LookupError(name)
    tree: str = found.handle
    return tree


class Blob:
    """Content in the object store of a repository.

    Args:
        source: what reads it.
        name: of the object, in hexadecimal digits.
        size: in bytes.
    """

    __slots__ = ("_fingerprint", "_name", "_size", "_source")

    def __init__(self, source: GitSource, name: str, size: int) -> None:
        self._source, self._name, self._size = source, name, size
        self._fingerprint: Fingerprint | None = None

    @property
    def fingerprint(self) -> Fingerprint:
        """The fingerprint of the content, which is read if it has not been."""
        if self._fingerprint is None:
            self.read()
        assert self._fingerprint is not None
        return self._fingerprint

    def read(self) -> bytes:
        """Return the whole content.

        Raises:
            SkillChangedError: its content changed since the first read.
            OSError: it cannot be read.
        """
        if self._size > MAX_FILE_BYTES:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
        content = self._source.read_blob(self._name, self._size)
        now = Fingerprint.from_content(content)
        if now != (self._fingerprint or now):
            raise SkillChangedError(f"the git object {self._name} changed after it was read")
        self._fingerprint = now
        return content
