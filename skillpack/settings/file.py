"""Find and read the settings file of a skill."""

from __future__ import annotations

import codecs
import errno
import os
import re
import stat
from fnmatch import fnmatchcase
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

from skillpack.errors import SettingsError, join_errors
from skillpack.limits import MAX_PYPROJECT_BYTES, MAX_SETTINGS_BYTES, MAX_SETTINGS_ERRORS
from skillpack.settings.ownership import owner_name, trusted_owners
from skillpack.settings.schema import SCHEMA, dotted, find_errors
from skillpack.skill.tree import is_manifest
from skillpack.text import escaped, os_error, relative_path
from skillpack.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

OWN: Final = "skillpack.toml"
SHARED: Final = "pyproject.toml"

NEGATION: Final = r"starts with !; put it into include without the !, or write \! for a name that starts with !"

MAX_BYTES: Final = {True: MAX_PYPROJECT_BYTES, False: MAX_SETTINGS_BYTES}  # whether it is a pyproject.toml
_OPEN: Final = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)  # a FIFO may have taken its place
_DEPTH: Final = 6  # parts of the longest key that counts: tool.skillpack.overrides.0.rules.x
_HEADER: Final = r"\s*\[\[?([^\[\]]+)\]\]?\s*(?:#.*)?"
_KEY: Final = r"\s*((?:[\w-]+|\"[^\"]*\"|'[^']*')(?:\s*\.\s*(?:[\w-]+|\"[^\"]*\"|'[^']*'))*)\s*="
# what takes tomllib quadratic time, or has more digits than int() takes
_DEEP: Final = r"""(?<![\w-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){32}"""
_DIGITS: Final = r"(?<![\d_])[\d_]{1001}"
_NAMES: Final = r"""\(['"].*\)|(?<=table key ).*"""  # a key in a message of tomllib, as Python writes it
_KEY_CHARS: Final = 60
_PART: Final = r"[\w-]+|\"[^\"]*\"|'[^']*'"


