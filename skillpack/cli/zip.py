"""`skillpack zip`: skills to their zips."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from skillpack.cli import options
from skillpack.cli.delivery import deliver, one_place
from skillpack.cli.packing import pack_each

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

    Several skills need --output-dir, which gets NAME.zip for each.
    """
    one_place(skills, output, output_dir)
    for bundle in pack_each(session, skills):
        target = output_dir / f"{bundle.skill.name}.zip" if output_dir else output
        deliver([bundle.zip], target, newline=False)
