"""The same content gives the same bytes, whatever a file system, a system or a caller adds to it."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from skillpack import Builder, Settings, pack
from tests.conftest import MANIFEST
from tests.judges import judge, missing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ROOT: Final = Path(__file__).parent.parent
FILES: Final[Mapping[str, bytes]] = {
    "SKILL.md": MANIFEST,
    "a.txt": b"sorts before a/",
    "a/b/c.txt": b"deep\n" * 400,
    "a-b.txt": b"",
    "scripts/run.sh": b"#!/bin/sh\n",
    "scripts/été.py": b"#!/usr/bin/env python3\n" + b"print()\n" * 300,
    "Z.md": b"upper case sorts first",
    "data.bin": random.Random(0).randbytes(400_000),
    "table.csv": b"".join(b"%d;%d\n" % (row, row) for row in range(20_000)),
}


def write(root: Path, *, mode: int, mtime: int, seed: int) -> Path:
    """Write the files in some order, with some mode and time."""
    order = list(FILES)
    random.Random(seed).shuffle(order)
    for path in order:
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(FILES[path])
        target.chmod(mode)
        os.utime(target, (mtime, mtime))
    for folder in sorted((path for path in root.rglob("*") if path.is_dir()), reverse=True):
        os.utime(folder, (mtime, mtime))
    return root


@pytest.fixture
def copies(tmp_path: Path) -> tuple[Path, Path]:
    """The same skill twice: other order of creation, modes, times and folder above."""
    return (
        write(tmp_path / "one" / "demo", mode=0o644, mtime=1_000_000_000, seed=1),
        write(tmp_path / "two" / "deeper" / "demo", mode=0o777, mtime=1_700_000_001, seed=2),
    )


def from_command_line(root: Path, folder: Path, **environment: str) -> bytes:
    """Return the zip as a process of its own makes it, called from another folder, by a relative path."""
    command = [sys.executable, "-m", "skillpack", "zip", os.path.relpath(root, folder)]
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("LC_")}
    done = subprocess.run(
        command,
        cwd=folder,
        env=inherited | {"PYTHONPATH": str(ROOT)} | environment,
        capture_output=True,
        check=True,
        umask=int(environment.get("UMASK", "022"), 8),
    )
    return done.stdout


ENVIRONMENTS: Final[tuple[dict[str, str], ...]] = (
    {"TZ": "UTC", "LC_ALL": "C.UTF-8", "UMASK": "000", "PYTHONHASHSEED": "1"},
    {"TZ": "Pacific/Kiritimati", "LC_ALL": "C", "UMASK": "077", "SOURCE_DATE_EPOCH": "1", "PYTHONHASHSEED": "2"},
    {"TZ": "America/St_Johns", "LANG": "tr_TR.UTF-8", "PYTHONUTF8": "0", "SOURCE_DATE_EPOCH": "1700000000"},
)
NOT_UTF8: Final = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


def test_another_environment_gives_the_same_bytes(copies: tuple[Path, Path], tmp_path: Path) -> None:
    expected = pack(copies[0]).zip
    (tmp_path / "elsewhere").mkdir()
    folders = (tmp_path, tmp_path / "elsewhere", copies[0])
    made = {
        from_command_line(root, folder, **environment)
        for root, folder, environment in zip(copies * 2, folders, ENVIRONMENTS, strict=False)
    }
    assert made == {expected}


def latin1(folder: Path) -> dict[str, str]:
    """Make a locale in which each byte of a name is a letter of its own."""
    if not Path("/usr/share/i18n/locales/en_US").is_file():
        missing("the sources of the system's locales are not installed")
    definition = ["-i", "en_US", "-f", "ISO-8859-1", str(folder / "en_US.ISO-8859-1")]
    subprocess.run([judge("localedef"), *definition], check=True)
    return NOT_UTF8 | {"LC_ALL": "en_US.ISO-8859-1", "LOCPATH": str(folder)}


@pytest.mark.skipif(sys.platform in ("darwin", "win32"), reason="names are UTF-8 there, whatever the locale")
@pytest.mark.parametrize("locale", [lambda _: NOT_UTF8, latin1])
def test_a_locale_that_is_not_utf8_gives_the_same_bytes(
    locale: Callable[[Path], dict[str, str]], copies: tuple[Path, Path], tmp_path: Path
) -> None:
    root = copies[0]
    for path in ("weggelassen/ä.md", "über/ö.md", "ignoriert/ü.md", "ß/.gitignore", "ß/ß.md"):
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).write_text("é.md\n/ß.md\n" if path.endswith("ignore") else "text\n")
    (root / ".gitignore").write_text("/ignoriert/ü*\n/weggelassen/ä?md\n")
    (root / "Verweis.md").symlink_to("über/ö.md")
    expected = pack(root)
    assert {"über/ö.md", "Verweis.md"} <= {file.path for file in expected.skill.tree.files}
    assert {"ignoriert/ü.md", "weggelassen/ä.md", "ß/ß.md"} <= {
        out.path for out in expected.skill.tree.selection.excluded
    }
    environment = locale(tmp_path)
    shown = [sys.executable, "-c", "import sys; print(sys.getfilesystemencoding())"]
    encoding = subprocess.run(shown, env=os.environ | environment, capture_output=True, text=True, check=True).stdout
    assert encoding.strip() != "utf-8"
    assert from_command_line(root, tmp_path, **environment) == expected.zip


@pytest.mark.parametrize("compression", ["deflate", "smallest", "store"])
def test_copies_give_the_same_bytes_with_one_and_four_threads(copies: tuple[Path, Path], compression: str) -> None:
    settings = Settings(compression=compression)  # type: ignore[arg-type]
    made = {Builder(settings, threads=threads).pack(root).zip for root in copies for threads in (1, 4)}
    assert len(made) == 1


def by_make_archive(root: Path, target: Path) -> bytes:
    return Path(shutil.make_archive(str(target), "zip", root.parent, root.name)).read_bytes()


def by_zip(root: Path, target: Path) -> bytes:
    subprocess.run([judge("zip"), "-q", "-r", f"{target}.zip", root.name], cwd=root.parent, check=True)
    return Path(f"{target}.zip").read_bytes()


@pytest.mark.parametrize("naive", [by_make_archive, by_zip])
def test_the_naive_way_gives_two_zips_for_one_skill(
    naive: Callable[[Path, Path], bytes], copies: tuple[Path, Path], tmp_path: Path
) -> None:
    one, two = (naive(root, tmp_path / f"naive{at}") for at, root in enumerate(copies))
    assert hashlib.sha256(one).digest() != hashlib.sha256(two).digest()
    assert pack(copies[0]).zip == pack(copies[1]).zip


@pytest.mark.parametrize("compression", ["deflate", "smallest", "store"])
def test_compression_changes_the_zip_and_not_the_digest(copies: tuple[Path, Path], compression: str) -> None:
    bundle = Builder(Settings(compression=compression)).pack(copies[0])  # type: ignore[arg-type]
    assert bundle.skill.tree.digest == pack(copies[1]).skill.tree.digest
    assert (bundle.zip == pack(copies[1]).zip) == (compression == "deflate")


def test_one_changed_byte_changes_the_digest(copies: tuple[Path, Path]) -> None:
    before = pack(copies[0]).skill.tree.digest
    (copies[0] / "Z.md").write_bytes(b"Upper case sorts first")
    assert pack(copies[0]).skill.tree.digest != before
