"""Settings to the level of each rule, and which rules cannot be set at will."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from skillpack.errors import SettingsError
from skillpack.findings import Location, Severity, escaped
from skillpack.rules.engine import RULES, Applied, Remark, rule
from skillpack.settings import Settings
from skillpack.settings.schema import nearest
from skillpack.skill.decisions import Oddity

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

ALWAYS_REPORTED: Final = frozenset({"safety-rule-lowered", "settings-not-yours"})
"""The rules that no settings can switch off: they report what settings and ignore files do to the other rules."""

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
    if id in ALWAYS_REPORTED and level == "off":
        return "this rule cannot be switched off: it reports what settings and ignore files do to the others"
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
        if known and "api" in known.required_by and known.severity is Severity.ERROR and level != "error":
            yield Remark(Location(), f"the settings set {id}, which speaks for the API, to {level}")


@rule(Applied, Severity.NOTE, "safety", hint="no action needed if this is intended; else remove it from the settings")
def safety_rule_lowered(applied: Applied) -> Iterator[Remark]:
    """The settings lower or switch off a rule on safety, or include a name that often holds secrets.

    Each such rule is reported by its name, and each packed file or folder whose name the built-in patterns exclude
    as a secret, with the pattern that includes it: `include` of the settings, `--include`, a line of a .skillignore,
    or `default-excludes = false`. The levels of rules come from the settings file above the skill, or from the caller
    of the library.

    No settings can switch this rule off. It can be raised: `safety-rule-lowered = "error"` refuses every such skill.

    Why it matters: a report that finds no credential means less where the rule that looks for credentials is off, and
    its reader does not see the settings.

    Before:
        [tool.skillpack.rules]
        secret-file = "off"
    After:
        [tool.skillpack.allow-secrets]
        "tests/server.pem" = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
    """
    for id, level in sorted(applied.settings.rules.items()):
        known = RULES.get(id)
        if known and "safety" in known.required_by and (level == "off" or Severity[level.upper()] < known.severity):
            yield Remark(Location(), f"the settings set {id}, a rule on safety, to {level}")
    for odd in applied.tree.selection.notes:
        if odd.oddity is Oddity.SAFETY_RULE_LOWERED:
            message = f"{escaped(odd.detail)} includes this name, which the built-in patterns exclude as a secret"
            yield Remark(Location(odd.path), message)
