"""Rules on how much there is: files, bytes, characters of base64."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from skillpack.archive import upper_bound
from skillpack.archive.layout import MAX_OFFSET
from skillpack.findings import Location, Severity, escaped
from skillpack.limits import (
    DOCUMENTED_ZIP_BYTES,
    MAX_BASE64_CHARS,
    MAX_BODY_LINES,
    MAX_BODY_WORDS,
    MAX_FILE_BYTES,
    MAX_FILES,
    MAX_ZIP_BYTES,
    NOTED_FILE_BYTES,
)
from skillpack.rules.engine import Packed, Remark, rule
from skillpack.skill.skill import Skill

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

    Files that are left out do not count. Where there are more than 5,000, none but the SKILL.md is read, so what else
    there is to say of their content is not said, and the finding tells so. Where the settings lower this rule, all of
    them are read.

    Why it matters: the guide "Skills" states at most 500 files in a skill version. A folder of dependencies or build
    results that slipped in is the usual reason.

    Before:
        skills/viewer/  SKILL.md  lib/ (612 files)
    After:
        skills/viewer/  SKILL.md  lib.zip  .skillignore (holds: /lib/)
    """
    if (count := len(skill.tree.files)) > MAX_FILES:
        message = f"the skill has {count:,} files, {count - MAX_FILES:,} over the {MAX_FILES} of OpenAI's guide"
        yield Remark(Location(), message + ("; what is in them was not looked at" if skill.unread else ""))


def countless(skill: Skill) -> bool:
    """Whether there are so many files that reading them all, to say more than that, would take too long."""
    return len(skill.tree.files) > 10 * MAX_FILES


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


def unzippable(skill: Skill) -> bool:
    """Whether the files, but for those that are too large each, are more than a zip of 32-bit sizes holds."""
    small = tuple(file for file in skill.tree.files if file.size <= MAX_FILE_BYTES)
    return upper_bound(replace(skill.tree, files=small), skill.name) > MAX_OFFSET


@rule(Skill, Severity.ERROR, "api", "reader", hint="leave files out with --exclude or a .skillignore")
def total_too_large(skill: Skill) -> Iterator[Remark]:
    """The files have together more bytes than a zip without zip64 can hold: about 4 GiB.

    It is decided from the sizes; no file is read, so what else there is to say of their content is not said.

    Why it matters: the sizes and places in a zip are numbers of 32 bits (APPNOTE.TXT 4.4.8, 4.4.16). Larger ones need
    zip64, which not every reader has, and which a skill of at most 70,254,592 characters of base64 never needs.

    Before:
        skills/atlas/tiles/    180 files of 25 MiB
    After:
        skills/atlas/scripts/fetch_tiles.sh    (downloads the tiles when they are needed)
    """
    if unzippable(skill):
        sizes = [(file.path, file.size) for file in skill.tree.files]
        message = f"the files have {skill.tree.size:,} bytes together; a zip without zip64 holds {MAX_OFFSET:,}"
        yield Remark(Location(), message, _largest(sizes, "the largest"))


@rule(Skill, Severity.NOTE, "api", hint="nothing to do, unless the API refuses the skill")
def total_over_documented(skill: Skill) -> Iterator[Remark]:
    """The files have together more than the 25 MB of OpenAI's guide, which may mean one file or all of them.

    Where a single file has more, only that is told.

    Why it matters: the guide "Skills" states a maximum uncompressed file size of 25 MB. Whether that is meant for
    each file or for all together has not been observed.

    Before:
        skills/viewer/assets/    31,000,000 bytes in 40 files
    After:
        skills/viewer/assets/    24,000,000 bytes in 40 files
    """
    largest = max((file.size for file in skill.tree.files), default=0)
    if largest <= NOTED_FILE_BYTES < skill.tree.size and not unzippable(skill):
        message = f"the files have {skill.tree.size:,} bytes together; the 25 MB of OpenAI's guide may mean that"
        yield Remark(Location(), message)


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
        yield Remark(Location(), message, _largest(packed.footprints, "the largest in the zip"))


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


def _largest(footprints: Iterable[tuple[str, int]], what: str) -> str:
    five = sorted(footprints, key=lambda entry: (-entry[1], entry[0]))[:5]
    listed = ", ".join(f"{escaped(path)} ({size:,})" for path, size in five)
    return f"leave out or shrink some; {what}, in bytes: {listed}"


@rule(Skill, Severity.WARNING, "spec", hint="move what is not always needed into files under references/")
def body_too_long(skill: Skill) -> Iterator[Remark]:
    """SKILL.md has more than 500 lines.

    Why it matters: the specification says "Keep your main SKILL.md under 500 lines". An agent reads all of it as
    soon as the skill is used, and nothing of the files beside it until it needs them.

    Before:
        SKILL.md                 1,240 lines
    After:
        SKILL.md                   180 lines
        references/formats.md      610 lines
        references/errors.md       470 lines
    """
    lines = skill.content.count(b"\n") + (not skill.content.endswith(b"\n"))
    if skill.manifest and lines > MAX_BODY_LINES:
        message = f"the file has {lines:,} lines, {lines - MAX_BODY_LINES:,} over the {MAX_BODY_LINES} recommended"
        yield Remark(Location(skill.manifest.path, MAX_BODY_LINES + 1, 1), message, quotable=False)


@rule(Skill, Severity.NOTE, "advice", hint="move what is not always needed into files under references/")
def body_many_words(skill: Skill) -> Iterator[Remark]:
    """The text of SKILL.md has more than 5,000 words.

    Words are what stands between spaces, below the frontmatter.

    Why it matters: the specification recommends fewer than 5,000 tokens for the text an agent loads with the skill,
    and a word is seldom less than a token.

    Before:
        SKILL.md                 7,900 words
    After:
        SKILL.md                   900 words
        references/manual.md     7,000 words
    """
    closed = skill.content[skill.frontmatter.end :].partition(b"\n")[2] if skill.frontmatter else None
    body = skill.content if closed is None else closed
    words = len(body.split())
    if skill.manifest and words > MAX_BODY_WORDS:
        message = f"the text has {words:,} words, {words - MAX_BODY_WORDS:,} over the {MAX_BODY_WORDS:,} recommended"
        yield Remark(Location(skill.manifest.path), message)
