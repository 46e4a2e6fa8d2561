"""Texts with bytes that would make git take them for binaries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.conftest import MANIFEST, make_tree
from tests.rules.made import Case, made

if TYPE_CHECKING:
    from pathlib import Path

_LATIN_1 = "# R\xe9sum\xe9s\n".encode("latin-1")
_UTF_8 = "# R\xe9sum\xe9s\n".encode()


@made
def manifest_not_utf8(tmp_path: Path) -> Case:
    line = MANIFEST.count(b"\n") + 1
    said = f"demo/SKILL.md:{line}:4: error[manifest-not-utf8]: the file is not UTF-8: byte 0xe9 is invalid here"
    return Case(make_tree({"SKILL.md": MANIFEST + _LATIN_1}), make_tree({"SKILL.md": MANIFEST + _UTF_8}), said)


@made
def text_not_utf8(tmp_path: Path) -> Case:
    said = "demo/more.md:1:4: warning[text-not-utf8]: the file is not UTF-8: byte 0xe9 is invalid here"
    return Case(make_tree({"more.md": _LATIN_1}), make_tree({"more.md": _UTF_8, "data.txt": _LATIN_1}), said)


@made
def text_control(tmp_path: Path) -> Case:
    said = (
        "demo/more.md:2:2: warning[text-control]: the line contains the control character U+0000\n"
        "demo/more.md:3:6: warning[text-control]: the line contains the control character U+001B and 1 more"
    )
    bad = make_tree({"more.md": b"plain\na\0b\nsee: \x1b[8mhidden\x1b[0m\n"})
    return Case(bad, make_tree({"more.md": b"a\tb\r\n\x0cc \\x1b[8m\n", "data.bin": b"a\0b"}), said)
