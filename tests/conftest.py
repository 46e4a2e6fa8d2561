from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import hypothesis
import pytest

from skillpack.api import Builder
from skillpack.bundle.packing import Zipping
from skillpack.settings import Settings
from skillpack.skill.skill import Skill
from skillpack.skill.tree import SkillTree

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from skillpack import Report, SkillSource
    from skillpack.bundle.bundle import Streamed

# a deadline is time on the wall, which a busy machine exceeds
hypothesis.settings.register_profile("busy", deadline=None)
hypothesis.settings.load_profile("busy")

MANIFEST = b"---\nname: demo\ndescription: Shows how things work. Use when asked for a demo.\n---\n# Demo\n"


class MakeSkill(Protocol):
    def __call__(self, files: Mapping[str, bytes | str] | None = None, *, name: str = ...) -> Path: ...


@pytest.fixture
def make_skill(tmp_path: Path) -> MakeSkill:
    """Write a skill: a sound SKILL.md and the files given; `SKILL.md` among them replaces it."""

    def make(files: Mapping[str, bytes | str] | None = None, *, name: str = "demo") -> Path:
        root = tmp_path / name
        for path, content in {"SKILL.md": MANIFEST.replace(b"demo", name.encode()), **(files or {})}.items():
            target = root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content.encode() if isinstance(content, str) else content)
        return root

    return make


def make_tree(files: Mapping[str, bytes] | None = None) -> SkillTree:
    """The same in memory."""
    return SkillTree.from_files({"SKILL.md": MANIFEST, **(files or {})}, "demo")


def stream(
    source: SkillSource,
    tell: Callable[[Report], object],
    settings: Settings = Settings(),
    threads: int | None = None,
) -> Streamed:
    """Return a skill that is packed while it is written, as the command line packs one into a file."""
    tree = Builder(settings).tree(source)
    return Zipping(Skill.from_tree(tree), settings, threads, None).stream(tell)
