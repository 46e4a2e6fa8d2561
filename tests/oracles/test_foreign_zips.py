"""Every other reader extracts from a zip that we accept the same files as we do."""

from __future__ import annotations

import random
import struct
import subprocess
from typing import TYPE_CHECKING, Final

import pytest

from skillpack.archive.read_foreign import read_foreign
from tests.judges import judge
from tests.oracles.zip_trees import trees
from tests.test_foreign import REFUSALS, labelled
from tests.zip_drafts import Draft
from tests.zip_mutants import mutant, written

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

MUTANTS: Final = 500
MANY_MUTANTS: Final = 20_000


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    return [*written(tmp_path_factory.mktemp("written")).values()]


def disagreements(zips: Iterable[tuple[object, bytes]], folder: Path) -> tuple[int, list[str]]:
    """Return how many of the zips we accept, and what other readers extract from those that differs."""
    accepted = [(label, data) for label, data in zips if read_foreign(data).ok]
    found = trees([data for _, data in accepted], folder / "trees")
    differing = []
    for (label, _), by_reader in zip(accepted, found, strict=True):
        ours = by_reader.pop("skillpack")
        differing += [f"{label}: {reader}: {tree}" for reader, tree in by_reader.items() if tree != ours]
    return len(accepted), differing


def mutants(bases: list[bytes], seeds: range) -> Iterable[tuple[int, bytes]]:
    return ((seed, mutant(bases, random.Random(seed))) for seed in seeds)


def test_all_readers_extract_the_same_files_from_what_writers_make(tmp_path: Path) -> None:
    zips = written(tmp_path)
    assert disagreements(zips.items(), tmp_path) == (len(zips), [])


def test_all_readers_extract_the_same_names_whatever_system_made_them(tmp_path: Path) -> None:
    """A name of each kind, by each system and version, with and without an extra field."""
    zips = []
    for made_by in (0x0000, 0x0014, 0x0A14, 0x0B14, 0x0B32, 0x0E14, 0x0314, 0x1314):
        for extra in (b"", struct.pack("<HHBL", 0x5455, 5, 1, 0)):
            draft = Draft.of({f"demo/{name}".encode(): b"" for name in ("a", "été", "日本", "\U0001f600", "e\u0301")})
            for item in draft.items:
                item.central["made_by"] = made_by
                item.add_extra(extra)
            zips.append((f"{made_by:#06x} {len(extra)}", draft.build()))
    accepted, differing = disagreements(zips, tmp_path)
    assert differing == []
    assert accepted == len(zips) - 3


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, MUTANTS, 100))
def test_all_readers_extract_the_same_files_from_accepted_mutants(
    first: int, bases: list[bytes], tmp_path: Path
) -> None:
    accepted, differing = disagreements(mutants(bases, range(first, first + 100)), tmp_path)
    assert differing == []
    assert accepted >= 10


@pytest.mark.fuzz
@pytest.mark.parametrize("first", range(0, MANY_MUTANTS, 500))
def test_all_readers_extract_the_same_files_from_many_more_mutants(
    first: int, bases: list[bytes], tmp_path: Path
) -> None:
    accepted, differing = disagreements(mutants(bases, range(first, first + 500)), tmp_path)
    assert differing == []
    assert accepted >= 50


def test_all_readers_extract_the_same_files_from_labelled_zips(tmp_path: Path) -> None:
    zips = [(path.name, path.read_bytes()) for path in labelled()]
    accepted, differing = disagreements(zips, tmp_path)
    assert differing == []
    assert accepted == 8


def test_readers_extract_different_files_from_refused_mutants(bases: list[bytes], tmp_path: Path) -> None:
    """What the comparison above would notice: some zips that we refuse make other readers disagree."""
    refused = [data for _, data in mutants(bases, range(40)) if not read_foreign(data).ok]
    found = trees(refused, tmp_path / "trees")
    assert any(
        len({str(sorted(tree.items())) for tree in by_reader.values() if isinstance(tree, dict)}) > 1
        for by_reader in found
    )


def test_a_zip_that_is_a_tar_archive_as_well_is_another_one_to_bsdtar(tmp_path: Path) -> None:
    draft = Draft.of({b"demo/SKILL.md": b"", b"demo/a.txt": b"another"})
    REFUSALS["a tar archive as well"][0](draft)
    (tmp_path / "both.zip").write_bytes(draft.build())
    listed = subprocess.run([judge("bsdtar"), "-tf", "both.zip"], cwd=tmp_path, capture_output=True, check=False).stdout
    assert b"SKILL.md" not in listed
    assert b"SKILL.md" in subprocess.run(
        [judge("unzip"), "-l", "both.zip"], cwd=tmp_path, capture_output=True, check=True
    ).stdout  # fmt: skip
