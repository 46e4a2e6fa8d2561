"""`skillpack schema`: the JSON schemas we hold bodies and settings to."""

from __future__ import annotations

from importlib.resources import files
from typing import Final

import click

from skillpack.cli import streams

SCHEMAS: Final = {"container-create": "container-create.schema.json", "settings": "settings.schema.json"}


@click.command("schema", epilog="Example: skillpack schema settings > skillpack.schema.json")
@click.argument("name", type=click.Choice(sorted(SCHEMAS)))
def command(name: str) -> None:
    """Print a JSON schema."""
    streams.put(files("skillpack").joinpath("schemas", SCHEMAS[name]).read_text("utf-8"), newline=False)
