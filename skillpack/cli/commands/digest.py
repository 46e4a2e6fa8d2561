"""`skillpack digest`: print the content digests of skills."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final

import click

from skillpack.cli import options
from skillpack.cli.console import write_stdout
from skillpack.cli.exit_codes import FAILED, FINDINGS, SUCCEEDED
from skillpack.cli.opening import collect_rejections, find_unmatched, open_path, open_skills
from skillpack.errors import NotASkillError, SkillpackError
from skillpack.findings import RejectedError, Report
from skillpack.skill.digest import DIGEST
from skillpack.sources.directory import native
from skillpack.text import escaped, plural
from skillpack.values import NamedTuple

if TYPE_CHECKING:
    from typing import BinaryIO

    from skillpack.api import Builder
    from skillpack.skill.tree import SkillTree


_DIGEST: Final = re.compile(DIGEST)
_LINE: Final = re.compile(rf"(?P<escape>\\?)(?P<digest>{DIGEST})  (?P<path>.+)")
_ESCAPED: Final = {"\\": r"\\", "\n": r"\n", "\r": r"\r"}
_UNESCAPED: Final = {escape: char for char, escape in _ESCAPED.items()}
_ESCAPES: Final = re.compile(r"\\(?:[\\nr]|x[0-9a-f]{2})")
_MAX_FILE_BYTES: Final = 16 * 1024 * 1024


@click.command("digest", epilog="Example: skillpack digest skills/pdf-forms")
@options.skills
@options.everywhere
@click.option("--check", metavar="DIGEST", help="Exit with 1 if the skill has a different digest.")
@click.option(
    "--check-file",
    type=options.InputFile("rb"),
    metavar="FILE",
    help="Check the skills listed in this file, a line `DIGEST  SKILL` for each.",
)
@options.compression
@options.selection
@options.common
def command(
    session: options.Session,
    skills: tuple[str, ...],
    everywhere: bool,
    check: str | None,
    check_file: BinaryIO | None,
) -> int:
    """Print the content digest, which does not depend on how the skill is packed.

    A skill with errors has one too, unless a path in it is rejected, a file is over 25 MiB, or a name holds a line
    feed.

    For several skills, it prints the lines that --check-file checks. With -v, also print the zip's SHA-256, and the
    compression and versions that it depends on.
    """
    if check_file:
        if skills or everywhere or check is not None:
            raise click.UsageError("--check-file takes neither SKILL nor --check: the file lists the skills")
        return _check_listed(session, _read_lines(check_file))
    skills = options.find_skills(session, skills, everywhere=everywhere)
    if check is not None and len(skills) > 1:
        raise click.UsageError("--check takes one skill")
    if check is not None and not _DIGEST.fullmatch(check):
        raise click.UsageError("--check takes a content digest: skillpack1: followed by 64 lowercase hex digits")
    opened = [open_skills(session, skill) for skill in skills]
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
    digests: list[str] = []
    failures: list[Report] = []
    for builder, tree in zip(builders, trees, strict=True):
        with collect_rejections(failures):
            digests.append(builder.digest(tree))
    Report.merge(failures).raise_for_errors()
    for skill, builder, tree, digest in zip(skills, builders, trees, digests, strict=True):
        write_stdout(digest if len(skills) == 1 and not everywhere else str(Line(digest, skill)))
        if session.console.verbose:
            session.console.print(_describe_zip(builder, tree))
            session.console.print_summary(tree, name=skill if len(skills) > 1 else "")
        if check is not None and digest != check:
            session.console.print(f"{escaped(skill)} differs from {check}")
            session.console.print_summary(tree)  # ignore files above the skill may differ
            return FINDINGS
    return SUCCEEDED


class Line(NamedTuple):
    r"""A line of a file of digests.

    As those of sha256sum, it starts with a backslash where its path would break it or is not safe to print: then \\, \n
    and \r stand for a character and \x1b for a byte of the path.
    """

    digest: str
    path: str

    def __str__(self) -> str:
        if escaped(self.path) == self.path:
            return f"{self.digest}  {self.path}"
        return f"\\{self.digest}  {''.join(map(_escape, self.path))}"

    @classmethod
    def parse(cls, text: str) -> Line | None:
        """Read a line without its line break; return None if it is something else."""
        found = _LINE.fullmatch(text)
        if not found:
            return None
        path = found["path"]
        if found["escape"]:
            if _ESCAPES.sub("", path).count("\\"):
                return None
            path = _ESCAPES.sub(_unescape, path.encode("utf-8", "surrogateescape").decode("latin-1"))
            path = path.encode("latin-1").decode("utf-8", "surrogateescape")
        return cls(found["digest"], path)


def _escape(char: str) -> str:
    if char in _ESCAPED:
        return _ESCAPED[char]
    if char.isascii() and char.isprintable() and char not in ":#":  # which begin a command of a CI runner
        return char
    return "".join(f"\\x{byte:02x}" for byte in os.fsencode(char))


def _unescape(found: re.Match[str]) -> str:
    return _UNESCAPED.get(found[0]) or bytes.fromhex(found[0][2:]).decode("latin-1")


def _read_lines(file: BinaryIO) -> list[Line]:
    """Read a file of digests; empty lines are skipped.

    Raises:
        click.UsageError: a line is something else, or the file has no lines.
    """
    content = file.read(_MAX_FILE_BYTES + 1)
    if len(content) > _MAX_FILE_BYTES:
        raise click.UsageError(f"--check-file: the file has over {_MAX_FILE_BYTES:,} bytes")
    lines = []
    for number, line in enumerate(content.decode("utf-8", "surrogateescape").split("\n"), start=1):
        found = Line.parse(line.removesuffix("\r"))
        if found:
            lines.append(found._replace(path=native(found.path)))
        elif line.strip():
            raise click.UsageError(f"--check-file: line {number} is not a content digest, two spaces and a path")
    if not lines:
        raise click.UsageError("--check-file: the file lists no skill")
    return lines


def _check_listed(session: options.Session, lines: list[Line]) -> int:
    """Print `PATH: OK` or `PATH: FAILED` for each line; return 1 if a digest differs, 2 if a skill has none."""
    differing = unread = 0
    for digest, path in lines:
        try:
            failed = _digest_at(session, path) != digest
        except RejectedError as error:
            session.console.print_report(error.report)
            failed, unread = True, unread + 1
        except SkillpackError as error:
            session.console.print_error(str(error))
            failed, unread = True, unread + 1
        else:
            differing += failed
        write_stdout(f"{escaped(path)}: {'FAILED' if failed else 'OK'}")
    if differing:
        session.console.print(f"{differing:,} of {plural(len(lines), 'skill')} differ")
    if unread:
        session.console.print(f"{unread:,} of {plural(len(lines), 'skill')} have no digest")
    return FAILED if unread else FINDINGS if differing else SUCCEEDED


def _digest_at(session: options.Session, path: str) -> str:
    """Return the digest of a skill, or of one in a body: `body.json#/skills/0`, as a line names it.

    Raises:
        RejectedError: the skill or the body has errors, and no digest.
        NotASkillError: it cannot be opened, or does not have exactly one skill.
    """
    body, hash, _ = path.partition("#/")
    inside = bool(hash) and not os.path.lexists(path)
    opened = open_path(session, body if inside else path)
    opened.report.raise_for_errors()
    trees = [tree for tree in opened.trees if not inside or tree.origin == path]
    if len(trees) != 1:
        raise NotASkillError(f"{escaped(path)} has {plural(len(trees), 'skill')}, and a line is about one")
    find_unmatched(session, trees).raise_for_errors()
    return opened.builder.digest(trees[0])


def _describe_zip(builder: Builder, tree: SkillTree) -> str:
    import hashlib
    from importlib.metadata import version

    from skillpack.archive.records import FORMAT_VERSION
    from skillpack.archive.write import Compression
    from skillpack.cli.packing import pack_as_zip

    zip = pack_as_zip(builder, tree).zip
    compression = Compression(builder.settings.compression)
    how = "store"
    if compression.level:
        how = f"{compression}, libdeflate level {compression.level} of deflate {version('deflate')}"
    return f"zip sha256 {hashlib.sha256(zip).hexdigest()} ({len(zip):,} bytes; format {FORMAT_VERSION}, {how})"
