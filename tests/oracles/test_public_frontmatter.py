"""Every skill of two public packages, both under the MIT licence, read by us and by four other readers of YAML."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from skillpack.api import Builder
from skillpack.findings import Finding, Severity, has_crashed
from skillpack.fixes import apply, find_fixes
from skillpack.frontmatter import Frontmatter, Items, Text, read_frontmatter
from skillpack.rules.fields import FIELDS
from skillpack.settings import Settings
from skillpack.skill.skill import Skill
from skillpack.skill.tree import SkillTree
from tests.judges import judge
from tests.oracles.yaml_readers import READERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from skillpack.frontmatter import Node

pytestmark = pytest.mark.network

SKILLS: Final = {"claude-data-skills==3.5.3": 25, "ecc-universal@2.0.0": 719}
FOUND: Final = {  # the errors, and the rules on frontmatter and text, as docs/explanation/public-skills.md lists them
    "claude-data-skills==3.5.3": {"yaml-unquoted-colon": 6, "name-not-directory": 1, "text-not-utf8": 3},
    "ecc-universal@2.0.0": {
        "yaml-unquoted-colon": 16,
        "yaml-leading-indicator": 1,
        "frontmatter-missing": 5,
        "field-unknown": 722,
        "metadata-not-text": 21,
        "name-not-directory": 10,
        "yaml-block-scalar": 14,
        "yaml-indented-plain": 2,
    },
}
MORE: Final = (
    *("skillforge-agent==1.0.1", "ru-legal-skills-mcp==0.3.1", "adclaw==1.0.33", "arc-free-skills==1.0.0"),
    *("abvx-agent-skills==0.16.1", "claude-full-stack-skills==0.3.0", "agent-toolkit-cli==1.48.0"),
    *("auditoria-skills-mcp==2.2.5", "mega-mind-orchestrator==0.4.0", "oh-my-codex-cli@1.5.0", "cc-sdd@3.0.2"),
    *("clawdbot@2026.1.24", "openclaw-cn@2026.1.31", "shopify-cc-kit@2.0.3", "specweave@1.0.593"),
    *("agent-docs-kit==2.2.2", "agent-skills-pss==0.1.0", "agent-skills-systemrdl==0.1.0", "agent-tune-kit==2.2.0"),
    *("00bx-photoshop-mcp@1.1.2", "@houseofwolvesllc/claude-scrum-skill@2.8.1", "@plaited/development-skills@0.8.1"),
    "@pocketagent/paw-skills@1.4.0",
)
"""Further packages, for the tests that need many skills; nothing is known of their licences."""

MANY: Final = 2_000
"""Skills in all packages together, at least."""

TOPICS: Final = frozenset(("frontmatter", "yaml", "name", "description", "field", "metadata", "text"))
NO_YAML: Final = {"claude-data-skills==3.5.3": 6, "ecc-universal@2.0.0": 17}


@pytest.fixture(scope="session", params=SKILLS)
def package(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """Download a package by its name, and unpack it."""
    return request.param, _download(request.param, tmp_path_factory.mktemp("package"))


def _download(name: str, folder: Path) -> Path:
    if "==" in name:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), name]
        subprocess.run(pip, check=True, stderr=subprocess.DEVNULL)
        for wheel in folder.glob("*.whl"):
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(folder / "files")
        for source in folder.glob("*.tar.gz"):
            with tarfile.open(source) as packed:
                packed.extractall(folder / "files", filter="data")
    else:
        npm = [judge("npm"), "pack", "--silent", name]
        subprocess.run(npm, check=True, cwd=folder, stdout=subprocess.DEVNULL)
        with tarfile.open(next(folder.glob("*.tgz"))) as packed:
            packed.extractall(folder / "files", filter="data")
    return folder / "files"


def _manifests(folder: Path) -> dict[str, bytes]:
    return {path.as_posix(): path.read_bytes() for path in sorted(folder.rglob("SKILL.md"))}


def _between_the_lines(content: bytes) -> str | None:
    """Return what stands between the two lines of ---, found as most readers do: by splitting."""
    parts = content.decode().replace("\r\n", "\n").split("---\n", 2)
    return parts[1] if len(parts) == 3 and not parts[0] else None


def test_every_skill_is_judged_without_a_crash(package: tuple[str, Path]) -> None:
    name, folder = package
    roots = [Path(path).parent for path in _manifests(folder)]
    assert len(roots) == SKILLS[name]
    counts: Counter[str] = Counter()
    for root in roots:
        report = Builder().check(root)
        assert not has_crashed(report), root
        counts.update(finding.rule for finding in report if _counted(finding))
    assert counts == FOUND[name]


def _counted(finding: Finding) -> bool:
    topic = finding.rule.partition("-")[0]
    return finding.severity is Severity.ERROR or topic in TOPICS


@pytest.mark.parametrize("reader", READERS)
def test_what_we_refuse_the_others_refuse_and_the_rest_they_read_alike(package: tuple[str, Path], reader: str) -> None:
    name, folder = package
    fronts = {path: front for path, content in _manifests(folder).items() if (front := _between_the_lines(content))}
    theirs = dict(zip(fronts, READERS[reader](list(fronts.values())), strict=True))
    ours = {path: read_frontmatter(Path(path).read_bytes())[0] for path in fronts}
    assert {path for path in fronts if theirs[path] is None} == {path for path in fronts if ours[path] is None}
    assert sum(read is None for read in ours.values()) == NO_YAML[name]
    for path, read in ours.items():
        fields = theirs[path]
        if read and fields is not None:
            assert (read.name, read.description) == (fields.get("name"), fields.get("description")), path


def test_every_unquoted_colon_is_fixed_and_then_read_everywhere(package: tuple[str, Path]) -> None:
    name, folder = package
    fixed: dict[str, tuple[str, Frontmatter]] = {}
    for path, content in _manifests(folder).items():
        rules = {issue.rule_id for issue in read_frontmatter(content)[1]}
        if not rules & {"yaml-unquoted-colon", "yaml-leading-indicator"}:
            continue
        tree = SkillTree.from_files({"SKILL.md": content})
        after = apply(tree, find_fixes(tree, Settings())).files[0].read()
        read, _ = read_frontmatter(after)
        assert read is not None, path
        assert after[read.end :] == content[-len(after[read.end :]) :]
        line = next(line for line in content.decode().splitlines() if line.startswith("description:"))
        assert (read.description or "") == line.removeprefix("description:").strip()
        fixed[path] = read.text, read
    assert len(fixed) == NO_YAML[name]
    for reader in READERS.values():
        for (_, read), fields in zip(fixed.values(), reader([text for text, _ in fixed.values()]), strict=True):
            assert fields is not None
            assert (fields["name"], fields["description"]) == (read.name, read.description)


def test_fixes_keep_the_text_of_each_value_and_a_second_run_changes_nothing(tmp_path: Path) -> None:
    skills: Counter[str] = Counter()
    for at, name in enumerate((*SKILLS, *MORE)):
        folder = tmp_path / str(at)
        folder.mkdir()
        for path, content in _manifests(_download(name, folder)).items():
            tree = SkillTree.from_files({"SKILL.md": content})
            found = find_fixes(tree, Settings())
            fixed = apply(tree, found)
            skills["all"] += 1
            skills["fixed"] += bool(found)
            assert not find_fixes(fixed, Settings()), path
            before, after = Skill.from_tree(tree), Skill.from_tree(fixed)
            if before.reading:
                assert after.reading, path
                assert dict(_texts(before.reading.fields)) == dict(_texts(after.reading.fields)), path
        shutil.rmtree(folder)
    assert skills["all"] >= MANY
    assert skills["fixed"] >= MANY // 10  # else the test tries nothing


def _texts(node: Node, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield each value by its path, without the line break at the end of a block, which fixes do not keep."""
    if isinstance(node, Text):
        yield name, node.value.rstrip("\n")
    elif isinstance(node, Items):
        for at, value in enumerate(node.values):
            yield from _texts(value, f"{name}/{at}")
    else:
        for field in node.entries:
            key = field.key.value.lower() if field.key.value.lower() in FIELDS else field.key.value
            yield from _texts(field.value, f"{name}/{key}")
