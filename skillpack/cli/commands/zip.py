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
@options.packing
def command(
    session: options.Session,
    skills: tuple[str, ...],
    everywhere: bool,
    output: Path | None,
    output_dir: Path | None,
    jobs: int | None,
) -> None:
    """Write a skill's zip, in the layout that the targets require: a folder, or SKILL.md at the root.

    Several skills need --output-dir, which gets NAME.zip for each. If one skill has errors, nothing is written.
    """
    skills = options.find_skills(session, skills, everywhere=everywhere)
    destination = Destination(output, output_dir, ".zip")
    destination.check(skills)
    for packed in pack_skills(session, skills, destination, as_zip=True, processes=jobs):
        destination.deliver(packed.skill.name, packed.zip.pieces(), newline=False)
