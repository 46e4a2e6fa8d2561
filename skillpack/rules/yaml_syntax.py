"""Rules on the frontmatter as YAML: one for each way of being unreadable."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from skillpack.findings import Severity
from skillpack.rules.engine import Remark, rule
from skillpack.skill.skill import Skill

if TYPE_CHECKING:
    from collections.abc import Iterator


def _troubles(skill: Skill, id: str) -> Iterator[Remark]:
    for trouble in skill.trouble:
        if trouble.rule == id and skill.manifest:
            path = skill.manifest.path
            edits = tuple(replace(edit, path=path) for edit in trouble.edits)
            yield Remark(replace(trouble.location, path=path), trouble.message, trouble.hint, edits)


@rule(
    Skill,
    Severity.ERROR,
    "api",
    "spec",
    hint="begin the file with name and description between two lines of ---",
)
def frontmatter_missing(skill: Skill) -> Iterator[Remark]:
    """SKILL.md does not begin with frontmatter: YAML between two lines of three hyphens.

    Why it matters: the specification and OpenAI's guide take name and description from there. Without them the API
    answers 400, and agents skip the skill.

    Before:
        # PDF forms
    After:
        ---
        name: pdf-forms
        description: Fills in PDF forms. Use when the user has a form to fill in.
        ---
        # PDF forms
    """
    yield from _troubles(skill, "frontmatter-missing")


@rule(Skill, Severity.ERROR, "api", "spec", hint="close it with a line of ---")
def frontmatter_unclosed(skill: Skill) -> Iterator[Remark]:
    """The frontmatter has no second line of three hyphens.

    The line must not be indented; spaces behind the hyphens do no harm.

    Why it matters: no reader knows where the fields end. Some take the whole file for YAML, some say there is no
    frontmatter.

    Before:
        ---
        name: pdf-forms
        description: Fills in PDF forms.
        # PDF forms
    After:
        ---
        name: pdf-forms
        description: Fills in PDF forms.
        ---
        # PDF forms
    """
    yield from _troubles(skill, "frontmatter-unclosed")


@rule(Skill, Severity.ERROR, "api", "spec", hint="move the frontmatter to the first line of the file")
def frontmatter_not_first(skill: Skill) -> Iterator[Remark]:
    """The frontmatter does not begin on the first line, or its first line is indented.

    Why it matters: readers look at the first line alone. An empty line or a comment above makes the fields text.

    Before:
        <!-- made by hand -->
        ---
        name: pdf-forms
    After:
        ---
        # made by hand
        name: pdf-forms
    """
    yield from _troubles(skill, "frontmatter-not-first")


@rule(Skill, Severity.ERROR, "reader", hint="save the file as UTF-8, and take the character away")
def frontmatter_encoding(skill: Skill) -> Iterator[Remark]:
    """The frontmatter is not UTF-8, or holds a character that readers of YAML differ on.

    These are control characters, NUL among them; a byte order mark in the middle; a carriage return that no line
    feed follows; and the line breaks that only YAML 1.1 knows: U+0085, U+2028 and U+2029.

    Why it matters: one reader sees a line break or an error where another sees text. PyYAML's own two loaders differ
    on some of them.

    Before:
        description: R<E9>sum<E9> writer    (Latin-1)
    After:
        description: Résumé writer    (UTF-8)
    """
    yield from _troubles(skill, "frontmatter-encoding")


@rule(Skill, Severity.ERROR, "reader", hint="save the file as UTF-8 without a byte order mark", fix=True)
def frontmatter_bom(skill: Skill) -> Iterator[Remark]:
    """The file begins with a byte order mark, so its first line is not exactly three hyphens.

    Why it matters: four of six readers of skills that were tried lost all fields behind a byte order mark. Some
    editors on Windows write one.

    Before:
        EF BB BF 2D 2D 2D 0A ...
    After:
        2D 2D 2D 0A ...
    """
    yield from _troubles(skill, "frontmatter-bom")


@rule(Skill, Severity.ERROR, "safety", hint="keep the frontmatter to a few fields")
def frontmatter_too_large(skill: Skill) -> Iterator[Remark]:
    """The frontmatter is larger than 64 KiB, nests over 8 deep, has over 4,096 values or over 256 open brackets.

    It is decided before or while it is parsed, never after.

    Why it matters: no public skill comes near these bounds, and input past them is made to hurt: 30,000 brackets
    crash PyYAML's C loader, 100,000 keys keep safe_load busy for 27 seconds.

    Before:
        data: [[[[[[[[[[[[[[[[ ...
    After:
        (the data in a file of its own under assets/)
    """
    yield from _troubles(skill, "frontmatter-too-large")


@rule(Skill, Severity.ERROR, "reader", hint="put the value in double quotes", fix=True)
def yaml_unquoted_colon(skill: Skill) -> Iterator[Remark]:
    """A value without quotes holds a colon and a space, or a line of it ends with a colon.

    The fix puts the value in quotes, on one line.

    Why it matters: for YAML the colon makes what stands before it a key, and a key cannot stand there: the whole
    frontmatter is lost. It is by far the most common way to break a skill: 21 of the 22 unreadable ones among 2,158
    public skills had it, and about 20 public issue threads are about it.

    Before:
        description: Use when: the user asks for a form
    After:
        description: "Use when: the user asks for a form"
    """
    yield from _troubles(skill, "yaml-unquoted-colon")


@rule(Skill, Severity.ERROR, "reader", hint="put the value in double quotes", fix=True)
def yaml_leading_indicator(skill: Skill) -> Iterator[Remark]:
    """A value begins with a character that means something else in YAML, where text was meant.

    The characters are `@ * & ! % > | [ {`, a backquote, and a hyphen or question mark with a space behind it. It is
    only said where the frontmatter cannot be read because of it, or where the value would be an alias, anchor or
    tag that nothing else refers to.

    Why it matters: the frontmatter is lost, or the value is not the text that stands there.

    Before:
        description: @Observable and other ways to keep state
    After:
        description: "@Observable and other ways to keep state"
    """
    yield from _troubles(skill, "yaml-leading-indicator")


@rule(Skill, Severity.ERROR, "reader", hint="put the value in double quotes")
def yaml_syntax(skill: Skill) -> Iterator[Remark]:
    """The frontmatter is no YAML, or no list of keys and values, for a reason that has no rule of its own.

    A quote that is never closed, a key that is indented too far, a line that is neither a key nor indented, a tab
    outside quotes: the message says which, and where.

    Why it matters: readers give up, or fall back to reading lines, each in its own way.

    Before:
        description: 'it's for forms'
    After:
        description: "it's for forms"
    """
    yield from _troubles(skill, "yaml-syntax")


@rule(Skill, Severity.ERROR, "reader", hint="keep one of the two")
def yaml_duplicate_key(skill: Skill) -> Iterator[Remark]:
    """A key stands twice in the same mapping.

    Why it matters: some readers take the first, some the last, some neither. PyYAML takes the last and says nothing;
    js-yaml refuses the file.

    Before:
        name: pdf-forms
        name: pdf-filler
    After:
        name: pdf-forms
    """
    yield from _troubles(skill, "yaml-duplicate-key")


@rule(Skill, Severity.ERROR, "reader", hint="write the value out, or put it in quotes")
def yaml_alias(skill: Skill) -> Iterator[Remark]:
    """The frontmatter has an anchor, an alias or a merge key.

    Why it matters: many readers do not know them, and a few lines of aliases can grow to gigabytes.

    Before:
        license: &license MIT
        metadata:
          license: *license
    After:
        license: MIT
        metadata:
          license: MIT
    """
    yield from _troubles(skill, "yaml-alias")


@rule(Skill, Severity.ERROR, "reader", hint="put the value in quotes")
def yaml_tag(skill: Skill) -> Iterator[Remark]:
    """The frontmatter has a tag such as `!!str`.

    Why it matters: each reader knows other tags, and in some a tag runs code.

    Before:
        metadata:
          version: !!str 2
    After:
        metadata:
          version: "2"
    """
    yield from _troubles(skill, "yaml-tag")


@rule(Skill, Severity.ERROR, "reader", hint="keep to one document")
def yaml_several_documents(skill: Skill) -> Iterator[Remark]:
    """The frontmatter has a second YAML document, or ends with a line of three dots before it is over.

    Why it matters: some readers take the first document, some the last, most refuse.

    Before:
        name: pdf-forms
        ...
        description: Fills in PDF forms.
    After:
        name: pdf-forms
        description: Fills in PDF forms.
    """
    yield from _troubles(skill, "yaml-several-documents")
