from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

import pytest

from skillpack import RejectedError, check, pack

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from skillpack import Report
    from tests.conftest import MakeSkill


def said(report: Report) -> list[tuple[str, str]]:
    return [(finding.rule, finding.location.path) for finding in report]


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


@pytest.mark.parametrize(
    ("make", "rule"),
    [
        (os.mkfifo, "file-not-regular"),
        (_socket, "file-not-regular"),
        (lambda path: path.symlink_to("/etc/hostname"), "link-escapes"),
        (lambda path: path.symlink_to("../secret.txt"), "link-escapes"),
        (lambda path: path.symlink_to("../.."), "link-escapes"),
        (lambda path: path.symlink_to("/proc/self/environ"), "link-escapes"),
        (lambda path: path.symlink_to("nowhere"), "link-broken"),
        (lambda path: path.symlink_to("odd"), "link-broken"),
        (lambda path: path.symlink_to("folder"), "link-to-directory"),
        (lambda path: path.symlink_to("SKILL.md"), "link-copied"),
    ],
)
def test_an_odd_entry_is_told_by_its_rule_and_never_followed(
    make_skill: MakeSkill, tmp_path: Path, make: Callable[[Path], None], rule: str
) -> None:
    (tmp_path / "secret.txt").write_text("private")
    root = make_skill({"folder/a.txt": "a"})
    make(root / "odd")
    assert (rule, "odd") in said(check(root))
    if rule == "link-copied":
        assert pack(root).skill.tree.file("odd") is not None
        return
    with pytest.raises(RejectedError):
        pack(root)


def test_a_link_inside_the_skill_is_packed_as_a_copy(make_skill: MakeSkill) -> None:
    root = make_skill({"notes.txt": "the notes", "references/keep.md": "k"})
    (root / "references/notes.txt").symlink_to("../notes.txt")
    packed = pack(root).skill.tree.file("references/notes.txt")
    assert packed is not None
    assert packed.read() == b"the notes"
