"""Write results to files or stdout, without replacing files of a skill."""

from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from skillpack import atomic
from skillpack.cli.console import output_option, write_stderr, write_stdout
from skillpack.errors import OutputError, PayloadError, SkillpackError
from skillpack.payload import wire
from skillpack.sources.directory import DiskFile
from skillpack.text import escaped, os_error
from skillpack.values import Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from skillpack.payload.models import Payload
    from skillpack.skill.tree import SkillTree

_MOST_NAMED: Final = 3
Piece = bytes | bytearray | memoryview


class Destination(Value, kw_only=False):
    """Where results go: to a file, or to a directory as NAME and a suffix for each skill, or to stdout."""

    output: Path | None = None
    directory: Path | None = None
    suffix: str = ""

    @property
    def is_stdout(self) -> bool:
        """Whether the result is printed."""
        return self.directory is None and self.output in (None, Path("-"))

    def files(self, names: Iterable[str]) -> tuple[Path, ...]:
        """Return the files that the call writes, for skills of these names."""
        if self.directory:
            return tuple(self.directory / f"{name}{self.suffix}" for name in names)
        return () if self.output is None or self.is_stdout else (self.output,)

    def check(self, skills: tuple[str, ...], names: Sequence[str] = ()) -> None:
        """Reject a call where it is not clear which result goes where.

        Args:
            skills: the paths of the skills.
            names: their names if a request body has several of them, of which --skill takes one.

        Raises:
            click.UsageError: several skills without a directory, or both a file and a directory.
        """
        if self.directory and self.output:
            raise click.UsageError("--output and --output-dir cannot be combined")
        if len(skills) > 1 and not self.directory:
            shown = ", ".join([*map(escaped, names[:_MOST_NAMED]), *["..."] * (len(names) > _MOST_NAMED)])
            pick = f"; or take one: --skill NAME ({shown})" if names else ""
            raise click.UsageError(f"several skills need --output-dir, which gets one file for each{pick}")

    def deliver(self, name: str, pieces: Iterable[Piece], *, newline: bool = True) -> None:
        """Write the result of one skill.

        Args:
            name: the skill's name.
            pieces: the result.
            newline: whether it is text, which ends with a line break on a terminal.

        Raises:
            OutputError: it cannot be written; what was there is untouched.
        """
        if not self.directory:
            deliver(pieces, self.output, newline=newline)
            return
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"cannot create {escaped(str(self.directory))}: {os_error(error)}") from error
        deliver(pieces, self.directory / f"{name}{self.suffix}")


_TERMINAL_BYTES: Final = 64 * 1024


def deliver(
    pieces: Iterable[Piece],
    output: Path | None,
    *,
    newline: bool = True,
    private: bool = False,
    shown: bool = False,
) -> None:
    """Write a result to a file, or to stdout if no file is given.

    Args:
        pieces: the result.
        output: the file; `-` is stdout too.
        newline: whether it is text, which ends with a line break on a terminal.
        private: whether it holds secrets: a file gets mode 0600, and it is not printed to a terminal.
        shown: whether to print it to a terminal even if it holds secrets.

    Raises:
        OutputError: it cannot be written; what was there is untouched.
    """
    if output is not None and output != Path("-"):
        if not atomic.replace(output, pieces, private=private) and output.is_file():
            write_stderr("written, but could not be synced to disk")
        return
    try:
        _write_stdout(pieces, newline=newline, private=private and not shown)
    except (BrokenPipeError, SkillpackError):  # some of the latter are OSErrors
        raise
    except OSError as error:
        raise OutputError(f"cannot write to stdout: {os_error(error)}") from error


def deliver_text(text: str, output: Path | None) -> None:
    """Write lines to a file, or to stdout if no file is given.

    Args:
        text: the lines, without the last line break.
        output: the file; `-` is stdout too.

    Raises:
        OutputError: it cannot be written; what was there is untouched.
    """
    if output is None or output == Path("-"):
        write_stdout(text)
    else:
        deliver([f"{text}\n".encode()], output)


def _write_stdout(pieces: Iterable[Piece], *, newline: bool, private: bool) -> None:
    stdout = sys.stdout.buffer
    if not sys.stdout.isatty():
        for piece in pieces:
            stdout.write(piece)
        stdout.flush()
        return
    if private:
        raise OutputError("the body holds secrets and stdout is a terminal: use -o FILE, a pipe or --show-secrets")
    whole = b"".join(pieces)
    if not newline or len(whole) > _TERMINAL_BYTES:
        raise OutputError(f"{len(whole):,} bytes are not printed to a terminal: use {output_option()} FILE or a pipe")
    stdout.write(_escape_json(whole.decode()).encode() + b"\n")
    stdout.flush()


