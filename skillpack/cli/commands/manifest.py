"""`skillpack manifest`: print the files, sizes and hashes of skills for others to check."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import click

from skillpack.bundle.manifest import FORMATS, artifact, manifest
from skillpack.cli import options
from skillpack.cli.deliver import Destination, deliver_text
from skillpack.cli.packing import open_bundles, refuse_outputs_inside
from skillpack.limits import MANIFEST
from skillpack.output.json import dumps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from skillpack.bundle.bundle import Bundle
    from skillpack.bundle.manifest import ManifestFormat


@click.command("manifest", epilog="Example: skillpack manifest skills/pdf-forms --as mcp")
@options.skills
@options.everywhere
@click.option("--as", "format", type=click.Choice(FORMATS), default="json", help="Format of the manifest.")
@click.option(
    "--artifacts",
    type=options.OutputPath(file_okay=False, path_type=Path),
    metavar="DIR",
    help="With --as well-known: write the files that the index names to this directory.",
)
@options.output
@options.compression
@options.selection
@options.common
def command(
    session: options.Session,
    skills: tuple[str, ...],
    everywhere: bool,
    format: ManifestFormat,
    artifacts: Path | None,
    output: Path | None,
) -> None:
    """Print the SHA-256 and the size of each file of skills, and of their zips.

    The zip of a skill is the one that `skillpack zip` writes; a zip that skillpack wrote is described unchanged,
    also in a request body; a zip made by another tool is refused.

    --as mcp prints the entries of MCP's skills/list (SEP-2640), --as well-known the index.json of agent-skills
    discovery 0.2.0.
    """
    if artifacts and format != "well-known":
        raise click.UsageError("--artifacts needs --as well-known")
    skills = options.find_skills(session, skills, everywhere=everywhere)
    bundles = open_bundles(session, skills)
    files = _artifact_files(artifacts, bundles) if artifacts else ()
    refuse_outputs_inside(session, (bundle.skill.tree for bundle in bundles), [output, *files])
    if artifacts:
        for bundle in bundles:
            _write_artifact(artifacts, bundle)
    deliver_text(dumps(manifest(bundles, format)), output)


def _artifact_files(folder: Path, bundles: list[Bundle]) -> Iterator[Path]:
    """Yield the file of each skill's artifact, unless it is the skill's own SKILL.md, which stays as it is."""
    for bundle in bundles:
        file, own = folder / artifact(bundle)[0], Path(bundle.skill.tree.origin, MANIFEST)
        if not (file.is_file() and own.is_file() and file.samefile(own)):
            yield file


def _write_artifact(folder: Path, bundle: Bundle) -> None:
    name, content = artifact(bundle)
    path = PurePosixPath(name)
    destination = Destination(directory=folder / path.parent, suffix=path.suffix)
    destination.deliver(path.stem, [content], newline=False)
