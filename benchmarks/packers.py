"""`python -m benchmarks.packers`: the same skill packed twice by what people use today, to a Markdown table."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.cases import manifest

_MAKE_ARCHIVE: Final = "import shutil, sys; shutil.make_archive('out', 'zip', '.', 'demo')"
_LEAKS: Final = (".git/config", ".env", "assets/id_rsa", "node_modules/left.js", "__pycache__/run.pyc", ".DS_Store")


@dataclass(frozen=True)
class Packer:
    """A way of packing the folder demo, in the current folder, into out.zip."""

    name: str
    arguments: tuple[str, ...]


PACKERS: Final = (
    Packer("skillpack zip", (sys.executable, "-m", "skillpack", "zip", "demo", "-o", "out.zip")),
    Packer("shutil.make_archive", (sys.executable, "-c", _MAKE_ARCHIVE)),
    Packer("python -m zipfile -c", (sys.executable, "-m", "zipfile", "-c", "out.zip", "demo")),
    Packer("zip -r", ("zip", "-q", "-r", "out.zip", "demo")),
    Packer("zip -X -r", ("zip", "-q", "-X", "-r", "out.zip", "demo")),
    Packer("7z a", ("7z", "a", "-bd", "-y", "out.zip", "demo")),
    Packer("bsdtar -a -c", ("bsdtar", "-a", "-c", "-f", "out.zip", "demo")),
)


def lay(folder: Path, names: list[str]) -> None:
    """Write a skill as a checkout has it, its files made in this order."""
    for name in names:
        target = folder / "demo" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(manifest(name="demo") if name == "SKILL.md" else f"{name}\n")


def packed(packer: Packer, folder: Path) -> bytes:
    """Return the zip that a packer makes of the skill in a folder."""
    (folder / "out.zip").unlink(missing_ok=True)
    subprocess.run(packer.arguments, cwd=folder, check=True, capture_output=True)
    return (folder / "out.zip").read_bytes()


def row(packer: Packer, folder: Path) -> str:
    """Return one line: whether the bytes stay the same after a touch and in a copy, and what is in them."""
    names = ["SKILL.md", "scripts/run.py", "references/guide.md", *_LEAKS]
    first, copy = folder / "first", folder / "copy"
    lay(first, names)
    once = _digest(packed(packer, first))
    with zipfile.ZipFile(first / "out.zip") as archive:
        leaked = [name for name in _LEAKS if f"demo/{name}" in archive.namelist()]
    os.utime(first / "demo/SKILL.md", (1_000_000_000, 1_000_000_000))
    touched = _digest(packed(packer, first))
    lay(copy, names[::-1])
    (copy / "demo/SKILL.md").chmod(0o600)
    copied = _digest(packed(packer, copy))
    same = ["same" if digest == once else "differ" for digest in (touched, copied)]
    shown = ", ".join(f"`{name}`" for name in leaked) or "none"
    return f"| `{packer.name}` | {same[0]} | {same[1]} | {shown} |"


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def main() -> None:
    """Run every packer that is installed."""
    os.environ["PYTHONPATH"] = str(Path(__file__).resolve().parent.parent)
    print("| packer | bytes after a touch | bytes in a copy | of six files that should stay at home, it packs |")
    print("|---|---|---|---|")
    for packer in PACKERS:
        if not shutil.which(packer.arguments[0]):
            print(f"{packer.name} is not installed", file=sys.stderr)
            continue
        with tempfile.TemporaryDirectory() as folder:
            print(row(packer, Path(folder)))


if __name__ == "__main__":
    main()
