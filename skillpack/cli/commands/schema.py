"""`skillpack schema`: print the JSON schema of request bodies or of the settings."""

from __future__ import annotations

from importlib.resources import files
from typing import Final

import click

from skillpack.cli.console import write_stdout

SCHEMAS: Final = {"container-create": "container-create.schema.json", "settings": "settings.schema.json"}


@click.command("schema", epilog="Example: skillpack schema settings > skillpack.schema.json")
@click.argument("name", metavar="NAME", type=click.Choice(sorted(SCHEMAS)))
def command(name: str) -> None:
    """Print a JSON schema; NAME is container-create or settings."""
    write_stdout(files("skillpack").joinpath("schemas", SCHEMAS[name]).read_text("utf-8"), newline=False)
