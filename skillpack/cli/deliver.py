"""Skills to bundles, with one report for all of them before the first is handed on."""

from __future__ import annotations

import json
import os
import stat
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from skillpack import atomic
from skillpack.archive.read import read_zip
from skillpack.bundle.packing import Zipping
from skillpack.cli import streams
from skillpack.errors import ArchiveError, OutputError, PayloadError, SkillpackError
from skillpack.findings import Report, escaped
from skillpack.limits import MAX_ZIP_BYTES
from skillpack.payload import wire
from skillpack.rules import Asked, Environment, weigh
from skillpack.select.walk import walk
from skillpack.skill.skill import Skill
from skillpack.sources.directory import DiskFile, is_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from skillpack.api import Builder
    from skillpack.bundle.bundle import Bundle, Streamed
    from skillpack.cli.options import Session
    from skillpack.skill.tree import SkillTree


@dataclass(frozen=True, slots=True)
class Destination:
    """Where the results of a call go: a file, or a folder that gets NAME and a suffix for each skill, or stdout."""

    output: Path | None = None
    folder: Path | None = None
    suffix: str = ""

    @property
    def stdout(self) -> bool:
        """Whether the result is printed."""
        return self.folder is None and self.output in (None, Path("-"))

    def files(self, names: Iterable[str]) -> tuple[Path, ...]:
        """Return the files that the call writes."""
        if self.folder:
            return tuple(self.folder / f"{name}{self.suffix}" for name in names)
        return () if self.output is None or self.stdout else (self.output,)


def pack_each(session: Session, skills: tuple[str, ...], destination: Destination) -> Iterator[Bundle]:
    """Yield each skill packed, and say what was noticed; nothing is yielded unless all are sound.

    Raises:
        RejectedError: a skill has errors, two have the same name, or a pattern of the command line matches nothing;
            holds the findings of all.
    """
    for builder, tree in _sound(session, skills, destination):
        bundle = builder.pack(tree)
        _told(session, tree, bundle.report)
        yield bundle


def pack_each_for(session: Session, skills: tuple[str, ...], destination: Destination) -> Iterator[Bundle | Streamed]:
    """Yield the same for a file, each packed only while it is written; for stdout packed, as pack_each does.

    A file is put in place once it is whole. To stdout nothing may go before the whole is known to fit.
    """
    if destination.stdout:
        yield from pack_each(session, skills, destination)
        return
    for builder, tree in _sound(session, skills, destination):
        zipping = Zipping(Skill.from_tree(tree), builder.settings, builder.threads, builder.watch)
        yield zipping.stream(partial(_told, session, tree), early=len(skills) == 1)  # or each would hold its own


def _told(session: Session, tree: SkillTree, report: Report) -> None:
    session.console.report(report)
    session.console.summary(tree)


def unmatched(session: Session, trees: Iterable[SkillTree]) -> Report:
    """Return the finding for each pattern of the command line that matched in none of the skills."""
    if not session.patterns:
        return Report()
    trees = tuple(trees)
    settings = session.settings(among=[tree.origin for tree in trees])
    return weigh(Asked(session.patterns, tuple(tree.selection.unmatched for tree in trees)), settings)


def _sound(session: Session, skills: tuple[str, ...], destination: Destination) -> list[tuple[Builder, SkillTree]]:
    """Return the tree of each skill; packing one by one would write some files before the last is known to be bad."""
    found = _trees(session, skills, destination)
    typos = unmatched(session, (tree for _, tree in found))
    if len(skills) > 1 or typos.findings:
        reports = [builder.check(tree) for builder, tree in found]
        names = tuple(subject.name for report in reports for subject in report.subjects if subject.name)
        together = weigh(Environment("local", names), session.settings(among=skills))
        Report.merge([*reports, together, typos]).raise_for_errors()
    return found


def _trees(session: Session, skills: tuple[str, ...], destination: Destination) -> list[tuple[Builder, SkillTree]]:
    """Walk each skill, without the outputs: an old result must not be packed into the new.

    Raises:
        OutputError: an output would replace a file in a skill that is no result.
    """
    builders = [session.builder(skill) for skill in skills]
    found = [(builder, builder.tree(skill)) for builder, skill in zip(builders, skills, strict=True)]
    written = destination.files(Skill.from_tree(tree).name for _, tree in found)
    if not any(file.exists() or file.is_symlink() for file in written):
        return found
    refuse_to_replace(written, skills, (tree for _, tree in found))
    return [
        (builder, tree if is_file(Path(skill)) else walk(Path(skill), builder.settings, never=written))
        for (builder, tree), skill in zip(found, skills, strict=True)
    ]


_TERMINAL_BYTES: Final = 64 * 1024


def deliver(
    pieces: Iterable[bytes],
    output: Path | None,
    *,
    newline: bool = True,
    private: bool = False,
    shown: bool = False,
) -> None:
    """Write a result to a file, or to stdout if there is none.

    Args:
        pieces: the result.
        output: the file; `-` is stdout too.
        newline: whether a line break ends it on a terminal.
        private: whether it holds secrets: only its owner may read the file, and no terminal shows it.
        shown: whether a terminal shows it all the same.

    Raises:
        OutputError: it cannot be written; what was there is untouched.
    """
    if output is not None and output != Path("-"):
        if not atomic.replace(output, pieces, private=private) and output.is_file():
            streams.tell("written, but the system does not say whether it would survive a loss of power")
        return
    try:
        _to_stdout(pieces, newline=newline, private=private and not shown)
    except (BrokenPipeError, SkillpackError):
        raise
    except OSError as error:
        raise OutputError(f"cannot write to stdout: {(error.strerror or 'failed').lower()}") from error


