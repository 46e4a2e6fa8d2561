"""`skillpack shell`: write the shell tool of the Responses API."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click

from skillpack import rules
from skillpack.bundle import request
from skillpack.cli import container_options, options
from skillpack.cli.deliver import Destination, deliver, reject_overwriting
from skillpack.cli.opening import STDIN, find_unmatched
from skillpack.cli.packing import note_outputs_inside, pack_skills
from skillpack.discover import find_skill_of, require_skill
from skillpack.findings import Report
from skillpack.payload.typed_dicts import Caller
from skillpack.skill.skill import Skill
from skillpack.sources.directory import is_file
from skillpack.text import escaped

if TYPE_CHECKING:
    from collections.abc import Mapping

    from skillpack.bundle.bundle import Bundle, Streamed
    from skillpack.payload.javascript import Shape
    from skillpack.payload.typed_dicts import LocalSkillDict


@click.command("shell", epilog="Example: skillpack shell skills/pdf-forms skills/csv-report -o tool.json")
@options.paths_argument("skills", metavar="[SKILL...]")
@click.option("--container", type=options.nonempty, metavar="ID", help="Refer to a container that exists already.")
@click.option(
    "--allowed-caller",
    type=click.Choice(get_args(Caller)),
    multiple=True,
    help="Who may call the tool: the model, or a program that it writes; repeatable.",
)
@container_options.shape
@click.option("--local", is_flag=True, help="Refer to the skills' directories, for a shell on this machine.")
@container_options.body
def command(
    session: options.Session,
    skills: tuple[str, ...],
    output: Path | None,
    container: str | None,
    allowed_caller: tuple[Caller, ...],
    shape: Shape,
    local: bool,
    memory: str | None,
    file_id: tuple[str, ...],
    skill_ref: tuple[str, ...],
    allow_domain: tuple[str, ...],
    no_network: bool,
    secret: tuple[str, ...],
    show_secrets: bool,
) -> None:
    """Print the shell tool of the Responses API, with skills inline, by reference, or as local directories.

    --container refers to a container instead, which has the skills that it was created with.
    """
    references = container_options.references(skill_ref)
    policy = container_options.network_policy(allow_domain, secret, no_network=no_network)
    given = request.Options(None, file_id, memory, policy)
    if container:
        if skills or local or given != request.Options() or skill_ref:
            raise click.UsageError("--container takes no skills and no options of a container: it has its own")
        made = request.container_shell_tool(container, allowed_caller)
    elif local:
        if session.revision or session.names:
            raise click.UsageError("--local takes directories, and not --rev or --skill")
        if given != request.Options() or skill_ref:
            raise click.UsageError("--local takes only skills: a local shell has no container and no references")
        skills = tuple(map(find_skill_of, skills))
        made = request.local_shell_tool(_local_skills(session, skills, Destination(output)), allowed_caller)
    else:
        packed = pack_skills(session, skills, Destination(output))
        entries: list[Bundle | Streamed | Mapping[str, object]] = [*packed, *references]
        made = request.shell_tool(entries, given, session.settings(among=skills), allowed_caller)
    session.console.print_report(made.report)
    deliver(made.pieces(shape), output, private=made.private, shown=show_secrets)


def _local_skills(session: options.Session, skills: tuple[str, ...], destination: Destination) -> list[LocalSkillDict]:
    """Check skills, print the report, and return the entry for each in a local shell tool.

    Raises:
        click.UsageError: a skill is a zip.
        NotASkillError: a directory has no SKILL.md.
        RejectedError: a skill has errors, or two have the same name.
        OutputError: the output would replace a file in a skill that skillpack did not write.
    """
    for skill in skills:
        if skill == STDIN:
            raise click.UsageError("--local needs a directory, and - is stdin")
        if is_file(Path(skill)):
            raise click.UsageError(f"--local needs a directory, and {escaped(skill)} is a file")
        require_skill(skill)
    builders = [session.builder(skill) for skill in skills]
    found = [Skill.from_tree(builder.walk(skill)) for builder, skill in zip(builders, skills, strict=True)]
    reject_overwriting(destination.files(()), skills, (skill.tree for skill in found))
    reports = [rules.check(skill, builder.settings) for builder, skill in zip(builders, found, strict=True)]
    named = [skill for skill in found if skill.name]
    together = rules.Environment(
        "local", tuple(skill.name for skill in named), places=tuple(skill.tree.origin for skill in named)
    )
    unmatched = find_unmatched(session, [skill.tree for skill in found])
    report = Report.merge(
        [*reports, rules.weigh(together, session.settings(among=skills)), unmatched]
    ).raise_for_errors()
    session.console.print_report(report)
    for builder, checked in zip(builders, found, strict=True):
        note_outputs_inside(session, builder, checked.tree, destination.files(()))
    return [
        {"name": skill.name, "description": skill.description, "path": path}
        for skill, path in zip(found, skills, strict=True)
    ]
