"""Define the consumers of skills: what each accepts and refuses, with the source of each fact.

A limit of None is unknown or does not exist; `notes` says what else is known and not checked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from skillpack.limits import MAX_FILES, MAX_ZIP_BYTES
from skillpack.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

TargetName = Literal[
    "openai",
    "azure-openai",
    "azure-agents",
    "anthropic-api",
    "claude-ai",
    "agentskills",
    "google",
    "mcp",
    "well-known",
    "codex",
]
"""A consumer of skills; `skillpack targets` prints what is known of each."""

Layout = Literal["folder", "root"]
"""Where a zip has SKILL.md: in one folder named after the skill, or at its root."""

OPENAI_ONLY: Final = frozenset(
    {"too-many-files", "file-over-documented", "total-over-documented", "zip-over-documented", "too-many-skills"}
)
"""Rules on limits of OpenAI's API that no setting holds at their level; they do not apply to other consumers."""

_ONE_MANIFEST: Final = frozenset({"manifest-duplicate"})


class Target(NamedTuple):
    """A consumer of skills, and what it requires beside the rules that every skill must meet.

    `max_bytes` is the total of the files before compression, `max_depth` counts folders on a path, `max_ratio` is
    the size of the files divided by that of their zip, `max_zip_bytes` limits the zip itself. `levels` are the rules
    that it makes errors, `off` those that do not apply. `strict` is False where the limits are those of implementers,
    which may differ: a warning.
    """

    title: str
    source: str
    layout: Layout = "folder"
    max_files: int | None = None
    max_bytes: int | None = None
    max_ratio: int | None = None
    max_depth: int | None = None
    max_zip_bytes: int | None = None
    reserved_words: tuple[str, ...] = ()
    refuses_xml: bool = False
    refuses_plugins: bool = False
    strict: bool = True
    levels: tuple[tuple[str, Literal["error"]], ...] = ()
    off: frozenset[str] = OPENAI_ONLY
    notes: tuple[str, ...] = ()


_STRICT_FIELDS: Final[tuple[tuple[str, Literal["error"]], ...]] = (
    ("field-unknown", "error"),
    ("field-not-text", "error"),
)
_MEBIBYTE: Final = 1024 * 1024

_ANTHROPIC_API: Final = Target(
    "Anthropic API, POST /v1/skills",
    "platform.claude.com, skills/create, and the texts of its refusals",
    max_bytes=30 * _MEBIBYTE,
    reserved_words=("claude", "anthropic"),
    refuses_xml=True,
    refuses_plugins=True,
    levels=_STRICT_FIELDS,
    notes=("which characters a path may not contain is unknown",),
)

TARGETS: Final[dict[TargetName, Target]] = {
    "openai": Target(
        "OpenAI: POST /containers, the Responses API, the Agents API",
        'OpenAPI document 2.3.0; guide "Skills"; Agents API schema of 2026-09-23',
        max_zip_bytes=MAX_ZIP_BYTES,
        off=frozenset(),
        notes=("zip of 50 MB, 500 files, 25 MB a file, 70,254,592 characters of base64: docs/reference/limits",),
    ),
    "azure-openai": Target(
        "Azure OpenAI",
        "Microsoft, how-to-skills of 2026-06-04 and 2026-08-09",
        max_zip_bytes=MAX_ZIP_BYTES,
        off=frozenset(),
        notes=("no domain_secrets documented; hosted containers have no outbound network",),
    ),
    "azure-agents": Target(
        "Azure AI Agents (azure-ai-projects)",
        "one public test log",
        layout="root",
        notes=("limits are unknown",),
    ),
    "anthropic-api": _ANTHROPIC_API,
    "claude-ai": _ANTHROPIC_API._replace(
        title="claude.ai, upload of a skill",
        source="eight public threads with the texts of its refusals",
        max_files=200,
    ),
    "agentskills": Target(
        "the Agent Skills specification, as skills-ref checks it",
        "agentskills.io of 2026-08-04; skills-ref 0.1.1",
        levels=(("name-not-directory", "error"), *_STRICT_FIELDS),
    ),
    "google": Target(
        "Google Agent Registry",
        "docs.cloud.google.com, skill registry",
        layout="root",
        max_files=10_000,
        max_bytes=500 * _MEBIBYTE,
        max_ratio=100,
        max_depth=8,
        notes=("no links and no duplicate names: a bundle never has them",),
    ),
    "mcp": Target(
        "Model Context Protocol (SEP-2640)",
        "SEP-2640, final of 2026-09-13; fastmcp 4.2.3",
        max_files=512,
        max_bytes=16 * _MEBIBYTE,
        strict=False,
        off=OPENAI_ONLY | _ONE_MANIFEST,
        notes=("published as files, not as a zip; a nested SKILL.md is allowed; the limits are those of fastmcp",),
    ),
    "well-known": Target(
        "agent-skills discovery 0.2.0 (/.well-known/agent-skills)",
        "cloudflare/agent-skills-discovery-rfc",
        layout="root",
        notes=("limits are unknown",),
    ),
    "codex": Target(
        "Codex",
        "codex-rs, loader of core-skills",
        levels=(("manifest-case", "error"),),
        notes=("a skill it cannot read is skipped with a warning",),
    ),
}


def levels_for(names: Sequence[TargetName]) -> dict[str, str]:
    """Return rule id -> level for a skill that must fit several targets: off only where none of them has the rule.

    Args:
        names: keys of TARGETS; for none of them the rules have their own levels.
    """
    if not names:
        return {}
    targets = [TARGETS[name] for name in names]
    levels: dict[str, str] = dict.fromkeys(frozenset.intersection(*(target.off for target in targets)), "off")
    for target in targets:
        levels |= dict(target.levels)
    return levels


def zip_limit(names: Sequence[TargetName]) -> int | None:
    """Return the bytes of a zip that every one of several targets accepts, or None if none of them has a limit.

    Args:
        names: keys of TARGETS; for none of them, OpenAI's limit counts.
    """
    limits = (TARGETS[name].max_zip_bytes for name in names or ("openai",))
    return min((most for most in limits if most is not None), default=None)


def takes_requests(names: Sequence[TargetName]) -> bool:
    """Return True if one of several targets takes skills in a request, as OpenAI's API does.

    Args:
        names: keys of TARGETS; for none of them, OpenAI's API counts.
    """
    return any(not TARGETS[name].off >= OPENAI_ONLY for name in names or ("openai",))


def file_limit(names: Sequence[TargetName]) -> int | None:
    """Return how many files every one of several targets accepts, or None if none of them has a limit.

    Args:
        names: keys of TARGETS; for none of them, OpenAI's limit counts.
    """
    limits = [TARGETS[name].max_files for name in names]
    limits += [MAX_FILES] * takes_requests(names)
    return min((most for most in limits if most is not None), default=None)


def layout_for(names: Sequence[TargetName]) -> Layout | None:
    """Return the layout of a zip for several targets, or None if they want different ones."""
    layouts = {TARGETS[name].layout for name in names} or {"folder"}
    return layouts.pop() if len(layouts) == 1 else None
