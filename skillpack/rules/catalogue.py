"""List every rule with its level, who requires it and its hint, and apply the levels that settings ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from skillpack.errors import SettingsError
from skillpack.findings import Issue, Location, Severity
from skillpack.targets import levels_for
from skillpack.text import nearest
from skillpack.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from skillpack.settings import Settings

RequiredBy = Literal["api", "spec", "reader", "target", "safety", "advice"]


_WHERE_REFUSED: Final = {"field-unknown": "move it under metadata"}
"""Hints of rules where a level makes the finding an error: something refuses the skill for it."""


class Rule(NamedTuple):
    """A rule: its id, its default level, where it comes from, what to do about a finding, whether --fix does that.

    The page of the rule is `pages/<id>.md`, read by rules/rule_page.py.
    """

    id: str
    severity: Severity
    required_by: tuple[RequiredBy, ...]
    hint: str
    fixable: bool = False


_E, _W, _N = Severity.ERROR, Severity.WARNING, Severity.NOTE
_EXCLUDE_FILES: Final = "exclude files with --exclude or a .skillignore"
_PACK_AGAIN: Final = "pack the skill's folder with skillpack"
_ENCODE_AGAIN: Final = "encode the zip again, in one line: `base64 -w 0` or `skillpack pack`"
_QUOTE: Final = "put the value in double quotes"
_ONE_LINE: Final = "write it on one line, in quotes"
_SPLIT_BODY: Final = "move what is not always needed into files under references/"

RULES: Final[dict[str, Rule]] = {
    rule.id: rule
    for rule in (
        # SKILL.md
        Rule("manifest-missing", _E, ("api", "spec"), "add a SKILL.md that starts with a name and a description"),
        Rule("manifest-case", _W, ("reader",), "rename it to SKILL.md"),
        Rule("manifest-duplicate", _E, ("api",), "rename it, for instance to GUIDE.md, or exclude it with --exclude"),
        Rule("manifest-not-utf8", _E, ("reader",), "save the file as UTF-8"),
        Rule("body-empty", _W, ("advice",), "write what the agent should do, and how"),
        Rule("body-too-long", _W, ("spec",), _SPLIT_BODY),
        Rule("body-many-words", _N, ("advice",), _SPLIT_BODY),
        # the frontmatter and its YAML
        Rule(
            "frontmatter-missing", _E, ("api", "spec"), "start the file with a line of ---, name, description, and ---"
        ),
        Rule("frontmatter-unclosed", _E, ("api", "spec"), "add a line of --- after the last field"),
        Rule(
            "frontmatter-not-first",
            _E,
            ("api", "spec"),
            "move the frontmatter to the first line of the file",
            fixable=True,
        ),
        Rule("frontmatter-encoding", _E, ("reader",), "save the file as UTF-8 and delete the character"),
        Rule("frontmatter-bom", _E, ("reader",), "save the file as UTF-8 without a byte order mark", fixable=True),
        Rule("frontmatter-too-large", _E, ("safety",), "keep a few fields, and move data into a file under assets/"),
        Rule("yaml-unquoted-colon", _E, ("reader",), _QUOTE, fixable=True),
        Rule("yaml-leading-indicator", _E, ("reader",), _QUOTE, fixable=True),
        Rule("yaml-syntax", _E, ("reader",), _QUOTE, fixable=True),
        Rule("yaml-duplicate-key", _E, ("reader",), "delete one of the two"),
        Rule("yaml-alias", _E, ("reader",), "write the value out, or put it in quotes", fixable=True),
        Rule("yaml-tag", _E, ("reader",), "put the value in quotes"),
        Rule("yaml-several-documents", _E, ("reader",), "keep all fields in one document"),
        Rule(
            "yaml-comment-cuts-value",
            _W,
            ("reader",),
            "move the comment to its own line, or quote the whole line if it belongs to the value",
            fixable=True,
        ),
        Rule("yaml-ambiguous-scalar", _W, ("reader",), "put it in quotes", fixable=True),
        Rule("yaml-block-scalar", _W, ("api", "reader"), _ONE_LINE, fixable=True),
        Rule("yaml-indented-plain", _W, ("reader",), _ONE_LINE, fixable=True),
        Rule("yaml-flow-style", _N, ("reader",), "write one item per line after a hyphen, or one key per line"),
        # the fields
        Rule("name-missing", _E, ("spec", "api"), "add a line such as `name: pdf-forms`", fixable=True),
        Rule(
            "name-malformed", _E, ("spec", "api"), "use lowercase letters and digits in words joined by single hyphens"
        ),
        Rule("name-too-long", _E, ("spec", "api"), "shorten the name"),
        Rule("name-not-directory", _W, ("spec",), "rename the folder to the skill's name, or change the name"),
        Rule(
            "description-missing", _E, ("spec", "api"), "describe what the skill does and when to use it", fixable=True
        ),
        Rule("description-placeholder", _W, ("advice",), "describe what the skill does and when to use it"),
        Rule("description-too-long", _E, ("spec", "api"), "move the details into the body of SKILL.md"),
        Rule("compatibility-too-long", _E, ("spec",), "name what is needed, and explain it in the body of SKILL.md"),
        Rule("metadata-not-text", _W, ("spec",), "write one text for each key"),
        Rule("field-not-text", _W, ("spec",), "write one text, in quotes if it looks like a number"),
        Rule(
            "field-unknown",
            _N,
            ("spec",),
            "move it under metadata, or keep it if an agent that you use reads it",
            fixable=True,
        ),
        Rule("field-control", _E, ("reader", "safety"), "delete the escape sequence"),
        Rule("field-invisible", _W, ("safety",), "delete the escape sequence"),
        # the directory and what is in it
        Rule("file-not-regular", _E, ("safety",), "replace it with a regular file, or exclude it"),
        Rule("link-escapes", _E, ("safety",), "copy the file into the skill, or exclude the symlink"),
        Rule("link-broken", _E, ("safety",), "correct the symlink's target, or exclude the symlink"),
        Rule("link-to-directory", _E, ("safety",), "replace the symlink with a copy of the folder, or exclude it"),
        Rule("link-copied", _N, ("safety",), "no action needed; a bundle has no symlinks"),
        Rule("hard-link", _N, ("safety",), "no action needed if you know where the files come from"),
        Rule("hard-link-to-secret", _E, ("safety",), "delete this name, or replace it with a file without the secrets"),
        Rule("hard-link-to-left-out", _W, ("safety",), "exclude this name too, or replace it with a copy"),
        Rule("walk-too-long", _E, ("safety",), "exclude whole folders, or check another directory"),
        Rule("file-unreadable", _E, ("safety",), "make it readable, or exclude it"),
        Rule(
            "bundle-inside", _N, ("advice",), "exclude it with a .skillignore, unless the skill is about zips of skills"
        ),
        Rule("exec-bit-lost", _N, ("advice",), "start it with a line such as `#!/bin/sh`, or clear the bit: chmod -x"),
        Rule(
            "line-endings-changed",
            _N,
            ("advice",),
            "add `* text=auto eol=lf` to .gitattributes, and check the files out again",
        ),
        Rule(
            "symlink-as-text",
            _E,
            ("safety",),
            "set `git config core.symlinks true`, on Windows in Developer Mode, and check the file out again",
        ),
        Rule(
            "lfs-pointer", _E, ("safety",), "run `git lfs pull`; in GitHub Actions set `lfs: true` for actions/checkout"
        ),
        Rule("packed-output", _W, ("safety",), "delete it, or exclude it with --exclude or a .skillignore"),
        Rule("file-changed", _E, ("safety",), "run again when no program writes to the skill"),
        Rule("mount-crossed", _W, ("safety",), "exclude it with --exclude unless it belongs to the skill"),
        Rule("root-is-link", _N, ("safety",), "no action needed if this is the skill you mean"),
        Rule("nested-repository", _W, ("safety",), "exclude it with --exclude unless it belongs to the skill"),
        # names of files
        Rule("path-not-utf8", _E, ("reader",), "rename the file"),
        Rule("path-control", _E, ("safety",), "rename the file"),
        Rule("path-unsafe", _E, ("safety", "reader"), "rename the file"),
        Rule("path-collision", _E, ("reader",), "rename one of the two"),
        Rule("path-not-nfc", _W, ("reader",), "rename the file to its composed form"),
        Rule("path-invisible", _E, ("safety",), "rename the file"),
        Rule("path-not-portable", _W, ("reader",), "rename the file if the skill is also unpacked on Windows"),
        Rule("path-too-long", _E, ("reader",), "shorten the name"),
        Rule("path-too-deep", _E, ("safety",), "move the file into fewer folders"),
        # what the ignore rules decided
        Rule("ignore-hits-manifest", _W, ("advice",), "narrow the pattern, or add !/SKILL.md below it"),
        Rule("ignore-hits-tracked", _W, ("advice",), "remove the file from git, or add a line that includes it"),
        Rule("ignore-malformed-line", _W, ("reader",), "correct the pattern; write \\[ for a literal bracket"),
        Rule("ignore-dead-negation", _W, ("reader",), "include the folder too"),
        Rule("ignore-unmatched-option", _E, ("safety",), "correct the pattern, or remove the option"),
        Rule(
            "ignore-file-invalid", _W, ("reader",), "replace it with a regular file in UTF-8 without a byte order mark"
        ),
        Rule("ignore-too-costly", _E, ("safety",), "write fewer patterns: name a folder instead of the files in it"),
        Rule("skill-is-ignored", _W, ("advice",), "no action needed if that is intended; the files are packed anyway"),
        Rule("ignore-file-foreign", _N, ("advice",), "copy its lines to .skillignore"),
        Rule("only-the-manifest", _W, ("advice",), "run `skillpack files --excluded` to see which line excluded what"),
        # what Markdown refers to, and other content
        Rule("reference-broken", _W, ("advice",), "add the file, or correct the path"),
        Rule("reference-outside", _W, ("advice",), "copy the file into the skill, or describe it in words"),
        Rule("reference-left-out", _E, ("advice",), "include the file, or remove the reference"),
        Rule("path-left-out", _W, ("advice",), "include the file, or remove the path"),
        Rule("path-of-author", _W, ("advice",), "write a path relative to the skill, or ~ for the home of the user"),
        Rule("path-of-agent", _N, ("advice",), "write a path relative to the skill, or name the agent it is for"),
        Rule("fence-unclosed", _W, ("advice",), "close it with a line of the same characters, or open it with more"),
        Rule("script-reads-stdin", _N, ("advice",), "take the value as an argument, with a default"),
        Rule("script-crlf", _W, ("reader",), "save the file with LF line endings", fixable=True),
        Rule("text-not-utf8", _W, ("reader",), "save the file as UTF-8"),
        Rule("text-control", _W, ("safety",), "delete it, or write it as visible text such as `\\x1b`", fixable=True),
        Rule("text-invisible", _W, ("safety",), "delete it, or write it as visible text such as `U+200B`"),
        Rule("secret-file", _E, ("safety",), "exclude the file with --exclude or a .skillignore"),
        Rule("secret-text", _E, ("safety",), "delete it from the file, and revoke it if it was ever published"),
        Rule("secret-jwt", _W, ("safety",), "delete it unless it has expired or is a sample"),
        Rule("secret-manifest", _W, ("safety",), "remove the values unless they are samples"),
        Rule("secret-assigned", _W, ("safety",), "read it from the environment, and revoke it if it was published"),
        # sizes
        Rule("too-many-files", _E, ("api",), f"{_EXCLUDE_FILES}, or join them into one file"),
        Rule("file-too-large", _E, ("api",), "split, compress or exclude the file"),
        Rule("file-over-documented", _W, ("api",), "reduce it to 25,000,000 bytes to be safe"),
        Rule("total-too-large", _E, ("api", "reader"), _EXCLUDE_FILES),
        Rule("total-over-budget", _E, ("safety",), f"{_EXCLUDE_FILES}, or raise max-contents in the settings"),
        Rule("total-over-documented", _N, ("api",), "no action needed unless the API refuses the skill"),
        Rule("zip-too-large", _E, ("api",), _EXCLUDE_FILES),
        Rule(
            "zip-over-documented", _W, ("api",), "reduce it to 50 MB to be safe; the API reference allows a little more"
        ),
        # zips from elsewhere
        Rule("zip-not-a-zip", _E, ("reader",), _PACK_AGAIN),
        Rule("zip-not-canonical", _N, ("advice",), "no action needed; the files are the same"),
        Rule("zip-several-roots", _E, ("api",), _PACK_AGAIN),
        Rule("zip-prefix", _E, ("reader",), _PACK_AGAIN),
        Rule("zip-suffix", _E, ("reader",), _PACK_AGAIN),
        Rule("zip-gap", _E, ("reader",), _PACK_AGAIN),
        Rule("zip-overlap", _E, ("reader",), _PACK_AGAIN),
        Rule("zip-end-records", _E, ("reader",), _PACK_AGAIN),
        Rule("zip-count", _E, ("reader",), _PACK_AGAIN),
        Rule("zip-directory-mismatch", _E, ("reader",), _PACK_AGAIN),
        Rule("zip-duplicate", _E, ("reader",), "rename or delete one of the two files, and pack the folder again"),
        Rule("zip-extra", _E, ("reader",), _PACK_AGAIN),
        Rule("zip-unicode-path", _E, ("reader",), _PACK_AGAIN),
        Rule("zip-name-encoding", _E, ("reader",), _PACK_AGAIN),
        Rule("zip-encrypted", _E, ("reader",), "unpack the zip with its password, and pack that folder with skillpack"),
        Rule("zip-method", _E, ("reader",), _PACK_AGAIN),
        Rule("zip-entry-kind", _E, ("reader",), _PACK_AGAIN),
        Rule("zip-data", _E, ("reader",), _PACK_AGAIN),
        Rule("zip-bomb", _E, ("safety",), "unpack only what you need, and pack that folder"),
        Rule("zip-comment", _W, ("advice",), "no action needed unless you need the comment; it is not packed"),
        Rule("zip-descriptor", _N, ("advice",), "no action needed; all readers extract the same files"),
        Rule("zip64-unneeded", _N, ("advice",), "no action needed; all readers extract the same files"),
        Rule("zip-metadata", _N, ("advice",), "no action needed; a bundle never contains it"),
        # targets
        Rule("target-limit", _E, ("target",), "split the skill, or exclude files with a .skillignore"),
        Rule("target-text", _E, ("target",), "write it without that word, or without angle brackets"),
        Rule("target-layout", _E, ("target",), "write the zip with skillpack zip --target NAME"),
        Rule("target-file", _E, ("target",), "exclude the file with a .skillignore"),
        # several skills
        Rule("name-not-unique", _N, ("advice",), "rename one of them, unless they are never installed together"),
        # a request body in JSON from elsewhere
        Rule("json-invalid", _E, ("reader",), "write the body with a JSON library, or with `skillpack container`"),
        Rule("json-duplicate-key", _E, ("reader",), "delete one of the two"),
        Rule("json-depth", _E, ("safety",), "send only the body of the request"),
        Rule("json-encoding", _E, ("reader",), "save the file as UTF-8 without a byte order mark"),
        Rule("base64-invalid", _E, ("api", "reader"), _ENCODE_AGAIN),
        Rule("base64-not-canonical", _E, ("reader",), _ENCODE_AGAIN),
        Rule("base64-too-long", _E, ("api",), _EXCLUDE_FILES),
        Rule("payload-schema", _E, ("api",), "compare the body with the API reference, or print it with skillpack"),
        Rule(
            "payload-schema-skipped",
            _N,
            ("api",),
            "install jsonschema, or check the body where it can be installed",
        ),
        Rule("payload-name-mismatch", _E, ("api",), "copy the name and the description from SKILL.md, or pack again"),
        # one request
        Rule("skill-repeated", _E, ("api",), "rename one of them, or remove it from the request"),
        Rule("too-many-skills", _E, ("api",), "send some of them in another request"),
        Rule("many-skills", _W, ("api",), "send some of them in another request if the API refuses this one"),
        Rule("too-many-file-ids", _E, ("api",), "send some of them in another request"),
        Rule("reference-version", _W, ("api",), "use a positive integer or latest, or omit the version"),
        # the check itself
        Rule("too-many-findings", _W, ("advice",), "fix or exclude what is listed, and check again"),
        Rule("rule-crashed", _E, (), "this is a bug in skillpack, not in the skill: report it with this line"),
        Rule("api-rule-lowered", _N, ("api",), "no action needed if that is intended; the API may refuse the skill"),
        Rule(
            "safety-rule-lowered",
            _N,
            ("safety",),
            "no action needed if this is intended; else remove it from the settings",
        ),
        Rule("settings-not-yours", _N, ("safety",), "copy the lines you want into an ignore file of your own"),
    )
}
"""Every id that skillpack prints in brackets. Some rules are functions in this package, registered by `engine.rule`;
the others are found where the files are walked, the frontmatter is parsed or a zip is read."""

HELD: Final = frozenset(
    {
        # nothing to pack, or no name for the top folder of the zip, or no description for the body
        *("manifest-missing", "name-missing", "name-malformed", "description-missing"),
        # no frontmatter that all readers agree on, and so neither of the two
        *("frontmatter-missing", "frontmatter-unclosed", "frontmatter-not-first", "frontmatter-encoding"),
        *("frontmatter-bom", "frontmatter-too-large", "yaml-unquoted-colon", "yaml-syntax", "yaml-leading-indicator"),
        *("yaml-duplicate-key", "yaml-alias", "yaml-tag", "yaml-several-documents"),
        # not in the tree, so the zip would silently lack it
        *("file-not-regular", "link-escapes", "link-broken", "link-to-directory"),
        *("file-unreadable", "file-changed", "path-not-utf8", "path-too-deep", "ignore-too-costly"),
        "walk-too-long",
        # no zip can hold it so that every reader sees the same files
        *("path-unsafe", "path-control", "path-collision"),
        # not read, so not checked; or not written at all
        *("file-too-large", "total-too-large", "total-over-budget", "zip-too-large"),
        # a zip that readers would unpack in different ways
        *("zip-not-a-zip", "zip-several-roots", "zip-prefix", "zip-suffix", "zip-gap"),
        *("zip-overlap", "zip-end-records", "zip-count", "zip-directory-mismatch", "zip-duplicate", "zip-extra"),
        *("zip-unicode-path", "zip-name-encoding", "zip-encrypted", "zip-method", "zip-entry-kind", "zip-data"),
        "zip-bomb",
        # a body that parsers would read in different ways, or none at all
        *("json-invalid", "json-duplicate-key", "json-depth", "json-encoding"),
        *("base64-invalid", "base64-not-canonical", "base64-too-long"),
        # what the rule would have found is unknown
        "rule-crashed",
    }
)
"""The rules that settings cannot lower: a skill with such an error cannot be packed correctly."""

ALWAYS_REPORTED: Final = frozenset({"safety-rule-lowered", "settings-not-yours"})
"""The rules that no settings can switch off: they report what settings and ignore files do to the other rules."""


def hint_for(rule: Rule, severity: Severity) -> str:
    """Return the hint of a rule for a finding of a severity."""
    return _WHERE_REFUSED.get(rule.id, rule.hint) if severity is Severity.ERROR else rule.hint


def select(settings: Settings) -> Mapping[str, str]:
    """Return rule id -> level for every rule that does not have its default level.

    Raises:
        SettingsError: there is no such rule, or it cannot have that level.
    """
    for id, level in settings.rules.items():
        if message := explain_refused_level(id, level):
            raise SettingsError(message, key=f"rules.{id[:100]}")
    return levels_for(settings.targets) | dict(settings.rules)


def explain_refused_level(id: str, level: str) -> str | None:
    """Return why a rule cannot have a level, or None if it can."""
    if id not in RULES:
        return f"there is no such rule{nearest(id, RULES)}"
    if id in HELD and level != "error":
        return "this rule is always an error: a skill with this problem cannot be packed correctly"
    if id in ALWAYS_REPORTED and level == "off":
        return "this rule cannot be switched off: it reports what settings and ignore files do to the other rules"
    return None


def find_lowered(settings: Settings) -> Iterator[Issue]:
    """Yield an issue for each rule of the API, and each rule on safety, that settings set below its level."""
    for id, level in sorted(settings.rules.items()):
        rule = RULES.get(id)
        if rule is None:
            continue
        if "api" in rule.required_by and rule.severity is Severity.ERROR and level != "error":
            yield Issue("api-rule-lowered", Location(), f"the settings set {id}, which the API requires, to {level}")
        if "safety" in rule.required_by and (level == "off" or Severity[level.upper()] < rule.severity):
            yield Issue("safety-rule-lowered", Location(), f"the settings set {id}, a rule on safety, to {level}")
