"""A few words to a folder with one skill in it, sound or wrong in one way."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

NAME: Final = "weekly-report"
DESCRIPTION: Final = "Writes the weekly sales report from CSV exports. Use when the user asks for a report on sales."
BODY: Final = "# Weekly report\n\nRead the export, add up each region, and write one table.\n"
MEBIBYTE: Final = 1 << 20


@dataclass(frozen=True)
class Trap:
    """A skill with one thing wrong: what it is, the rule of ours that should say so, and how it is made.

    `make` is given a folder with a sound skill in it. `folder` is what that folder is called.
    """

    id: str
    wrong: str
    rule: str
    make: Callable[[Path], None]
    folder: str = NAME


@dataclass(frozen=True)
class Sound:
    """A skill with nothing wrong, made as a trap is."""

    id: str
    odd: str
    make: Callable[[Path], None]
    folder: str = NAME


def build(case: Trap | Sound, folder: Path) -> Path:
    """Write one case into a folder, and return the skill's own."""
    skill = folder / case.folder
    skill.mkdir(parents=True)
    (skill / "SKILL.md").write_text(manifest(name=case.folder))
    case.make(skill)
    return skill


def manifest(*more: str, name: str = NAME, description: str = DESCRIPTION, body: str = BODY) -> str:
    """Return the text of a SKILL.md; `more` are further lines of its frontmatter, an empty field is left out."""
    fields = {"name": name, "description": description}
    lines = [f"{key}: {value}" for key, value in fields.items() if value]
    return "\n".join(["---", *lines, *more, "---", body])


def says(text: str | bytes) -> Callable[[Path], None]:
    """Replace SKILL.md."""
    return holds({"SKILL.md": text})


def holds(files: dict[str, str | bytes]) -> Callable[[Path], None]:
    """Add files, or replace them."""

    def make(skill: Path) -> None:
        for path, content in files.items():
            target = skill / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content if isinstance(content, bytes) else content.encode())

    return make


def links(path: str, target: str) -> Callable[[Path], None]:
    """Add a symbolic link."""

    def make(skill: Path) -> None:
        link = skill / path
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(target)

    return make


def moved(name: str) -> Callable[[Path], None]:
    """Call SKILL.md something else."""

    def make(skill: Path) -> None:
        (skill / "SKILL.md").rename(skill / name)

    return make


def named_in_latin_1(skill: Path) -> None:
    """Add a file whose name is not UTF-8."""
    Path(os.fsdecode(os.fsencode(skill) + b"/r\xe9sum\xe9.txt")).write_text("text\n")


def fifo(skill: Path) -> None:
    """Add a FIFO."""
    os.mkfifo(skill / "queue")


def large(skill: Path) -> None:
    """Add a file of one byte more than 25 MiB."""
    with (skill / "film.bin").open("wb") as file:
        file.truncate(25 * MEBIBYTE + 1)


def many(skill: Path) -> None:
    """Add 500 files."""
    (skill / "references").mkdir()
    for number in range(500):
        (skill / f"references/page-{number}.md").write_text(f"Page {number}.\n")


def heavy(skill: Path) -> None:
    """Add 54 MiB of noise."""
    (skill / "assets").mkdir()
    random = Random(1)  # noise that no compressor shrinks
    for number in range(3):
        (skill / f"assets/film-{number}.bin").write_bytes(random.randbytes(18 * MEBIBYTE))


def deep(skill: Path) -> None:
    """Add a file below 33 folders."""
    folder = skill.joinpath(*["d"] * 33)
    folder.mkdir(parents=True)
    (folder / "note.txt").write_text("deep\n")


def repository(folder: Path) -> None:
    """Add what makes a folder a git repository."""
    for name in ("objects", "refs"):
        (folder / ".git" / name).mkdir(parents=True)
    (folder / ".git/HEAD").write_text("ref: refs/heads/main\n")


def nested_repository(skill: Path) -> None:
    """Add a folder with a repository of its own."""
    (skill / "vendor").mkdir()
    repository(skill / "vendor")
    (skill / "vendor/tool.py").write_text("print('tool')\n")


def ignored_from_above(skill: Path) -> None:
    """Put the skill into a repository that ignores it."""
    repository(skill.parent)
    (skill.parent / ".gitignore").write_text(f"/{skill.name}/\n")


def body(text: str) -> Callable[[Path], None]:
    """Add to the body of SKILL.md."""
    return says(manifest(body=f"{BODY}\n{text}\n"))


def with_body(text: str, files: dict[str, str | bytes]) -> Callable[[Path], None]:
    """Add to the body of SKILL.md, and add files."""
    return holds({"SKILL.md": manifest(body=f"{BODY}\n{text}\n"), **files})
