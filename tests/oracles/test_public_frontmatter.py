"""Every skill of two public packages, both under the MIT licence, read by us and by four other readers of YAML."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from collections import Counter
from pathlib import Path
from typing import Final

import pytest

from skillpack.api import Builder
from skillpack.findings import Finding, Severity
from skillpack.fixes import apply, find_fixes
from skillpack.frontmatter import Frontmatter, read_frontmatter
from skillpack.settings import Settings
from skillpack.skill.tree import SkillTree
from tests.judges import judge
from tests.oracles.yaml_readers import READERS

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
TOPICS: Final = frozenset(("frontmatter", "yaml", "name", "description", "field", "metadata", "text"))
NO_YAML: Final = {"claude-data-skills==3.5.3": 6, "ecc-universal@2.0.0": 17}


@pytest.fixture(scope="session", params=SKILLS)
def package(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """Download a package by its name, and unpack it."""
    folder = tmp_path_factory.mktemp("package")
    if "==" in request.param:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, request.param]
        subprocess.run(pip, check=True, stderr=subprocess.DEVNULL)
        with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
            wheel.extractall(folder / "files")
    else:
        npm = [judge("npm"), "pack", "--silent", request.param]
        subprocess.run(npm, check=True, cwd=folder, stdout=subprocess.DEVNULL)
        with tarfile.open(next(folder.glob("*.tgz"))) as archive:
            archive.extractall(folder / "files", filter="data")
    return request.param, folder / "files"


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
        assert not report.crashed, root
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


def test_every_unquoted_colon_is_mended_and_then_read_everywhere(package: tuple[str, Path]) -> None:
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
