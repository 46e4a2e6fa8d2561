"""`skillpack schema`: the JSON schemas we hold bodies and settings to."""

from __future__ import annotations

from importlib.resources import files
from typing import Final

import click

SCHEMAS: Final = {"container-create": "container-create.schema.json", "settings": "settings.schema.json"}


@click.command("schema", epilog="Example: skillpack schema settings > skillpack.schema.json")
@click.argument("name", type=click.Choice(sorted(SCHEMAS)))
def command(name: str) -> None:
    """Print a JSON schema."""
    click.echo(files("skillpack").joinpath("schemas", SCHEMAS[name]).read_text("utf-8"), nl=False)
