"""Find the files that Markdown refers to and that are not in the skill: links, images, paths in inline code.

Most files refer to nothing, or to nothing that is missing. A regular expression that matches too much rather than too
little finds those, so that Markdown is parsed only where a reference may be broken.
"""

from __future__ import annotations

import posixpath
import re
from itertools import islice
from typing import TYPE_CHECKING, Final, Literal, NamedTuple
from urllib.parse import unquote

from skillpack.findings import Issue, Location, escaped
from skillpack.rules.engine import Content, rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from skillpack.rules.markdown import Mention
    from skillpack.skill.decisions import Excluded
    from skillpack.skill.skill import Skill
    from skillpack.skill.tree import SkillTree


MAX_BYTES: Final = 128 * 1024
"""Markdown beyond this size is data, and the time to parse a hostile one grows with its square."""

MAX_TOTAL_BYTES: Final = 1 << 20
"""Of all Markdown of a skill, in archive order, earlier files counted whole: parsing this much takes a second."""

_MOST_TARGETS: Final = 1000  # in one file; a longer list is generated
_MOST_OPEN: Final = 1000  # unclosed brackets; the parser looks for the end of each

# Patterns are compiled where they are used: most files have nothing to match.
_LINK: Final = r"\]\(\s*(?:<([^<>\n]*)>|([^\s)]*))|\]:\s*<?([^\s>]+)"
_AMBIGUOUS: Final = r"[\\&()]"
"""Markdown may read such a target differently: escapes, entities, paired brackets."""

_FOLDERS: Final = ("scripts/", "references/", "assets/")
_PATH: Final = r"(?:\./)?(?:scripts|references|assets)/[^\s`'\"]*"
_SCHEME: Final = r"[A-Za-z][A-Za-z0-9+.-]*:"
_PLACEHOLDER: Final = r"[{}<>$*\[\]|\\]|\.\.\.|…|\bpath/to\b|\bX{2,}\b|\bYYYY"
_ELSEWHERE: Final = (
    r"(?i)\b(?:e\.g\.|examples?|for instance|such as|suppose)(?:\W|$)"  # the path is an example
    r"|\b(?:from|in|of) (?:the|that|another)\b[^.]*\bskill\b"  # it is in another skill
)
_CREATING: Final = r"(?i)\b(?:create|save|write|add)\b"
_FILLING: Final = (
    r"(?i)\b(?:capture|record|document|store|generate|draft|produce|put|keep|build|start|create|save|write|add)\b"
)
_SENTENCE_END: Final = r"[.!?:]\s"
_NEAR: Final = 300
"""Characters: sentences are rarely longer, and a paragraph can have a million."""


Problem = Literal["broken", "excluded", "outside"]
"""Why a file that Markdown refers to cannot be opened."""


class Reference(NamedTuple):
    """A file or folder that Markdown refers to and that is not in the bundle.

    `target` is the decoded text of the reference, and `path` what it resolves to, relative to the skill's root.
    `excluded` is the entry that excludes it from the bundle, if that is the problem.
    """

    kind: Literal["link", "image", "path"]
    target: str
    path: str
    problem: Problem
    location: Location
    excluded: Excluded | None = None


def find_references(content: Content) -> tuple[Reference, ...]:
    """Return the broken references of a Markdown file, in the order of the file."""
    path = content.file.path
    if not _is_markdown(path) or _is_template(path) or _is_too_much(content):
        return ()
    if content.skill.tree.selection.cut_short:  # what is there is not known
        return ()
    if b"](" not in content.content and b"]:" not in content.content and not _names_folders(content.content):
        return ()
    text = content.content.decode("utf-8", "replace")
    candidates = list(islice(_candidates(text), _MOST_TARGETS + 1))
    places = _Places(content.skill.tree, path)
    if len(candidates) > _MOST_TARGETS or not any(
        re.search(_AMBIGUOUS, target) or places.problem(target) for target in candidates
    ):
        return ()
    from skillpack.rules.markdown import find_mentions

    return tuple(_references(find_mentions(text), places, path))


def _is_too_much(content: Content) -> bool:
    """Return True if this Markdown, or all before it, is too long to parse, or has too many open brackets."""
    if len(content.content) > MAX_BYTES or content.content.count(b"[") - content.content.count(b"]") > _MOST_OPEN:
        return True
    files = content.skill.tree.files
    return (
        sum(file.size for file in files if file.path < content.file.path and _is_markdown(file.path)) > MAX_TOTAL_BYTES
    )


def _is_markdown(path: str) -> bool:
    return path.lower().endswith(".md")


def _is_template(path: str) -> bool:
    lower = f"/{path.lower()}"
    return "/assets/" in lower or "template" in lower


def _names_folders(content: bytes) -> bool:
    return any(folder.encode() in content for folder in _FOLDERS)


def _candidates(text: str) -> Iterator[str]:
    """Yield everything that may be a target, and much that is not."""
    for found in re.finditer(_LINK, text):
        yield _decode(found[1] or found[2] or found[3] or "")
    for path in re.finditer(_PATH, text):
        yield _strip_suffix(path[0])


