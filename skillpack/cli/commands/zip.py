"""`skillpack zip`: write the zips of skills."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from skillpack.cli import options
from skillpack.cli.deliver import Destination
from skillpack.cli.packing import pack_skills

if TYPE_CHECKING:
    from pathlib import Path


@click.command("zip", epilog="Example: skillpack zip skills/pdf-forms -o pdf-forms.zip")
@options.skills
@options.output
@options.output_directory
@options.pick
@options.compression
@options.selection
@options.common
def command(session: options.Session, skills: tuple[str, ...], output: Path | None, output_dir: Path | None) -> None:
    """Write a skill's zip.

    With several skills, --output-dir is required and gets NAME.zip for each, or nothing if one skill has errors.
    """
    destination = Destination(output, output_dir, ".zip")
    destination.check(skills)
    for packed in pack_skills(session, skills, destination):
        destination.deliver(packed.skill.name, packed.zip.pieces(), newline=False)
