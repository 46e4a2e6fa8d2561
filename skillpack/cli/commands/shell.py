"""`skillpack shell`: write the shell tool of the Responses API."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from skillpack import rules
from skillpack.bundle import request
from skillpack.cli import container_options, options
from skillpack.cli.deliver import Destination, deliver, reject_overwriting
from skillpack.cli.packing import find_unmatched, pack_skills
from skillpack.findings import Report
from skillpack.skill.skill import Skill
from skillpack.sources.directory import is_file
from skillpack.text import escaped

if TYPE_CHECKING:
    from collections.abc import Mapping

    from skillpack.bundle.bundle import Bundle, Streamed
    from skillpack.payload.shapes import LocalSkillDict


@click.command("shell", epilog="Example: skillpack shell skills/pdf-forms skills/csv-report -o tool.json")
@click.argument("skills", nargs=-1, metavar="[SKILL...]")
@click.option("--local", is_flag=True, help="Refer to the skills' directories, for a shell on this machine.")
@container_options.environment
@options.output
@options.pick
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
    """Print the shell tool of the Responses API, with skills inline, by reference, or as local directories."""
    policy = container_options.network_policy(allow_domain, secret, no_network=no_network)
    given = request.Options(None, file_id, memory, policy)
    if local:
        if session.revision or session.names:
            raise click.UsageError("--local takes directories, and not --rev or --skill")
        if given != request.Options() or skill_ref:
            raise click.UsageError("--local takes only skills: a local shell has no container and no references")
        made = request.local_shell_tool(_local_skills(session, skills, Destination(output)))
    else:
        packed = pack_skills(session, skills, Destination(output))
        entries: list[Bundle | Streamed | Mapping[str, object]] = [*packed, *container_options.references(skill_ref)]
        made = request.shell_tool(entries, given, session.settings(among=skills))
    session.console.print_report(made.report)
    deliver(made.pieces(), output, private=made.private, shown=show_secrets)


def _local_skills(session: options.Session, skills: tuple[str, ...], destination: Destination) -> list[LocalSkillDict]:
    """Check skills, print the report, and return the entry for each in a local shell tool.

    Raises:
        click.UsageError: a skill is a zip.
        RejectedError: a skill has errors, or two have the same name.
        OutputError: the output would replace a file in a skill that skillpack did not write.
    """
    for skill in skills:
        if is_file(Path(skill)):
            raise click.UsageError(f"--local needs a directory, and {escaped(skill)} is a file")
    builders = [session.builder(skill) for skill in skills]
    found = [Skill.from_tree(builder.walk(skill)) for builder, skill in zip(builders, skills, strict=True)]
    reject_overwriting(destination.files(()), skills, (skill.tree for skill in found))
    reports = [rules.check(skill, builder.settings) for builder, skill in zip(builders, found, strict=True)]
    together = rules.Environment("local", tuple(skill.name for skill in found if skill.name))
    unmatched = find_unmatched(session, [skill.tree for skill in found])
    report = Report.merge(
        [*reports, rules.weigh(together, session.settings(among=skills)), unmatched]
    ).raise_for_errors()
    session.console.print_report(report)
    return [
        {"name": skill.name, "description": skill.description, "path": path}
        for skill, path in zip(found, skills, strict=True)
    ]
