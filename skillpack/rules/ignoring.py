"""Rules on what the ignore rules decided. They read the tree's decisions, never the disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skillpack.findings import Location, Severity, escaped
from skillpack.limits import MANIFEST
from skillpack.rules.engine import Asked, Content, Remark, rule
from skillpack.rules.references import Problem, find
from skillpack.select.wildmatch import line_for, literally
from skillpack.skill.decisions import Layer, Oddity
from skillpack.skill.skill import Skill

if TYPE_CHECKING:
    from collections.abc import Iterator

    from skillpack.rules.references import Reference
    from skillpack.skill.decisions import Decision


def line_of(decision: Decision) -> str:
    """Return the line that decided and where it stands, in words."""
    place = f"{escaped(decision.file)}:{decision.line}" if decision.file else f"the {decision.layer} pattern"
    return f"{place} ({escaped(decision.pattern)})"


def _location(decision: Decision, path: str) -> Location:
    return Location(decision.file, decision.line, 1) if decision.file else Location(path)


@rule(Skill, Severity.WARNING, "advice", hint=f"take {MANIFEST} out of the line, or add !/{MANIFEST} below it")
def ignore_hits_manifest(skill: Skill) -> Iterator[Remark]:
    """A line of an ignore file matches SKILL.md at the root, which is packed all the same.

    Why it matters: a bundle without SKILL.md is no skill, so skillpack keeps it. Git does not: the file is missing
    from every clone, and so are probably others that the line matches.

    Before:
        .gitignore:
            *.md
    After:
        .gitignore:
            *.md
            !/SKILL.md
    """
    for entry in skill.tree.selection.protected:
        if entry.path == MANIFEST:
            yield Remark(
                _location(entry.decision, MANIFEST), f"{line_of(entry.decision)} matches {MANIFEST}, which is kept"
            )


@rule(Skill, Severity.WARNING, "advice", hint="take the file out of git, or add a line that keeps it")
def ignore_hits_tracked(skill: Skill) -> Iterator[Remark]:
    """Git tracks a file that an ignore rule leaves out of the bundle.

    Only the pre-commit hook knows what git tracks, so only there this is said.

    Why it matters: git goes on tracking a file that a .gitignore names later, so its author sees it in every
    clone and expects it in the bundle. skillpack reads rules, not git's index, which differs from clone to clone.

    Before:
        git add --force build/tool.js        (.gitignore: build/)
    After:
        .gitignore:
            build/*
            !build/tool.js
    """
    for entry in skill.tree.selection.tracked_excluded:
        yield Remark(Location(entry.path), f"git tracks this, but {line_of(entry.decision)} leaves it out")


@rule(Skill, Severity.WARNING, "reader", hint="mend the pattern; a backslash before [ makes it a plain character")
def ignore_malformed_line(skill: Skill) -> Iterator[Remark]:
    r"""A line of an ignore file can never match anything.

    A bracket does not end, the line ends in a single backslash, a class such as `[:word:]` does not exist, nothing
    stands behind a `!`, or the pattern has a part `.` or `..` or two slashes in a row, which no path has.

    Why it matters: git takes such a line without a word. What it was to leave out goes to a third party.

    Before:
        ./build/
        notes[1.txt
    After:
        /build/
        notes\[1.txt
    """
    for odd in skill.tree.selection.ineffective_lines:
        if odd.blocker is None:
            yield Remark(Location(odd.file, odd.line, 1), f"the line never matches: {odd.detail}")


@rule(Skill, Severity.WARNING, "reader", hint="keep the folder too")
def ignore_dead_negation(skill: Skill) -> Iterator[Remark]:
    """A line that begins with `!` names something in a folder that another line leaves out whole.

    Why it matters: git does not look into a folder that is left out, so the line has no effect: the
    documentation of gitignore says "It is not possible to re-include a file if a parent directory of that file is
    excluded." The file is missing from the bundle.

    Before:
        build/
        !build/tool.js
    After:
        build/*
        !build/tool.js
    """
    for odd in skill.tree.selection.ineffective_lines:
        if odd.blocker:
            folder = odd.blocker.matched
            message = f"the line has no effect: {line_of(odd.blocker)} leaves out the whole folder {escaped(folder)}"
            pattern = escaped(literally(folder))
            hint = f"add !{pattern} before it, or write {pattern}* there instead of the folder"
            yield Remark(Location(odd.file, odd.line, 1), message, hint)


@rule(Asked, Severity.ERROR, "safety", hint="mend the pattern, or take the option away")
def ignore_unmatched_option(asked: Asked) -> Iterator[Remark]:
    """A pattern of --exclude or --include matches nothing in any skill of the call.

    Patterns in settings and in calls of the library may match nothing: they are written for many skills. An
    exclude of something in a folder that is left out anyway counts as matched; in a zip nothing is matched.

    Why it matters: a typo in --exclude sends a file to a third party that was to stay here.

    Before:
        skillpack pack skills/pdf-forms --exclude draft/
    After:
        skillpack pack skills/pdf-forms --exclude drafts/
    """
    for pattern in dict.fromkeys(asked.patterns):
        if asked.unmatched and all(pattern in unmatched for unmatched in asked.unmatched):
            option = "--include" if pattern.startswith("!") else "--exclude"
            yield Remark(Location(), f"{option} {escaped(pattern.removeprefix('!'))[:200]} matches nothing")


@rule(Skill, Severity.WARNING, "advice", hint="nothing to do if that is meant; the rule does not empty the bundle")
def skill_is_ignored(skill: Skill) -> Iterator[Remark]:
    """A .gitignore above the skill names the skill's own folder, or one around it.

    The rules then count for what is inside one by one, as if that line were not there.

    Why it matters: git does not track the skill, so nobody else has it, and whoever clones the repository packs
    something else. A packer that obeyed the line would send an empty bundle.

    Before:
        .gitignore:
            skills/
    After:
        .gitignore:
            skills/*/drafts/
    """
    for entry in skill.tree.selection.protected:
        if entry.path == ".":
            message = f"{line_of(entry.decision)} matches {escaped(entry.decision.matched)}, which holds the skill"
            yield Remark(Location(), message)


@rule(Skill, Severity.WARNING, "reader", hint="make it a regular file in plain UTF-8")
def ignore_file_odd(skill: Skill) -> Iterator[Remark]:
    """A .gitignore or .skillignore is a link, no file at all, or in an encoding that git does not read.

    That is: it begins with a byte order mark, is UTF-16, holds NUL characters, or ends its lines with CR alone.

    One of over 1 MiB is not read; the skill cannot be packed then, for what it names is not known (file-unreadable).

    Why it matters: git follows no link there (since 2.32), so the patterns do not count although an editor shows
    them. A byte order mark is a part of the first pattern to many other tools. In UTF-16, which PowerShell 5 writes,
    git finds no pattern at all, and what was to stay out goes to a third party.

    Before:
        .gitignore -> ../team/gitignore
    After:
        .gitignore        a copy of the file
    """
    for odd in skill.tree.selection.notes:
        if odd.oddity is Oddity.IGNORE_FILE_ODD:
            yield Remark(Location(odd.path), odd.detail)


@rule(Skill, Severity.NOTE, "safety", hint="copy the lines you want into an ignore file of your own")
def settings_not_yours(skill: Skill) -> Iterator[Remark]:
    """A .gitignore above the skill belongs to another user: it excludes, but its negations have no effect.

    Another user is anyone but you, root and the owner of the skill's own directory, who counts because in a container
    with a bind mount you are root and all files belong to one user. No settings can switch this rule off.

    A settings file above the skill that belongs to such a user is an error that stops the call (exit code 2): it could
    switch rules off. `--config FILE` takes it all the same.

    Windows reports no owners that Python can read, so there every file counts.

    Why it matters: on a machine with several users anyone may put a file into /tmp or another shared folder, and it is
    read for all skills below it. Git stops at repositories of other users for the same reason (CVE-2022-24765).

    Before:
        /srv/shared/.gitignore        (owned by mallory)
    After:
        /srv/shared/.gitignore        (owned by you, root or the skill's owner)
    """
    for odd in skill.tree.selection.notes:
        if odd.oddity is Oddity.SETTINGS_NOT_YOURS:
            message = f"the file belongs to {escaped(odd.detail)}: it excludes, but its negations have no effect"
            yield Remark(Location(odd.path), message)


@rule(Skill, Severity.ERROR, "safety", hint="write fewer patterns: name a folder instead of the files in it")
def ignore_too_costly(skill: Skill) -> Iterator[Remark]:
    """The patterns of the ignore files are more than skillpack takes, or too many for so many paths.

    All ignore files of a skill, with those above it, may have 20,000 lines; one that has wildcards, other than a
    single `*` at its beginning, counts as often as it has characters. What is tried of those on all paths is counted
    too, and so is each file on each path. All of them may have 4 MiB.

    Why it matters: matching takes time for every pattern on every path. Without a bound an ignore file of one
    megabyte, which may be a stranger's, would keep a program busy for half a minute. Nothing is packed, for what the
    patterns leave out is not known.

    Before:
        .gitignore:
            cache/**/a*b*1
            cache/**/a*b*2
            ...
    After:
        .gitignore:
            cache/
    """
    for odd in skill.tree.selection.rejected:
        if odd.oddity is Oddity.IGNORE_TOO_COSTLY:
            yield Remark(Location(odd.path), odd.detail)


@rule(Content, Severity.ERROR, "advice", hint="keep the file, or take the reference away")
def reference_left_out(content: Content) -> Iterator[Remark]:
    """A link or image in a Markdown file leads to a file that exists, but is left out of the bundle.

    Why it matters: the agent follows the link and finds nothing, although everything works in the author's folder.

    Before:
        See [the data](build/data.json).        (.gitignore: build/)
    After:
        .skillignore:
            !/build/
    """
    for reference in content.once(find):
        if reference.problem is Problem.LEFT_OUT and reference.kind != "path":
            yield _left_out(reference)


@rule(Content, Severity.WARNING, "advice", hint="keep the file, or take the path away")
def path_left_out(content: Content) -> Iterator[Remark]:
    """A path in the inline code of a Markdown file leads to a file that exists, but is left out of the bundle.

    Why it matters: the agent finds nothing there, unless it is to make the file itself, as scripts often do.

    Before:
        Run `scripts/build/tool.py`.        (.gitignore: build/)
    After:
        .skillignore:
            !/scripts/build/
    """
    for reference in content.once(find):
        if reference.problem is Problem.LEFT_OUT and reference.kind == "path":
            yield _left_out(reference)


def _left_out(reference: Reference) -> Remark:
    from shlex import quote

    entry = reference.excluded
    assert entry is not None
    message = f"{escaped(reference.path)} is left out of the bundle by {line_of(entry.decision)}"
    keep = line_for(entry.path)
    hint = f"add !{escaped(keep)} to .skillignore, or give --include {escaped(quote(keep))}"
    return Remark(reference.location, message, hint)


@rule(Skill, Severity.WARNING, "advice", hint="`skillpack files --excluded` says which line left out what")
def only_the_manifest(skill: Skill) -> Iterator[Remark]:
    """SKILL.md is packed alone, while other files lie beside it and are left out.

    What the defaults leave out, such as an operating system's own notes, does not count.

    Why it matters: a rule that matches everything, such as a `*` in a .gitignore above, leaves a skill that
    speaks of files it does not have.

    Before:
        kept 1 file; left out 3 by .gitignore (assets/, references/, scripts/)
    After:
        kept 9 files
    """
    tree = skill.tree
    stated = (Layer.OPTION, Layer.SKILLIGNORE, Layer.GITIGNORE)
    others = [
        entry for entry in tree.selection.excluded if entry.decision.layer in stated and entry.path != ".gitignore"
    ]
    if skill.manifest and len(tree.files) == 1 and others and not tree.selection.cut_short:
        shown = ", ".join(escaped(entry.path) for entry in others[:3]) + (", ..." if len(others) > 3 else "")
        message = f"{MANIFEST} is packed alone; left out: {shown}"
        yield Remark(
            Location(skill.manifest.path), message, f"{line_of(others[0].decision)} left out {escaped(others[0].path)}"
        )
