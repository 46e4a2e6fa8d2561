"""Define the API's objects: models that validate them, the types of the dicts, and their bytes as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from skillpack.payload.models import (
        Container,
        ContainerAuto,
        ContainerCreate,
        ContainerExpiry,
        ContainerNetwork,
        ContainerNetworkPolicyAllowlist,
        ContainerNetworkPolicyDisabled,
        ContainerNetworkPolicyDomainSecret,
        ExpiresAfter,
        InlineSkill,
        InlineSkillSource,
        SkillReference,
    )

__all__ = [
    "Container",
    "ContainerAuto",
    "ContainerCreate",
    "ContainerExpiry",
    "ContainerNetwork",
    "ContainerNetworkPolicyAllowlist",
    "ContainerNetworkPolicyDisabled",
    "ContainerNetworkPolicyDomainSecret",
    "ExpiresAfter",
    "InlineSkill",
    "InlineSkillSource",
    "SkillReference",
]


def __getattr__(name: str) -> Any:
    """Import the models when one is used: pydantic takes longer to import than a skill to check."""
    if name in __all__:
        from skillpack.payload import models

        return getattr(models, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
