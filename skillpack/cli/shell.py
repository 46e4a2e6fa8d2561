"""`skillpack shell`: skills and options to the Responses API's shell tool."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from skillpack import body
from skillpack.archive.file import is_file
from skillpack.cli import options, requests
from skillpack.cli.delivery import deliver
from skillpack.cli.packing import Destination, pack_each_for
from skillpack.findings import escaped

if TYPE_CHECKING:
    from collections.abc import Mapping

    from skillpack.bundle import Bundle, Streamed


@click.command("shell", epilog="Example: skillpack shell skills/pdf-forms skills/csv-report -o tool.json")
@click.argument("skills", nargs=-1, metavar="[SKILL...]")
@click.option("--local", is_flag=True, help="Name the skills' folders, for a shell on this machine.")
@requests.environment
@options.output
@options.compression
@options.selection
@options.common
def command(
    session: options.Session,
    skills: tuple[str, ...],
    output: Path | None,
    local: bool,
    memory: str | None,
    file_id: tuple[str, ...],
    skill_ref: tuple[str, ...],
    allow_domain: tuple[str, ...],
    no_network: bool,
    secret: tuple[str, ...],
    show_secrets: bool,
) -> None:
    """Print the Responses API's shell tool, with skills inline, by reference, or on this machine."""
    policy = requests.network_policy(allow_domain, secret, no_network=no_network)
    given = body.Options(None, file_id, memory, policy)
    if local:
        if given != body.Options() or skill_ref:
            raise click.UsageError("--local takes skills alone: a local shell has no container and no references")
        for skill in skills:
            if is_file(Path(skill)):
                raise click.UsageError(f"a local shell needs the skill's folder, and {escaped(skill)} is a zip")
        made = body.local_shell_tool([session.builder(skill).local_skill(skill) for skill in skills])
    else:
        packed = pack_each_for(session, skills, Destination(output))
        entries: list[Bundle | Streamed | Mapping[str, object]] = [*packed, *requests.references(skill_ref)]
        made = body.shell_tool(entries, given, session.settings())
    session.console.report(made.report)
    deliver(made.pieces(), output, private=made.private, shown=show_secrets)
