"""`skillpack container`: write the body of POST /containers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from skillpack.bundle import request
from skillpack.cli import container_options, options
from skillpack.cli.deliver import Destination, deliver
from skillpack.cli.packing import pack_skills
from skillpack.text import escaped

if TYPE_CHECKING:
    from collections.abc import Mapping

    from skillpack.bundle.bundle import Bundle, Streamed


@click.command(
    "container",
    epilog="Example: skillpack container --name forms skills/pdf-forms -o body.json",
)
@options.paths_argument("skills", metavar="[SKILL...]")
@click.option("--name", type=options.nonempty, help="The container's name; required unless the settings have one.")
@click.option(
    "--expires-after",
    type=options.Count("minutes"),
    metavar="MINUTES",
    help="Delete the container after it has been idle this long.",
)
@container_options.body
def command(
    session: options.Session,
    skills: tuple[str, ...],
    output: Path | None,
    name: str | None,
    expires_after: int | None,
    memory: str | None,
    file_id: tuple[str, ...],
    skill_ref: tuple[str, ...],
    allow_domain: tuple[str, ...],
    no_network: bool,
    secret: tuple[str, ...],
    show_secrets: bool,
) -> None:
    """Print the complete body of POST /containers, with skills inline, by reference, or without skills.

    Defaults come from [container] in the settings.
    """
    references = container_options.references(skill_ref)
    settings = session.settings(among=skills)
    defaults = settings.container
    name = name or defaults.name
    if not name:
        raise click.UsageError("missing option '--name', and the settings have no name")
    domains = allow_domain
    if defaults.allow_domains and not allow_domain and not no_network:
        domains = defaults.allow_domains
        _report_origin(session, skills, domains)
    policy = container_options.network_policy(domains, secret, no_network=no_network)
    given = request.Options(expires_after or defaults.expires_after, file_id, memory or defaults.memory, policy)
    packed = pack_skills(session, skills, Destination(output))
    entries: list[Bundle | Streamed | Mapping[str, object]] = [*packed, *references]
    made = request.container(name, entries, given, settings)
    session.console.print_report(made.report)
    deliver(made.pieces(), output, private=made.private, shown=show_secrets)


def _report_origin(session: options.Session, skills: tuple[str, ...], domains: tuple[str, ...]) -> None:
    """Report which settings file allows domains, because a user may not have read it."""
    file = session.settings_file(among=skills)
    place = file.places(Path())["container.allow-domains"] if file else ""
    shown = ", ".join(map(escaped, domains))
    session.console.print(f"{session.console.style('note', 'note')}: {place}: allowed domains: {shown}")
