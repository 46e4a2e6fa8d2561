"""Turn what the walk recorded about entries and ignore files into issues."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from skillpack.findings import Issue, Location, escaped
from skillpack.limits import MAX_DEPTH
from skillpack.rules.ignoring import name_line
from skillpack.select.wildmatch import literally

if TYPE_CHECKING:
    from collections.abc import Iterator

    from skillpack.skill.decisions import OddLine
    from skillpack.skill.tree import SkillTree

_MESSAGES: Final = {
    "file-not-regular": "this is {}, not a regular file",
    "link-escapes": "the symlink points out of the skill",
    "link-broken": "the symlink's target does not exist",
    "link-to-directory": "the symlink points to a folder",
    "link-copied": "the symlink is packed as a copy of {}",
    "hard-link": "{} may also be outside the skill: hard links",
    "hard-link-to-secret": "this is the same file as {}, which is excluded",
    "hard-link-to-left-out": "this is the same file as {}, which is excluded",
    "file-unreadable": "it cannot be read: {}",
    "file-changed": "the file changed while it was read",
    "mount-crossed": "this is a mount point: its content is stored elsewhere",
    "root-is-link": "the path is a symbolic link to {}",
    "settings-not-yours": "the file belongs to {}: it excludes, but its negations have no effect",
    "safety-rule-lowered": "{} includes this name, which the built-in patterns exclude as a secret",
    "nested-repository": "the folder is a git repository of its own",
    "path-not-utf8": "the file's name is not UTF-8",
    "path-not-nfc": "the file's name is not in Unicode form NFC; it is packed in that form",
    "path-too-deep": f"the folder is over {MAX_DEPTH} folders deep",
    "walk-too-long": "{}; the walk was stopped there",
    "ignore-file-odd": "{}",
    "ignore-too-costly": "{}",
}


def collect_issues(tree: SkillTree) -> Iterator[Issue]:
    """Yield an issue for each entry and each line of an ignore file that the walk recorded as a problem."""
    for odd in (*tree.selection.rejected, *tree.selection.notes):
        message = _MESSAGES[odd.oddity].replace("{}", escaped(odd.detail))
        yield Issue(odd.oddity, Location(odd.path or "."), message)
    for line in tree.selection.ineffective_lines:
        yield _describe_line(line)


def _describe_line(line: OddLine) -> Issue:
    place = Location(line.file, line.line, 1)
    if line.blocker is None:
        return Issue("ignore-malformed-line", place, f"the line never matches: {line.detail}")
    message = (
        f"the line has no effect: {name_line(line.blocker)} excludes the whole folder {escaped(line.blocker.matched)}"
    )
    pattern = escaped(literally(line.blocker.matched))
    hint = f"add !{pattern} before it, or write {pattern}* there instead of the folder"
    return Issue("ignore-dead-negation", place, message, hint)
