"""List the built-in ignore patterns in groups, each with its reason, and look paths up in them."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Final, NamedTuple

from skillpack.select.wildmatch import to_regex

if TYPE_CHECKING:
    from collections.abc import Iterator


class Group(NamedTuple):
    """Patterns that exclude for one reason.

    A pattern is written as in a .gitignore at the skill's root, with `*` in at most one part. Names that end in one of
    `included` are packed although a pattern matches; `any_case` ignores case.
    """

    name: str
    reason: str
    patterns: tuple[str, ...]
    included: tuple[str, ...] = ()
    any_case: bool = False


SECRETS: Final = "secrets"
GROUPS: Final = (
    Group(
        SECRETS,
        "it often holds secrets, and a bundle goes to a third party",
        (".env", ".env.*"),
        included=(".example", ".sample", ".template", ".dist"),
        any_case=True,
    ),
    Group(
        SECRETS,
        "it often holds secrets, and a bundle goes to a third party",
        (
            *("*.p12", "*.pfx", "*.jks", "*.keystore", "*.kdbx", "*.ppk"),
            *("id_rsa", "id_dsa", "id_ecdsa", "id_ed25519"),
            *(".npmrc", ".pypirc", ".netrc", "_netrc", ".git-credentials", ".htpasswd", ".pgpass"),
            *(".aws/", ".ssh/", ".gnupg/", ".kube/", "**/.docker/config.json"),
            *("credentials.json", "client_secret*.json", "service-account*.json", "*.tfstate", "*.tfstate.*"),
        ),
        any_case=True,
    ),
    Group(
        "evaluation",
        "the reference packager excludes it too: the author of the skill needs it, its users do not",
        ("/evals/", "/*.skill"),
    ),
    Group(
        "repository",
        "it configures the repository, not the skill",
        ("/.gitignore", "/.gitattributes", "/.gitmodules", "/skillpack.toml", "/skillpack.lock"),
    ),
    Group("agents", "it is the state of an agent", ("/.claude/", "/.clawhub/")),
    Group(
        "environments",
        "it is installed again where it is needed",
        (".venv/", "venv/", "node_modules/", ".pnpm-store/"),
    ),
    Group(
        "python",
        "Python or a Python tool generates it again",
        (
            *("__pycache__/", "*.pyc", "*.pyo", ".pytest_cache/", ".mypy_cache/", ".ruff_cache/", ".hypothesis/"),
            *(".tox/", ".nox/", ".eggs/", "*.egg-info/", ".ipynb_checkpoints/", ".coverage", ".coverage.*", "htmlcov/"),
        ),
    ),
    Group(
        "editors",
        "an editor stores its state there",
        ("*~", "*.swp", "*.swo", ".#*", r"\#*\#", ".idea/", ".vscode/", ".vs/"),
    ),
    Group(
        "system",
        "the operating system stores its metadata there",
        (
            *(".DS_Store", "._*", "__MACOSX/", ".Spotlight-V100/", ".Trashes/", ".fseventsd/"),
            *("Thumbs.db", "ehthumbs.db", "desktop.ini", ".directory", ".nfs*", ".fuse_hidden*"),
        ),
    ),
)

NAMED: Final = (SECRETS, "evaluation")
"""Groups whose files the summary line names first, up to 20: the author may have wanted to pack them."""


class Default(NamedTuple):
    """One built-in pattern, and the group it belongs to."""

    pattern: str
    group: Group


def default(path: str, *, directory: bool) -> Default | None:
    """Return the built-in pattern that excludes a path, if one does.

    Args:
        path: relative to the skill's root.
        directory: True if it is a folder.
    """
    parent, _, name = path.rpartition("/")
    inner = f"{parent.rpartition('/')[2]}/{name}"
    exact, wild, patterns = _tables()
    ends = ("/", "") if directory else ("",)
    for key in (name, inner):
        for end in ends:
            found = exact.get(f"{key}{end}") or exact.get(f"{key.lower()}{end}\0")
            if found:
                return found
    match = wild.fullmatch(f"{inner}{ends[0]}")
    if match is None or match.lastindex is None:
        return None
    found = patterns[match.lastindex - 1]
    return None if found.group.included and name.lower().endswith(found.group.included) else found


@functools.cache
def _tables() -> tuple[dict[str, Default], re.Pattern[str], list[Default]]:
    """Sort the patterns: whole names to look up (NUL ends those in any case), one regular expression for the rest.

    This takes one or two milliseconds; a GitPattern for each would take ten, and an import.
    """
    exact: dict[str, Default] = {}
    anywhere: list[str] = []
    at_root: list[str] = []
    patterns: list[Default] = []
    for found in _defaults():
        key = found.pattern.removeprefix("**/")
        if "*" not in key:
            exact[f"{key.lower()}\0" if found.group.any_case else key] = found
    for rooted, branch in ((False, anywhere), (True, at_root)):
        for found in _defaults():
            if "*" in found.pattern.removeprefix("**/") and found.pattern.startswith("/") is rooted:
                branch.append(_branch(found))
                patterns.append(found)
    return exact, re.compile(f"[^/]*/(?:{'|'.join(anywhere)})|/(?:{'|'.join(at_root)})", re.DOTALL), patterns


def _branch(found: Default) -> str:
    regex = to_regex(found.pattern.strip("/"), pathname=False)
    end = "/" if found.pattern.endswith("/") else "/?"
    return f"((?i:{regex}){end})" if found.group.any_case else f"({regex}{end})"


def _defaults() -> Iterator[Default]:
    return (Default(pattern, group) for group in GROUPS for pattern in group.patterns)
