"""Pack an agent skill into the inline body that the OpenAI API takes, and say what is wrong with it first.

    >>> import skillpack
    >>> bundle = skillpack.pack("skills/pdf-forms")
    >>> body = skillpack.container("forms", [bundle], memory_limit="4g")

pack      a skill -> Bundle: its zip and its InlineSkill
check     a skill -> Report: everything there is to say about it
container skills and options -> the body of POST /containers
shell_tool skills and options -> the Responses API's shell tool
Builder   the same four under Settings of your own
"""

from __future__ import annotations

TYPE_CHECKING = False  # importing typing takes longer than all else that `skillpack --version` does

__version__: Final = "0.1.0"

if TYPE_CHECKING:
    from typing import Any, Final

    from skillpack.api import Builder, check, container, pack, shell_tool, write_container
    from skillpack.archive import Compression, write_zip
    from skillpack.archive.read import read_zip
    from skillpack.bundle.bundle import Bundle
    from skillpack.bundle.packing import Progress
    from skillpack.errors import (
        ArchiveError,
        NotASkillError,
        OutputError,
        PayloadError,
        SettingsError,
        SkillChangedError,
        SkillpackError,
    )
    from skillpack.findings import Edit, Finding, Location, RejectedError, Report, Severity
    from skillpack.payload import (
        Container,
        ContainerCreate,
        ContainerNetworkPolicyAllowlist,
        ContainerNetworkPolicyDisabled,
        ContainerNetworkPolicyDomainSecret,
        ExpiresAfter,
        InlineSkill,
        InlineSkillSource,
        SkillReference,
    )
    from skillpack.settings import Settings
    from skillpack.skill.decisions import Decision, Excluded, Verdict
    from skillpack.skill.skill import Skill
    from skillpack.skill.tree import Selection, SkillFile, SkillTree

__all__ = [
    "ArchiveError",
    "Builder",
    "Bundle",
    "Compression",
    "Container",
    "ContainerCreate",
    "ContainerNetworkPolicyAllowlist",
    "ContainerNetworkPolicyDisabled",
    "ContainerNetworkPolicyDomainSecret",
    "Decision",
    "Edit",
    "Excluded",
    "ExpiresAfter",
    "Finding",
    "InlineSkill",
    "InlineSkillSource",
    "Location",
    "NotASkillError",
    "OutputError",
    "PayloadError",
    "Progress",
    "RejectedError",
    "Report",
    "Selection",
    "Settings",
    "SettingsError",
    "Severity",
    "Skill",
    "SkillChangedError",
    "SkillFile",
    "SkillReference",
    "SkillTree",
    "SkillpackError",
    "Verdict",
    "__version__",
    "check",
    "container",
    "pack",
    "read_zip",
    "shell_tool",
    "write_container",
    "write_zip",
]

# Imported when asked for: importing all of it takes longer than checking a skill.
_HOMES: Final = {
    "archive": ("Compression", "write_zip"),
    "archive.read": ("read_zip",),
    "api": ("Builder", "check", "container", "pack", "shell_tool", "write_container"),
    "bundle.bundle": ("Bundle",),
    "skill.decisions": ("Decision", "Excluded", "Verdict"),
    "errors": (
        "ArchiveError",
        "NotASkillError",
        "OutputError",
        "PayloadError",
        "SettingsError",
        "SkillChangedError",
        "SkillpackError",
    ),
    "findings": ("Edit", "Finding", "Location", "RejectedError", "Report", "Severity"),
    "payload": (
        "Container",
        "ContainerCreate",
        "ContainerNetworkPolicyAllowlist",
        "ContainerNetworkPolicyDisabled",
        "ContainerNetworkPolicyDomainSecret",
        "ExpiresAfter",
        "InlineSkill",
        "InlineSkillSource",
        "SkillReference",
    ),
    "settings": ("Settings",),
    "skill.skill": ("Skill",),
    "skill.tree": ("Selection", "SkillFile", "SkillTree"),
    "bundle.packing": ("Progress",),
}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    home = next((module for module, names in _HOMES.items() if name in names), None)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{home}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
