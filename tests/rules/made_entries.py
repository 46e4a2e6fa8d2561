"""Skills with entries that git cannot hold: devices, symbolic links, files that change."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NoReturn

from skillpack.api import Builder
from skillpack.findings import Issue, Location
from skillpack.skill.digest import Fingerprint
from skillpack.skill.tree import SkillFile
from tests.conftest import MANIFEST, make_tree
from tests.rules.made import Case, made

if TYPE_CHECKING:
    from pathlib import Path


def _skill(root: Path) -> Path:
    root.joinpath("references").mkdir(parents=True)
    root.joinpath("SKILL.md").write_bytes(MANIFEST)
    root.joinpath("references/notes.md").write_text("notes\n")
    return root


def _pair(tmp_path: Path) -> tuple[Path, Path]:
    return _skill(tmp_path / "bad"), _skill(tmp_path / "good")


def _linked(tmp_path: Path, target: str, said: str) -> Case:
    bad, good = _pair(tmp_path)
    bad.joinpath("link").symlink_to(target)
    return Case(bad, good, said)


@made
def file_not_regular(tmp_path: Path) -> Case:
    bad, good = _pair(tmp_path)
    os.mkfifo(bad / "events")
    return Case(bad, good, "bad/events: error[file-not-regular]: this is a FIFO, not a regular file")


@made
def link_escapes(tmp_path: Path) -> Case:
    tmp_path.joinpath("outside.md").write_text("private\n")
    return _linked(tmp_path, "../outside.md", "bad/link: error[link-escapes]: the symlink points out of the skill")


@made
def link_broken(tmp_path: Path) -> Case:
    return _linked(tmp_path, "gone.md", "bad/link: error[link-broken]: the symlink's target does not exist")


@made
def walk_too_long(tmp_path: Path) -> Case:
    bad, good = _pair(tmp_path)
    for number in range(500):
        bad.joinpath(f"link{number}").symlink_to(f"{'references/../' * 280}SKILL.md")
        good.joinpath(f"page{number % 50}").touch()
    return Case(
        bad,
        good,
        "bad: error[walk-too-long]: over 50,000 entries, one that is packed or entered counting twice; the walk was "
        "stopped there",
    )


@made
def link_to_directory(tmp_path: Path) -> Case:
    return _linked(tmp_path, "references", "bad/link: error[link-to-directory]: the symlink points to a folder")


@made
def link_copied(tmp_path: Path) -> Case:
    said = "bad/link: note[link-copied]: the symlink is packed as a copy of references/notes.md"
    return _linked(tmp_path, "references/notes.md", said)


@made
def file_changed(tmp_path: Path) -> Case:
    bad, good = _pair(tmp_path)
    tree = Builder().walk(bad.name)
    bad.joinpath("references/notes.md").write_text("longer than it was\n")
    return Case(tree, good, "bad/references/notes.md: error[file-changed]: the file changed while it was read")


@dataclass(frozen=True)
class Unreadable:
    """What a disk with a bad sector gives; chmod proves nothing to root."""

    fingerprint: Fingerprint

    def read(self) -> NoReturn:
        raise OSError(5, "Input/output error")


@made
def file_unreadable(tmp_path: Path) -> Case:
    good = make_tree({"notes.md": b"notes"})
    bad = replace(good, files=(good.files[0], SkillFile("notes.md", 5, Unreadable(Fingerprint.from_content(b"")))))
    return Case(bad, good, "demo/notes.md: error[file-unreadable]: it cannot be read: input/output error")


@made
def mount_crossed(tmp_path: Path) -> Case:
    good = make_tree({"vendor/a.txt": b"a"})
    issue = Issue("mount-crossed", Location("vendor"), "this is a mount point")
    bad = replace(good, selection=replace(good.selection, notes=(issue,)))
    return Case(bad, good, "demo/vendor: warning[mount-crossed]: this is a mount point")


@made
def root_is_link(tmp_path: Path) -> Case:
    good = _skill(tmp_path / "good")
    bad = tmp_path / "bad"
    bad.symlink_to(good)
    said = f"bad: note[root-is-link]: the path is a symbolic link to {good.resolve().as_posix()}"
    return Case(bad, good, said)


@made
def nested_repository(tmp_path: Path) -> Case:
    bad, good = _pair(tmp_path)
    for root in (bad, good):
        root.joinpath("vendor/.git").mkdir(parents=True)
    good.joinpath("vendor/.git").rmdir()
    return Case(bad, good, "bad/vendor: warning[nested-repository]: the folder is a git repository of its own")


@made
def hard_link(tmp_path: Path) -> Case:
    bad, good = _pair(tmp_path)
    for name in ("a.txt", "b.txt"):
        tmp_path.joinpath(name).write_text("mine\n")
        os.link(tmp_path / name, bad / name)
        good.joinpath(name).write_text("mine\n")
    return Case(bad, good, "bad/a.txt: note[hard-link]: 2 files may also be outside the skill: hard links")


def _hard_linked(tmp_path: Path, excluded: str, said: str) -> Case:
    bad, good = _pair(tmp_path)
    for root in (bad, good):
        root.joinpath(".gitignore").write_text("*.log\n")
        root.joinpath(excluded).write_text("mine\n")
    os.link(bad / excluded, bad / "config.txt")
    os.link(good / excluded, tmp_path / "elsewhere")
    good.joinpath("config.txt").write_text("mine\n")
    return Case(bad, good, said)


@made
def hard_link_to_secret(tmp_path: Path) -> Case:
    said = "bad/config.txt: error[hard-link-to-secret]: this is the same file as .env, which is excluded"
    return _hard_linked(tmp_path, ".env", said)


@made
def hard_link_to_left_out(tmp_path: Path) -> Case:
    said = "bad/config.txt: warning[hard-link-to-left-out]: this is the same file as notes.log, which is excluded"
    return _hard_linked(tmp_path, "notes.log", said)