def _escape_json(json_text: str) -> str:
    """Return the same JSON value, with characters that a terminal executes or does not show escaped."""
    if json_text == escaped(json_text):
        return json_text
    return "".join(char if char == escaped(char) else json.dumps(char)[1:-1] for char in json_text)


_MAX_BYTES: Final = 512 * 1024 * 1024  # a larger file is not read, and not taken for a result


def reject_overwriting(outputs: Iterable[Path], skills: Iterable[str], trees: Iterable[SkillTree]) -> None:
    """Reject outputs that would replace a file in a skill, unless skillpack wrote the file.

    Directories and files are compared by device and inode: a name can differ in case, or contain a symlink or mount.

    Args:
        outputs: the files that the call writes.
        skills: the directories of the skills; nothing is in a zip.
        trees: the files to pack; a hard link to one of them would be excluded as an output.

    Raises:
        OutputError: one of them is in a skill, and skillpack did not write it.
    """
    roots = {_identity(os.stat(skill)) for skill in skills if os.path.isdir(skill)}
    packed = {file.source.identity[:2] for tree in trees for file in tree.files if isinstance(file.source, DiskFile)}
    for output in outputs:
        if not os.path.lexists(output):
            continue
        status = os.lstat(output)
        in_skill = _identity(status) in packed or _is_below(output, roots)
        if in_skill and not (stat.S_ISREG(status.st_mode) and _is_our_result(output)):
            raise OutputError(
                f"cannot write {escaped(str(output))}: it is in the skill, and skillpack did not write it"
            )


def _is_below(file: Path, roots: set[tuple[int, int]]) -> bool:
    folder = Path(os.path.realpath(file.parent))
    return any(_identity(os.stat(place)) in roots for place in (folder, *folder.parents))


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


def _is_our_result(file: Path) -> bool:
    try:
        content = _read(file)
    except OSError as error:
        message = f"cannot write {escaped(str(file))}: it is in the skill, and cannot be read: {os_error(error)}"
        raise OutputError(message) from error
    if content.startswith(b"PK"):
        from skillpack.archive.read_canonical import is_bundle

        return is_bundle(content)
    return _is_our_json(content) or _is_our_page(content)


def _read(file: Path) -> bytes:
    """Return the content of a file, or nothing if it is too large; symlinks are not followed, FIFOs not waited for."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with open(os.open(file, flags), "rb") as opened:
        size = os.fstat(opened.fileno()).st_size
        return opened.read(size) if size <= _MAX_BYTES else b""


def _is_our_json(content: bytes) -> bool:
    """Return whether it is a body exactly as skillpack writes it, not indented and without a final line break."""
    if not content.startswith(b'{"'):
        return False
    try:
        value = json.loads(content)
        return _is_body(value) and b"".join(wire.pieces(value)) == content
    except (ValueError, RecursionError):
        return False


def _is_our_page(content: bytes) -> bool:
    from skillpack.output.size_html import is_page

    return content.startswith(b"<") and is_page(content)


def _is_body(given: dict[str, object]) -> bool:
    from skillpack.payload.agents import HostedEnvironment
    from skillpack.payload.javascript import restore
    from skillpack.payload.models import ContainerAuto, ContainerCreate, InlineSkill

    value = restore(given)
    environment = value.get("environment")
    if value.get("type") == "shell" and value.keys() - {"allowed_callers"} == {"type", "environment"}:
        return _is_local(environment) or _parses(ContainerAuto, environment)
    if environment is not None and value.keys() <= {"agent_id", "environment"}:
        return _parses(HostedEnvironment, environment)
    if value.get("type") == "inline":
        return _parses(InlineSkill, value)
    unnamed = {key: part for key, part in value.items() if key != "name"}
    template = value.get("skills") and _parses(HostedEnvironment, {"type": "openai_hosted", **unnamed})
    return _parses(ContainerCreate, value) or bool(template)


def _parses(model: type[Payload], value: object) -> bool:
    try:
        model.parse(value)
    except PayloadError:
        return False
    return True


def _is_local(environment: object) -> bool:
    if not isinstance(environment, dict) or environment.keys() != {"type", "skills"}:
        return False
    skills = environment["skills"]
    return environment["type"] == "local" and isinstance(skills, list) and all(map(_is_local_skill, skills))


def _is_local_skill(value: object) -> bool:
    return isinstance(value, dict) and value.keys() == {"name", "description", "path"}
