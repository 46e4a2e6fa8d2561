"""`skillpack check`: skills to what there is to say about them."""

from __future__ import annotations

import click

from skillpack.cli import options
from skillpack.findings import Report, Severity


@click.command("check", epilog="Example: skillpack check skills/*")
@click.argument("skills", nargs=-1, metavar="[SKILL...]")
@click.option("--output-format", type=click.Choice(["text", "concise", "json"]), default="text", help="How to say it.")
@click.option("--strict", is_flag=True, help="Treat warnings as errors.")
@options.compression
@options.selection
@options.common
def command(session: options.Session, skills: tuple[str, ...], output_format: str, strict: bool) -> int:
    """Say everything there is to say about skills. Without SKILL, the skill in this folder."""
    from skillpack.output import json, text

    report = Report.joined(session.builder(skill).check(skill) for skill in skills or (".",))
    if output_format == "json":
        click.echo(json.render(report))
    elif output_format == "concise":
        for finding in report:
            click.echo(str(finding))
    else:
        click.echo(text.render(report, style=session.console.style), color=True)
    return 1 if report.at_least(Severity.WARNING if strict else Severity.ERROR) else 0
