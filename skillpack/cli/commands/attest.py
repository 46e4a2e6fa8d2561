"""`skillpack attest`: print an in-toto statement about a skill, for another tool to sign."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from skillpack.bundle.manifest import attest
from skillpack.cli import options
from skillpack.cli.deliver import deliver_text
from skillpack.cli.packing import open_bundles, refuse_outputs_inside
from skillpack.output.json import dumps
from skillpack.text import escaped

if TYPE_CHECKING:
    from pathlib import Path


@click.command("attest", epilog="Example: skillpack attest pdf-forms.zip -o pdf-forms.intoto.json")
@click.argument("skill", default=".")
@click.option("--predicate", is_flag=True, help="Print only the predicate, for tools that make the statement.")
@options.output
@options.compression
@options.selection
@options.common
def command(session: options.Session, skill: str, predicate: bool, output: Path | None) -> None:
    """Print an in-toto statement about a skill's zip, for cosign or GitHub to sign.

    Its subject has the SHA-256 of the zip and the content digest; its predicate lists the files.

    The zip is the one that `skillpack zip` writes; a zip that skillpack wrote is described unchanged,
    also in a request body; a zip made by another tool is refused.
    """
    bundles = open_bundles(session, (skill,))
    if len(bundles) != 1:
        raise click.UsageError(f"this command takes one skill, and {escaped(skill)} has {len(bundles)}")
    refuse_outputs_inside(session, [bundles[0].skill.tree], [output])
    statement = attest(bundles[0])
    deliver_text(dumps(statement["predicate"] if predicate else statement), output)
