"""`skillpack targets`: print which consumers a skill fits, or what is known of each."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from skillpack.cli import options
from skillpack.cli.console import write_stdout
from skillpack.cli.exit_codes import FAILED, FINDINGS, SUCCEEDED
from skillpack.cli.opening import open_skills
from skillpack.errors import ArchiveError, NotASkillError
from skillpack.findings import RejectedError, Unread
from skillpack.values import replace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from skillpack.findings import Report
    from skillpack.targets import TargetName


@click.command("targets", epilog="Example: skillpack targets skills/pdf-forms")
@click.argument("skills", nargs=-1, metavar="[SKILL]...")
@click.option("--output-format", type=click.Choice(["text", "json"]), default="text", help="Output format.")
@options.selection
@options.common
def command(session: options.Session, skills: tuple[str, ...], output_format: str) -> int:
    """Show for each target whether a skill fits, and if it does not, why; --target limits the list.

    Without SKILL, list the targets with their limits and the source of each. The exit code does not depend on whether
    a skill fits: use `check --target NAME` for that.
    """
    from skillpack.api import Builder, check_and_measure
    from skillpack.output import targets as output
    from skillpack.rules import check_targets
    from skillpack.skill.skill import Skill
    from skillpack.targets import TARGETS

    names = tuple(session.options.get("targets", TARGETS))
    session = replace(session, options={**session.options, "targets": names})  # zips of all layouts that they want
    if not skills:
        render = output.render_list_json if output_format == "json" else output.render_list
        write_stdout(render(names, session.console.look(sys.stdout)), colored=True)
        return SUCCEEDED
    found: list[tuple[str, Mapping[TargetName, Report]]] = []
    unread: list[Unread] = []
    rejected = False
    for path in skills:
        try:
            opened = open_skills(session, path)
            opened.report.raise_for_errors()
        except (ArchiveError, NotASkillError) as error:
            session.console.print_error(str(error))
            unread.append(Unread(path=path, message=str(error)))
            continue
        except RejectedError as error:
            session.console.print_report(error.report)
            rejected = True
            continue
        settings = opened.builder.settings
        checking = Builder(replace(settings, targets=()), threads=opened.builder.threads)
        for tree in opened.trees:
            skill = Skill.from_tree(tree)
            report, packed = check_and_measure(skill, checking)
            found.append((tree.origin, check_targets(skill, report, settings, names, packed)))
    render_all = output.render_matrix_json if output_format == "json" else output.render_matrix
    if rendered := render_all(found, unread, session.console.look(sys.stdout)):
        write_stdout(rendered, colored=True)
    return FAILED if unread else FINDINGS if rejected else SUCCEEDED
