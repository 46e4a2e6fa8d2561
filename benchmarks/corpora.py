"""A letter to a folder of generated skills: the same bytes each time, on every machine, never committed."""

from __future__ import annotations

import os
import random
import shutil
import sys
import zipfile
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

VERSION: Final = "2"  # part of the folder's name: raise it when a generator changes
MEBIBYTE: Final = 1 << 20
BIG_FILE: Final = 25_000_000  # the guide's 25 MB, read the strict way

_PIECE: Final = 1536
_POOL: Final = 4 * MEBIBYTE
_CONSONANTS: Final = "bcdfghklmnprstvw"
_VOWELS: Final = "aeiou"


@dataclass(frozen=True)
class Corpus:
    """One corpus: what it is, and how it is made under a folder at a scale of 1 or less."""

    about: str
    make: Callable[[Path, float], None]


class Material:
    """Seeded bytes of three kinds: text, tables, which shrink more, and noise, which deflate cannot shrink.

    Text is cut from a pool at random places, so the same words seldom come again within the 32 KiB that deflate
    looks back, and a big file shrinks as much as a small one.
    """

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)
        self._pools: dict[Callable[[int], Iterator[bytes]], bytes] = {}

    def text(self, size: int) -> bytes:
        """Return this many bytes of words and lines."""
        return self._cut(self._lines, size)

    def table(self, size: int) -> bytes:
        """Return this many bytes of comma-separated rows."""
        return self._cut(self._rows, size)

    def noise(self, size: int) -> bytes:
        """Return this many bytes as a photo or an archive has them."""
        return self._random.randbytes(size)

    def sizes(self, count: int, total: int) -> list[int]:
        """Return this many sizes, most of them small and a few large, that add up to the total."""
        weights = [self._random.randrange(5, 100) ** 2 for _ in range(count)]
        sizes = [total * weight // sum(weights) for weight in weights]
        sizes[-1] += total - sum(sizes)
        return sizes

    def _cut(self, lines: Callable[[int], Iterator[bytes]], size: int) -> bytes:
        if lines not in self._pools:
            self._pools[lines] = b"".join(lines(_POOL))
        pool = self._pools[lines]
        starts = (self._random.randrange(len(pool) - _PIECE) for _ in range(size // _PIECE + 1))
        return b"".join(pool[start : start + _PIECE] for start in starts)[:size]

    def _rows(self, size: int) -> Iterator[bytes]:
        made = 0
        while made < size:
            day, store, units, cents = (self._random.randrange(end) for end in (28, 12, 90, 9900))
            row = f"2026-03-{day + 1:02},store-{store},{units},{cents / 100:.2f},EUR\n".encode()
            made += len(row)
            yield row

    def _lines(self, size: int) -> Iterator[bytes]:
        words = [
            "".join(self._random.choice(_CONSONANTS) + self._random.choice(_VOWELS) for _ in range(length))
            for length in self._random.choices((1, 2, 3, 4, 5), (2, 6, 5, 2, 1), k=4096)
        ]
        frequency = list(accumulate(1 / (rank + 3) for rank in range(len(words))))  # few words make most of any text
        made = 0
        while made < size:
            line = " ".join(self._random.choices(words, cum_weights=frequency, k=self._random.randrange(4, 18)))
            number = self._random.randrange(10_000)
            made += len(line) + 8
            yield f"{line}. {number}\n".encode()


def write(path: Path, content: bytes) -> None:
    """Write a file, and the folders it lies in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def manifest(name: str, material: Material, size: int) -> bytes:
    """Return a sound SKILL.md of this size."""
    head = f"---\nname: {name}\ndescription: Measures how long packing takes. Use it for benchmarks only.\n---\n\n"
    size = max(size, len(head) + 64)
    body = material.text(size)
    return (head.encode() + body)[:size].rpartition(b"\n")[0].ljust(size - 1, b".") + b"\n"


def small(skill: Path, material: Material, files: int = 10, size: int = 64 * 1024) -> None:
    """Write a skill of a few files: texts, a script, one that does not shrink."""
    names = ["references/guide.md", "references/terms.md", "scripts/run.py", "scripts/check.sh", "assets/logo.png"]
    names += [f"references/page-{number}.md" for number in range(files)]
    sizes = material.sizes(files, size - files * 64)
    write(skill / "SKILL.md", manifest(skill.name, material, sizes[0] + 64))
    for name, share in zip(names[: files - 1], sizes[1:], strict=True):
        make = material.noise if name.endswith(".png") else material.text
        write(skill / name, make(share + 64))


def _a(folder: Path, scale: float) -> None:
    small(folder / "corpus-a", Material("a"), size=round(64 * 1024 * scale))


def _b(folder: Path, scale: float) -> None:
    material, skill = Material("b"), folder / "corpus-b"
    count = max(round(500 * scale), 10)
    sizes = material.sizes(count - 1, round(20_000_000 * scale) - 4096)
    write(skill / "SKILL.md", manifest(skill.name, material, 4096))
    for number, size in enumerate(sizes):
        folder_name = ("assets", "references", "scripts")[number % 3]
        make = material.noise if folder_name == "assets" else material.text
        write(skill / folder_name / f"part-{number // 90}" / f"file-{number:03}.dat", make(size))


def _c(folder: Path, scale: float) -> None:
    material, skill = Material("c"), folder / "corpus-c"
    big = round(BIG_FILE * scale)
    count = max(round(499 * scale), 10)
    rest = material.sizes(count - 4, round(99_000_000 * scale) - 3 * big - 4096)
    write(skill / "SKILL.md", manifest(skill.name, material, 4096))
    write(skill / "assets/film.bin", material.noise(big))
    write(skill / "assets/table.csv", material.table(big))
    write(skill / "assets/words.txt", material.text(big))
    for number, size in enumerate(rest):
        make = material.noise if number % 16 == 0 else material.text
        write(skill / f"references/part-{number // 50}/page-{number:03}.dat", make(size))


def _d(folder: Path, scale: float) -> None:
    """The same skill twice: alone, and among the 200,000 files that an ordinary checkout collects."""
    for skill in (folder / "alone/corpus-d", folder / "among/corpus-d"):
        small(skill, Material("d"), files=20)
        write(skill / ".gitignore", b"/build/\n*.log\n")
    for name, count in (("node_modules", 120_000), (".git/objects", 30_000), (".venv/lib", 30_000), ("build", 20_000)):
        _crowd(folder / "among/corpus-d" / name, round(count * scale))
    for number in range(16):
        write(folder / f"among/corpus-d/scripts/__pycache__/m{number}.pyc", b"")


def _crowd(folder: Path, count: int) -> None:
    """Write empty files, 100 to a folder: what is left out is never opened, so its content does not matter."""
    for number in range(count):
        if number % 100 == 0:
            part = folder / f"p{number // 100}"
            part.mkdir(parents=True)
        (part / f"f{number}.js").touch()


def _e(folder: Path, scale: float) -> None:
    material, skill = Material("e"), folder / "corpus-e"
    write(skill / "SKILL.md", manifest(skill.name, material, 1024))
    for number in range(round(20_000 * scale) - 1):
        write(skill / f"references/p{number // 200}/f{number}.txt", material.text(200 + number % 1800))


def _s(folder: Path, _scale: float) -> None:
    """A small skill in a repository with a .gitignore at its root."""
    write(folder / ".git/HEAD", b"ref: refs/heads/main\n")
    for name in ("objects", "refs"):
        (folder / ".git" / name).mkdir()
    write(folder / ".gitignore", b"*.log\nbuild/\n/dist\n!keep.log\n")
    small(folder / "skills/corpus-s", Material("s"))


def _m(folder: Path, scale: float) -> None:
    material = Material("m")  # one for all: its pool of text takes a second to make
    for number in range(round(1000 * scale)):
        small(folder / f"skill-{number}", material, size=20_000)


def _z(folder: Path, scale: float) -> None:
    """Corpus c as two zips that another tool wrote and as two of skillpack: as it is, and with four files changed."""
    from skillpack import Builder, write_zip

    making = folder / "making"
    _c(making, scale)
    skill = making / "corpus-c"
    for name in ("as-it-is", "changed"):
        if name == "changed":
            pages = sorted((skill / "references").rglob("*.dat"))
            for path in (skill / "assets/table.csv", *pages[:: len(pages) // 3][:3]):
                path.write_bytes(path.read_bytes() + b"One more line.\n")
        _zipped(skill, folder / f"received-{name}.zip")
        (folder / f"bundle-{name}.zip").write_bytes(write_zip(Builder().walk(skill), "corpus-c"))
    shutil.rmtree(making)


def _zipped(skill: Path, target: Path) -> None:
    """Write a zip as `shutil.make_archive` does, but with one date: its bytes depend on the zlib of this Python."""
    with zipfile.ZipFile(target, "w") as archive:
        for path in sorted(skill.rglob("*")):
            if path.is_file():
                info = zipfile.ZipInfo(f"corpus-c/{path.relative_to(skill).as_posix()}", (2026, 1, 1, 0, 0, 0))
                info.external_attr = 0o100644 << 16
                archive.writestr(info, path.read_bytes(), zipfile.ZIP_DEFLATED)


CORPORA: Final = {
    "a": Corpus("10 files, 64 KB", _a),
    "b": Corpus("500 files, 20 MB, a third of them incompressible", _b),
    "c": Corpus("499 files, 99 MB, three of 25 MB, about 50 MB zipped: 95 % of the API's limit", _c),
    "d": Corpus("200,037 files, of which 20 belong to the skill; the rest lies in ignored folders", _d),
    "e": Corpus("20,000 small files", _e),
    "m": Corpus("1,000 skills of 10 files", _m),
    "s": Corpus("one small skill in a repository with a .gitignore", _s),
    "z": Corpus("c as a zip of Python's zipfile and as a bundle, 50 MB each; both again with four files changed", _z),
}


def build(letter: str, folder: Path, scale: float = 1) -> Path:
    """Return the folder of a corpus, generated if it is not there yet; a half-made one is made anew under its name."""
    target = folder / f"v{VERSION}" / (letter if scale == 1 else f"{letter}-{scale}")
    if target.is_dir():
        return target
    making = target.with_name(f"{target.name}.{os.getpid()}")
    making.mkdir(parents=True)
    CORPORA[letter].make(making, scale)
    making.rename(target)
    return target


if __name__ == "__main__":
    print(build(sys.argv[2], Path(sys.argv[1])))
