"""`skillpack unpack`: write the files of a bundle to new folders."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from skillpack.cli import options
from skillpack.cli.console import write_stderr, write_stdout
from skillpack.cli.opening import find_unmatched, open_skills
from skillpack.errors import OutputError
from skillpack.findings import Report
from skillpack.skill.skill import Skill
from skillpack.text import escaped

if TYPE_CHECKING:
    from pathlib import Path


@click.command("unpack", epilog="Example: skillpack unpack pdf-forms.zip -d skills")
@click.argument("source", metavar="SOURCE")
@options.target_directory
@options.selection
@options.common
def command(session: options.Session, source: str, directory: Path) -> None:
    """Write each skill of SOURCE to a new folder NAME, and print the folders.

    SOURCE is a zip, a request body in JSON, a skill's directory, or `-` for a zip or a body on stdin. All skills are
    checked first; all are written, or none. Nothing that exists is replaced.

    If the folders are written and stdout is not, the exit code is 2 and the message names the folders.
    """
    from skillpack.bundle.unpack import judge, write_skills

    opened = open_skills(session, source)
    opened.report.raise_for_errors()
    skills = [Skill.from_tree(tree) for tree in opened.trees]
    report = Report.merge(
        [opened.report, judge(skills, opened.builder.settings), find_unmatched(session, opened.trees)]
    )
    report.raise_for_errors()
    session.console.print_report(report)
    if not write_skills(skills, directory):
        write_stderr("written, but could not be synced to disk")
    folders = [escaped((directory / skill.name).as_posix()) for skill in skills]
    try:
        for skill, folder in zip(skills, folders, strict=True):
            write_stdout(folder)
            session.console.print_summary(skill.tree, name=skill.name if len(skills) > 1 else "")
    except OutputError as error:
        raise OutputError(f"{error}; the skills were written to {', '.join(folders)}") from error
