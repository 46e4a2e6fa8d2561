"""`skillpack shell`: skills and options to the Responses API's shell tool."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from skillpack import rules
from skillpack.bundle import request
from skillpack.cli import options
from skillpack.cli import request as requests
from skillpack.cli.deliver import Destination, deliver, pack_each_for, refuse_to_replace, unmatched
from skillpack.findings import Report, escaped
from skillpack.skill.skill import Skill
from skillpack.sources.directory import is_file

if TYPE_CHECKING:
    from collections.abc import Mapping

    from skillpack.bundle.bundle import Bundle, Streamed
    from skillpack.payload.shapes import LocalSkillDict


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
    given = request.Options(None, file_id, memory, policy)
    if local:
        if given != request.Options() or skill_ref:
            raise click.UsageError("--local takes skills alone: a local shell has no container and no references")
        made = request.local_shell_tool(_local(session, skills, Destination(output)))
    else:
        packed = pack_each_for(session, skills, Destination(output))
        entries: list[Bundle | Streamed | Mapping[str, object]] = [*packed, *requests.references(skill_ref)]
        made = request.shell_tool(entries, given, session.settings(among=skills))
    session.console.report(made.report)
    deliver(made.pieces(), output, private=made.private, shown=show_secrets)


def _local(session: options.Session, skills: tuple[str, ...], destination: Destination) -> list[LocalSkillDict]:
    """Judge skills where they lie, say what there is to say of them, and return how a local shell finds each.

    Raises:
        click.UsageError: one is a zip.
        RejectedError: one has errors, or two have the same name.
        OutputError: the output would replace a file in one of them that is no result.
    """
    for skill in skills:
        if is_file(Path(skill)):
            raise click.UsageError(f"a local shell needs the skill's folder, and {escaped(skill)} is a zip")
    builders = [session.builder(skill) for skill in skills]
    found = [Skill.from_tree(builder.walk(skill)) for builder, skill in zip(builders, skills, strict=True)]
    refuse_to_replace(destination.files(()), skills, (skill.tree for skill in found))
    reports = [rules.check(skill, builder.settings) for builder, skill in zip(builders, found, strict=True)]
    together = rules.Environment("local", tuple(skill.name for skill in found if skill.name))
    typos = unmatched(session, [skill.tree for skill in found])
    report = Report.merge([*reports, rules.weigh(together, session.settings(among=skills)), typos]).raise_for_errors()
    session.console.report(report)
    return [
        {"name": skill.name, "description": skill.description, "path": path}
        for skill, path in zip(found, skills, strict=True)
    ]
