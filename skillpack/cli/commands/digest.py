"""`skillpack digest`: print the content digests of skills."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import click

from skillpack.cli import options
from skillpack.cli.console import write_stdout
from skillpack.cli.opening import open_path
from skillpack.cli.packing import find_unmatched
from skillpack.findings import Report
from skillpack.skill.tree import DIGEST_VERSION
from skillpack.text import escaped

if TYPE_CHECKING:
    from skillpack.api import Builder
    from skillpack.skill.tree import SkillTree


_DIGEST: Final = re.compile(rf"{DIGEST_VERSION}:[0-9a-f]{{64}}")


@click.command("digest", epilog="Example: skillpack digest skills/pdf-forms")
@options.skills
@click.option("--check", metavar="DIGEST", help="Exit with 1 if the skill has a different digest.")
@options.compression
@options.selection
@options.common
def command(session: options.Session, skills: tuple[str, ...], check: str | None) -> int:
    """Print the content digest, which does not depend on how the skill is packed.

    With -v, also print the zip's SHA-256 and what else that depends on.
    """
    if check is not None and len(skills) > 1:
        raise click.UsageError("--check takes one skill")
    if check is not None and not _DIGEST.fullmatch(check):
        raise click.UsageError("--check takes a content digest: skillpack1: followed by 64 lowercase hex digits")
    opened = [open_path(session, skill) for skill in skills]
    Report.merge(each.report for each in opened).raise_for_errors()
    builders = [each.builder for each in opened for _ in each.trees]
    trees = [tree for each in opened for tree in each.trees]
    skills = tuple(
        tree.origin if len(each.trees) > 1 else skill
        for each, skill in zip(opened, skills, strict=True)
        for tree in each.trees
    )
    if check is not None and len(trees) != 1:
        raise click.UsageError("--check takes one skill")
    find_unmatched(session, trees).raise_for_errors()
    digests = [builder.digest(tree) for builder, tree in zip(builders, trees, strict=True)]
    for skill, builder, tree, digest in zip(skills, builders, trees, digests, strict=True):
        write_stdout(digest if len(skills) == 1 else f"{digest}  {escaped(skill)}")
        if session.console.verbose:
            session.console.print(_describe_zip(builder, tree))
            session.console.print_summary(tree)
        if check is not None and digest != check:
            session.console.print(f"{escaped(skill)} differs from {check}")
            session.console.print_summary(tree)  # ignore files above the skill may differ
            return 1
    return 0


def _describe_zip(builder: Builder, tree: SkillTree) -> str:
    import hashlib
    from importlib.metadata import version

    from skillpack.archive import FORMAT_VERSION, Compression

    compression = Compression(builder.settings.compression)
    how = "store"
    if compression.level:
        how = f"{compression}, libdeflate level {compression.level} of deflate {version('deflate')}"
    zip = builder.pack(tree).zip
    return f"zip sha256 {hashlib.sha256(zip).hexdigest()} ({len(zip):,} bytes; format {FORMAT_VERSION}, {how})"
