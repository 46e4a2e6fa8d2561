"""Rename the keys of a body for the JavaScript SDKs for agents, which send the API's own names.

openai-agents-js 0.20 (@openai/agents) takes keys in camel case and the API's values of `type`; the AI SDK's
@ai-sdk/openai 3.0 takes both in camel case. The official `openai` package takes a body as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

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


_API_KEYS: Final = {name: key for key, name in _KEYS.items()}
_API_TYPES: Final = {name: kind for kind, name in _TYPES.items()}


def reshape(value: Any, shape: Shape) -> Any:
    """Return a body, or a part of one, in the shape of an SDK; texts in it stay as they are.

    Args:
        value: dicts, lists and what is in them.
        shape: api returns the value itself.
    """
    if shape == "api":
        return value
    return _rename(value, _KEYS, _TYPES if shape == "ai-sdk" else {})


def restore(value: Any) -> Any:
    """Return a body, or a part of one, with the API's names in place of those of the SDKs.

    Args:
        value: dicts, lists and what is in them.
    """
    return _rename(value, _API_KEYS, _API_TYPES)


def _rename(value: Any, keys: Mapping[str, str], types: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {
            keys.get(key, key): types.get(part, part)
            if key == "type" and isinstance(part, str)
            else _rename(part, keys, types)
            for key, part in value.items()
        }
    return [_rename(part, keys, types) for part in value] if isinstance(value, list | tuple) else value
