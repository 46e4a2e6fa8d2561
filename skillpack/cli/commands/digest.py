"""`skillpack digest`: skills to their content digests."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import click

from skillpack.cli import options, streams
from skillpack.cli.deliver import unmatched
from skillpack.errors import SkillChangedError
from skillpack.findings import RejectedError, escaped
from skillpack.limits import MAX_FILE_BYTES
from skillpack.skill.tree import DIGEST_VERSION

if TYPE_CHECKING:
    from skillpack.api import Builder
    from skillpack.skill.tree import SkillTree


_DIGEST: Final = re.compile(rf"{DIGEST_VERSION}:[0-9a-f]{{64}}")


@click.command("digest", epilog="Example: skillpack digest skills/pdf-forms")
@options.skills
@click.option("--check", metavar="DIGEST", help="Exit with 1 unless the skill has this digest.")
@options.compression
@options.selection
@options.common
def command(session: options.Session, skills: tuple[str, ...], check: str | None) -> int:
    """Print the content digest: the same wherever and however the skill is packed.

    With -v also the zip's own sha256, and what it depends on beside the content.
    """
    if check is not None and len(skills) > 1:
        raise click.UsageError("--check takes one skill")
    if check is not None and not _DIGEST.fullmatch(check):
        raise click.UsageError("--check takes a content digest: skillpack1: and 64 lowercase hex digits")
    builders = [session.builder(skill) for skill in skills]
    trees = [builder.tree(skill) for builder, skill in zip(builders, skills, strict=True)]
    unmatched(session, trees).raise_for_errors()
    digests = [_digest(builder, tree) for builder, tree in zip(builders, trees, strict=True)]
    for skill, builder, tree, digest in zip(skills, builders, trees, digests, strict=True):
        streams.put(digest if len(skills) == 1 else f"{digest}  {escaped(skill)}")
        if session.console.verbose:
            session.console.say(_zip(builder, tree))
            session.console.summary(tree)
        if check is not None and digest != check:
            session.console.say(f"{escaped(skill)} has another content than {check}")
            session.console.summary(tree)  # the same folder without its repository has other ignore files above it
            return 1
    return 0


def _digest(builder: Builder, tree: SkillTree) -> str:
    """Return the digest of what would be packed; a tree that can never be packed as it stands has none."""
    if tree.selection.rejected or not tree.listable or any(file.size > MAX_FILE_BYTES for file in tree.files):
        raise RejectedError(builder.check(tree))
    try:
        return tree.digest
    except SkillChangedError:
        raise
    except OSError as error:
        raise RejectedError(builder.check(tree)) from error


def _zip(builder: Builder, tree: SkillTree) -> str:
    import hashlib
    from importlib.metadata import version

    from skillpack.archive import FORMAT_VERSION, Compression

    compression = Compression(builder.settings.compression)
    how = "store"
    if compression.level:
        how = f"{compression}, libdeflate level {compression.level} of deflate {version('deflate')}"
    zip = builder.pack(tree).zip
    return f"zip sha256 {hashlib.sha256(zip).hexdigest()} ({len(zip):,} bytes; format {FORMAT_VERSION}, {how})"
