"""Print how many invented credentials of each kind are found in each embedding, and what is found in packages.

    python -m benchmarks.recall [FOLDER]

FOLDER holds wheels, zips and tarballs from registries; every text file in them is searched, and what is found there
is a false alarm until somebody has looked.
"""

from __future__ import annotations

import random
import sys
import tarfile
import time
import zipfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final

from skillpack.secrets.scan import searchable, tokens
from tests.rules.invented import EMBEDDINGS, RECIPES, found, invent

if TYPE_CHECKING:
    from collections.abc import Iterator

_ARCHIVES: Final = (".whl", ".zip", ".tgz", ".tar.gz")


def recall(count: int) -> Counter[tuple[str, str]]:
    """Return how many tokens of each kind are missed in each embedding, of `count` each."""
    missed: Counter[tuple[str, str]] = Counter()
    for kind, recipe in RECIPES.items():
        drawn = random.Random(kind)
        for _ in range(count):
            token = invent(recipe, drawn)
            missed.update((kind, embedding) for embedding in EMBEDDINGS if not found(embedding, token))
    return missed


def packages(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of every text file in the archives of a folder."""
    for path in sorted(path for path in folder.rglob("*") if path.name.endswith(_ARCHIVES)):
        for name, content in _members(path):
            if searchable(content) is not None:
                yield f"{path.name}: {name}", content


def _members(path: Path) -> Iterator[tuple[str, bytes]]:
    if path.suffix in (".whl", ".zip"):
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                yield info.filename, archive.read(info)
        return
    with tarfile.open(path) as archive:
        for member in archive:
            if member.isfile() and (file := archive.extractfile(member)):
                yield member.name, file.read()


def main(arguments: list[str]) -> None:
    """Print both tables."""
    count = 50
    missed = recall(count)
    print(f"{'kind':28}" + "".join(f"{name:>11}" for name in EMBEDDINGS))
    for kind in RECIPES:
        figures = (100 - 100 * missed[kind, name] / count for name in EMBEDDINGS)
        print(f"{kind:28}" + "".join(f"{figure:10.0f}%" for figure in figures))
    tried = count * len(RECIPES) * len(EMBEDDINGS)
    print(f"found {tried - missed.total():,} of {tried:,}: {100 - 100 * missed.total() / tried:.3f} %")
    if arguments:
        _alarms(Path(arguments[0]))


def _alarms(folder: Path) -> None:
    kinds: Counter[str] = Counter()
    size, spent = 0, 0.0
    for name, content in packages(folder):
        text = searchable(content) or b""
        begin = time.process_time()
        there = list(tokens(text))
        spent += time.process_time() - begin
        size += len(text)
        for each in there:
            kinds[each.kind] += 1
            print(f"{name}:{_line(text, each.start)}: {each.kind}")
    print(f"{size / 1e6:,.0f} MB of text, {size / spent / 1e6:.0f} MB/s of processor time")
    for kind, count in kinds.most_common():
        print(f"{count:6} {kind}")


def _line(text: bytes, at: int) -> int:
    return text.count(b"\n", 0, at) + 1


if __name__ == "__main__":
    main(sys.argv[1:])
