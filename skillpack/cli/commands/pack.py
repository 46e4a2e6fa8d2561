"""`skillpack pack`: write skills as InlineSkill JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from skillpack.bundle.bundle import inline_skill
from skillpack.cli import options
from skillpack.cli.deliver import Destination
from skillpack.cli.packing import pack_skills
from skillpack.payload import wire

if TYPE_CHECKING:
    from pathlib import Path


@click.command("pack", epilog="Example: skillpack pack skills/pdf-forms -o pdf-forms.json")
@options.skills
@options.output
@options.output_directory
@options.pick
@options.compression
@options.selection
@options.common
def command(session: options.Session, skills: tuple[str, ...], output: Path | None, output_dir: Path | None) -> None:
    """Print a skill as the InlineSkill to embed in a request.

    With several skills, --output-dir is required and gets NAME.json for each, or nothing if one skill has errors.
    """
    destination = Destination(output, output_dir, ".json")
    destination.check(skills)
    for packed in pack_skills(session, skills, destination):
        destination.deliver(packed.skill.name, wire.pieces(inline_skill(packed)))
