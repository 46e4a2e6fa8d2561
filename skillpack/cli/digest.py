"""`skillpack digest`: skills to their content digests."""

from __future__ import annotations

import click

from skillpack.cli import options
from skillpack.findings import escaped


@click.command("digest", epilog="Example: skillpack digest skills/pdf-forms")
@options.skills
@click.option("--check", metavar="DIGEST", help="Exit with 1 unless the skill has this digest.")
@options.compression
@options.selection
@options.common
def command(session: options.Session, skills: tuple[str, ...], check: str | None) -> int:
    """Print the content digest: the same wherever and however the skill is packed."""
    if check and len(skills) > 1:
        raise click.UsageError("--check takes one skill")
    for skill in skills:
        digest = session.builder(skill).tree(skill).digest
        click.echo(digest if len(skills) == 1 else f"{digest}  {escaped(skill)}")
        if check and digest != check:
            session.console.say(f"{escaped(skill)} has another content than {escaped(check)[:80]}")
            return 1
    return 0
