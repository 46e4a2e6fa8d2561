"""Skills with names that git, or some system it is used on, cannot hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.conftest import make_tree
from tests.rules.made import Case, made

if TYPE_CHECKING:
    from pathlib import Path


def _case(bad: str, good: str, said: str) -> Case:
    return Case(make_tree({bad: b"x"}), make_tree({good: b"x"}), said)


@made
def path_not_utf8(tmp_path: Path) -> Case:
    said = r"demo/references/caf\xe9.md: error[path-not-utf8]: the file's name is not UTF-8"
    return _case("references/caf\udce9.md", "references/caf\xe9.md", said)


@made
def path_control(tmp_path: Path) -> Case:
    said = (
        r"demo/scripts/run\x1b[2K.sh: error[path-control]: "
        "the file's name contains the control character U+001B"
    )
    return _case("scripts/run\x1b[2K.sh", "scripts/run.sh", said)


@made
def path_unsafe(tmp_path: Path) -> Case:
    tree = make_tree({r"scripts\run.sh": b"", "C:a": b""})
    said = (
        "demo/C:a: error[path-unsafe]: the file's name contains a colon, which names a drive or stream on Windows\n"
        r"demo/scripts\run.sh: error[path-unsafe]: "
        "the file's name contains a backslash, which separates folders on Windows"
    )
    return Case(tree, make_tree({"scripts/run.sh": b""}), said)


@made
def path_collision(tmp_path: Path) -> Case:
    bad = make_tree({"references/Forms.md": b"", "references/forms.md": b"", "docs": b"", "docs/a.md": b""})
    said = (
        "demo/docs/a.md: error[path-collision]: docs is a file and would also have to be a folder\n"
        "demo/references/forms.md: error[path-collision]: "
        "references/Forms.md has the same name on systems that ignore case or Unicode form"
    )
    return Case(bad, make_tree({"references/forms.md": b"", "references/form-fields.md": b""}), said)


@made
def path_not_nfc(tmp_path: Path) -> Case:
    said = (
        "demo/references/caf\xe9.md: warning[path-not-nfc]: "
        "the file's name is not in Unicode form NFC; it is packed in that form"
    )
    return _case("references/cafe\u0301.md", "references/caf\xe9.md", said)


@made
def path_invisible(tmp_path: Path) -> Case:
    said = (
        r"demo/scripts/run\u202egpj.sh: error[path-invisible]: "
        "the file's name contains U+202E, a direction control"
    )
    return _case("scripts/run\u202egpj.sh", "scripts/run.sh", said)


@made
def path_not_portable(tmp_path: Path) -> Case:
    bad = make_tree({"references/aux.md": b"", "what?.md": b"", "end.": b""})
    said = (
        "demo/end.: warning[path-not-portable]: a name that ends in a dot, which Windows drops\n"
        "demo/references/aux.md: warning[path-not-portable]: a name that Windows reserves for a device\n"
        "demo/what?.md: warning[path-not-portable]: a name with ?, which Windows does not allow"
    )
    return Case(bad, make_tree({"references/auxiliary.md": b""}), said)


@made
def path_too_long(tmp_path: Path) -> Case:
    name, path = "n" * 256, "/".join(["folder67" * 8] * 16)
    said = (
        f"demo/{path}: error[path-too-long]: a path of 1,039 bytes, 15 too many\n"
        f"demo/{name}: error[path-too-long]: a name of 256 bytes, 1 too many"
    )
    return Case(make_tree({name: b"", path: b""}), make_tree({name[1:]: b"", path[15:]: b""}), said)


@made
def path_too_deep(tmp_path: Path) -> Case:
    said = f"demo/{'a/' * 33}b: error[path-too-deep]: the file is 33 folders deep, 1 too many"
    return _case("a/" * 33 + "b", "a/" * 32 + "b", said)
