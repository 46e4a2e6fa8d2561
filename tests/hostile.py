"""Directories that mean harm, or are only odd: each with the rule that should speak of it.

Used by tests/test_hostile_directories.py, and by `python -m tests.faults.compare`, which shows what other packers
make of the same directories.
"""

from __future__ import annotations

import os
import re
import socket
import stat
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from skillpack.rules.text import find_hidden
from tests.conftest import MANIFEST
from tests.rules.invented import TOKENS, private_key

if TYPE_CHECKING:
    from collections.abc import Callable

SENTINEL: Final = "SENTINEL-of-a-file-outside-4711"
"""What every file outside the skill holds; it must never be in a bundle."""

# colours are ours; nothing else that moves a terminal is
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")


def assert_fit_for_a_terminal(shown: str) -> None:
    assert not _CONTROL.search(shown)
    assert not list(find_hidden(shown))
    assert SENTINEL not in shown
    assert "Traceback" not in shown


@dataclass(frozen=True)
class Hostile:
    """One kind: how to make it in a sound skill, and the rule that should speak; `tracked` is whether git keeps it.

    `make` gets the root of the skill; beside it lie `outside/secret.txt` and `outside/SKILL.md`.
    """

    id: str
    rule: str | None
    make: Callable[[Path], object]
    tracked: bool = True


def build(kind: Hostile, folder: Path) -> Path:
    """Make the skill `demo` of this kind in a folder, with files beside it that it must not reach."""
    root, outside = folder / "demo", folder / "outside"
    (root / "references").mkdir(parents=True)
    outside.mkdir()
    (root / "SKILL.md").write_bytes(MANIFEST)
    (root / "references/notes.md").write_text("notes\n")
    (outside / "secret.txt").write_text(SENTINEL)
    (outside / "SKILL.md").write_bytes(MANIFEST + SENTINEL.encode())
    kind.make(root)
    return root


def link(target: str, name: str = "link") -> Callable[[Path], object]:
    def make(root: Path) -> None:
        path = root / name
        path.parent.mkdir(exist_ok=True)
        path.unlink(missing_ok=True)
        path.symlink_to(target)

    return make


def links(**targets: str) -> Callable[[Path], object]:
    def make(root: Path) -> None:
        for name, target in targets.items():
            (root / name).symlink_to(target)

    return make


def file(name: str | bytes, content: bytes = b"x") -> Callable[[Path], object]:
    return files({os.fsencode(name): content})


def files(contents: dict[bytes, bytes]) -> Callable[[Path], object]:
    def make(root: Path) -> None:
        for name, content in contents.items():
            path = root / os.fsdecode(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)

    return make


def named(*names: str) -> Callable[[Path], object]:
    return files({name.encode(): b"x" for name in names})


def manifest(content: bytes) -> Callable[[Path], object]:
    return file("SKILL.md", content)


def chain(count: int, target: str = "references/notes.md") -> Callable[[Path], object]:
    """Links that lead to one another, the first to a target."""

    def make(root: Path) -> None:
        for number in range(count):
            (root / f"l{number}").symlink_to(f"l{number - 1}" if number else target)

    return make


def winding(count: int, end: str) -> Callable[[Path], object]:
    """Links that go to and fro before they end."""
    return links(**{f"l{number}": f"{'references/../' * 280}{end}" for number in range(count)})


def special(kind: int, name: str = "odd") -> Callable[[Path], object]:
    def make(root: Path) -> None:
        (root / name).unlink(missing_ok=True)
        os.mknod(root / name, kind | 0o644, os.makedev(1, 5))  # the device of /dev/zero

    return make