class SettingsFile(NamedTuple):
    """One settings file: `table` matches the schema, `prefix` is where it is in the file."""

    path: Path
    prefix: tuple[str, ...]
    table: dict[str, Any]
    text: str

    @classmethod
    def read(cls, path: Path, trusted: frozenset[int] | None = None) -> SettingsFile | None:
        """Read a settings file; None if it is a pyproject.toml without a table for skillpack.

        Args:
            path: the file.
            trusted: the ids of the users who may own it; anyone may if None.

        Raises:
            SettingsError: another user owns it, it cannot be read, is not TOML, or has an unknown key or an invalid
                value.
        """
        return cls.parse(path, *_content(path, trusted))

    @classmethod
    def parse(cls, path: Path, content: bytes, others: frozenset[int] = frozenset()) -> SettingsFile | None:
        """Parse the content of a settings file; None if it is a pyproject.toml without a table for skillpack.

        Args:
            path: where the file is, or would be in a checkout.
            content: what it holds.
            others: its owners that are not trusted.

        Raises:
            SettingsError: it has such an owner, is not TOML, or has an unknown key or an invalid value.
        """
        shared = path.name == SHARED
        if shared and b"skillpack" not in content:  # the parser takes longer to import than a skill to check
            return None
        if not shared:
            _refuse_others(path, others)  # before anything is parsed
        table = parse_toml(path, content)
        prefix = ("tool", "skillpack") if shared else ()
        for part in prefix:
            table = table.get(part) if isinstance(table, dict) else None
        if table is None:
            return None
        _refuse_others(path, others)
        file = cls(path, prefix, table, content.decode("utf-8"))
        file.refuse(find_errors(table, SCHEMA))
        file.refuse(_negations(table))
        return file

    def table_of(self, skill: Path) -> dict[str, Any]:
        """Return the table for the skill in one folder, as from_table takes it: with its levels of rules."""
        rules = dict(self.table.get("rules", {}))
        for override in self._overrides(skill):
            rules |= self.table["overrides"][override]["rules"]
        return {**self.table, "rules": rules}

    def levels(self) -> Iterator[tuple[tuple[str, ...], str, str]]:
        """Yield (key, rule id, level) of every level set, for any skill."""
        for id, level in self.table.get("rules", {}).items():
            yield ("rules", id), id, level
        for at, override in enumerate(self.table.get("overrides", ())):
            for id, level in override["rules"].items():
                yield ("overrides", str(at), "rules", id), id, level

    def places(self, skill: Path) -> dict[str, str]:
        """Return setting -> `file:line` of each setting that the file has for the skill in one folder."""
        stated: dict[str, tuple[str, ...]] = {}
        for name, value in self.table.items():
            if isinstance(value, dict):
                stated |= {f"{name}.{key}": (name, key) for key in value}
            elif name != "overrides":
                stated[name] = (name,)
        for at in self._overrides(skill):
            stated |= {
                f"rules.{id}": ("overrides", str(at), "rules", id) for id in self.table["overrides"][at]["rules"]
            }
        known = self._stated()
        return {name: self._place(key, known) for name, key in stated.items()}

    def refuse(self, found: Iterable[tuple[tuple[str, ...], str]]) -> None:
        """Raise one SettingsError of all (key, what is wrong there), if there are any."""
        first = [*islice(found, MAX_SETTINGS_ERRORS + 1)]
        if not first:
            return
        shown, stated = escaped(_shown(self.path)), self._stated()
        errors = [
            SettingsError(message, shown, self._line(key, stated), dotted((*self.prefix, *key)))
            for key, message in first[:MAX_SETTINGS_ERRORS]
        ]
        if len(first) > MAX_SETTINGS_ERRORS:
            errors.append(SettingsError(f"has more than {MAX_SETTINGS_ERRORS} errors; the first are listed", shown))
        raise join_errors(errors)

    def idle(self, skills: Iterable[str]) -> Iterator[str]:
        """Yield `file:line: message` for each pattern of an override that matches none of some skills.

        A pattern that names something that exists, such as a zip, is not reported.
        """
        folders, known = [self._folder(Path(skill)) for skill in skills], self._stated()
        for at, override in enumerate(self.table.get("overrides", ())):
            for pattern in override["skills"]:
                there = os.path.exists(self.path.parent / pattern.strip("/"))
                if not there and not any(_matches(folder, _pieces(pattern)) for folder in folders):
                    place = self._place(("overrides", str(at), "skills"), known)
                    yield f"{place}: overrides[{at}].skills: {escaped(pattern)[:200]} matches no skill"

    def _overrides(self, skill: Path) -> list[int]:
        folder = self._folder(skill)
        return [
            at
            for at, override in enumerate(self.table.get("overrides", ()))
            if any(_matches(folder, _pieces(pattern)) for pattern in override["skills"])
        ]

    def _folder(self, skill: Path) -> list[str]:
        """Return the path of a skill relative to the folder of the settings file, as a list of names."""
        relative = relative_path(os.path.abspath(skill), os.path.abspath(self.path.parent))
        # the file is UTF-8 in any locale
        return os.fsencode(relative).decode("utf-8", "surrogateescape").split("/")

    def _place(self, key: tuple[str, ...], stated: dict[tuple[str, ...], int]) -> str:
        line = self._line(key, stated)
        return f"{_shown(self.path)}:{line}" if line else escaped(_shown(self.path))

    def _line(self, key: tuple[str, ...], stated: dict[tuple[str, ...], int]) -> int | None:
        """Find the line of a key, or of the longest part of it that has one; tomllib reports none."""
        wanted = (*self.prefix, *key)
        lengths = range(len(wanted), 0, -1)
        return next((stated[wanted[:length]] for length in lengths if wanted[:length] in stated), None)

    def _stated(self) -> dict[tuple[str, ...], int]:
        """Return the line where each key of the file, and each table that it is in, is first mentioned."""
        lines: dict[tuple[str, ...], int] = {}
        for number, key in _keys(self.text):
            for length in range(1, min(len(key), _DEPTH) + 1):
                lines.setdefault(key[:length], number)
        return lines


