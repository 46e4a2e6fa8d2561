"""Markdown to the files it names and does not find: links, images, paths in inline code.

Most files name nothing, or nothing that is missing; a regular expression that sees too much rather than too little
tells them apart, so that Markdown is parsed only where there may be something to say.
"""

from __future__ import annotations

import enum
import posixpath
import re
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import unquote

from skillpack.findings import Location, Severity, escaped
from skillpack.rules.engine import Content, Remark, rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from skillpack.rules.markdown import Mention
    from skillpack.skill.decisions import Excluded
    from skillpack.skill.skill import Skill
    from skillpack.skill.tree import SkillTree


MAX_BYTES: Final = 128 * 1024
"""Markdown beyond this size is data, and what a hostile one costs grows with its square."""

MAX_TOTAL_BYTES: Final = 1 << 20
"""Of all Markdown of a skill, the files before counted whole, in archive order: parsing takes a second for so much."""

_MOST_TARGETS: Final = 1000  # in one file; a list of more is made by a program
_MOST_OPEN: Final = 1000  # brackets that nothing closes, each of which the parser looks for the end of

# Patterns are compiled where they are used: most files have nothing that they could match.
_LINK: Final = r"\]\(\s*(?:<([^<>\n]*)>|([^\s)]*))|\]:\s*<?([^\s>]+)"
_ODD: Final = r"[\\&()]"
"""Such a target may be a longer or another one to who knows Markdown: escapes, entities, brackets in pairs."""

_FOLDERS: Final = ("scripts/", "references/", "assets/")
_PATH: Final = r"(?:\./)?(?:scripts|references|assets)/[^\s`'\"]*"
_SCHEME: Final = r"[A-Za-z][A-Za-z0-9+.-]*:"
_PLACEHOLDER: Final = r"[{}<>$*\[\]|\\]|\.\.\.|…|\bpath/to\b|\bX{2,}\b|\bYYYY"
_ELSEWHERE: Final = (
    r"(?i)\b(?:e\.g\.|examples?|for instance|such as|suppose)(?:\W|$)"  # the path is an example
    r"|\b(?:from|in|of) (?:the|that|another)\b[^.]*\bskill\b"  # it lies in another skill
)
_CREATING: Final = r"(?i)\b(?:create|save|write|add)\b"
_FILLING: Final = (
    r"(?i)\b(?:capture|record|document|store|generate|draft|produce|put|keep|build|start|create|save|write|add)\b"
)
_SENTENCE_END: Final = r"[.!?:]\s"
_NEAR: Final = 300
"""Characters: a sentence is hardly longer, and a paragraph can have a million."""

_TEMPLATE: Final = re.compile(r"(?:^|/)assets/|template", re.IGNORECASE)


class Problem(enum.Enum):
    """Why what a Markdown file names cannot be opened."""

    BROKEN = enum.auto()
    LEFT_OUT = enum.auto()
    OUTSIDE = enum.auto()


@dataclass(frozen=True, slots=True)
class Reference:
    """A file or folder that Markdown names and whoever reads the bundle will not find.

    `target` is the name as it stands there, decoded; `path` what it means, relative to the skill's root; `excluded`
    the entry that keeps it out of the bundle, if that is the problem.
    """

    kind: Literal["link", "image", "path"]
    target: str
    path: str
    problem: Problem
    location: Location
    excluded: Excluded | None = None


def find(content: Content) -> tuple[Reference, ...]:
    """Return the references of a Markdown file that lead nowhere, in the order of the file."""
    path = content.file.path
    if not _is_markdown(path) or _TEMPLATE.search(path) or _is_too_much(content):
        return ()
    if content.skill.tree.selection.cut_short:  # nobody knows what is there
        return ()
    if b"](" not in content.content and b"]:" not in content.content and not _names_folders(content.content):
        return ()
    text = content.content.decode("utf-8", "replace")
    candidates = list(islice(_candidates(text), _MOST_TARGETS + 1))
    places = _Places(content.skill.tree, path)
    if len(candidates) > _MOST_TARGETS or not any(
        re.search(_ODD, target) or places.problem(target) for target in candidates
    ):
        return ()
    from skillpack.rules.markdown import mentions

    return tuple(_references(mentions(text), places, path))


def _is_too_much(content: Content) -> bool:
    """Whether Markdown is so long, or so much of it stands before, or so many brackets are open, that it waits."""
    if len(content.content) > MAX_BYTES or content.content.count(b"[") - content.content.count(b"]") > _MOST_OPEN:
        return True
    files = content.skill.tree.files
    return (
        sum(file.size for file in files if file.path < content.file.path and _is_markdown(file.path)) > MAX_TOTAL_BYTES
    )


def _is_markdown(path: str) -> bool:
    return path.lower().endswith(".md")


def _names_folders(content: bytes) -> bool:
    return any(folder.encode() in content for folder in _FOLDERS)


