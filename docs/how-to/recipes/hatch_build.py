"""Pack skills into the wheel, as JSON that a request takes as it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

import skillpack


class SkillHook(BuildHookInterface[Any]):
    """Write NAME.json next to the code for each skill that pyproject.toml lists."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Pack the skills before the wheel is built; one with errors ends the build with its findings."""
        del version  # standard and editable wheels get the same files
        self.clean([])
        self.folder.mkdir(exist_ok=True)
        for skill in self.config["skills"]:
            bundle = skillpack.pack(Path(self.root, skill))
            path = self.folder / f"{bundle.name}.json"
            with path.open("wb") as file:
                bundle.write_inline_skill(file)
            build_data["artifacts"].append(f"/{path.relative_to(self.root).as_posix()}")

    def clean(self, versions: list[str]) -> None:
        """Remove what was packed before, also for `hatch clean`."""
        del versions
        for path in self.folder.glob("*.json"):
            path.unlink()

    @property
    def folder(self) -> Path:
        """The folder in the package that the skills are packed into."""
        return Path(self.root, self.config["into"])
