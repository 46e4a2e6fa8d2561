"""Check many skills at once with Dask: python index_skills.py FOLDER INDEX.jsonl."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import dask.bag

import skillpack


def entry(folder: Path) -> dict[str, Any]:
    """Return the line of the index for one skill; a skill that cannot be read gets a line too."""
    try:
        builder = skillpack.Builder(skillpack.Settings.find(folder))
        tree = builder.tree(folder)
        report = builder.check(tree)
    except skillpack.SkillpackError as error:
        return {"path": folder.as_posix(), "ok": False, "error": str(error)}
    skill = skillpack.Skill.from_tree(tree)
    return {
        "path": folder.as_posix(),
        "ok": report.ok,
        "name": skill.name,
        "description": skill.description,
        "digest": report.subjects[0].digest,
        "files": len(tree.files),
        "bytes": sum(file.size for file in tree.files),
        "findings": sorted({finding.rule for finding in report}),
    }


def main(folder: str, index: str) -> None:
    """Write one line of JSON for each skill in a folder, at any depth."""
    skills = skillpack.find_skills(folder)
    entries = dask.bag.from_sequence(skills, npartitions=max(1, len(skills) // 50)).map(entry)
    with Path(index).open("w", encoding="utf-8") as file:
        # in processes; with a dask.distributed.Client, on its cluster
        file.writelines(json.dumps(each) + "\n" for each in entries.compute())


if __name__ == "__main__":
    main(*sys.argv[1:])
