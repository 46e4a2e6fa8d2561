"""`skillpack pack`: write skills as InlineSkill JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from skillpack.bundle.bundle import inline_skill
from skillpack.cli import container_options, options
from skillpack.cli.deliver import Destination
from skillpack.cli.packing import pack_skills
from skillpack.payload import wire
from skillpack.payload.javascript import reshape

if TYPE_CHECKING:
    from pathlib import Path

    from skillpack.payload.javascript import Shape


@click.command("pack", epilog="Example: skillpack pack skills/pdf-forms -o pdf-forms.json")
@container_options.shape
@options.packing
def command(
    session: options.Session,
    skills: tuple[str, ...],
    everywhere: bool,
    output: Path | None,
    output_dir: Path | None,
    jobs: int | None,
    shape: Shape,
) -> None:
    """Print a skill as the InlineSkill to embed in a request.

    Several skills need --output-dir, which gets NAME.json for each. If one skill has errors, nothing is written.
    """
    skills = options.find_skills(session, skills, everywhere=everywhere)
    destination = Destination(output, output_dir, ".json")
    destination.check(skills)
    for packed in pack_skills(session, skills, destination, processes=jobs):
        destination.deliver(packed.skill.name, wire.pieces(reshape(inline_skill(packed), shape)))
