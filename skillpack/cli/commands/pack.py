"""`skillpack pack`: skills to InlineSkill JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from skillpack.bundle.bundle import inline_skill
from skillpack.cli import options
from skillpack.cli.deliver import Destination, deliver, deliver_into, one_place, pack_each_for
from skillpack.payload import wire

if TYPE_CHECKING:
    from pathlib import Path


@click.command("pack", epilog="Example: skillpack pack skills/pdf-forms -o pdf-forms.json")
@options.skills
@options.output
@options.output_directory
@options.compression
@options.selection
@options.common
def command(session: options.Session, skills: tuple[str, ...], output: Path | None, output_dir: Path | None) -> None:
    """Print a skill as the InlineSkill to embed in a request.

    Several skills need --output-dir, which gets NAME.json for each, or nothing if one skill has errors.
    """
    one_place(skills, output, output_dir)
    for bundle in pack_each_for(session, skills, Destination(output, output_dir, ".json")):
        if output_dir:
            deliver_into(output_dir, f"{bundle.skill.name}.json", wire.pieces(inline_skill(bundle)))
        else:
            deliver(wire.pieces(inline_skill(bundle)), output)
