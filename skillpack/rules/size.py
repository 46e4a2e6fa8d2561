"""Check sizes: how many files, bytes, lines, words and characters of base64 there are."""

from __future__ import annotations

from itertools import accumulate, takewhile
from typing import TYPE_CHECKING, Final

from skillpack.archive.records import MAX_OFFSET, upper_bound
from skillpack.findings import Issue, Location
from skillpack.limits import (
    DOCUMENTED_ZIP_BYTES,
    HIGHEST_CONTENTS_MIB,
    MAX_BODY_LINES,
    MAX_BODY_WORDS,
    MAX_FILE_BYTES,
    MAX_FILES,
    NOTED_FILE_BYTES,
)
from skillpack.rules.engine import Packed, rule
from skillpack.select.wildmatch import line_for
from skillpack.skill.skill import Skill
from skillpack.targets import TARGETS, zip_limit
from skillpack.text import list_words
from skillpack.values import replace

_MOST_NAMED: Final = 3
"""Files that a hint names for .skillignore."""

_SPACES: Final = b" \t\n\r\v\f"
_PART: Final = 1 << 16  # bytes whose words are counted in one go

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@rule(Skill)
def too_many_files(skill: Skill) -> Iterator[Issue]:
    if (count := len(skill.tree.files)) > MAX_FILES:
        message = f"the skill has {count:,} files, {count - MAX_FILES:,} over the {MAX_FILES} of OpenAI's guide"
        unread = "; their content was not checked" if skill.unread else ""
        yield Issue("too-many-files", Location(), message + unread)


def has_too_many_to_read(skill: Skill) -> bool:
    """Return True if there are so many files that reading all of them would take too long."""
    return len(skill.tree.files) > 10 * MAX_FILES


@rule(Skill)
def file_too_large(skill: Skill) -> Iterator[Issue]:
    for file in skill.tree.files:
        if file.size > MAX_FILE_BYTES:
            over = file.size - MAX_FILE_BYTES
            message = f"the file has {file.size:,} bytes, {over:,} over the 25 MiB of OpenAI's guide"
            hint = f"split or compress the file, or add {line_for(file.path)} to .skillignore"
            yield Issue("file-too-large", Location(file.path), message, hint=hint)


def exceeds_zip(skill: Skill) -> bool:
    """Return True if the files, without those that are too large on their own, exceed a zip without zip64."""
    if upper_bound(skill.tree, skill.name) <= MAX_OFFSET:
        return False
    small = tuple(file for file in skill.tree.files if file.size <= MAX_FILE_BYTES)
    return upper_bound(replace(skill.tree, files=small), skill.name) > MAX_OFFSET


def contents_size(skill: Skill) -> int:
    """Return how many bytes would be read: those of the files that are not too large on their own."""
    return sum(file.size for file in skill.tree.files if file.size <= MAX_FILE_BYTES)


def find_over_budget(skill: Skill, limit: int) -> Iterator[Issue]:
    """Yield an issue if the contents exceed what is read; the sizes alone decide.

    Args:
        skill: the skill.
        limit: in MiB.
    """
    size = contents_size(skill)
    if size > limit << 20 and not exceeds_zip(skill):
        sizes = [(file.path, file.size) for file in skill.tree.files if file.size <= MAX_FILE_BYTES]
        message = f"the files have {size:,} bytes together, over the {limit:,} MiB that are read; none was checked"
        hint = _name_largest(sizes, "largest files", size - (limit << 20))
        if limit < HIGHEST_CONTENTS_MIB:
            hint = f"{hint}; for data that is not compressed, raise max-contents in the settings"
        yield Issue("total-over-budget", Location(), message, hint=hint)


@rule(Skill)
def total_too_large(skill: Skill) -> Iterator[Issue]:
    if exceeds_zip(skill):
        sizes = [(file.path, file.size) for file in skill.tree.files]
        message = f"the files have {skill.tree.size:,} bytes together; a zip without zip64 holds {MAX_OFFSET:,}"
        yield Issue(
            "total-too-large",
            Location(),
            message,
            hint=_name_largest(sizes, "largest files", skill.tree.size - MAX_OFFSET),
        )


@rule(Skill)
def total_over_documented(skill: Skill) -> Iterator[Issue]:
    largest = max((file.size for file in skill.tree.files), default=0)
    if largest <= NOTED_FILE_BYTES < skill.tree.size and not exceeds_zip(skill):
        size = f"{skill.tree.size:,}"
        message = f"OpenAI's guide states 25 MB, perhaps for all files together; these have {size} bytes"
        yield Issue("total-over-documented", Location(), message)


