"""Rename the keys of a body for the JavaScript SDKs for agents, which send the API's own names.

openai-agents-js 0.20 (@openai/agents) takes keys in camel case and the API's values of `type`; the AI SDK's
@ai-sdk/openai 3.0 takes both in camel case. The official `openai` package takes a body as it is.
"""

from __future__ import annotations

from typing import Any, Final, Literal

Shape = Literal["api", "agents-js", "ai-sdk"]

_KEYS: Final = {
    "allowed_callers": "allowedCallers",
    "allowed_domains": "allowedDomains",
    "container_id": "containerId",
    "domain_secrets": "domainSecrets",
    "file_ids": "fileIds",
    "media_type": "mediaType",
    "memory_limit": "memoryLimit",
    "network_policy": "networkPolicy",
    "skill_id": "skillId",
}
_TYPES: Final = {
    "container_auto": "containerAuto",
    "container_reference": "containerReference",
    "skill_reference": "skillReference",
}


def reshape(value: Any, shape: Shape) -> Any:
    """Return a body, or a part of one, in the shape of an SDK; texts in it stay as they are.

    Args:
        value: dicts, lists and what is in them.
        shape: api returns the value itself.
    """
    if shape == "api":
        return value
    if isinstance(value, dict):
        return {
            _KEYS.get(key, key): _TYPES.get(part, part)
            if shape == "ai-sdk" and key == "type" and isinstance(part, str)
            else reshape(part, shape)
            for key, part in value.items()
        }
    return [reshape(part, shape) for part in value] if isinstance(value, list | tuple) else value
