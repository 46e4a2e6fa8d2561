"""`skillpack rule`: print the catalogue of rules, or the page of one."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from skillpack.cli import options
from skillpack.cli.console import write_stdout
from skillpack.text import escaped, nearest

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


def _complete(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the ids that start with a text, each with its level."""
    from click.shell_completion import CompletionItem

    from skillpack.rules import RULES

    return [CompletionItem(id, help=str(RULES[id].severity)) for id in sorted(RULES) if id.startswith(incomplete)]


@click.command("rule", epilog="Example: skillpack rule yaml-unquoted-colon")
@click.argument("id", required=False, shell_complete=_complete)
@click.option("--output-format", type=click.Choice(["text", "json"]), default="text", help="Output format.")
@options.common
def command(session: options.Session, id: str | None, output_format: str) -> None:
    """List all rules, or show the page of one: what it detects, why it matters, how to fix it."""
    from skillpack.output.catalogue import render_json, render_page, render_table
    from skillpack.rules import RULES

    if id is not None and id not in RULES:
        raise click.UsageError(
            f"there is no rule {escaped(id[:100])}{nearest(id, RULES) or '; skillpack rule lists all'}"
        )
    chosen = [RULES[id]] if id else sorted(RULES.values(), key=lambda rule: rule.id)
    if output_format == "json":
        write_stdout(render_json(chosen))
        return
    look = session.console.look(sys.stdout)
    write_stdout(render_page(chosen[0], look) if id else render_table(look), colored=True)
