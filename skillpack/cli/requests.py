"""Options of what a container is given, shared by container and shell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from skillpack.cli import domainsecrets
from skillpack.cli.options import filled
from skillpack.findings import escaped
from skillpack.limits import MEMORY_LIMITS

if TYPE_CHECKING:
    from skillpack.cli.options import Command


def environment(function: Command) -> Command:
    """Add the options that POST /containers and container_auto have in common."""
    for option in (
        click.option("--show-secrets", is_flag=True, help="Print a body with secrets even to a terminal."),
        click.option(
            "--secret",
            multiple=True,
            metavar="DOMAIN:NAME=SOURCE",
            help="Give requests to an allowed domain a secret, from env:VARIABLE, file:PATH or - (stdin).",
        ),
        click.option("--no-network", is_flag=True, help="Allow no outbound network."),
        click.option(
            "--allow-domain", type=filled, multiple=True, metavar="DOMAIN", help="Allow requests to this domain."
        ),
        click.option("--skill-ref", multiple=True, metavar="ID[@VERSION]", help="Add a skill that the API has."),
        click.option(
            "--file-id", type=filled, multiple=True, metavar="ID", help="Copy an uploaded file into the container."
        ),
        click.option("--memory", type=click.Choice(MEMORY_LIMITS), help="The container's memory."),
    ):
        function = option(function)
    return function


def references(skill_ref: tuple[str, ...]) -> list[dict[str, str]]:
    """Return the SkillReference of each ID or ID@VERSION.

    Raises:
        click.UsageError: one side of the @ is empty.
    """
    made = []
    for text in skill_ref:
        skill_id, at, version = text.partition("@")
        if not skill_id or (at and not version):
            raise click.UsageError(f"--skill-ref {escaped(text)[:80]!r} is not ID or ID@VERSION")
        made.append({"skill_id": skill_id, "type": "skill_reference"} | ({"version": version} if at else {}))
    return made


def network_policy(
    allow_domain: tuple[str, ...], secret: tuple[str, ...], *, no_network: bool
) -> dict[str, Any] | None:
    """Return the network policy that the options state, if they state one.

    Raises:
        click.UsageError: they contradict each other, or a secret cannot be read.
    """
    if no_network and allow_domain:
        raise click.UsageError("--no-network and --allow-domain exclude each other")
    if secret and not allow_domain:
        raise click.UsageError("--secret needs --allow-domain with its domain")
    if no_network:
        return {"type": "disabled"}
    if not allow_domain:
        return None
    policy: dict[str, Any] = {"type": "allowlist", "allowed_domains": list(allow_domain)}
    return policy | ({"domain_secrets": domainsecrets.read(secret, allow_domain)} if secret else {})
