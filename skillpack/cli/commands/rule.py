"""`skillpack rule`: the catalogue of rules, or the page of one."""

from __future__ import annotations

import sys

import click

from skillpack.cli import options, streams
from skillpack.findings import escaped


@click.command("rule", epilog="Example: skillpack rule yaml-unquoted-colon")
@click.argument("id", required=False)
@options.common
def command(session: options.Session, id: str | None) -> None:
    """List all rules, or show the page of one: what it finds, why that matters, before and after."""
    from skillpack.output.catalogue import render_page, render_table
    from skillpack.rules import RULES
    from skillpack.settings.schema import nearest

    look = session.console.look(sys.stdout)
    if id is None:
        streams.put(render_table(look), colored=True)
    elif id in RULES:
        streams.put(render_page(RULES[id], look), colored=True)
    else:
        raise click.UsageError(f"there is no rule {escaped(id[:100])}{nearest(id, RULES)}")
