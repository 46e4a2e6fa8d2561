"""What a caller can be told: the tree of exceptions.

SkillpackError
├── SettingsError      the settings file or an option makes no sense
├── NotASkillError     the path is neither a directory nor a zip
├── SkillChangedError  a file changed between the check and the write
├── ArchiveError       the bytes are no sound skill zip, or the tree cannot be one
├── PayloadError       the JSON is not the body it was said to be
├── OutputError        the result could not be written; what was there is untouched
└── RejectedError      the skill has findings that block packing (defined beside Report)

What the author of a skill can mend by editing it is a Finding, never an exception.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from skillpack.text import escape_commands

if TYPE_CHECKING:
    from collections.abc import Sequence


class SkillpackError(Exception):
    """Anything skillpack raises on purpose; str() of it is one line that is safe to print."""

    def __str__(self) -> str:
        return escape_commands(self._words())

    def _words(self) -> str:
        return super().__str__()


class SettingsError(SkillpackError):
    """The settings file or an option makes no sense.

    Args:
        message: what is wrong, in words.
        file: the settings file, if one is to blame.
        line: where in it, from 1, if known.
        key: the key, its parts joined with dots.

    `more` holds what else is wrong in the same file.
    """

    def __init__(self, message: str, file: str | None = None, line: int | None = None, key: str | None = None) -> None:
        super().__init__(message, file, line, key)
        self.message, self.file, self.line, self.key = message, file, line, key
        self.more: tuple[SettingsError, ...] = ()

    @classmethod
    def joined(cls, errors: Sequence[SettingsError]) -> SettingsError:
        """Return the first of several errors, which then holds the others in `more`.

        Args:
            errors: at least one.
        """
        first, *more = errors
        first.more = tuple(more)
        return first

    def _words(self) -> str:
        return "; ".join(one.alone for one in (self, *self.more))

    @property
    def alone(self) -> str:
        """What this error says without the others."""
        place = f"{self.file}:{self.line}: " if self.line else f"{self.file}: " if self.file else ""
        return f"{place}{self.key}: {self.message}" if self.key else f"{place}{self.message}"


class NotASkillError(SkillpackError):
    """The path is neither a directory nor a zip, or cannot be read at all."""


class SkillChangedError(SkillpackError):
    """A file is not what it was when it was judged; nothing was packed."""


class ArchiveError(SkillpackError):
    """The bytes are no sound skill zip.

    Args:
        message: what is wrong, in words.
        rule: the id of the rule that says so.
        offset: where in the zip, in bytes from its start, if known.
        file: the zip, if it was opened by its path; fit for a terminal.
    """

    def __init__(self, message: str, rule: str, offset: int | None = None, file: str | None = None) -> None:
        super().__init__(message, rule, offset, file)
        self.message, self.rule, self.offset, self.file = message, rule, offset, file

    def _words(self) -> str:
        place = "" if self.file is None else f"{self.file}: "
        where = "" if self.offset is None else f" at byte {self.offset:,}"
        return f"{place}{self.message}{where} [{self.rule}]"


class PayloadError(SkillpackError):
    """The value is not the body it was said to be.

    Args:
        problems: (JSON pointer, plain words) of everything that is wrong; values are never quoted.
    """

    def __init__(self, problems: tuple[tuple[str, str], ...]) -> None:
        super().__init__(problems)
        self.problems = problems

    def _words(self) -> str:
        shown = [f"{pointer or '/'}: {words}" for pointer, words in self.problems[:5]]
        more = len(self.problems) - len(shown)
        return "; ".join(shown) + (f" (and {more} more)" if more else "")


class OutputError(SkillpackError):
    """The result could not be written; what was there before is untouched."""
