"""Rules on what single files hold: references, scripts, long texts."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from skillpack.findings import Edit, Location, Severity, escaped
from skillpack.limits import MAX_BODY_LINES, MAX_BODY_WORDS
from skillpack.rules.references import Problem
from skillpack.rules.rule import Remark, rule
from skillpack.rules.values import Content
from skillpack.skill import Skill

if TYPE_CHECKING:
    from collections.abc import Iterator


@rule(Content, Severity.WARNING, "advice", hint="add the file, or mend the path")
def reference_broken(content: Content) -> Iterator[Remark]:
    """A Markdown file names a file of the skill that is not there.

    Links and images count, and paths under `scripts/`, `references/` and `assets/` in inline code. A path may be
    relative to the Markdown file or to the root of the skill; upper and lower case matter; a folder counts as there.
    Addresses, anchors, templates such as `{name}.md`, and paths that the text itself tells its reader to create
    are left alone, and so are Markdown files that are templates (called so, or under `assets/`), and what no person
    wrote: files of over 128 KiB or with over 1,000 such names, and all behind the first MiB of Markdown.

    Why it matters: the agent finds out only when it opens the file, in the middle of its work. Of the 719 skills in
    ecc-universal 2.0.0 (npm) 27 name files that are not there or lie outside, mostly translations that left the files
    behind; of the 25 in claude-data-skills 3.5.3 (PyPI) 6 do. Counted with this rule and reference-outside, and
    read one by one.

    Before:
        For forms see [the guide](references/form.md).
    After:
        For forms see [the guide](references/forms.md).
    """
    for reference in content.dead_references:
        if reference.problem is Problem.BROKEN:
            message = f"there is no {escaped(reference.path)} in the skill"
            yield Remark(reference.location, message, _nearest(reference.path, content.skill))


def _nearest(path: str, skill: Skill) -> str | None:
    """Return a hint where a file is called the same but for its case, or lies in another folder."""
    name = posixpath.basename(path)
    for file in skill.tree.files:
        if file.path.casefold() == path.casefold():
            return f"it is called {escaped(file.path)}, and upper and lower case matter"
    for file in skill.tree.files:
        if posixpath.basename(file.path) == name:
            return f"there is {escaped(file.path)}; is that meant?"
    return None


@rule(Content, Severity.WARNING, "advice", hint="copy the file into the skill, or name it in words")
def reference_outside(content: Content) -> Iterator[Remark]:
    """A Markdown file names a file outside the skill: the path begins with more `../` than there are folders.

    Why it matters: only the skill's own folder is packed. Where the bundle is unpacked, nothing is beside it.

    Before:
        Follow [the style guide](../team/style.md).
    After:
        Follow [the style guide](references/style.md).
    """
    for reference in content.dead_references:
        if reference.problem is Problem.OUTSIDE:
            yield Remark(reference.location, f"{escaped(reference.target)} lies outside the skill and is not packed")


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


@rule(
    Content,
    Severity.WARNING,
    "reader",
    hint="write the file with line breaks of one line feed, as Linux does",
    fix=True,
)
def script_crlf(content: Content) -> Iterator[Remark]:
    r"""A script begins with `#!` and has Windows line breaks.

    `--fix` makes each of them a single line feed.

    Why it matters: Linux takes the carriage return for a part of the interpreter's name: `bad interpreter:
    /bin/sh^M`, or `env: 'python3\r': No such file or directory`. The containers that skills run in are Linux.

    Before:
        #!/bin/sh\r\n
    After:
        #!/bin/sh\n
    """
    if not content.content.startswith(b"#!"):
        return
    first, newline, _ = content.content.partition(b"\n")
    if newline and first.endswith(b"\r"):
        end = content.content.rfind(b"\r\n") + 2
        begin = len(first) - 1
        edit = Edit(content.file.path, begin, end, content.content[begin:end].replace(b"\r\n", b"\n"))
        column = len(first.decode("utf-8", "replace"))
        place = Location(content.file.path, 1, column, 1, column + 1)
        yield Remark(place, "the first line ends with a carriage return, which Linux takes for text", None, (edit,))