class SettingsFinder:
    """Finds the settings file of each skill, reading each file and folder once."""

    def __init__(self, config: Path | None = None) -> None:
        self._config = config
        self._named: SettingsFile | None = None
        self._nearest_files: dict[tuple[str, frozenset[int] | None], SettingsFile | None] = {}
        self._outside: dict[tuple[str, frozenset[int] | None], str] = {}

    def nearest_to(self, folder: str | os.PathLike[str], skills: Iterable[str] = ()) -> SettingsFile | None:
        """Return the settings file of a folder: the one named by the user, or the nearest.

        A file inside a skill never counts: a downloaded skill must not turn off the rules that check it.

        Args:
            folder: the first folder to look in.
            skills: the folders or zips of the skills that the settings are for; their owner may own the file too.

        Raises:
            SettingsError: the file does not exist, is invalid, or was not named and belongs to another user.
        """
        if self._config is not None:
            self._named = self._named or _named(self._config)
            return self._named
        trusted = trusted_owners(skills)
        return self._nearest(self._find_outside(os.path.abspath(folder), trusted), trusted)

    def above(self, skill: str) -> SettingsFile | None:
        """Return the settings file of a skill, given by its folder or zip. Raises what nearest_to does."""
        return self.nearest_to(os.path.dirname(os.path.abspath(skill)), (skill,))

    def _nearest(self, folder: str, trusted: frozenset[int] | None) -> SettingsFile | None:
        """Return the settings file in a folder or the nearest one above it; of "", which is in a skill, none."""
        known, passed = self._nearest_files, []
        while folder and (folder, trusted) not in known:
            passed.append(folder)
            if file := _read(folder, OWN, trusted) or _read(folder, SHARED, trusted):
                known[folder, trusted] = file
                break
            folder = _above(folder)
        found = known.get((folder, trusted))
        known.update(((each, trusted), found) for each in passed)
        return found

    def _find_outside(self, folder: str, trusted: frozenset[int] | None) -> str:
        """Return the folder above the outermost skill that a folder is in or is, or the folder itself.

        A SKILL.md of a user who is not trusted must not make settings above it be skipped.
        """
        known, inner = self._outside, []
        while folder and (folder, trusted) not in known:
            inner.append(folder)
            folder = _above(folder)
        outside = known.get((folder, trusted), "")
        for each in reversed(inner):
            if outside == _above(each):  # no skill is above it
                owners = _manifest_owners(each)
                outside = outside if (owners if trusted is None else owners & trusted) else each
            known[each, trusted] = outside
        return outside


def _read(folder: str, name: str, trusted: frozenset[int] | None) -> SettingsFile | None:
    path = os.path.join(folder, name)
    return SettingsFile.read(Path(path), trusted) if os.path.lexists(path) else None


def _above(folder: str) -> str:
    """Return the folder above an absolute one, or "" for the root."""
    above = os.path.dirname(folder)
    return "" if above == folder else above


def has_manifest(folder: str | os.PathLike[str]) -> bool:
    """Return whether a folder is a skill: it has a SKILL.md, in any case."""
    return bool(_manifest_owners(folder))


def _manifest_owners(folder: str | os.PathLike[str]) -> frozenset[int]:
    try:
        found = [os.path.join(folder, name) for name in os.listdir(folder) if is_manifest(name)]
        return frozenset(os.lstat(path).st_uid for path in found)
    except OSError:
        return frozenset()


def _named(path: Path) -> SettingsFile:
    file = SettingsFile.read(path)
    if file is None:
        raise SettingsError("has no table [tool.skillpack]", _shown(path))
    return file


def _content(path: Path, trusted: frozenset[int] | None) -> tuple[bytes, frozenset[int]]:
    """Return what a settings file holds, and who owns it, or a symlink that it is, and is not trusted."""
    shared = path.name == SHARED
    most = MAX_BYTES[shared]
    try:
        entry = path.lstat()
        if trusted is not None and not shared:
            _refuse_others(path, frozenset({entry.st_uid}) - trusted)  # also of a file that cannot be read
        if not stat.S_ISREG(path.stat().st_mode):
            raise SettingsError("is not a regular file", _shown(path))
        linked = stat.S_ISLNK(entry.st_mode)
        extra = _OPEN | (0 if linked else getattr(os, "O_NOFOLLOW", 0))
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | extra)) as file:
            owners = frozenset({os.fstat(file.fileno()).st_uid} | ({entry.st_uid} if linked else set()))
            content: bytes | None = file.read(most + 1)
    except OSError as error:
        dangling = isinstance(error, FileNotFoundError) and path.is_symlink()
        reason = "it is a symlink to a file that does not exist" if dangling else os_error(error)
        raise SettingsError(f"cannot be read: {reason}", _shown(path)) from error
    if content is None:  # the file would block, as /proc/kmsg does
        raise SettingsError(f"cannot be read: {os.strerror(errno.EAGAIN).lower()}", _shown(path))
    if len(content) > most:
        raise SettingsError(f"is larger than {most:,} bytes", _shown(path))
    return content, frozenset() if trusted is None else owners - trusted


def _refuse_others(path: Path, others: frozenset[int]) -> None:
    for uid in sorted(others):
        message = f"belongs to {owner_name(uid)}, not to you, root or the skill's owner; --config trusts it"
        raise SettingsError(message, _shown(path))


