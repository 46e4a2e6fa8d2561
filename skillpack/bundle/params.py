"""Name the types of the arguments that bodies are made of; only type checkers and get_type_hints import this."""

import os
from collections.abc import Mapping
from importlib.resources.abc import Traversable
from typing import Any

from skillpack.bundle.bundle import Bundle
from skillpack.payload.models import (
    ContainerNetworkPolicyAllowlist,
    ContainerNetworkPolicyDisabled,
    ExpiresAfter,
    InlineSkill,
    SkillReference,
)
from skillpack.payload.typed_dicts import ExpiresAfterDict, NetworkPolicyAllowlistDict, NetworkPolicyDisabledDict
from skillpack.settings import Settings
from skillpack.skill.tree import BytesLike, SkillTree
from skillpack.sources.git_revision import GitRevision

SkillSource = str | os.PathLike[str] | BytesLike | Mapping[str, Any] | Traversable | GitRevision | SkillTree
"""A skill: the path of its directory or zip, the bytes of its zip, its files or an inline skill as a dict, a folder of
a package, a git revision, or a tree."""

SkillParam = SkillSource | Bundle | InlineSkill | SkillReference
"""A skill of a body: a bundle, a skill to pack, or an inline skill or a reference as a dict or model."""

ExpiresAfterParam = int | ExpiresAfterDict | ExpiresAfter
"""When a container ends: minutes after its last use, or the API's object as a dict or model."""

NetworkPolicyParam = (
    NetworkPolicyDisabledDict
    | NetworkPolicyAllowlistDict
    | ContainerNetworkPolicyDisabled
    | ContainerNetworkPolicyAllowlist
)
"""What a container may connect to: one of the API's two policies, as a dict or model."""

SettingsParam = Settings | str | os.PathLike[str] | None
"""Settings, or the path of a settings file; None stands for the nearest settings file above a skill."""
