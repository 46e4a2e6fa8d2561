"""Define what a walk decides about the entries of a skill, and the issues it makes about them."""

import enum

from skillpack.errors import SkillChangedError
from skillpack.findings import Issue, Location
from skillpack.text import os_error
from skillpack.values import Value


class Layer(enum.StrEnum):
    """The groups of ignore rules, strongest first (docs/explanation/ignore-rules)."""

    __module__ = "skillpack"

    ALWAYS = "always"
    MANIFEST = "manifest"
    OPTION = "option"
    SKILLIGNORE = "skillignore"
    GITIGNORE = "gitignore"
    DEFAULT = "default"


class Decision(Value):
    """The one line, `pattern`, that decided whether a path is packed; one that begins with `!` includes it.

    `layer` is the group of rules it belongs to; `file`, relative to the skill's root, and `line` give its place, if it
    is in a file; `matched` is the path the pattern matched, which may be a folder above, with `/` at its end;
    `reason` gives the purpose of a built-in rule; `group` is the part of the defaults it belongs to.
    """

    __module__ = "skillpack"

    layer: Layer
    pattern: str
    matched: str
    file: str | None = None
    line: int | None = None
    reason: str = ""
    group: str = ""

    @property
    def excludes(self) -> bool:
        """True if the line excludes what it matches."""
        return self.layer is not Layer.MANIFEST and not self.pattern.startswith("!")


class Excluded(Value):
    """A `path` that a `decision` keeps out of the bundle; a folder, with `/` at its end, stands for all in it."""

    __module__ = "skillpack"

    path: str
    decision: Decision


class Verdict(Value):
    """Whether a path is packed, and the line that decided.

    `path` is relative to the skill's root, with `/` at the end of a folder's. `decided_by` is None where no rule
    matches; `overridden` are the lines that decided the opposite, strongest first. `rejected` is the issue with it, or
    with a folder on the way to it, that makes it impossible to pack; then it is not `included`. Where nothing is
    `there`, `included` is what the rules would decide.
    """

    __module__ = "skillpack"

    path: str
    included: bool
    decided_by: Decision | None = None
    overridden: tuple[Decision, ...] = ()
    rejected: Issue | None = None
    there: bool = True


def describe_line(decision: Decision) -> str:
    """Return the place and the text of the line that decided, for a message."""
    place = f"{decision.file}:{decision.line}" if decision.file else f"the {decision.layer} pattern"
    return f"{place} ({decision.pattern})"


def describe_error(path: str, error: OSError | SkillChangedError) -> Issue:
    """Return the issue with an entry that could not be read: it was removed or replaced, or is not readable."""
    import errno

    gone = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ESTALE)
    if isinstance(error, SkillChangedError) or error.errno in gone:
        return Issue("file-changed", Location(path), "the file changed while it was read")
    return Issue("file-unreadable", Location(path), f"it cannot be read: {os_error(error)}")


def note_not_nfc(path: str) -> Issue:
    """Return the note that a file's name is not in Unicode form NFC.

    Args:
        path: in that form, as it is packed.
    """
    return Issue(
        "path-not-nfc", Location(path), "the file's name is not in Unicode form NFC; it is packed in that form"
    )