def _to_stdout(pieces: Iterable[bytes], *, newline: bool, private: bool) -> None:
    stdout = sys.stdout.buffer
    if not sys.stdout.isatty():
        for piece in pieces:
            stdout.write(piece)
        stdout.flush()
        return
    if private:
        raise OutputError("the body holds secrets, which are not for a terminal: use -o FILE, a pipe or --show-secrets")
    whole = b"".join(pieces)
    if not newline or len(whole) > _TERMINAL_BYTES:
        raise OutputError(f"{len(whole):,} bytes are not for a terminal: use -o FILE or a pipe")
    stdout.write(_printable(whole.decode()).encode() + b"\n")
    stdout.flush()


def _printable(json_text: str) -> str:
    """Return JSON that means the same, with what a terminal would obey, or nobody would see, as its escapes."""
    if json_text == escaped(json_text):
        return json_text
    return "".join(char if char == escaped(char) else json.dumps(char)[1:-1] for char in json_text)


def one_place(skills: tuple[str, ...], output: Path | None, directory: Path | None) -> None:
    """Refuse a call that leaves open where its results go.

    Raises:
        click.UsageError: several skills without a folder, or both a file and a folder.
    """
    if directory and output:
        raise click.UsageError("--output and --output-dir exclude each other")
    if len(skills) > 1 and not directory:
        raise click.UsageError("several skills need --output-dir, which gets one file for each")


def deliver_into(directory: Path, name: str, pieces: Iterable[bytes]) -> None:
    """Write a result to a file of this name in a folder, which is made if it is not there.

    Raises:
        OutputError: it cannot be written; what was there is untouched.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = (error.strerror or "failed").lower()
        raise OutputError(f"cannot make {escaped(str(directory))}: {reason}") from error
    deliver(pieces, directory / name)


_MAX_BYTES: Final = 512 * 1024 * 1024  # a larger file is not read, and counts as somebody's own


def refuse_to_replace(outputs: Iterable[Path], skills: Iterable[str], trees: Iterable[SkillTree]) -> None:
    """Refuse outputs that would replace a file in a skill, unless the file is a result of an earlier call.

    Folders and files are compared by device and inode: a name can differ in case, or lead over a symlink or mount.

    Args:
        outputs: the files that the call writes.
        skills: the directories of the skills; zips have no files to replace.
        trees: the files to pack; a hard link to one of them would be excluded as the output that it is.

    Raises:
        OutputError: one of them is in a skill and not a result.
    """
    roots = [os.stat(skill) for skill in skills if os.path.isdir(skill)]
    packed = {file.source.identity[:2] for tree in trees for file in tree.files if isinstance(file.source, DiskFile)}
    for output in outputs:
        if not os.path.lexists(output):
            continue
        status = os.lstat(output)
        in_skill = (status.st_dev, status.st_ino) in packed or _is_below(output, roots)
        if in_skill and not (stat.S_ISREG(status.st_mode) and _is_result(output)):
            raise OutputError(f"cannot write {escaped(str(output))}: it is in the skill, and no result of skillpack")


def _is_below(file: Path, roots: list[os.stat_result]) -> bool:
    folder = Path(os.path.realpath(file.parent))
    above = [os.stat(place) for place in (folder, *folder.parents)]
    return any(os.path.samestat(place, root) for place in above for root in roots)


def _is_result(file: Path) -> bool:
    try:
        content = _content(file)
    except OSError as error:
        reason = (error.strerror or "failed").lower()
        raise OutputError(
            f"cannot write {escaped(str(file))}: it is in the skill, and cannot be read: {reason}"
        ) from error
    return _is_our_zip(content) if content.startswith(b"PK") else _is_our_json(content)


def _content(file: Path) -> bytes:
    """Return the content of a file, or nothing of one that is too large; never through a link, never waiting."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with open(os.open(file, flags), "rb") as opened:
        size = os.fstat(opened.fileno()).st_size
        return opened.read(size) if size <= _MAX_BYTES else b""


def _is_our_zip(content: bytes) -> bool:
    try:
        return len(content) <= MAX_ZIP_BYTES and bool(read_zip(content).files)
    except ArchiveError:
        return False


def _is_our_json(content: bytes) -> bool:
    """Return whether it is a body, written as we write it: indented or with a line break at the end it is not."""
    if not content.startswith(b'{"'):
        return False
    try:
        value = json.loads(content)
        return _is_body(value) and b"".join(wire.pieces(value)) == content
    except (ValueError, RecursionError):
        return False


def _is_body(value: dict[str, object]) -> bool:
    from skillpack.payload.models import ContainerAuto, ContainerCreate, InlineSkill

    tool = value.get("type") == "shell" and value.keys() == {"type", "environment"}
    environment = value["environment"] if tool else None
    if isinstance(environment, dict) and environment.get("type") == "local":
        skills = environment.get("skills")
        return (
            environment.keys() == {"type", "skills"} and isinstance(skills, list) and all(map(_is_local_skill, skills))
        )
    model = ContainerAuto if tool else InlineSkill if value.get("type") == "inline" else ContainerCreate
    try:
        model.parse(environment if tool else value)
    except PayloadError:
        return False
    return True


def _is_local_skill(value: object) -> bool:
    return isinstance(value, dict) and value.keys() == {"name", "description", "path"}
