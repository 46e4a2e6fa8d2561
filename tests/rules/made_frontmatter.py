"""Frontmatter whose bytes git would change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skillpack.skill.tree import SkillTree
from tests.conftest import MANIFEST, make_tree
from tests.rules.made import Case, made

if TYPE_CHECKING:
    from pathlib import Path


def _tree(manifest: bytes) -> SkillTree:
    return SkillTree.from_files({"SKILL.md": manifest}, "demo")


@made
def frontmatter_bom(tmp_path: Path) -> Case:
    said = "demo/SKILL.md:1:1: error[frontmatter-bom]: the file starts with a byte order mark, before the first ---"
    return Case(_tree(b"\xef\xbb\xbf" + MANIFEST), make_tree(), said)


@made
def frontmatter_encoding(tmp_path: Path) -> Case:
    said = "demo/SKILL.md:2:10: error[frontmatter-encoding]: the frontmatter is not UTF-8: byte 0xe9 is invalid here"
    bad = MANIFEST.replace(b"demo\n", b"d\xc3\xa9m\xe9\n", 1)
    return Case(_tree(bad), make_tree(), said)


@made
def frontmatter_too_large(tmp_path: Path) -> Case:
    said = "demo/SKILL.md:1:1: error[frontmatter-too-large]: the frontmatter has 100,074 bytes, over 65,536"
    bad = MANIFEST.replace(b"description: ", b"description: " + b"x" * 100_000)
    return Case(_tree(bad), make_tree(), said)
