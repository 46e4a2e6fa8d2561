"""Settings to the level of each rule, and which rules cannot be set at will."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from skillpack.errors import SettingsError
from skillpack.findings import Location, Severity, escaped
from skillpack.rules.rule import RULES, Remark, rule
from skillpack.settings import Settings
from skillpack.settings.schema import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

HELD: Final = frozenset(
    {
        # nothing to pack, or no name for the one folder of the zip, nor a description for the body
        *("manifest-missing", "name-missing", "name-malformed", "description-missing"),
        # no frontmatter that all readers agree on, hence neither of the two
        *("frontmatter-missing", "frontmatter-unclosed", "frontmatter-not-first", "frontmatter-encoding"),
        *("frontmatter-bom", "frontmatter-too-large", "yaml-unquoted-colon", "yaml-syntax", "yaml-leading-indicator"),
        *("yaml-duplicate-key", "yaml-alias", "yaml-tag", "yaml-several-documents"),
        # not in the tree, so the zip would silently lack it
        *("file-not-regular", "link-escapes", "link-broken", "link-to-directory"),
        *("file-unreadable", "file-changed", "path-not-utf8", "path-too-deep", "ignore-too-costly"),
        "walk-too-long",
        # no zip can hold it such that every reader sees the same files
        *("path-unsafe", "path-control", "path-collision"),
        # not read, so not judged; or not written at all
        *("file-too-large", "total-too-large", "zip-too-large"),
        # nobody can say whether the skill is sound
        "rule-crashed",
    }
)
"""The rules whose errors no setting can lift: what they find could not be packed soundly."""

_STRICT: Final = {"name-not-directory": "error", "field-unknown": "warning"}


def select(settings: Settings) -> Mapping[str, str]:
    """Return rule id -> level for every rule that has another level than its own.

    Raises:
        SettingsError: there is no such rule, or it cannot have that level.
    """
    for id, level in settings.rules.items():
        if message := objection(id, level):
            raise SettingsError(message, key=f"rules.{escaped(id[:100])}")
    return (_STRICT if settings.target == "agentskills" else {}) | dict(settings.rules)


def objection(id: str, level: str) -> str | None:
    """Return why a rule cannot have a level, or None if it can."""
    if id not in RULES:
        return f"there is no such rule{nearest(id, RULES)}"
    if id in HELD and level != "error":
        return "this rule is always an error: what it finds could not be packed soundly"
    return None


@rule(Settings, Severity.NOTE, "api", hint="nothing to do if that is meant; the API may refuse the skill")
def api_rule_lowered(settings: Settings) -> Iterator[Remark]:
    """A rule that speaks for the API was set off, or to less than an error.

    The settings may do that for a rule by its name. The report says so, because the skill can then pass here and
    still be refused by the API.

    Why it matters: whoever reads the report does not see the settings.

    Before:
        [tool.skillpack.rules]
        too-many-files = "off"
    After:
        [tool.skillpack]
        exclude = ["drafts/"]
    """
    for id, level in sorted(settings.rules.items()):
        known = RULES.get(id)
        if known and "api" in known.whose and known.severity is Severity.ERROR and level != "error":
            yield Remark(Location(), f"the settings set {id}, which speaks for the API, to {level}")