def parse_toml(path: Path, content: bytes) -> Any:
    """Return the table in the content of a TOML file; of a pyproject.toml that is costly to parse, only our part.

    Args:
        path: the file, for messages.
        content: what it holds.

    Raises:
        SettingsError: it is not TOML, or is costly to parse.
    """
    import tomllib

    if content.startswith(codecs.BOM_UTF8):
        raise SettingsError("starts with a byte order mark, which TOML does not allow", _shown(path), 1)
    try:
        text = content.decode("utf-8")
        if costly := re.search(_DEEP, text) or re.search(_DIGITS, text):
            if path.name != SHARED:
                _refuse_costly(path, text, costly)
            text = _own_lines(path, text)
        return tomllib.loads(text)
    except UnicodeDecodeError as error:
        raise SettingsError("is not UTF-8", _shown(path)) from error
    except RecursionError as error:
        raise SettingsError("is nested too deeply", _shown(path)) from error
    except tomllib.TOMLDecodeError as error:
        reason, line, column = _reason(error)
        place = f"column {column}" if column else "end of file"
        at = int(line or text.rstrip().count("\n") + 1)
        raise SettingsError(f"is not TOML: {reason} ({place})", _shown(path), at) from error


def _reason(error: ValueError) -> tuple[str, str | None, str | None]:
    """Return why a text is not TOML, in at most 100 characters, and the line and column; None at the end."""
    found = re.fullmatch(r"(.*?)(?: \(at (?:line (\d+), column (\d+)|end of document)\))?", str(error), re.DOTALL)
    assert found
    reason = re.sub(_NAMES, _as_toml, found[1], flags=re.DOTALL)
    return reason[:1].lower() + reason[1:100], found[2], found[3]


def _as_toml(key: re.Match[str]) -> str:
    """Return a key, in Python a string or a tuple of them, as it is written in TOML; a long one is cut."""
    import ast
    import json

    from skillpack.secrets.scan import clip

    try:
        names = ast.literal_eval(key[0])
    except (ValueError, SyntaxError):  # the message of another version
        return key[0]
    parts = (names,) if isinstance(names, str) else names
    written = (part if re.fullmatch(r"(?a)[\w-]+", part) else json.dumps(part, ensure_ascii=False) for part in parts)
    return clip(".".join(written), _KEY_CHARS)


def _refuse_costly(path: Path, text: str, costly: re.Match[str]) -> NoReturn:
    line = text.count("\n", 0, costly.start()) + 1
    raise SettingsError("has a key of over 32 parts, or over 1,000 digits", _shown(path), line)


def _own_lines(path: Path, text: str) -> str:
    """Return a pyproject.toml with only the tables of skillpack; every line keeps its number.

    Raises:
        SettingsError: they are costly to parse themselves.
    """
    own, lines = False, []
    for line in text.split("\n"):
        if found := re.fullmatch(_HEADER, line.rstrip("\r")):
            own = _parts(found[1][:200])[:2] == ("tool", "skillpack")
        lines.append(line if own else "")
    tables = "\n".join(lines)
    if costly := re.search(_DEEP, tables) or re.search(_DIGITS, tables):
        _refuse_costly(path, tables, costly)
    return tables


def _negations(table: dict[str, Any]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the patterns that begin with `!`: who reads that something is excluded must be able to trust it."""
    for name in ("exclude", "include"):
        for at, pattern in enumerate(table.get(name, ())):
            if pattern.startswith("!"):
                yield (name, str(at)), NEGATION


def _shown(path: Path) -> str:
    """Return the path, relative if it is below the current folder."""
    absolute = os.path.abspath(path)
    return absolute.removeprefix(os.getcwd() + os.sep).replace(os.sep, "/")


def _pieces(pattern: str) -> list[str]:
    return pattern.removeprefix("./").strip("/").split("/")


def _matches(parts: list[str], pattern: list[str]) -> bool:
    reached = {0}  # how many parts what was read of the pattern may have used up; trying each in turn is exponential
    for piece in pattern:
        if piece == "**":
            reached = set(range(min(reached), len(parts) + 1))
        else:
            reached = {at + 1 for at in reached if at < len(parts) and fnmatchcase(parts[at], piece)}
        if not reached:
            return False
    return len(parts) in reached


def _keys(text: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Yield (line, key) of the headers and keys of a TOML text, read line by line; array tables are counted."""
    header: tuple[str, ...] = ()
    counts: dict[tuple[str, ...], int] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if found := re.fullmatch(_HEADER, line.rstrip("\r")):
            header = _parts(found[1])
            if line.lstrip().startswith("[["):
                counts[header] = counts.get(header, -1) + 1
            header = _numbered(header, counts)
            yield number, header
        elif found := re.match(_KEY, line):
            yield number, header + _parts(found[1])


def _parts(dotted_key: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in re.findall(_PART, dotted_key))


def _numbered(header: tuple[str, ...], counts: dict[tuple[str, ...], int]) -> tuple[str, ...]:
    for length in range(1, len(header) + 1):
        if (array := header[:length]) in counts:
            return (*array, str(counts[array]), *header[length:])
    return header
