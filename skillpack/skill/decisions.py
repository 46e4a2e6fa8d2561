"""What becomes of an entry of a skill's directory: the line that decided on it, or what is odd about it."""

import enum
from dataclasses import dataclass


class Layer(enum.StrEnum):
    """The groups of ignore rules, strongest first (docs/explanation/ignore-rules)."""

    __module__ = "skillpack"

    ALWAYS = "always"
    MANIFEST = "manifest"
    OPTION = "option"
    SKILLIGNORE = "skillignore"
    GITIGNORE = "gitignore"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The one line, `pattern`, that decided what happens to a path; one that begins with `!` keeps it.

    `layer` is the group of rules it stands in; `file`, relative to the skill's root, and `line` say where, if it
    stands in a file; `matched` is the path the pattern matched, which may be a folder above, with `/` at its end;
    `reason` says why a built-in rule is there; `group` is the part of the defaults it belongs to.
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
        """Whether the line leaves out what it matches."""
        return self.layer is not Layer.MANIFEST and not self.pattern.startswith("!")


@dataclass(frozen=True, slots=True, kw_only=True)
class Excluded:
    """A `path` that a `decision` keeps out of the bundle; a folder, with `/` at its end, stands for all in it."""

    __module__ = "skillpack"

    path: str
    decision: Decision


@dataclass(frozen=True, slots=True)
class OddLine:
    """A line of an ignore file that does not do what it seems to.

    `pattern` is in `line` of `file`; `detail` is why it has no effect, or `blocker` the line that overrides it.
    """

    __module__ = "skillpack"

    file: str
    line: int
    pattern: str
    detail: str = ""
    blocker: Decision | None = None


class Oddity(enum.StrEnum):
    """What can be odd about an entry of a directory; the value is the id of the rule that speaks of it."""

    __module__ = "skillpack"

    FILE_NOT_REGULAR = "file-not-regular"
    LINK_ESCAPES = "link-escapes"
    LINK_BROKEN = "link-broken"
    LINK_TO_DIRECTORY = "link-to-directory"
    LINK_COPIED = "link-copied"
    HARD_LINK = "hard-link"
    HARD_LINK_TO_SECRET = "hard-link-to-secret"  # noqa: S105 - the id of a rule
    HARD_LINK_TO_LEFT_OUT = "hard-link-to-left-out"
    FILE_UNREADABLE = "file-unreadable"
    FILE_CHANGED = "file-changed"
    MOUNT_CROSSED = "mount-crossed"
    ROOT_IS_LINK = "root-is-link"
    NESTED_REPOSITORY = "nested-repository"
    PATH_NOT_UTF8 = "path-not-utf8"
    PATH_NOT_NFC = "path-not-nfc"
    PATH_TOO_DEEP = "path-too-deep"
    IGNORE_FILE_ODD = "ignore-file-odd"
    IGNORE_TOO_COSTLY = "ignore-too-costly"
    WALK_TOO_LONG = "walk-too-long"
    SETTINGS_NOT_YOURS = "settings-not-yours"
    SAFETY_RULE_LOWERED = "safety-rule-lowered"


@dataclass(frozen=True, slots=True)
class Odd:
    """A `path` that is unusual or cannot be packed: `oddity` is the id of the rule that reports it, `detail` more."""

    __module__ = "skillpack"

    path: str
    oddity: Oddity
    detail: str = ""

    @property
    def words(self) -> str:
        """The same in words, also where the rule's name says it all."""
        return self.detail or self.oddity.replace("-", " ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What becomes of a path, and the line that decided.

    `path` is relative to the skill's root, with `/` at the end of a folder's. `decided_by` is None where no rule speaks
    of it; `overridden` are the lines that said the opposite, strongest first. `rejected` is what is odd about it, or
    about a folder on the way to it, so that the skill cannot be packed with it; then it is not
    `included`. Where nothing is `there`, `included` is what the rules would say.
    """

    __module__ = "skillpack"

    path: str
    included: bool
    decided_by: Decision | None = None
    overridden: tuple[Decision, ...] = ()
    rejected: Odd | None = None
    there: bool = True
