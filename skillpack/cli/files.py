"""`skillpack files`: a skill to the list of what is packed and what is not."""

from __future__ import annotations

import click

from skillpack.cli import options
from skillpack.cli.console import reason
from skillpack.findings import escaped


@click.command("files", epilog="Example: skillpack files skills/pdf-forms --left-out")
@click.argument("skill", default=".")
@click.option("--left-out", is_flag=True, help="List what is left out, and why.")
@click.option("--output-format", type=click.Choice(["text", "json"]), default="text", help="How to say it.")
@options.selection
@options.common
def command(session: options.Session, skill: str, left_out: bool, output_format: str) -> None:
    """List what is packed, with sizes, `*` for what is executable; or what is left out, and why."""
    from skillpack.output import json

    tree = session.builder(skill).tree(skill)
    if output_format == "json":
        click.echo(json.render_files(tree))
        return
    if left_out:
        for entry in tree.left_out:
            click.echo(reason(entry))
    else:
        width = max((len(f"{file.size:,}") for file in tree.files), default=0)
        for file in tree.files:
            click.echo(f"{file.size:>{width},} {'*' if file.executable else ' '} {escaped(file.path)}")
    session.console.summary(tree)
