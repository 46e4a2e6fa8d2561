"""The content digests and zips of every fixture and of a public package stay what they were in 0.1.0."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

import skillpack
from tests.oracles.test_zip_readers import downloaded

if TYPE_CHECKING:
    from skillpack.settings import Settings

ROOT: Final = Path(__file__).parents[1]
TABLE: Final = json.loads((ROOT / "tests" / "golden" / "digests.json").read_text("utf-8"))
FIXTURES: Final = TABLE["fixtures"]
PUBLIC: Final = "claude-data-skills==3.5.3"


def recorded(skill: Path) -> dict[str, str]:
    """Return the digest of a skill and the SHA-256 of its zips, as the table has them."""

    def packed(settings: Settings) -> skillpack.Bundle:
        return skillpack.Builder(settings).pack(skill)

    stored = packed(skillpack.Settings(compression="store"))
    deflated = packed(skillpack.Settings(compression="deflate"))
    return {
        "deflate": hashlib.sha256(deflated.zip).hexdigest(),
        "digest": stored.skill.tree.digest,
        "store": hashlib.sha256(stored.zip).hexdigest(),
    }


@pytest.mark.parametrize("path", FIXTURES)
def test_a_fixture_has_the_digest_and_the_bytes_it_always_had(path: str) -> None:
    assert recorded(ROOT / path) == FIXTURES[path]


def test_the_table_lists_every_fixture_that_can_be_packed() -> None:
    folders = [*(ROOT / "fixtures" / "skills").iterdir(), *(ROOT / "fixtures" / "rules").glob("*/*")]
    sound = {
        folder.relative_to(ROOT).as_posix() for folder in folders if folder.is_dir() and skillpack.check(folder).ok
    }
    assert sound == set(FIXTURES)


@pytest.mark.network
def test_a_public_package_has_the_digests_and_the_bytes_it_always_had(tmp_path: Path) -> None:
    found = {}
    for skill in downloaded(PUBLIC, tmp_path):
        if skillpack.check(skill).ok:
            found[skill.relative_to(tmp_path / "package").as_posix()] = recorded(skill)
    assert found == TABLE[PUBLIC]