def _references(mentions: Iterable[Mention], places: _Places, path: str) -> Iterator[Reference]:
    targets = [pair for mention in mentions if (pair := _target(mention))]
    to_come = {target for mention, target in targets if mention.kind == "path" and _is_to_be_made(mention, target)}
    for mention, target in targets:
        found = places.problem(target)
        if found is None or (mention.kind == "path" and (target in to_come or _is_elsewhere(mention))):
            continue
        location = Location(path, mention.line, mention.column, mention.line, mention.end)
        yield Reference(mention.kind, target, found[1], found[0], location, found[2])


def _target(mention: Mention) -> tuple[Mention, str] | None:
    """Return a mention, narrowed to the path in a command, and the decoded path."""
    if mention.kind != "path":
        return mention, _decode(mention.target)
    word = _path(mention.target)
    if not word or "\n" in mention.target:
        return None
    shift = mention.target.find(word)
    column = mention.column + shift
    return mention._replace(column=column, end=min(column + len(word), mention.end)), _strip_suffix(word)


def _is_to_be_made(mention: Mention, target: str) -> bool:
    """Return True if the text asks the reader to create the file: `save the terms in references/x.md`."""
    verbs = _CREATING if target.removeprefix("./").startswith("scripts/") else _FILLING
    return re.search(verbs, _sentence(mention)[0]) is not None


def _is_elsewhere(mention: Mention) -> bool:
    """Return True if the file is named as an example, as a task, or as part of another skill."""
    before, after = _sentence(mention)
    return mention.block.startswith(("[ ]", "[x]", "[X]")) or re.search(_ELSEWHERE, before + after) is not None


def _sentence(mention: Mention) -> tuple[str, str]:
    """Return the text before and after the place in its sentence."""
    before = mention.block[max(0, mention.at - _NEAR) : mention.at]
    after = mention.block[mention.at : mention.at + _NEAR]
    return re.split(_SENTENCE_END, before)[-1], re.split(_SENTENCE_END, after)[0]


def _path(code: str) -> str | None:
    """Return the path in inline code: all of it, or the script that a command starts."""
    words = code.split()
    if len(words) > 1:
        words = [word for word in words[:3] if word.removeprefix("./").startswith("scripts/")]
    return words[0] if words and re.fullmatch(_PATH, words[0]) and not words[0].endswith(_FOLDERS) else None


def _strip_suffix(word: str) -> str:
    """Return a path without what a sentence or a command can add to it: `:12`, `#top`, a comma."""
    return re.split(r"[:#(,;]", word)[0].rstrip(".)")


def _decode(target: str) -> str:
    return unquote(target.partition("#")[0].partition("?")[0])


class _Places:
    """The files and folders of a skill, as one of its files sees them."""

    def __init__(self, tree: SkillTree, path: str) -> None:
        self._tree, self._folder = tree, path.rpartition("/")[0]
        self._there = {file.path for file in tree.files} | {issue.location.path for issue in tree.selection.rejected}
        self._there |= {folder for path in self._there for folder in _folders(path)}
        self._there.add("")

    def problem(self, target: str) -> tuple[Problem, str, Excluded | None] | None:
        """Return the problem with a target, the path it resolves to and what excludes it, or None."""
        if not _is_judged(target):
            return None
        near, root = _resolve(self._folder, target), _resolve("", target)
        if near in self._there or root in self._there:
            return None
        if near is None:
            return "outside", target, None
        for path in (near, root):
            if path is not None and (entry := self._entry(path)):
                return "excluded", path, entry
        return "broken", near, None

    def _entry(self, path: str) -> Excluded | None:
        for entry in self._tree.selection.excluded:
            out = entry.path.rstrip("/")
            if path == out or (entry.path.endswith("/") and path.startswith(entry.path)) or out.startswith(f"{path}/"):
                return entry
        return None


def _is_judged(target: str) -> bool:
    """Return True if a target is a file of the skill: not an address, a template or a placeholder."""
    if not target or target.startswith(("/", "~")) or re.match(_SCHEME, target) or re.search(_PLACEHOLDER, target):
        return False
    name = target.removeprefix("./")
    return "." in name or "/" in name


def _resolve(folder: str, target: str) -> str | None:
    """Return the path of a target relative to a folder of the skill, or None if it is outside."""
    path = posixpath.normpath(posixpath.join(folder, target))
    if path == ".":
        return ""
    return None if path.startswith("../") or path == ".." else path


def _folders(path: str) -> Iterator[str]:
    while path := path.rpartition("/")[0]:
        yield path


@rule(Content)
def reference_broken(content: Content) -> Iterator[Issue]:
    for reference in content.once(find_references):
        if reference.problem == "broken":
            message = f"there is no {escaped(reference.path)} in the skill"
            yield Issue("reference-broken", reference.location, message, _suggest(reference.path, content.skill))


def _suggest(path: str, skill: Skill) -> str | None:
    """Return a hint if there is a file that differs only in case, or has this name in another folder."""
    name = posixpath.basename(path)
    for file in skill.tree.files:
        if file.path.casefold() == path.casefold():
            return f"write {escaped(file.path)}: upper and lower case matter"
    for file in skill.tree.files:
        if posixpath.basename(file.path) == name:
            return f"write {escaped(file.path)} if that file is intended"
    return None


@rule(Content)
def reference_outside(content: Content) -> Iterator[Issue]:
    for reference in content.once(find_references):
        if reference.problem == "outside":
            yield Issue(
                "reference-outside",
                reference.location,
                f"{escaped(reference.target)} is outside the skill and is not packed",
            )