@rule(Skill)
def file_over_documented(skill: Skill) -> Iterator[Issue]:
    for file in skill.tree.files:
        if NOTED_FILE_BYTES < file.size <= MAX_FILE_BYTES:
            yield Issue(
                "file-over-documented",
                Location(file.path),
                f"the file has {file.size:,} bytes; OpenAI's guide says 25 MB",
            )


def accepted_zip_size() -> int:
    """Return how many bytes a zip has at most about which no rule reports anything, for any targets."""
    limit = zip_limit(tuple(TARGETS))
    return DOCUMENTED_ZIP_BYTES if limit is None else min(DOCUMENTED_ZIP_BYTES, limit)


@rule(Packed)
def zip_too_large(packed: Packed) -> Iterator[Issue]:
    most = zip_limit(packed.names)
    if most is not None and packed.size > most:
        characters, accepted = (packed.size + 2) // 3 * 4, most // 3 * 4
        message = (
            f"the zip of {packed.size:,} bytes is {characters:,} characters of base64, "
            f"{characters - accepted:,} over the API's {accepted:,}"
        )
        hint = _name_largest(packed.footprints, "largest in the zip", packed.size - most)
        yield Issue("zip-too-large", Location(), message, hint=hint)


@rule(Packed)
def zip_over_documented(packed: Packed) -> Iterator[Issue]:
    most = zip_limit(packed.names)
    accepted = most is None or packed.size <= most  # else it is zip-too-large
    if packed.size > DOCUMENTED_ZIP_BYTES and accepted and packed.footprints:
        yield Issue("zip-over-documented", Location(), f"the zip has {packed.size:,} bytes; OpenAI's guide says 50 MB")


def _name_largest(footprints: Iterable[tuple[str, int]], what: str, over: int) -> str:
    """Return a hint that names as many of the largest files as save enough, at most three, and the five largest."""
    largest = sorted(footprints, key=lambda entry: (-entry[1], entry[0]))
    listed = ", ".join(f"{path} ({size:,})" for path, size in largest[:5])
    saved = accumulate(size for _, size in largest)
    enough = min(sum(1 for _ in takewhile(lambda size: size < over, saved)) + 1, len(largest))
    named = [line_for(path) for path, _ in largest[: min(enough, _MOST_NAMED)]] or ["some files"]
    more = [f"{enough - _MOST_NAMED:,} more"] if enough > _MOST_NAMED else []
    return f"add {list_words([*named, *more])} to .skillignore, or shrink some; {what}, in bytes: {listed}"


@rule(Skill)
def body_too_long(skill: Skill) -> Iterator[Issue]:
    lines = skill.content.count(b"\n") + (not skill.content.endswith(b"\n"))
    if skill.manifest and lines > MAX_BODY_LINES:
        message = f"the file has {lines:,} lines, {lines - MAX_BODY_LINES:,} over the {MAX_BODY_LINES} recommended"
        yield Issue(
            "body-too-long", Location(skill.manifest.path, line=MAX_BODY_LINES + 1, column=1), message, quotable=False
        )


@rule(Skill)
def body_many_words(skill: Skill) -> Iterator[Issue]:
    closed = skill.content[skill.frontmatter.end :].partition(b"\n")[2] if skill.frontmatter else None
    body = skill.content if closed is None else closed
    if not skill.manifest or len(body) <= 2 * MAX_BODY_WORDS:  # a word and what ends it
        return
    if len(body) - len(body.translate(None, _SPACES)) < MAX_BODY_WORDS:  # as many are between words, at least
        return
    words = _count_words(body)
    if words > MAX_BODY_WORDS:
        message = f"the text has {words:,} words, {words - MAX_BODY_WORDS:,} over the {MAX_BODY_WORDS:,} recommended"
        yield Issue("body-many-words", Location(skill.manifest.path), message)


def _count_words(text: bytes) -> int:
    """Return how many words a text has; the words of a large one would fill the memory, so it is split in parts."""
    words = 0
    for at in range(0, len(text), _PART):
        is_split = at > 0 and not text[at - 1 : at].isspace() and not text[at : at + 1].isspace()
        words += len(text[at : at + _PART].split()) - is_split
    return words
