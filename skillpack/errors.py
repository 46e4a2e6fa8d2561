"""Define the exceptions that callers catch, and refuse arguments of a wrong type.

SkillpackError
├── SettingsError(ValueError)     a settings file or an option is invalid
├── NotASkillError(ValueError)    the path is neither a directory nor a zip, or cannot be read
├── SkillChangedError(OSError)    a file changed between the check and the write
├── ArchiveError(ValueError)      the bytes are not a valid skill zip, or a path cannot be stored in one
├── PayloadError(ValueError)      a value is not the object that the API takes
├── OutputError(OSError)          the result could not be written; the existing file is unchanged
└── RejectedError                 the skill has findings that block packing (defined next to Report)

What the author of a skill can fix by editing it is a Finding, never an exception.
"""

import os
from collections.abc import Iterable, Mapping
from types import UnionType
from typing import Any, TypeGuard

from skillpack.text import escaped


class SkillpackError(Exception):
    """Base class of every exception that skillpack raises on purpose; str() of it is one line that is safe to print."""

    __module__ = "skillpack"

    def __str__(self) -> str:
        return escaped(self._words())

    def _words(self) -> str:
        return super().__str__()


class SettingsError(SkillpackError, ValueError):
    """A settings file or an option is invalid.

    Args:
        message: what is wrong.
        file: the settings file, if the error is in one; safe to print.
        line: the line in the file, from 1, if known.
        key: the key, its parts joined with dots.

    `more` holds the other errors of the same file.
    """

    __module__ = "skillpack"

    def __init__(self, message: str, file: str | None = None, line: int | None = None, key: str | None = None) -> None:
        self.message, self.line = escaped(message), line
        self.file, self.key = (None if text is None else escaped(text) for text in (file, key))
        super().__init__(self.message, self.file, line, self.key)
        self.more: tuple[SettingsError, ...] = ()

    def _words(self) -> str:
        return "; ".join(describe_alone(one) for one in (self, *self.more))


def join_errors(errors: Iterable[SettingsError]) -> SettingsError:
    """Return the first of one or more errors, with the others in `more`."""
    first, *more = errors
    first.more = tuple(more)
    return first


def describe_alone(error: SettingsError) -> str:
    """Return the text of an error without those in `more`."""
    place = f"{error.file}:{error.line}: " if error.line else f"{error.file}: " if error.file else ""
    return f"{place}{error.key}: {error.message}" if error.key else f"{place}{error.message}"


class NotASkillError(SkillpackError, ValueError):
    """The path is neither a directory nor a zip, or cannot be read at all."""

    __module__ = "skillpack"


class SkillChangedError(SkillpackError, OSError):
    """A file changed after it was checked; nothing was packed."""

    __module__ = "skillpack"


class ArchiveError(SkillpackError, ValueError):
    """The bytes are not a valid skill zip, or a path cannot be stored in one.

    Args:
        message: what is wrong.
        rule: the id of the rule it breaks.
        offset: where in the zip, in bytes from its start, if known.
        file: the zip, if it was opened by its path; safe to print.
    """

    __module__ = "skillpack"

    def __init__(self, message: str, rule: str, offset: int | None = None, file: str | None = None) -> None:
        self.message, self.rule, self.offset = escaped(message), rule, offset
        self.file = None if file is None else escaped(file)
        super().__init__(self.message, rule, offset, self.file)

    def _words(self) -> str:
        place = "" if self.file is None else f"{self.file}: "
        where = "" if self.offset is None else f" at byte {self.offset:,}"
        return f"{place}{self.message}{where} [{self.rule}]"


class PayloadError(SkillpackError, ValueError):
    """A value is not the object that the API takes.

    Args:
        problems: (JSON pointer, what is wrong there) of every problem; values are never quoted.
    """

    __module__ = "skillpack"

    def __init__(self, problems: tuple[tuple[str, str], ...]) -> None:
        super().__init__(problems)
        self.problems = problems

    def _words(self) -> str:
        shown = [f"{pointer or '/'}: {words}" for pointer, words in self.problems[:5]]
        more = len(self.problems) - len(shown)
        return "; ".join(shown) + (f" (and {more} more)" if more else "")


class OutputError(SkillpackError, OSError):
    """The result could not be written; the existing file is unchanged."""

    __module__ = "skillpack"


def require_type(name: str, value: object, kind: type | UnionType, words: str) -> None:
    """Refuse an argument of a wrong type; a bool is not a number here.

    Args:
        name: the argument's name.
        value: the argument.
        kind: the types that are accepted.
        words: the same for a person to read.

    Raises:
        TypeError: the value has another type.
    """
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is int):
        raise TypeError(f"{name} must be {words}, not {type(value).__name__}")


def is_list(value: object) -> TypeGuard[Iterable[Any]]:
    """Return True for an iterable other than one string, path or dict, which would be taken for a list of its parts."""
    return isinstance(value, Iterable) and not isinstance(value, str | bytes | os.PathLike | Mapping)
