"""`skillpack zip`: skills to their zips."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from skillpack.cli import options
from skillpack.cli.deliver import Destination, deliver, deliver_into, one_place, pack_each

if TYPE_CHECKING:
    from pathlib import Path


@click.command("zip", epilog="Example: skillpack zip skills/pdf-forms -o pdf-forms.zip")
@options.skills
@options.output
@options.output_directory
@options.compression
@options.selection
@options.common
def command(session: options.Session, skills: tuple[str, ...], output: Path | None, output_dir: Path | None) -> None:
    """Write the bundle itself.

    Several skills need --output-dir, which gets NAME.zip for each, or nothing if one skill has errors.
    """
    one_place(skills, output, output_dir)
    for bundle in pack_each(session, skills, Destination(output, output_dir, ".zip")):
        if output_dir:
            deliver_into(output_dir, f"{bundle.skill.name}.zip", [bundle.zip])
        else:
            deliver([bundle.zip], output, newline=False)