def bound(root: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server, chdir(root):  # a socket's path is short
        server.bind("odd")


def sparse(root: Path) -> None:
    with (root / "huge.bin").open("wb") as opened:
        opened.truncate(5 << 30)


def deep(count: int) -> Callable[[Path], object]:
    def make(root: Path) -> None:
        with chdir(root):
            for _ in range(count):
                Path("d").mkdir()
                os.chdir("d")
            Path("end.txt").write_text("x")

    return make


def folder_as_manifest(root: Path) -> None:
    (root / "SKILL.md").unlink()
    (root / "SKILL.md").mkdir()


def emptied(root: Path) -> None:
    (root / "SKILL.md").unlink()
    (root / "references/notes.md").unlink()


def inside_link_outside(root: Path) -> None:
    (root / "references/up").symlink_to("../..")
    (root / "link").symlink_to("references/up/outside/secret.txt")


def absolute_inside(root: Path) -> None:
    (root / "link").symlink_to(root / "references/notes.md")


def link_to_what_is_left_out(root: Path) -> None:
    (root / ".env").write_text(SENTINEL)
    (root / "link").symlink_to(".env")


def hard_link_to_what_is_left_out(root: Path) -> None:
    (root / ".env").write_text(SENTINEL)
    os.link(root / ".env", root / "notes.txt")


def link_to_a_fifo(root: Path) -> None:
    os.mkfifo(root / "fifo")
    (root / "link").symlink_to("fifo")


def disarming(root: Path) -> None:
    (root / "skillpack.toml").write_text('[rules]\nlink-escapes = "off"\n')
    (root / "pyproject.toml").write_text('[tool.skillpack.rules]\nlink-escapes = "off"\n')
    (root / "link").symlink_to("../outside/secret.txt")


def included(name: str, content: bytes = b"x") -> Callable[[Path], object]:
    return files({b".skillignore": f"!{name}\n".encode(), name.encode(): content})


def costly(root: Path) -> None:
    """Patterns that nearly match what lies in a large folder, most of which another line leaves out."""
    (root / ".skillignore").write_text("*.log\n" + "".join(f"a*b*c{number}?\n" for number in range(1_700)))
    (root / "logs").mkdir()
    for number in range(4_000):
        (root / f"logs/abc{number}.log").touch()


def sparse_ignore_files(root: Path) -> None:
    for number in range(400):
        (root / f"folder{number}").mkdir()
        with (root / f"folder{number}/.skillignore").open("wb") as opened:
            opened.truncate(1 << 20)


def many_fifos(root: Path) -> None:
    for number in range(3_000):
        os.mkfifo(root / f"fifo{number}")


def hard_link_to_a_key(root: Path) -> None:
    (root / ".ssh").mkdir()
    (root / ".ssh/config").write_text(SENTINEL)
    os.link(root / ".ssh/config", root / "notes.txt")


def nested_ignore_files(root: Path) -> None:
    for number in range(1_000):
        (root / f"folder{number}").mkdir()
        (root / f"folder{number}/.skillignore").write_text(f"a?{number}*\n*.o\n")


_FRONT: Final = b"---\nname: demo\ndescription: %b\n---\n"

KINDS: Final = (
    # links out, and to nothing
    Hostile("link to a file outside", "link-escapes", link("../outside/secret.txt")),
    Hostile("absolute link", "link-escapes", link("/etc/passwd")),
    Hostile("absolute link into the skill", "link-escapes", absolute_inside),
    Hostile("link to the environment of the process", "link-escapes", link("/proc/self/environ")),
    Hostile("link to the root through /proc", "link-escapes", link("/proc/self/root")),
    Hostile("link to the working directory", "link-escapes", link("/proc/self/cwd")),
    Hostile("link to /dev/zero", "link-escapes", link("/dev/zero")),
    Hostile("link to the file system's root", "link-escapes", link("/")),
    Hostile("link to the folder above", "link-escapes", link("..")),
    Hostile("link to a folder outside", "link-escapes", link("../outside")),
    Hostile("link in a folder to a file outside", "link-escapes", link("../../outside/secret.txt", "references/x")),
    Hostile("link over a link to outside", "link-escapes", inside_link_outside),
    Hostile("chain of links to outside", "link-escapes", links(a="b", b="../outside/secret.txt")),
    Hostile("manifest is a link to outside", "link-escapes", link("../outside/SKILL.md", "SKILL.md")),
    Hostile("settings in the skill that disarm the rule", "link-escapes", disarming),
    Hostile("dangling link", "link-broken", link("nowhere")),
    Hostile("link to itself", "link-broken", link("link")),
    Hostile("links in a circle", "link-broken", links(a="b", b="c", c="a")),
    Hostile("link of four thousand characters", "link-broken", link("x/" * 2000)),
    Hostile("link to a file as if it were a folder", "link-broken", link("SKILL.md/x")),
    Hostile("link to the skill itself", "link-to-directory", link(".")),
    Hostile("link to a folder of the skill", "link-to-directory", link("references")),
    Hostile("link upwards inside", "link-to-directory", link("..", "references/up")),
    Hostile("link to a file inside", "link-copied", link("references/notes.md")),
    Hostile("chain of links inside", "link-copied", links(a="b", b="references/notes.md")),
    Hostile("chain of a thousand links too long", "link-broken", chain(1_500)),
    Hostile("links that wind", "walk-too-long", winding(1_500, "references/notes.md")),
    Hostile("links that wind to nothing", "walk-too-long", winding(1_500, "references/none.md")),
    Hostile("link to an excluded file", None, link_to_what_is_left_out),
    Hostile("hard link to an excluded file", "hard-link-to-secret", hard_link_to_what_is_left_out),
    Hostile("hard link into a folder of keys", "hard-link-to-secret", hard_link_to_a_key),
    Hostile("link as .gitignore", "ignore-file-invalid", link("../outside/secret.txt", ".gitignore")),
    Hostile("link as .skillignore", "ignore-file-invalid", link("/dev/zero", ".skillignore")),
    # what is no file
    Hostile("FIFO", "file-not-regular", special(stat.S_IFIFO), tracked=False),
    Hostile("FIFO as the manifest", "file-not-regular", special(stat.S_IFIFO, "SKILL.md"), tracked=False),
    Hostile("FIFO as .gitignore", "ignore-file-invalid", special(stat.S_IFIFO, ".gitignore"), tracked=False),
    Hostile("FIFO as .skillignore", "ignore-file-invalid", special(stat.S_IFIFO, ".skillignore"), tracked=False),
    Hostile("link to a FIFO", "file-not-regular",
            link_to_a_fifo, tracked=False),
    Hostile("socket", "file-not-regular", bound, tracked=False),
    Hostile("character device", "file-not-regular", special(stat.S_IFCHR), tracked=False),
    Hostile("block device", "file-not-regular", special(stat.S_IFBLK), tracked=False),
    Hostile("folder as the manifest", "manifest-missing", folder_as_manifest, tracked=False),
    Hostile("empty directory", "manifest-missing", emptied, tracked=False),
    Hostile("manifest in a folder only", "manifest-missing",
            lambda root: (root / "SKILL.md").rename(root / "references/SKILL.md"), tracked=False),
    # too much
    Hostile("sparse file of 5 GiB", "file-too-large", sparse, tracked=False),
    Hostile("501 files", "too-many-files", named(*(f"pages/{number}" for number in range(501)))),
    Hostile("folders 40 deep", "path-too-deep", deep(40)),
    Hostile("folders 300 deep", "path-too-deep", deep(300), tracked=False),
    Hostile("name of 255 bytes", None, named("n" * 255)),
    Hostile("manifest of 26 MiB", "file-too-large", manifest(MANIFEST + b"x" * (26 << 20)), tracked=False),
    # names
    Hostile("escape in a name", "path-control", named("a\x1b[2J\x1b[31mred")),
    Hostile("line break in a name", "path-control", named("a\nerror[fake]: b")),
    Hostile("carriage return in a name", "path-control", named("a\rb")),
    Hostile("tab in a name", "path-control", named("a\tb")),
    Hostile("bell in the name of a folder", "path-control", named("a\x07/b")),
    Hostile("delete in a name", "path-control", named("a\x7fb")),
    Hostile("C1 control in a name", "path-control", named("a\x9b31mb")),
    Hostile("NEL in a name", "path-control", named("a\x85b")),
    Hostile("OSC 8 link in a name", "path-control", named("\x1b]8;;file:x\x07y")),
    Hostile("right-to-left override in a name", "path-invisible", named("run\u202egpj.sh")),
    Hostile("isolates in a name", "path-invisible", named("a\u2066b\u2069")),
    Hostile("zero width in a name", "path-invisible", named("no\u200btes.md")),
    Hostile("byte order mark in a name", "path-invisible", named("\ufeffSKILL.md")),
    Hostile("tag characters in a name", "path-invisible", named("a\U000e0061\U000e0062")),
    Hostile("Hangul filler in a name", "path-invisible", named("\u3164")),
    Hostile("Latin-1 in a name", "path-not-utf8", file(b"caf\xe9.md")),
    Hostile("lone continuation byte in a name", "path-not-utf8", file(b"a\x80b")),
    Hostile("overlong UTF-8 in a name", "path-not-utf8", file(b"a\xc0\xafb")),
    Hostile("surrogate in UTF-8 in a name", "path-not-utf8", file(b"a\xed\xa0\x80b")),
    Hostile("folder whose name is not UTF-8", "path-not-utf8", file(b"d\xff/a")),
    Hostile("backslash in a name", "path-unsafe", named("..\\..\\evil.txt")),
    Hostile("colon in a name", "path-unsafe", named("C:evil.txt")),
    Hostile("stream in a name", "path-unsafe", named("a.txt:hidden")),
    Hostile("names equal but for case", "path-collision", named("A.txt", "a.txt")),
    Hostile("names equal after case folding", "path-collision", named("stra\xdfe", "STRASSE")),
    Hostile("names equal but for their Unicode form", "path-collision", named("\xe9.txt", "e\u0301.txt")),
    Hostile("file and folder of one name but for case", "path-collision", named("Docs", "docs/a")),
    Hostile("name in the long Unicode form", "path-not-nfc", named("cafe\u0301.md")),
    Hostile("name that Windows reserves", "path-not-portable", named("references/aux.md")),
    Hostile("name that ends in a dot", "path-not-portable", named("notes.")),
    Hostile("name that is a space", "path-not-portable", named(" ")),
    Hostile("question mark in a name", "path-not-portable", named("what?")),
    Hostile("name like an option", None, named("-rf", "--exclude=SKILL.md")),
    Hostile("name like a command", None, named("$(touch pwned)", "`touch pwned`", "; touch pwned")),
    Hostile("name like a workflow command", "path-unsafe", named("::error title=x::y")),
    Hostile("name in percent", None, named("%0a%1b[31m")),
    Hostile("name of only emoji and joiners", None, named("\U0001f468\u200d\U0001f469\u200d\U0001f467")),
    Hostile("second manifest", "manifest-duplicate", named("references/skill.MD")),
    # what is in the files
    Hostile("included .env", "secret-file", included(".env")),
    Hostile("included SSH key", "secret-file", included("id_rsa", private_key("OPENSSH ").encode())),
    Hostile("private key in a .pem", "secret-file", file("a.pem", private_key().encode())),
    Hostile("token in a script", "secret-text", file("run.py", f"key = '{TOKENS['anthropic']}'\n".encode())),
    Hostile("token in the description", "secret-text", manifest(_FRONT % TOKENS["github"].encode())),
    Hostile("escape in the description", "frontmatter-encoding", manifest(_FRONT % b"a \x1b[2J b")),
    Hostile("NUL in the frontmatter", "frontmatter-encoding", manifest(_FRONT % b"a \0 b")),
    Hostile("frontmatter that is not UTF-8", "frontmatter-encoding", manifest(_FRONT % b"caf\xe9")),
    Hostile("frontmatter of a megabyte", "frontmatter-too-large", manifest(_FRONT % (b"x" * 1_000_000))),
    Hostile("thirty thousand brackets", "frontmatter-too-large", manifest(_FRONT % (b"[" * 30_000))),
    Hostile("aliases that grow", "yaml-alias", manifest(b"---\nname: demo\na: &a [x,x]\nb: [*a,*a,*a]\n---\n")),
    Hostile("YAML tag that makes objects", "yaml-tag", manifest(_FRONT % b"!!python/object/apply:os.system [id]")),
    Hostile("hidden text in Markdown", "text-invisible", file("a.md", "a\U000e0061\U000e0062b\n".encode())),
    Hostile("ignore file of 2 MiB", "file-unreadable", file(".gitignore", b"#" * (2 << 20))),
    Hostile("ignore pattern that backtracks", None, file(".skillignore", b"*a" * 60 + b"b\n")),
    Hostile("a megabyte of ignore patterns", "ignore-too-costly",
            file(".skillignore", b"".join(b"**/a*b*c*%d/**\n" % number for number in range(55_000)))),
    Hostile("as many costly ignore patterns as may be, on many files", "ignore-too-costly", costly),
    Hostile("as many exact ignore patterns as may be", None,
            file(".skillignore", b"".join(b"*.x%d\nreferences/y%d\n" % (number, number) for number in range(9_900)))),
    Hostile("as many ignore patterns that never match as may be", "ignore-malformed-line",
            file(".skillignore", b"[\n" * 9_900)),
    Hostile("as many negations without effect as may be", "ignore-dead-negation",
            file(".skillignore", b"references/\n" + b"".join(b"!references/%d\n" % at for at in range(19_900)))),
    Hostile("ignore pattern of a megabyte", None, file(".skillignore", b"!" + b"a/" * 500_000 + b"\n")),
    Hostile("an ignore file in each of a thousand folders", None, nested_ignore_files),
    Hostile("a sparse ignore file in each folder", "ignore-too-costly", sparse_ignore_files, tracked=False),
    Hostile("three thousand FIFOs", "walk-too-long", many_fifos, tracked=False),
    Hostile("escape in an ignore pattern", None, file(".skillignore", b"!\x1b[31m\n\x1b[2J\n")),
    Hostile("repository inside", "nested-repository", file("vendor/x/.git/config"), tracked=False),
    Hostile("half-written output of a killed run", None, named(f".skillpack-{'0' * 16}.tmp")),
)  # fmt: skip
