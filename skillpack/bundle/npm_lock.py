"""Verify skills-lock.json, which the npm package `skills` writes, against the folders that skills came from.

Its hash of a skill is the SHA-256 over the path and the content of each regular file, in the order of JavaScript's
localeCompare, without folders named `.git` and `node_modules`. It depends on no ignore file.
"""

import hashlib
import json
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from skillpack.errors import NotASkillError, SettingsError
from skillpack.skill.digest import SHA256
from skillpack.text import escaped, os_error

NAME: Final = "skills-lock.json"
MAX_FILES: Final = 100_000

_VERSION: Final = 1
_SKIPPED: Final = frozenset((".git", "node_modules"))
_PUNCTUATION: Final = " _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$"
_WEIGHTS: Final = {char: at for at, char in enumerate(f"{_PUNCTUATION}0123456789abcdefghijklmnopqrstuvwxyz")}
_HASH: Final = re.compile(SHA256)
_PIECE: Final = 1024 * 1024
_OPEN: Final = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)


def is_npm_lock(path: Path, content: bytes) -> bool:
    """Return whether a lock is a skills-lock.json: by its name, or because it is an object in JSON."""
    return path.name == NAME or content.lstrip()[:1] == b"{"


def parse_npm_lock(path: Path, content: bytes) -> dict[str, str]:
    """Return skill name -> hash of each skill in a skills-lock.json; keys that are not about the hash are ignored.

    Args:
        path: the file, for messages.
        content: what it holds.

    Raises:
        SettingsError: it is not JSON, or another version.
    """
    shown = escaped(path.as_posix())
    try:
        value = json.loads(content)
    except json.JSONDecodeError as error:
        raise SettingsError("is not JSON", shown, error.lineno) from error
    except (ValueError, RecursionError) as error:
        raise SettingsError("is not JSON", shown) from error
    if not isinstance(value, dict) or type(value.get("version")) is not int or value["version"] != _VERSION:
        raise SettingsError(f"must be {_VERSION}", shown, key="version")
    skills = value.get("skills")
    if not isinstance(skills, dict):
        raise SettingsError("must be an object", shown, key="skills")
    return {name: _hash(shown, name, entry) for name, entry in skills.items()}


def npm_hash(folder: Path) -> str:
    """Return the hash that `skills` computes of the folder of a skill.

    Raises:
        NotASkillError: a file cannot be read, there are over 100,000, or a name has a character outside printable
            ASCII, whose place in the order depends on the ICU of the computer that wrote the lock.
    """
    total = hashlib.sha256()
    try:
        for name in sorted(_files(folder), key=collation_key):
            total.update(name.encode())
            for piece in _pieces(folder / name):
                total.update(piece)
    except OSError as error:
        place = error.filename if isinstance(error.filename, str) else str(folder)
        raise NotASkillError(f"{place} cannot be read: {os_error(error)}") from error
    return total.hexdigest()


def collation_key(path: str) -> tuple[list[int], list[bool]]:
    """Return a key that sorts printable ASCII as localeCompare does: letters of both cases together, lower case first.

    Raises:
        NotASkillError: there is another character.
    """
    try:
        return [_WEIGHTS[char.lower()] for char in path], [char.isupper() for char in path]
    except KeyError as error:
        message = f"{path}: cannot be verified: the name has a character outside printable ASCII"
        raise NotASkillError(message) from error


def _hash(shown: str, name: str, entry: object) -> str:
    found = entry.get("computedHash") if isinstance(entry, dict) else None
    if not isinstance(found, str) or not _HASH.fullmatch(found):
        raise SettingsError("must be 64 lowercase hex digits", shown, key=f"skills.{name[:100]}.computedHash")
    return found


def _files(folder: Path) -> Iterator[str]:
    """Yield the path of each regular file below a folder, with `/`; links are not followed."""
    folders, count = [""], 0
    while folders:
        prefix = folders.pop()
        with os.scandir(folder / prefix) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    if entry.name not in _SKIPPED:
                        folders.append(f"{prefix}{entry.name}/")
                elif entry.is_file(follow_symlinks=False):
                    count += 1
                    yield f"{prefix}{entry.name}"
                if count + len(folders) > MAX_FILES:
                    raise NotASkillError(f"{folder} has over {MAX_FILES:,} files")


def _pieces(file: Path) -> Iterator[bytes]:
    with os.fdopen(os.open(file, _OPEN), "rb") as opened:
        if not stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
            raise NotASkillError(f"{file} is no longer a regular file")
        while piece := opened.read(_PIECE):
            yield piece
