"""Make the bodies of the Agents API (beta), whose environment carries inline skills as a container does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from skillpack.bundle.request import Body, make_body
from skillpack.errors import PayloadError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from skillpack.bundle.bundle import Bundle, Streamed
    from skillpack.settings import Settings

BodyKind = Literal["environment", "template", "session"]
"""POST /agents/environments, /agents/environments/templates or /agents/sessions."""


def environment(
    skills: Iterable[Bundle | Streamed | Mapping[str, object]], options: Mapping[str, object], settings: Settings
) -> Body:
    """Return the environment of an agent that OpenAI hosts.

    Args:
        skills: the skills.
        options: the other keys of the environment; those that are None or an empty tuple are not stated.
        settings: the levels of rules.

    Raises:
        PayloadError: an option, a reference or an inline skill given as a dict is not what the API takes.
        RejectedError: the skills cannot be in one body.
    """
    from skillpack.payload.agents import HostedEnvironment

    stated = {key: value for key, value in options.items() if value is not None and value != ()}
    value = HostedEnvironment.parse({"type": "openai_hosted", **stated}).to_dict()
    made = make_body("openai_hosted", value, list(skills), settings)
    return Body(made.value, made.report, private=bool(stated.get("env")))


def body_of(kind: BodyKind, environment: Body, name: str | None = None, agent: str | None = None) -> Body:
    """Return the body of a request that creates an environment, a template or a session.

    Args:
        kind: which request.
        environment: what environment returned.
        name: the template's name.
        agent: the id of the session's agent.

    Raises:
        PayloadError: a name is given for no template, or an agent or a size for no session.
    """
    if name is not None and kind != "template":
        raise PayloadError((("/name", "is a key of a template only"),))
    if agent is not None and kind != "session":
        raise PayloadError((("/agent_id", "is a key of a session only"),))
    if "container_size" in environment.value and kind != "session":
        raise PayloadError((("/container_size", "is a key of a session only"),))
    stated = {key: value for key, value in (("agent_id", agent), ("name", name)) if value is not None}
    body: dict[str, Any] = stated | {"environment": environment.value}
    if kind == "template":  # which is always hosted
        body = stated | {key: value for key, value in environment.value.items() if key != "type"}
    return Body(body, environment.report, private=environment.private)
