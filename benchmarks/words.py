"""A trap and a peer to what the peer calls the matter, read by eye from what each of them printed.

A peer is said to find a trap if a line of its output matches; where there is no entry, nothing it printed named it.
"""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, dict[str, str]]] = {
    "manifest-missing": {
        "skillpack": "there is no skill in",
        "skills-ref": "missing required file",
        "skillsaw": "recognized repository",
    },
    "manifest-lowercase": {"skillsaw": "recognized repository"},
    "frontmatter-none": {
        "skills-ref": "must start with YAML frontmatter",
        "agnix": "must have YAML frontmatter",
        "skillsaw": "missing YAML frontmatter",
        "skilllint": "no YAML frontmatter found",
    },
    "frontmatter-open": {
        "skills-ref": "not properly closed",
        "agnix": "must have YAML frontmatter between",
        "skillsaw": "missing closing ---",
        "skilllint": "no YAML frontmatter found",
    },
    "frontmatter-late": {
        "skills-ref": "must start with YAML frontmatter",
        "skillsaw": "must start with ---",
        "skilllint": "must start with '---'",
    },
    "frontmatter-nul": {
        "agnix": "control characters are not allowed",
        "skillsaw": "malformed YAML",
        "skilllint": "unacceptable character",
    },
    "frontmatter-huge": {"agnix": "file too large", "skillsaw": "exceeds skill error limit"},
    "yaml-colon": {
        "skills-ref": "mapping values are not allowed",
        "agnix": "mapping values are not allowed",
        "skillsaw": "malformed YAML",
        "skilllint": "unquoted value containing a colon",
    },
    "yaml-backquote": {
        "skills-ref": "cannot start any token",
        "agnix": "cannot start any token",
        "skillsaw": "malformed YAML",
        "skilllint": "cannot start any token",
    },
    "yaml-key-twice": {
        "skills-ref": "duplicate key",
        "agnix": "duplicate YAML frontmatter key",
        "skilllint": "found duplicate key",
    },
    "yaml-alias": {"skills-ref": "anchor token"},
    "yaml-tag": {"skills-ref": "tag tokens", "skillsaw": "malformed YAML"},
    "yaml-tab": {
        "skills-ref": "cannot start any token",
        "agnix": "cannot start any token",
        "skillsaw": "malformed YAML",
        "skilllint": "cannot start any token",
    },
    "yaml-bracket": {
        "skills-ref": "flow mapping",
        "agnix": "did not find expected",
        "skillsaw": "malformed YAML",
        "skilllint": "parsing a flow sequence",
    },
    "yaml-boolean": {"skillsaw": "'name' must be a string"},
    "yaml-octal": {"skillsaw": "'name' must be a string", "skilllint": "valid string"},
    "yaml-folded": {"skilllint": "multiline YAML syntax"},
    "name-missing": {
        "skills-ref": "missing required field.*name",
        "agnix": "missing required 'name'",
        "skillsaw": "missing required 'name'",
        "skilllint": "name field is missing",
    },
    "name-uppercase": {
        "skills-ref": "must be lowercase",
        "agnix": "lowercase letters, digits",
        "skillsaw": "only lowercase",
        "skilllint": "lowercase letters",
    },
    "name-long": {
        "skills-ref": "exceeds 64",
        "agnix": "must be 1-64",
        "skillsaw": "exceeds 64",
        "skilllint": "maximum length of 64",
    },
    "name-other": {
        "skills-ref": "must match skill name",
        "agnix": "must match parent directory",
        "skilllint": "does not match directory name",
    },
    "description-missing": {
        "skills-ref": "missing required field.*description",
        "agnix": "missing required 'description'",
        "skillsaw": "missing required 'description'",
        "skilllint": "missing required field: description",
    },
    "description-blank": {
        "skills-ref": "non-empty",
        "agnix": "got 0",
        "skillsaw": "empty or whitespace-only",
        "skilllint": "too short",
    },
    "description-unseen": {"skillsaw": "invisible unicode", "skilllint": "too short"},
    "description-tags": {"skillsaw": "invisible unicode"},
    "description-long": {
        "skills-ref": "exceeds 1024",
        "agnix": "1-1024 characters, got 1025",
        "skillsaw": "exceeds 1024",
        "skilllint": "maximum length of 1024",
    },
    "compatibility-long": {
        "skills-ref": "exceeds 500",
        "agnix": "1-500 characters, got 501",
        "skillsaw": "exceeds 500",
    },
    "metadata-nested": {"agnix": "string keys to string values"},
    "zip-large": {"agnix": "upload limit"},
    "reference-broken": {
        "agnix": "broken markdown link",
        "skillsaw": "broken internal link",
        "skilllint": "broken link",
    },
    "reference-outside": {
        "agnix": "broken markdown link",
        "skillsaw": "outside repository",
        "skilllint": "broken link",
    },
    "body-long": {"agnix": "exceeds 500 lines", "skillsaw": "instruction budget"},
    "text-hidden": {"skillsaw": "invisible unicode"},
    "text-reversed": {"skillsaw": "invisible unicode"},
    "secret-key": {"agnix": "looks like a credential"},
    "secret-token": {"agnix": "looks like a credential"},
}
