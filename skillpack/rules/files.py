"""Rules on what kinds of entries the directory holds: links, devices, files that cannot be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skillpack.findings import Location, Severity, escaped
from skillpack.rules.engine import Remark, rule
from skillpack.skill.decisions import Oddity
from skillpack.skill.skill import Skill

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from skillpack.skill.decisions import Odd


def _remarks(odds: Iterable[Odd], oddity: Oddity, message: str) -> Iterator[Remark]:
    for odd in odds:
        if odd.oddity is oddity:
            place = Location(odd.path) if odd.path else Location()  # else the skill itself
            yield Remark(place, message.replace("{}", escaped(odd.detail)))


@rule(Skill, Severity.ERROR, "safety", hint="replace it with a regular file, or leave it out")
def file_not_regular(skill: Skill) -> Iterator[Remark]:
    """An entry is a FIFO, a socket or a device, not a regular file.

    It is known from the directory; it is never opened.

    Why it matters: it has no content to pack, and opening one can wait for ever or set off a machine's device.
    shutil.make_archive leaves such entries out without a word.

    Before:
        scripts/events        (made by mkfifo)
    After:
        scripts/events.txt
    """
    yield from _remarks(skill.tree.selection.rejected, Oddity.FILE_NOT_REGULAR, "this is {}, not a regular file")


@rule(Skill, Severity.ERROR, "safety", hint="copy the file into the skill, or leave the link out")
def link_escapes(skill: Skill) -> Iterator[Remark]:
    """A link leads out of the skill.

    An absolute link counts as one even where it points into the skill: it points elsewhere on any other machine.

    Why it matters: following it would send a file from outside to a third party. Of nine packers that were tried,
    eight packed the target, a private key included, and one followed a link to /proc/self/environ.

    Before:
        references/notes.md -> ../../private/notes.md
    After:
        references/notes.md        (a copy)
    """
    yield from _remarks(skill.tree.selection.rejected, Oddity.LINK_ESCAPES, "the link leads out of the skill")


@rule(Skill, Severity.ERROR, "safety", hint="mend the link, or leave it out")
def link_broken(skill: Skill) -> Iterator[Remark]:
    """A link leads nowhere, or to itself.

    Why it matters: it has no content to pack. Packers that leave it out send a skill whose text names a file that
    is not there.

    Before:
        references/api.md -> api-v1.md      (which was deleted)
    After:
        references/api.md -> api-v2.md
    """
    yield from _remarks(skill.tree.selection.rejected, Oddity.LINK_BROKEN, "the link leads nowhere")


@rule(Skill, Severity.ERROR, "safety", hint="replace the link with the folder, or leave it out")
def link_to_directory(skill: Skill) -> Iterator[Remark]:
    """A link leads to a folder.

    Why it matters: following it can lead in circles (a link to `..` packs itself until the disk is full) and into
    other skills; a zip that the API takes holds no links.

    Before:
        references/shared -> ../assets
    After:
        references/shared/         (a folder with copies)
    """
    yield from _remarks(skill.tree.selection.rejected, Oddity.LINK_TO_DIRECTORY, "the link leads to a folder")


@rule(Skill, Severity.NOTE, "safety", hint="nothing to do; a bundle holds no links")
def link_copied(skill: Skill) -> Iterator[Remark]:
    """A link to a regular file inside the skill is packed as a copy of that file.

    Why it matters: whoever unpacks the bundle finds two files, and a change to one no longer changes the other.

    Before:
        references/README.md -> ../README.md
    After:
        references/README.md       (a copy, or nothing: the note blocks nothing)
    """
    yield from _remarks(skill.tree.selection.notes, Oddity.LINK_COPIED, "the link is packed as a copy of {}")


@rule(Skill, Severity.NOTE, "safety", hint="nothing to do, if you know where the files come from")
def hard_link(skill: Skill) -> Iterator[Remark]:
    """Some files have more than one name on this disk, and may be files from outside the skill.

    Said once for a skill, at the first of them.

    Why it matters: a hard link looks like any file, so nobody can tell whether it is also a file of somebody's
    home. It is no more than a note because uv and pnpm make thousands of them all the time.

    Before:
        references/notes.md        (made by `ln ~/notes.md references/notes.md`)
    After:
        references/notes.md        (made by `cp ~/notes.md references/notes.md`)
    """
    yield from _remarks(skill.tree.selection.notes, Oddity.HARD_LINK, "{} may also lie outside the skill: hard links")


@rule(Skill, Severity.ERROR, "safety", hint="take the packed name away, or replace it with a copy of what may be seen")
def hard_link_to_secret(skill: Skill) -> Iterator[Remark]:
    """A packed file is the same file as one that is left out and has a name that often holds secrets.

    Names are compared with the built-in patterns of the group `secrets`, whichever rule leaves the other name out.
    Of folders that are left out only `.ssh`, `.aws`, `.gnupg` and `.kube` are looked into, not those in them; a hard
    link into another is no more than the note `hard-link`.

    Why it matters: leaving `.env` out is of no use where its content goes along under another name. A symbolic link
    to it would be left out; a hard link looks like any file.

    Before:
        .env
        config.txt                 (made by `ln .env config.txt`)
    After:
        .env
        config.example.txt         (a file of its own, without the secrets)
    """
    yield from _remarks(
        skill.tree.selection.notes, Oddity.HARD_LINK_TO_SECRET, "this is the same file as {}, which is left out"
    )


@rule(Skill, Severity.WARNING, "safety", hint="leave this name out too, or make it a copy")
def hard_link_to_left_out(skill: Skill) -> Iterator[Remark]:
    """A packed file is the same file as one of the skill that is left out: a hard link to it.

    Folders that are left out are not looked into, so a hard link into one is no more than the note `hard-link`.

    Why it matters: whoever leaves a file out does not expect its content in the bundle under another name.

    Before:
        notes.log                  (.gitignore: *.log)
        notes.txt                  (made by `ln notes.log notes.txt`)
    After:
        notes.log
        notes.txt                  (made by `cp notes.log notes.txt`)
    """
    yield from _remarks(
        skill.tree.selection.notes, Oddity.HARD_LINK_TO_LEFT_OUT, "this is the same file as {}, which is left out"
    )


@rule(Skill, Severity.ERROR, "safety", hint="leave out whole folders, or name another directory if this is no skill")
def walk_too_long(skill: Skill) -> Iterator[Remark]:
    """The directory takes more to walk than any skill does; the walk was stopped.

    It may have 50,000 entries, of which one that is packed counts twice and a folder that is entered once more for
    each folder above it; 1,000 entries that can never be packed, such as broken links; and all links in it may take
    250,000 steps to follow, one for each part of what they lead to. A folder that is left out counts as one.

    Why it matters: such a directory is an accident, or was made to keep a program busy. What lies beyond was not
    looked at, so nothing is packed.

    Before:
        a/../a/../a/../notes.md    (500 links of 800 parts)
    After:
        notes.md
    """
    yield from _remarks(skill.tree.selection.rejected, Oddity.WALK_TOO_LONG, "{}; the walk was stopped there")


@rule(Skill, Severity.ERROR, "safety", hint="make it readable, or leave it out")
def file_unreadable(skill: Skill) -> Iterator[Remark]:
    """A file or folder cannot be read.

    Why it matters: what cannot be read cannot be packed, and a bundle without it is not the skill. `zip -r` warns
    and writes the archive without the file.

    Before:
        -rw------- root  references/notes.md
    After:
        -rw-r--r-- root  references/notes.md
    """
    yield from _remarks(skill.tree.selection.rejected, Oddity.FILE_UNREADABLE, "it cannot be read: {}")


@rule(Skill, Severity.ERROR, "safety", hint="run again when nothing writes to the skill")
def file_changed(skill: Skill) -> Iterator[Remark]:
    """A file changed while it was read, twice in a row.

    Why it matters: such a file has no content that could be vouched for; what would be packed is half of one state
    and half of another, and was never what the rules judged.

    Before:
        references/log.txt         (still being written)
    After:
        references/log.txt         (finished)
    """
    yield from _remarks(skill.tree.selection.rejected, Oddity.FILE_CHANGED, "the file changed while it was read")


@rule(Skill, Severity.WARNING, "safety", hint="leave it out with --exclude, unless it belongs to the skill")
def mount_crossed(skill: Skill) -> Iterator[Remark]:
    """A folder or file of the skill is a mount point.

    On Linux every mount point is reported, bind mounts and single files too. Elsewhere a folder is one if it lies on
    another file system than the folder above it.

    Why it matters: a mount or bind mount is a way out of the skill that no link shows; what is under it may be
    somebody's whole disk.

    Before:
        references/share           (a network share, mounted here)
    After:
        references/share           (a folder with the files that the skill needs)
    """
    yield from _remarks(
        skill.tree.selection.notes, Oddity.MOUNT_CROSSED, "this is a mount point: its content is stored elsewhere"
    )


@rule(Skill, Severity.NOTE, "safety", hint="nothing to do, if this is the skill you mean")
def root_is_link(skill: Skill) -> Iterator[Remark]:
    """The path given for the skill is a symbolic link to its directory.

    Symbolic links in folders above it are not reported.

    Why it matters: what is checked and packed is the directory that the link leads to, which may be anywhere.

    Before:
        skillpack pack skills/demo        (a link to /home/somebody/demo)
    After:
        skillpack pack /home/somebody/demo
    """
    yield from _remarks(skill.tree.selection.notes, Oddity.ROOT_IS_LINK, "the path is a symbolic link to {}")


@rule(Skill, Severity.WARNING, "safety", hint="leave it out with --exclude, unless it belongs to the skill")
def nested_repository(skill: Skill) -> Iterator[Remark]:
    """A folder of the skill is a repository of its own; it is packed without its `.git`.

    Why it matters: a checkout inside a skill is mostly there by accident, has its own licence, and is not in the
    history of the skill.

    Before:
        vendor/parser/.git
    After:
        vendor/parser              (the files that the skill needs)
    """
    yield from _remarks(skill.tree.selection.notes, Oddity.NESTED_REPOSITORY, "the folder is a repository of its own")
