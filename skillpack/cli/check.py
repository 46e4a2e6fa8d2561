"""`skillpack check`: skills to what there is to say about them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from skillpack.cli import options
from skillpack.findings import Report, Severity
from skillpack.output import FORMATS

if TYPE_CHECKING:
    from skillpack.output import Format


@click.command("check", epilog="Example: skillpack check skills/*")
@click.argument("skills", nargs=-1, metavar="[SKILL...]")
@click.option("--output-format", type=click.Choice(FORMATS), default="text", help="How to say it.")
@click.option("--strict", is_flag=True, help="Treat warnings as errors.")
@options.compression
@options.selection
@options.common
def command(session: options.Session, skills: tuple[str, ...], output_format: Format, strict: bool) -> int:
    """Say everything there is to say about skills. Without SKILL, the skill in this folder."""
    from skillpack.output import render

    report = Report.joined(session.builder(skill).check(skill) for skill in skills or (".",))
    if rendered := render(report, output_format, session.console.look(sys.stdout)):
        click.echo(rendered, color=True)
    if report.crashed:
        return 2
    return 1 if report.at_least(Severity.WARNING if strict else Severity.ERROR) else 0
