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
    """The skill has more files than OpenAI's guide allows: 500.

    Files that are left out do not count.

    Why it matters: the guide "Skills" states at most 500 files in a skill version. A folder of dependencies or build
    results that slipped in is the usual reason.

    Before:
        skills/viewer/  SKILL.md  lib/ (612 files)
    After:
        skills/viewer/  SKILL.md  lib.zip  .skillignore (holds: /lib/)
    """
    if (count := len(skill.tree.files)) > MAX_FILES:
        message = f"the skill has {count:,} files, {count - MAX_FILES:,} over the {MAX_FILES} of OpenAI's guide"
        yield Remark(Location(), message)


@rule(Skill, Severity.ERROR, "api", hint="split or compress it, or leave it out")
def file_too_large(skill: Skill) -> Iterator[Remark]:
    """A file is larger than OpenAI's guide allows: 25 MB, read as 25 MiB.

    It is decided from the size; the file is not read.

    Why it matters: the guide "Skills" states a maximum uncompressed file size of 25 MB. A recording, a model or a
    database among the files is the usual reason.

    Before:
        skills/viewer/assets/tour.mp4    31,400,112 bytes
    After:
        skills/viewer/scripts/fetch_tour.sh    (downloads the film when it is needed)
    """
    for file in skill.tree.files:
        if file.size > MAX_FILE_BYTES:
            over = file.size - MAX_FILE_BYTES
            message = f"the file has {file.size:,} bytes, {over:,} over the 25 MiB of OpenAI's guide"
            yield Remark(Location(file.path), message)


@rule(Skill, Severity.WARNING, "api", hint="make it smaller to be safe")
def file_over_documented(skill: Skill) -> Iterator[Remark]:
    """A file is between 25,000,000 bytes and 25 MiB, the two ways to read the 25 MB of OpenAI's guide.

    Why it matters: the guide does not say which of the two it means, and the API's answer has not been observed.
    Up to 25,000,000 bytes both readings agree.

    Before:
        assets/atlas.bin    25,600,000 bytes
    After:
        assets/atlas-1.bin  12,800,000 bytes
        assets/atlas-2.bin  12,800,000 bytes
    """
    for file in skill.tree.files:
        if NOTED_FILE_BYTES < file.size <= MAX_FILE_BYTES:
            yield Remark(Location(file.path), f"the file has {file.size:,} bytes; OpenAI's guide says 25 MB")


@rule(Packed, Severity.ERROR, "api", hint="leave files out with --exclude or a .skillignore")
def zip_too_large(packed: Packed) -> Iterator[Remark]:
    """The zip has more than 52,690,944 bytes, so its base64 more than the 70,254,592 characters the API takes.

    The finding names the files that take the most room in the zip.

    Why it matters: the API reference states `maxLength: 70254592` for the data of an inline skill. Four characters
    of base64 hold three bytes, so this is 50 MiB and 256 KiB of zip.

    Before:
        skills/viewer/assets/    120 photos, 61,000,000 bytes
    After:
        skills/viewer/assets/    120 photos at half the width, 17,000,000 bytes
    """
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
    """The zip is larger than the 50 MB of OpenAI's guide, yet within what the API reference allows.

    Why it matters: the guide "Skills" says 50 MB for a zip, the API reference 70,254,592 characters, which are
    256 KiB more than 50 MiB. Which of the two the API enforces has not been observed.

    Before:
        the zip has 52,600,000 bytes
    After:
        the zip has 49,900,000 bytes
    """
    if DOCUMENTED_ZIP_BYTES < packed.size <= MAX_ZIP_BYTES and packed.footprints:
        yield Remark(Location(), f"the zip has {packed.size:,} bytes; OpenAI's guide says 50 MB")


def _largest(footprints: Iterable[tuple[str, int]]) -> str:
    five = sorted(footprints, key=lambda entry: (-entry[1], entry[0]))[:5]
    listed = ", ".join(f"{escaped(path)} ({size:,})" for path, size in five)
    return f"leave out or shrink some; the largest in the zip, in bytes: {listed}"
