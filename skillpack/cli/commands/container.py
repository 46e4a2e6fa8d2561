"""`skillpack container`: skills and options to the body of POST /containers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from skillpack.bundle import request
from skillpack.cli import options
from skillpack.cli import request as requests
from skillpack.cli.deliver import Destination, deliver, pack_each_for
from skillpack.findings import escaped

if TYPE_CHECKING:
    from collections.abc import Mapping

    from skillpack.bundle.bundle import Bundle, Streamed


@click.command(
    "container",
    epilog="Example: skillpack container --name forms skills/pdf-forms -o body.json",
)
@click.argument("skills", nargs=-1, metavar="[SKILL...]")
@click.option("--name", type=options.filled, help="The container's name; needed unless the settings give one.")
@click.option("--expires-after", type=click.IntRange(min=1), metavar="MINUTES", help="End it when idle this long.")
@requests.environment
@options.output
@options.compression
@options.selection
@options.common
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
    """Print the whole body of POST /containers, with skills inline, by reference, or none.

    What is not given comes from [container] of the settings.
    """
    settings = session.settings(among=skills)
    defaults = settings.container
    name = name or defaults.name
    if not name:
        raise click.UsageError("missing option '--name', and the settings give none")
    domains = allow_domain
    if defaults.allow_domains and not allow_domain and not no_network:
        domains = defaults.allow_domains
        _report_origin(session, skills, domains)
    policy = requests.network_policy(domains, secret, no_network=no_network)
    given = request.Options(expires_after or defaults.expires_after, file_id, memory or defaults.memory, policy)
    packed = pack_each_for(session, skills, Destination(output))
    entries: list[Bundle | Streamed | Mapping[str, object]] = [*packed, *requests.references(skill_ref)]
    made = request.container(name, entries, given, settings)
    session.console.report(made.report)
    deliver(made.pieces(), output, private=made.private, shown=show_secrets)


def _report_origin(session: options.Session, skills: tuple[str, ...], domains: tuple[str, ...]) -> None:
    """Report which file allows domains that the command line does not name: it may be read by nobody else."""
    file = session.settings_file(among=skills)
    place = file.places(Path())["container.allow-domains"] if file else ""
    shown = ", ".join(map(escaped, domains))
    session.console.say(f"{session.console.style('note', 'note')}: {place}: allowed domains: {shown}")
