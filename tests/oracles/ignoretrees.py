"""A seed to a tree with ignore files: ordinary ones, and those that somebody would write to break us."""

from __future__ import annotations

import os
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

OUTSIDE: Final = b"patterns"
"""A file beside the tree that links to ignore files lead to."""

_NAMES: Final = ("a", "b", "d", "foo", "a.log", "b.txt", "build", "x y", "[a]", "a*", "!b", "#c", "é", "A", "-", "a ")
_PIECES: Final = ("a", "b", "d", "foo", "*", "**", "/", "?", "*.log", "build", ".txt", "é")
_HOSTILE: Final = (
    *("[", "]", "[ab]", "[!a]", "[^b]", "[a-", "[z-a]", "[[:alpha:]]", "[[:space:]]", "[[:none:]]", "[]a]", "[a-]"),
    *("\\", "\\\\", "\\a", "\\*", "\\ ", "\\/", "**/", "/**", "***", "!", "#", " ", "\t", "\r", "-", "A", "[\\]]"),
)
_BYTES: Final = (b"\xff", b"\xe9", b"\x00", b"\xc3")


@dataclass(frozen=True)
class Tree:
    """What lies where: path -> content, links by their targets, and the paths of odd ignore files."""

    files: dict[bytes, bytes] = field(default_factory=dict)
    links: dict[bytes, bytes] = field(default_factory=dict)
    folders: set[bytes] = field(default_factory=set)
    fifos: set[bytes] = field(default_factory=set)

    def write(self, root: Path) -> None:
        """Write it into an empty folder."""
        base = os.fsencode(root) + b"/"
        for folder in self.folders:
            os.makedirs(base + folder, exist_ok=True)
        for path, content in self.files.items():
            with open(base + path, "wb") as file:
                file.write(content)
        for path, target in self.links.items():
            os.symlink(target, base + path)

    def write_fifos(self, root: Path) -> None:
        """Write the FIFOs, once git has spoken: it would wait for ever for somebody to write to one."""
        for path in self.fifos:
            os.mkfifo(os.fsencode(root) + b"/" + path)


def random_tree(seed: int) -> Tree:
    """Return the tree of a seed; two of three are ordinary."""
    dice = random.Random(seed)
    hostile = seed % 3 == 0
    folders = _folders(dice)
    tree = Tree(folders={folder for folder in folders if folder})
    for folder in folders:
        for name in dice.sample(_NAMES, dice.randint(1, 5)):
            _put(tree, folder + os.fsencode(name), dice)
        if hostile and dice.random() < 0.1:
            tree.files[folder + b"\xff" + dice.choice([b"", b"a"])] = b""
        if not folder or dice.random() < 0.4:
            _put_ignore_file(tree, folder + b".gitignore", dice, hostile=hostile)
    return tree


def _folders(dice: random.Random) -> list[bytes]:
    folders = [b""]
    for _ in range(dice.randint(1, 6)):
        parent = dice.choice(folders)
        name = os.fsencode(dice.choice(_NAMES))
        if parent.count(b"/") < 4 and parent + name + b"/" not in folders:
            folders.append(parent + name + b"/")
    return folders


def _put(tree: Tree, path: bytes, dice: random.Random) -> None:
    if path + b"/" in tree.folders:
        return
    if dice.random() < 0.05:
        tree.links[path] = dice.choice([b"nowhere", b"..", b"."])
        return
    tree.files[path] = b""


def _put_ignore_file(tree: Tree, path: bytes, dice: random.Random, *, hostile: bool) -> None:
    kind = dice.random() if hostile else 1.0
    if kind < 0.04:
        tree.folders.add(path + b"/")
    elif kind < 0.08:
        tree.links[path] = b"../" * (path.count(b"/") + 1) + OUTSIDE
    elif kind < 0.12:
        tree.fifos.add(path)
    else:
        tree.files[path] = _ignore_file(dice, hostile=hostile)


def _ignore_file(dice: random.Random, *, hostile: bool) -> bytes:
    lines = [_line(dice, hostile=hostile) for _ in range(dice.randint(1, 6))]
    if not hostile:
        return b"\n".join(lines) + b"\n"
    start = b"\xef\xbb\xbf" if dice.random() < 0.1 else b""
    end = dice.choice([b"\n", b"", b"\r"])
    return start + dice.choice([b"\n", b"\n", b"\r\n"]).join(lines) + end


def _line(dice: random.Random, *, hostile: bool) -> bytes:
    pieces = _PIECES + _HOSTILE if hostile else _PIECES
    line = "".join(dice.choice(pieces) for _ in range(dice.randint(1, 5))).encode()
    if hostile and dice.random() < 0.1:
        at = dice.randint(0, len(line))
        line = line[:at] + dice.choice(_BYTES) + line[at:]
    negated = b"!" if dice.random() < 0.3 else b""
    anchored = b"/" if dice.random() < 0.15 else b""
    folder = b"/" if dice.random() < 0.25 else b""
    trailing = dice.choice([b" ", b"\t", b"  ", b"\\ "]) if hostile and dice.random() < 0.15 else b""
    return negated + anchored + line + folder + trailing
