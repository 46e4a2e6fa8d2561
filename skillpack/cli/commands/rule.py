"""`skillpack rule`: print the list of rules, or the page of one."""

from __future__ import annotations

import sys

import click

from skillpack.cli import options
from skillpack.cli.console import write_stdout
from skillpack.text import escaped


@click.command("rule", epilog="Example: skillpack rule yaml-unquoted-colon")
@click.argument("id", required=False)
@options.common
def command(session: options.Session, id: str | None) -> None:
    """List all rules, or show the page of one: what it detects, why that matters, how to fix it."""
    from skillpack.output.catalogue import render_page, render_table
    from skillpack.rules import RULES
    from skillpack.settings.schema import nearest

    look = session.console.look(sys.stdout)
    if id is None:
        write_stdout(render_table(look), colored=True)
    elif id in RULES:
        write_stdout(render_page(RULES[id], look), colored=True)
    else:
        raise click.UsageError(f"unknown rule {escaped(id[:100])}{nearest(id, RULES)}")
