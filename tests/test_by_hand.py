from __future__ import annotations

import base64
import json
import os
import random
import shutil
import time
import zipfile
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

import skillpack

if TYPE_CHECKING:
    from tests.conftest import MakeSkill


def by_hand(root: Path, name: str, description: str) -> dict[str, Any]:
    """Pack a skill the way people do today."""
    archive = shutil.make_archive(str(root.parent / "by-hand"), "zip", root)
    data = base64.b64encode(Path(archive).read_bytes()).decode()
    source = {"data": data, "media_type": "application/zip", "type": "base64"}
    made = json.loads(json.dumps({"description": description, "name": name, "source": source, "type": "inline"}))
    assert isinstance(made, dict)
    return made


def names_in(entry: Any) -> set[str]:
    with zipfile.ZipFile(BytesIO(base64.b64decode(entry["source"]["data"]))) as archive:
        return {name for name in archive.namelist() if not name.endswith("/")}


def test_a_copy_has_other_bytes_by_hand_and_the_same_bytes_with_us(make_skill: MakeSkill) -> None:
    root = make_skill({"notes.txt": "notes"})
    by_hand_first, ours_first = by_hand(root, "demo", ""), skillpack.pack(root).inline_skill()
    before = time.time() - 1_000_000
    for path in root.rglob("*"):
        os.utime(path, (before, before))
    assert by_hand(root, "demo", "") != by_hand_first
    assert skillpack.pack(root).inline_skill() == ours_first


def test_what_is_ignored_is_packed_by_hand_and_excluded_by_us(make_skill: MakeSkill) -> None:
    files = {".git/HEAD": "ref", ".env": "KEY=1", "__pycache__/a.pyc": "x", ".gitignore": "build/\n", "build/a.o": "x"}
    root = make_skill(files)
    assert names_in(by_hand(root, "demo", "")) >= {*files, "SKILL.md"}
    bundle = skillpack.pack(root)
    assert names_in(bundle.inline_skill()) == {"demo/SKILL.md"}
    excluded = {entry.path: entry.decision for entry in bundle.skill.tree.selection.excluded}
    assert excluded.keys() >= {".env", "__pycache__/", "build/"}
    assert (excluded["build/"].file, excluded["build/"].line) == (".gitignore", 1)


def test_a_link_to_the_outside_is_followed_by_hand_and_refused_by_us(make_skill: MakeSkill) -> None:
    root = make_skill()
    outside = root.parent / "secret.txt"
    outside.write_text("secret", "utf-8")
    (root / "link.txt").symlink_to(outside)
    with zipfile.ZipFile(BytesIO(base64.b64decode(by_hand(root, "demo", "")["source"]["data"]))) as archive:
        assert archive.read("link.txt") == b"secret"
    with pytest.raises(skillpack.RejectedError) as caught:
        skillpack.pack(root)
    assert {finding.rule for finding in caught.value.report.errors} == {"link-escapes"}


def test_the_files_lie_at_the_root_by_hand_and_in_one_folder_with_us(make_skill: MakeSkill) -> None:
    root = make_skill({"a/b.txt": "b"}, name="other-name")
    assert names_in(by_hand(root, "demo", "")) == {"SKILL.md", "a/b.txt"}
    assert names_in(skillpack.pack(root).inline_skill()) == {"other-name/SKILL.md", "other-name/a/b.txt"}


def test_name_and_description_can_differ_by_hand_and_cannot_with_us(make_skill: MakeSkill) -> None:
    root = make_skill()
    assert by_hand(root, "demo", "typed a second time")["description"] == "typed a second time"
    assert skillpack.pack(root).inline_skill()["description"].startswith("Shows how things work.")


def test_an_unquoted_colon_is_sent_by_hand_and_an_error_with_its_place_with_us(make_skill: MakeSkill) -> None:
    manifest = "---\nname: demo\ndescription: Use when: somebody asks.\n---\n"
    root = make_skill({"SKILL.md": manifest})
    with pytest.raises(yaml.YAMLError):
        yaml.safe_load(manifest.split("---")[1])
    assert names_in(by_hand(root, "demo", "Use when: somebody asks."))
    (finding,) = skillpack.check(root).errors
    assert (finding.rule, finding.location.line, finding.location.column) == ("yaml-unquoted-colon", 3, 14)


def test_a_credential_is_sent_by_hand_and_refused_and_never_shown_by_us(make_skill: MakeSkill) -> None:
    token = base64.b64encode(random.Random(1).randbytes(300)).decode()
    root = make_skill({"notes.md": f"-----BEGIN PRIVATE KEY-----\n{token}\n-----END PRIVATE KEY-----\n"})
    assert "notes.md" in names_in(by_hand(root, "demo", ""))
    report = skillpack.check(root)
    assert {finding.rule for finding in report.errors} == {"secret-text"}
    assert token not in repr(report)
