"""Rules on how much there is: files, bytes, characters of base64."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skillpack.findings import Location, Severity, escaped
from skillpack.limits import (
    DOCUMENTED_ZIP_BYTES,
    MAX_BASE64_CHARS,
    MAX_FILE_BYTES,
    MAX_FILES,
    MAX_ZIP_BYTES,
    NOTED_FILE_BYTES,
)
from skillpack.rules.rule import Remark, rule
from skillpack.rules.values import Packed
from skillpack.skill import Skill

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@rule(
    Skill,
    Severity.ERROR,
    "api",
    hint="leave some out with --exclude or a .skillignore, or join them into one file",
)
def too_many_files(skill: Skill) -> Iterator[Remark]:
    """OpenAI's guide allows 500 files in a skill."""
    if (count := len(skill.tree.files)) > MAX_FILES:
        message = f"the skill has {count:,} files, {count - MAX_FILES:,} over the {MAX_FILES} of OpenAI's guide"
        yield Remark(Location(), message)


@rule(Skill, Severity.ERROR, "api", hint="split or compress it, or leave it out")
def file_too_large(skill: Skill) -> Iterator[Remark]:
    """OpenAI's guide allows 25 MB of uncompressed file size; decided from the size, before the file is read."""
    for file in skill.tree.files:
        if file.size > MAX_FILE_BYTES:
            over = file.size - MAX_FILE_BYTES
            message = f"the file has {file.size:,} bytes, {over:,} over the 25 MiB of OpenAI's guide"
            yield Remark(Location(file.path), message)


@rule(Skill, Severity.WARNING, "api", hint="make it smaller to be safe")
def file_over_documented(skill: Skill) -> Iterator[Remark]:
    """OpenAI's guide says 25 MB and leaves open whether that is 25,000,000 bytes or 25 MiB; this is between them."""
    for file in skill.tree.files:
        if NOTED_FILE_BYTES < file.size <= MAX_FILE_BYTES:
            yield Remark(Location(file.path), f"the file has {file.size:,} bytes; OpenAI's guide says 25 MB")


@rule(Packed, Severity.ERROR, "api", hint="leave files out with --exclude or a .skillignore")
def zip_too_large(packed: Packed) -> Iterator[Remark]:
    """The API takes at most 70,254,592 characters of base64, which is a zip of 52,690,944 bytes."""
    if packed.size > MAX_ZIP_BYTES:
        characters = (packed.size + 2) // 3 * 4
        over = characters - MAX_BASE64_CHARS
        message = (
            f"the zip of {packed.size:,} bytes is {characters:,} characters of base64, "
            f"{over:,} over the API's {MAX_BASE64_CHARS:,}"
        )
        yield Remark(Location(), message, _largest(packed.footprints))


@rule(
    Packed,
    Severity.WARNING,
    "api",
    hint="the API reference allows 70,254,592 characters, so it may still pass",
)
def zip_over_documented(packed: Packed) -> Iterator[Remark]:
    """OpenAI's guide says 50 MB for a zip; the API reference allows 256 KiB more than 50 MiB."""
    if DOCUMENTED_ZIP_BYTES < packed.size <= MAX_ZIP_BYTES and packed.footprints:
        yield Remark(Location(), f"the zip has {packed.size:,} bytes; OpenAI's guide says 50 MB")


def _largest(footprints: Iterable[tuple[str, int]]) -> str:
    five = sorted(footprints, key=lambda entry: (-entry[1], entry[0]))[:5]
    listed = ", ".join(f"{escaped(path)} ({size:,})" for path, size in five)
    return f"leave out or shrink some; the largest in the zip, in bytes: {listed}"
