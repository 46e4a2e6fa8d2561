from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.samples import ROOT

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "--directory", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    return folder


def test_the_wheel_installed_into_a_fresh_environment_packs_a_skill(dist: Path, tmp_path: Path) -> None:
    (wheel,) = dist.glob("*.whl")
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    python = str(tmp_path / "venv" / "bin" / "python")
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", str(wheel)], check=True)
    # the dependencies are those of this environment: nothing is downloaded
    (site,) = (tmp_path / "venv").glob("lib/python*/site-packages")
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib"), "utf-8")
    skill = str(ROOT / "fixtures" / "skills" / "csv-report")
    command = [str(tmp_path / "venv" / "bin" / "skillpack"), "pack", skill]
    packed = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    assert json.loads(packed.stdout)["name"] == "csv-report"
    where = [python, "-c", "import skillpack; print(skillpack.__file__)"]
    found = subprocess.run(where, cwd=tmp_path, check=True, capture_output=True, text=True)
    assert found.stdout.startswith(str(tmp_path / "venv"))


@pytest.mark.parametrize("epoch", ["", "1700000000"])
def test_wheel_and_source_distribution_have_the_same_bytes_from_any_clone(tmp_path: Path, epoch: str) -> None:
    environment = {**os.environ, "SOURCE_DATE_EPOCH": epoch} if epoch else os.environ
    built = []
    for name, umask in (("one", 0o022), ("an other", 0o077)):
        clone = tmp_path / name / "clone"
        clone.parent.mkdir()
        subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True, umask=umask)
        command = [sys.executable, "-m", "hatchling", "build", "--directory", str(tmp_path / name / "dist")]
        subprocess.run(command, cwd=clone, env=environment, umask=umask, check=True, capture_output=True)
        built.append({path.name: path.read_bytes() for path in (tmp_path / name / "dist").iterdir()})
    assert {path.rpartition(".")[2] for path in built[0]} == {"whl", "gz"}
    assert built[0] == built[1]


def test_the_index_would_take_both_distributions(dist: Path) -> None:
    command = [sys.executable, "-m", "twine", "check", "--strict", *map(str, dist.iterdir())]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("PASSED") == 2


def test_the_wheel_holds_the_whole_package_and_nothing_else(dist: Path) -> None:
    (wheel,) = dist.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
        licences = [name for name in archive.namelist() if name.endswith("licenses/LICENSE")]
    tracked = subprocess.run(["git", "ls-files", "skillpack"], cwd=ROOT, check=True, capture_output=True, text=True)
    assert names == set(tracked.stdout.split())
    assert {"skillpack/py.typed", "skillpack/schemas/container-create.schema.json"} <= names
    assert {f"skillpack/output/size.{suffix}" for suffix in ("html", "css", "js")} <= names
    assert len(licences) == 1


def test_the_source_distribution_holds_what_its_tests_need(dist: Path) -> None:
    (source,) = dist.glob("*.tar.gz")
    with tarfile.open(source) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"tests/test_wheel.py", "docs/index.md", "Makefile", "CHANGELOG.md", "README.md"} <= names
    assert "fixtures/skills/pdf-forms/build/objects.txt" in names, "what its .gitignore names is part of the fixture"
