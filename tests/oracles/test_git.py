from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Final

import pytest

from tests.judges import judge
from tests.oracles.gitjudge import Repository, everything, our_sources, ours, through_pathspec
from tests.oracles.ignoretrees import random_tree

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

TREES: Final = 300
MANY_TREES: Final = 20_000
ALPHABET: Final = ("a", "b", "d", "*", "**", "/", "!")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository.at(tmp_path / "repository", judge("git"))


def differences(repository: Repository, seeds: Iterable[int]) -> list[str]:
    """Say where we differ from git: on what is selected, on the file and line that decided."""
    found = []
    for seed in seeds:
        tree = random_tree(seed)
        tree.write(repository.root)
        paths = everything(repository.root)
        selection, sources = repository.selection(), repository.sources(paths)
        tree.write_fifos(repository.root)
        if selection != (selected := ours(repository.root)):
            found.append(f"seed {seed}: {sorted(selection ^ selected)}")
        if sources != (decided := our_sources(repository.root, paths)):
            unequal = [path for path in paths if sources.get(path) != decided.get(path)]
            found.append(f"seed {seed}: {[(path, sources.get(path), decided.get(path)) for path in unequal]}")
        repository.clear()
    return found


@pytest.mark.parametrize("first", range(0, TREES, 50))
def test_git_selects_the_same_files_for_the_same_reason(repository: Repository, first: int) -> None:
    assert differences(repository, range(first, first + 50)) == []


@pytest.mark.fuzz
@pytest.mark.parametrize("first", range(0, MANY_TREES, 500))
def test_git_selects_the_same_files_in_many_more_trees(repository: Repository, first: int) -> None:
    assert differences(repository, range(first, first + 500)) == []


@pytest.mark.filterwarnings("ignore:Possible nested set:FutureWarning")  # its regular expressions
def test_pathspecs_own_patterns_select_other_files(repository: Repository) -> None:
    wrong = 0
    for seed in range(100):
        random_tree(seed).write(repository.root)
        try:
            wrong += through_pathspec(repository.root) != repository.selection()
        except (ValueError, re.error):  # its words for lines that git takes in its stride
            wrong += 1
        repository.clear()
    assert wrong > 0


def test_every_short_ignore_file_means_the_same_to_git(repository: Repository) -> None:
    """All files of one or two lines that hold up to three of the alphabet's pieces."""
    words = [["".join(word) for word in itertools.product(ALPHABET, repeat=length)] for length in (1, 2, 3)]
    one_line = itertools.chain(*words)
    two_lines = itertools.chain(*(itertools.product(words[i], words[j]) for i, j in ((0, 0), (0, 1), (1, 0))))
    contents = sorted({*one_line, *("\n".join(pair) for pair in two_lines)})
    assert len(contents) == 1_078
    for number, content in enumerate(contents):
        folder = repository.root / f"tree{number}"
        for path in ("a", "b", "ab", "d/a", "d/b", "d/d/a"):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).touch()
        (folder / ".gitignore").write_text(f"{content}\n")
    assert ours(repository.root) == repository.selection()
    paths = everything(repository.root)
    assert our_sources(repository.root, paths) == repository.sources(paths)


def test_a_fifo_of_that_name_is_not_opened(repository: Repository) -> None:
    tree = next(tree for tree in map(random_tree, range(0, 3000, 3)) if tree.fifos)
    tree.write(repository.root)
    selection = repository.selection()
    tree.write_fifos(repository.root)
    assert ours(repository.root) == selection