def _candidates(text: str) -> Iterator[str]:
    """Yield everything that may be a target, and much that is none."""
    for found in re.finditer(_LINK, text):
        yield _decoded(found[1] or found[2] or found[3] or "")
    for path in re.finditer(_PATH, text):
        yield _bare(path[0])


def _references(mentions: Iterable[Mention], places: _Places, path: str) -> Iterator[Reference]:
    targets = [pair for mention in mentions if (pair := _target(mention))]
    to_come = {target for mention, target in targets if mention.kind == "path" and _to_be_made(mention, target)}
    for mention, target in targets:
        found = places.problem(target)
        if found is None or (mention.kind == "path" and (target in to_come or _elsewhere(mention))):
            continue
        location = Location(path, mention.line, mention.column, mention.line, mention.end)
        yield Reference(mention.kind, target, found[1], found[0], location, found[2])


def _target(mention: Mention) -> tuple[Mention, str] | None:
    """Return the path a mention means, decoded, and its place without the rest of a command."""
    if mention.kind != "path":
        return mention, _decoded(mention.target)
    word = _path(mention.target)
    if not word or "\n" in mention.target:
        return None
    shift = mention.target.find(word)
    column = mention.column + shift
    return replace(mention, column=column, end=min(column + len(word), mention.end)), _bare(word)


def _to_be_made(mention: Mention, target: str) -> bool:
    """Whether the text tells its reader to make the file rather than to use it: `save the terms in references/x.md`."""
    verbs = _CREATING if target.removeprefix("./").startswith("scripts/") else _FILLING
    return re.search(verbs, _sentence(mention)[0]) is not None


def _elsewhere(mention: Mention) -> bool:
    """Whether the text names the file as an example, as something to be done, or as part of another skill."""
    before, after = _sentence(mention)
    return mention.block.startswith(("[ ]", "[x]", "[X]")) or re.search(_ELSEWHERE, before + after) is not None


def _sentence(mention: Mention) -> tuple[str, str]:
    """Return what stands before and behind the place in its sentence."""
    before = mention.block[max(0, mention.at - _NEAR) : mention.at]
    after = mention.block[mention.at : mention.at + _NEAR]
    return re.split(_SENTENCE_END, before)[-1], re.split(_SENTENCE_END, after)[0]


def _path(code: str) -> str | None:
    """Return the path in inline code: all of it, or the script that a command starts."""
    words = code.split()
    if len(words) > 1:
        words = [word for word in words[:3] if word.removeprefix("./").startswith("scripts/")]
    return words[0] if words and re.fullmatch(_PATH, words[0]) and not words[0].endswith(_FOLDERS) else None


def _bare(word: str) -> str:
    """Return a path without what a sentence or a command may add to it: `:12`, `#top`, a comma."""
    return re.split(r"[:#(,;]", word)[0].rstrip(".)")


def _decoded(target: str) -> str:
    return unquote(target.partition("#")[0].partition("?")[0])


class _Places:
    """The files and folders of a skill, as one of its files sees them."""

    def __init__(self, tree: SkillTree, path: str) -> None:
        self._tree, self._folder = tree, path.rpartition("/")[0]
        self._there = {file.path for file in tree.files} | {odd.path for odd in tree.selection.rejected}
        self._there |= {folder for path in self._there for folder in _folders(path)}
        self._there.add("")

    def problem(self, target: str) -> tuple[Problem, str, Excluded | None] | None:
        """Return what is wrong with a target, the path it means, and what left it out; None if nothing is."""
        if not _judged(target):
            return None
        near, root = _joined(self._folder, target), _joined("", target)
        if near in self._there or root in self._there:
            return None
        if near is None:
            return Problem.OUTSIDE, target, None
        for path in (near, root):
            if path is not None and (entry := self._entry(path)):
                return Problem.LEFT_OUT, path, entry
        return Problem.BROKEN, near, None

    def _entry(self, path: str) -> Excluded | None:
        for entry in self._tree.selection.excluded:
            out = entry.path.rstrip("/")
            if path == out or (entry.path.endswith("/") and path.startswith(entry.path)) or out.startswith(f"{path}/"):
                return entry
        return None


def _judged(target: str) -> bool:
    """Whether a target is meant to be a file of the skill: no address, no template, no word that stands for one."""
    if not target or target.startswith(("/", "~")) or re.match(_SCHEME, target) or re.search(_PLACEHOLDER, target):
        return False
    name = target.removeprefix("./")
    return "." in name or "/" in name


def _joined(folder: str, target: str) -> str | None:
    """Return the path a target means from a folder of the skill, or None if that is outside."""
    path = posixpath.normpath(posixpath.join(folder, target))
    if path == ".":
        return ""
    return None if path.startswith("../") or path == ".." else path


def _folders(path: str) -> Iterator[str]:
    while path := path.rpartition("/")[0]:
        yield path


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
    for reference in content.once(find):
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
    for reference in content.once(find):
        if reference.problem is Problem.OUTSIDE:
            yield Remark(reference.location, f"{escaped(reference.target)} lies outside the skill and is not packed")
