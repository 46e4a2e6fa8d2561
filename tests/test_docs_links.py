"""Test that the paths, links and anchors in pages, docstrings and comments exist."""

from __future__ import annotations

import itertools
import re
from functools import cache
from typing import TYPE_CHECKING, Final

import pytest
from markdown_it import MarkdownIt

from tests import samples

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROOT: Final = samples.ROOT
PAGES: Final = [page for page in samples.pages() if "golden" not in page.parts]
EXAMPLES: Final = {
    ".github/workflows/skills.yml",  # the reader's own
    "docs/notes.md",  # a file of the page's sample
    "tests/server.pem",  # a rule's example
}
_PATH: Final = re.compile(r"(?<![\w/.{}~*-])((?:docs|tests|fixtures|benchmarks|skillpack|\.ci)/[\w./*<>{},?-]*)")


def page_id(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def links(text: str) -> Iterator[str]:
    """Yield where the links of a page lead."""
    for token in MarkdownIt().parse(text):
        for child in token.children or ():
            if child.type == "link_open":
                yield str(child.attrs["href"])


@cache
def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub and MyST make them."""
    tokens = MarkdownIt().parse(page.read_text("utf-8"))
    headings = [after.content for token, after in itertools.pairwise(tokens) if token.type == "heading_open"]
    return {re.sub(r"[^\w\- ]", "", re.sub(r"`", "", heading).lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_link_of_a_page_leads_to_a_page_and_its_anchor_to_a_heading(page: Path) -> None:
    for link in links(page.read_text("utf-8")):
        if link.startswith(("https:", "mailto:")):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.is_file(), f"{link}: no such file"
        assert target.is_relative_to(ROOT), link
        assert not anchor or anchor in anchors(target), f"{link}: no such heading"


def test_every_path_of_this_repository_that_is_named_is_there() -> None:
    for file in sources():
        for number, line in enumerate(file.read_text("utf-8").splitlines(), start=1):
            for name in map(str, _PATH.findall(line)):
                path = name.rstrip(".,")
                assert path in EXAMPLES or all(map(there, spelled_out(path))), f"{page_id(file)}:{number}: {path}"


def sources() -> Iterator[Path]:
    """Yield the files whose every word is ours: those of tests are full of paths that are made up."""
    for folder in ("skillpack", "docs", "benchmarks"):
        yield from sorted((ROOT / folder).rglob("*.py"))
    yield from (page for page in PAGES if page.parent == ROOT or page.is_relative_to(ROOT / "docs"))
    yield from (ROOT / name for name in ("Makefile", "pyproject.toml", ".ci/run", ".pre-commit-hooks.yaml"))


def spelled_out(path: str) -> Iterator[str]:
    """Yield the patterns that a path with a choice in braces stands for; `<id>` is any name."""
    path = re.sub("<[^>]*>", "*", path)
    before, brace, rest = path.partition("{")
    if not brace:
        yield path
        return
    choices, _, after = rest.partition("}")
    yield from (f"{before}{choice}{after}" for choice in choices.split(","))


def there(path: str) -> bool:
    """Whether there is such a file or folder; a page may be named without its ending."""
    return any(any(ROOT.glob(name.rstrip("/"))) for name in (path, f"{path}.md"))


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_target_and_module_that_a_page_names_is_there(page: Path) -> None:
    text = page.read_text("utf-8")
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in re.findall(r"`make ([a-z-]+)`", text):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    for module in re.findall(r"python -m ((?:tests|benchmarks|skillpack)[\w.]*)", text):
        path = ROOT / module.replace(".", "/")
        assert path.with_suffix(".py").is_file() or (path / "__main__.py").is_file(), module


def test_every_module_that_is_named_without_its_folder_is_there() -> None:
    contributing = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    assert modules_named(contributing)
    assert modules_named(contributing) <= {path.name for path in (ROOT / "skillpack" / "rules").glob("*.py")}
    page = (ROOT / "docs" / "development" / "architecture.md").read_text("utf-8")
    tree = re.split(r"(?m)^  (?=\S)", page.partition("skillpack/\n")[2].partition("```")[0])
    rooms = dict(room.split(maxsplit=1) for room in tree if room.strip())
    assert modules_named(rooms["bundle/"])
    for room, text in rooms.items():
        known = {path.name for path in (ROOT / "skillpack" / room).glob("*.py")}
        assert modules_named(text) <= known, room


def modules_named(text: str) -> set[str]:
    return {*re.findall(r"(?<![\w/.])\w+\.py\b", text)}


def test_no_sample_for_users_imports_a_module_below_the_package() -> None:
    pages = [page for page in PAGES if page.parent.name != "development" and "decisions" not in page.parts]
    scripts = [block.text for page in pages for block in samples.blocks(page) if block.kind == "python"]
    assert any("import skillpack" in script for script in scripts)
    assert [script for script in scripts if re.search(r"(?m)^\s*(?:from|import) skillpack\.", script)] == []


def test_the_architecture_page_lists_every_room_of_the_package() -> None:
    page = (ROOT / "docs" / "development" / "architecture.md").read_text("utf-8")
    listed = re.findall(r"(?m)^  ([a-z]+(?:/|\.py)) {2,}\S", page)
    modules = (path for path in (ROOT / "skillpack").glob("*.py") if not path.name.startswith("__"))
    packages = (path.parent for path in (ROOT / "skillpack").glob("*/__init__.py"))
    assert listed == [*sorted(path.name for path in modules), *sorted(f"{path.name}/" for path in packages)]


def test_a_path_or_an_anchor_that_is_not_there_would_be_found() -> None:
    assert _PATH.findall("see docs/reference/none and (skillpack/{a,b}.py)") == [
        "docs/reference/none",
        "skillpack/{a,b}.py",
    ]
    assert not there("docs/reference/none")
    assert list(spelled_out("skillpack/{a,select/walk}.py")) == ["skillpack/a.py", "skillpack/select/walk.py"]
    assert list(links("see [this](gone.md#part)")) == ["gone.md#part"]
    assert "the-size-limit" not in anchors(ROOT / "README.md")
    assert "install" in anchors(ROOT / "README.md")
