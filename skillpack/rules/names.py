"""Check the names of files: what a zip, an operating system or another reader cannot hold."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from skillpack.findings import Issue, Location
from skillpack.limits import MAX_COMPONENT_BYTES, MAX_DEPTH, MAX_PATH_BYTES
from skillpack.rules.engine import rule
from skillpack.rules.text import find_hidden
from skillpack.skill.skill import Skill

if TYPE_CHECKING:
    from collections.abc import Iterator

# Microsoft, "Naming Files, Paths, and Namespaces": devices whatever the extension; the superscript digits count too
_PORTS: Final = tuple(f"{port}{digit}" for port in ("COM", "LPT") for digit in "0123456789\xb9\xb2\xb3")
_DEVICES: Final = frozenset(("CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", *_PORTS))
_NOT_ON_WINDOWS: Final = '[<>"|?*]'


@rule(Skill)
def path_not_utf8(skill: Skill) -> Iterator[Issue]:
    for file in skill.tree.files:
        if not file.path.isprintable() and any("\ud800" <= char <= "\udfff" for char in file.path):
            yield Issue("path-not-utf8", Location(file.path), "the file's name is not UTF-8")


@rule(Skill)
def path_control(skill: Skill) -> Iterator[Issue]:
    for file in skill.tree.files:
        if file.path.isprintable():
            continue
        if control := next((char for char in file.path if unicodedata.category(char) == "Cc"), None):
            message = f"the file's name contains the control character U+{ord(control):04X}"
            yield Issue("path-control", Location(file.path), message)


@rule(Skill)
def path_unsafe(skill: Skill) -> Iterator[Issue]:
    for file in skill.tree.files:
        message = None
        if "\\" in file.path:
            message = "the file's name contains a backslash, which separates folders on Windows"
        elif ":" in file.path:
            message = "the file's name contains a colon, which names a drive or stream on Windows"
        if message:
            yield Issue("path-unsafe", Location(file.path), message)


@rule(Skill)
def path_collision(skill: Skill) -> Iterator[Issue]:
    seen: dict[str, str] = {}
    for file in skill.tree.files:
        key = _fold(file.path)
        if key in seen:
            message = f"{seen[key]} has the same name on systems that ignore case or Unicode form"
            yield Issue("path-collision", Location(file.path), message)
        seen.setdefault(key, file.path)
    for key, path in seen.items():
        parents = accumulate(key.split("/")[:-1], "{}/{}".format)
        if hit := next((parent for parent in parents if parent in seen), None):
            message = f"{seen[hit]} is a file and would also have to be a folder"
            yield Issue("path-collision", Location(path), message)


@rule(Skill)
def path_invisible(skill: Skill) -> Iterator[Issue]:
    for file in skill.tree.files:
        if found := next(find_hidden(file.path), None):
            at, kind = found
            message = f"the file's name contains U+{ord(file.path[at]):04X}, a {kind}"
            yield Issue("path-invisible", Location(file.path), message)


@rule(Skill)
def path_not_portable(skill: Skill) -> Iterator[Issue]:
    if skill.name.upper() in _DEVICES:
        message = "the top folder of the bundle gets this name, which Windows reserves for a device"
        yield Issue("path-not-portable", skill.at("name"), message, hint="rename the skill if Windows is to unpack it")
    for file in skill.tree.files:
        if reason := next(filter(None, map(_explain_windows, file.path.split("/"))), None):
            yield Issue("path-not-portable", Location(file.path), reason)


@rule(Skill)
def path_too_long(skill: Skill) -> Iterator[Issue]:
    for file in skill.tree.files:
        whole = len(file.path.encode("utf-8", "surrogatepass"))
        if whole <= MAX_COMPONENT_BYTES:
            continue
        part = max(len(part.encode("utf-8", "surrogatepass")) for part in file.path.split("/"))
        message = None
        if part > MAX_COMPONENT_BYTES:
            message = f"a name of {part:,} bytes, {part - MAX_COMPONENT_BYTES:,} too many"
        elif whole > MAX_PATH_BYTES:
            message = f"a path of {whole:,} bytes, {whole - MAX_PATH_BYTES:,} too many"
        if message:
            yield Issue("path-too-long", Location(file.path), message)


@rule(Skill)
def path_too_deep(skill: Skill) -> Iterator[Issue]:
    for file in skill.tree.files:
        if (depth := file.path.count("/")) > MAX_DEPTH:
            message = f"the file is {depth} folders deep, {depth - MAX_DEPTH} too many"
            yield Issue("path-too-deep", Location(file.path), message)


def _fold(path: str) -> str:
    """Return one string for all names that some system treats as equal."""
    if path.isascii():
        return path.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


@lru_cache(1024)  # most skills have the same folders and many the same files
def _explain_windows(part: str) -> str | None:
    """Return why Windows cannot hold a part of a path, or None if it can."""
    if part.partition(".")[0].rstrip(" ").upper() in _DEVICES:
        return "a name that Windows reserves for a device"
    if part.endswith((".", " ")) and part not in (".", ".."):
        return f"a name that ends in a {'dot' if part.endswith('.') else 'space'}, which Windows drops"
    found = re.search(_NOT_ON_WINDOWS, part)
    return f"a name with {found[0]}, which Windows does not allow" if found else None
