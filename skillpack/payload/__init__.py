"""The API's own objects: models that check them, the shapes of the dicts we hand out, and their bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from skillpack.payload.models import (
        Container,
        ContainerAuto,
        ContainerCreate,
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
    "ContainerNetworkPolicyAllowlist",
    "ContainerNetworkPolicyDisabled",
    "ContainerNetworkPolicyDomainSecret",
    "ExpiresAfter",
    "InlineSkill",
    "InlineSkillSource",
    "SkillReference",
]


def __getattr__(name: str) -> Any:
    """Import the models when one is asked for: pydantic takes longer than a check of a skill."""
    if name in __all__:
        from skillpack.payload import models

        return getattr(models, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
