"""The names of entries: a top folder and a path to the bytes in the zip, and back; the same refusals both ways."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from skillpack.errors import ArchiveError
from skillpack.limits import MAX_COMPONENT_BYTES, MAX_DEPTH, MAX_PATH_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterable


def entry_name(top: str, path: str) -> bytes:
    """Return the name of the entry for a path below the top folder.

    Raises:
        ArchiveError: some reader would put such a file somewhere else, or nowhere.
    """
    try:
        name = f"{top}/{path}".encode()
    except UnicodeEncodeError as error:
        raise ArchiveError("a file's name is not Unicode", "path-not-utf8") from error
    if "/" in top:
        raise ArchiveError("the top folder's name holds a slash", "path-unsafe")
    refuse_unsafe([top, *path.split("/")])
    if len(path.encode()) > MAX_PATH_BYTES or path.count("/") > MAX_DEPTH:
        raise ArchiveError("a file's path is too long or too deep for some systems", "path-too-long")
    return name


def split_name(name: bytes) -> tuple[str, str]:
    """Return the top folder and the path that an entry's name is made of.

    Raises:
        ArchiveError: `entry_name` makes no such name.
    """
    try:
        top, slash, path = name.decode("utf-8").partition("/")
    except UnicodeDecodeError as error:
        raise ArchiveError("an entry's name is not UTF-8", "path-not-utf8") from error
    if not slash:
        raise ArchiveError("an entry lies outside a top folder", "zip-several-roots")
    entry_name(top, path)
    return top, path


def refuse_clashes(names: Iterable[bytes]) -> None:
    """Refuse entries that cannot all be unpacked: one name twice, a file that is also a folder.

    Raises:
        ArchiveError: two entries clash.
    """
    files: set[bytes] = set()
    folders: set[bytes] = set()
    for name in names:
        if name in files:
            raise ArchiveError("two files have the same name", "path-collision")
        files.add(name)
        parent = name.rpartition(b"/")[0]
        while parent and parent not in folders:
            folders.add(parent)
            parent = parent.rpartition(b"/")[0]
    if files & folders:
        raise ArchiveError("a file would also have to be a folder", "path-collision")


def refuse_unsafe(parts: list[str]) -> None:
    """Refuse a name, given as its parts, that some readers take for another one or cannot store.

    Raises:
        ArchiveError: the first problem.
    """
    if parts[0] == "" and len(parts) > 1:
        raise ArchiveError("a file's name is an absolute path", "path-unsafe")
    for part in parts:
        if part == "..":
            raise ArchiveError("a file's name has a part `..`, which leads out of the folder", "path-unsafe")
        if part in ("", "."):
            raise ArchiveError("a file's name has an empty part or a part `.`", "path-unsafe")
        if "\\" in part:
            raise ArchiveError("a file's name has a backslash, a folder separator on Windows", "path-unsafe")
        if ":" in part:
            raise ArchiveError("a file's name has a colon, a drive letter or stream on Windows", "path-unsafe")
        if not part.isprintable() and any(unicodedata.category(char) == "Cc" for char in part):
            raise ArchiveError("a file's name holds a control character", "path-control")
        if len(part.encode()) > MAX_COMPONENT_BYTES:
            raise ArchiveError(f"a file's name has over {MAX_COMPONENT_BYTES} bytes", "path-too-long")
        if not unicodedata.is_normalized("NFC", part):
            raise ArchiveError("a file's name is not in Unicode form NFC", "path-not-nfc")
