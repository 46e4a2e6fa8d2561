"""The hooks under the real pre-commit and prek."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
import yaml

from tests import samples
from tests.conftest import MANIFEST
from tests.judges import judge, missing
from tests.repository import PROJECT, Repository, names_like_options

if TYPE_CHECKING:
    from collections.abc import Mapping

HOOKS: Final[dict[str, dict[str, Any]]] = {
    hook["id"]: hook for hook in yaml.safe_load((PROJECT / ".pre-commit-hooks.yaml").read_text("utf-8"))
}
COUNTED: Final = """
import os, sys
with open(os.environ["CALLS"], "a") as calls:
    print(sum(map(len, sys.argv)), file=calls)
from skillpack.cli import main
sys.exit(main(sys.argv[1:]))
"""
ATTACKS: Final = (
    "--help",
    "-h",
    "--all",
    "--version",
    "--diff",
    "--show-settings",
    "--config=evil.toml",
    "-x/SKILL.md",
)
SET_BY_OTHERS: Final = ("GITHUB_ACTIONS", "GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "PRE_COMMIT")


def program(name: str) -> str:
    """Return the path of a program that is installed beside this Python, or anywhere."""
    beside = Path(sys.executable).with_name(name)
    return str(beside) if beside.exists() else judge(name)


class Managed(Repository):
    """A repository whose hooks one of the two programs runs."""

    def __init__(self, root: Path, runner: str) -> None:
        self.home = root / "home"
        self.home.mkdir()
        self.runner = program(runner)
        self.calls = root / "calls"
        (root / "repository").mkdir()
        super().__init__(root / "repository")

    def configure(self, *ids: str) -> None:
        """Use hooks of .pre-commit-hooks.yaml, but with this Python."""
        script = self.home / "counted.py"
        script.write_text(COUNTED, "utf-8")
        hooks = []
        for id in ids:
            name, arguments = HOOKS[id]["entry"].split(" ", 1)
            assert name == "skillpack"
            hook = {key: value for key, value in HOOKS[id].items() if key != "minimum_pre_commit_version"}
            hooks.append({**hook, "entry": f"{sys.executable} {script} {arguments}", "language": "system"})
        self.write(".pre-commit-config.yaml", yaml.safe_dump({"repos": [{"repo": "local", "hooks": hooks}]}).encode())
        self.commit()

    def run(self, *arguments: str, **extra: str) -> subprocess.CompletedProcess[str]:
        return self.call(self.runner, "run", *arguments, **extra)

    def call(self, *command: str, **extra: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.root,
            env=self._environment(extra),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def _environment(self, extra: Mapping[str, str]) -> dict[str, str]:
        clean = {key: value for key, value in os.environ.items() if key not in SET_BY_OTHERS}
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # prek looks for uv there
        homes = {"PRE_COMMIT_HOME": str(self.home / "pre-commit"), "PREK_HOME": str(self.home / "prek")}
        who = {f"GIT_{role}_{what}": "t@example.com" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        return {**clean, **homes, **who, "PATH": path, "PYTHONPATH": str(PROJECT), "CALLS": str(self.calls), **extra}


@pytest.fixture(params=["pre-commit", "prek"])
def managed(request: pytest.FixtureRequest, tmp_path: Path) -> Managed:
    return Managed(tmp_path, request.param)


@pytest.mark.parametrize("page", ["README.md", "docs/how-to/pre-commit.md"])
def test_the_hook_as_a_page_shows_it_runs_the_skillpack_that_is_installed(managed: Managed, page: str) -> None:
    shown = next(block.text for block in samples.blocks(PROJECT / page) if "repo: local" in block.text)
    managed.write(".pre-commit-config.yaml", shown.encode())
    installed = managed.home / "skillpack"
    installed.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m skillpack "$@"\n', "utf-8")
    installed.chmod(0o755)
    path = os.pathsep.join((str(managed.home), str(Path(sys.executable).parent), os.environ["PATH"]))
    managed.write("skills/a/SKILL.md", b"broken")
    managed.git("add", "-A")
    result = managed.run(PATH=path)
    assert result.returncode == 1
    assert "skills/a/SKILL.md:1:1: error[frontmatter-missing]: " in result.stdout
    assert "skills/b" not in result.stdout


def test_a_broken_skill_is_told_in_one_line_a_finding(managed: Managed) -> None:
    managed.configure("skillpack-check")
    assert managed.run("--all-files").returncode == 0
    managed.write("skills/b/SKILL.md", b"broken")
    managed.git("add", "-A")
    result = managed.run()
    assert result.returncode == 1
    assert "skills/b/SKILL.md:1:1: error[frontmatter-missing]: " in result.stdout
    assert "skills/a" not in result.stdout


def test_files_outside_any_skill_are_fine(managed: Managed) -> None:
    managed.configure("skillpack-check")
    managed.write("docs/SKILL.md.txt", b"")
    managed.git("add", "-A")
    assert managed.run().returncode == 0


def test_what_is_not_staged_and_what_is_not_tracked_does_not_count(managed: Managed) -> None:
    managed.configure("skillpack-check")
    managed.write("skills/a/more.md", b"more\n")
    managed.git("add", "-A")
    managed.write("skills/a/SKILL.md", b"broken, but not staged")
    managed.write("skills/a/second/SKILL.md", b"not tracked")
    assert managed.run().returncode == 0
    assert (managed.root / "skills/a/SKILL.md").read_bytes() == b"broken, but not staged"
    managed.git("add", "-A")
    assert managed.run().returncode == 1


def test_a_staged_rename_and_a_staged_link_are_seen(managed: Managed) -> None:
    managed.configure("skillpack-check")
    managed.git("mv", "skills/a", "skills/z")
    assert managed.run().returncode == 0, "name-not-directory is a warning"
    (managed.root / "skills/z/link").symlink_to("/etc/hostname")
    managed.git("add", "-A")
    result = managed.run()
    assert result.returncode == 1
    assert "skills/z/link: error[link-escapes]: " in result.stdout


def test_after_a_deletion_only_the_hook_for_all_looks(managed: Managed) -> None:
    managed.write("skills/a/SKILL.md", MANIFEST.replace(b"name: demo", b"name: Not A Name"))
    managed.commit()
    for id, code in (("skillpack-check", 0), ("skillpack-check-all", 1)):
        managed.configure(id)
        managed.git("rm", "-q", "skills/a/scripts/run.py")
        assert managed.run().returncode == code
        managed.git("reset", "-q", "--hard")


def test_an_argument_list_that_is_cut_into_calls_gives_the_same_verdict(managed: Managed) -> None:
    managed.configure("skillpack-check")
    for skill in range(4):
        root = f"skills/skill-{skill}"
        managed.write(f"{root}/SKILL.md", MANIFEST.replace(b"name: demo", b"name: " + root[7:].encode()))
        for number in range(400):
            managed.write(f"{root}/{'long-' * 18}{number}.txt", b"")
    managed.git("add", "-A")
    result = managed.run()
    assert result.returncode == 0, result.stdout
    sizes = [int(size) for size in managed.calls.read_text("utf-8").split()]
    assert sum(sizes) > 131_072
    assert len(sizes) > (1 if Path(managed.runner).stem == "pre-commit" else 0), "prek cuts at the system's own bound"
    managed.write("skills/skill-2/SKILL.md", b"broken")
    managed.git("add", "-A")
    result = managed.run()
    assert result.returncode == 1
    assert "skills/skill-2/SKILL.md:1:1: error[frontmatter-missing]" in result.stdout


def test_a_commit_is_stopped(managed: Managed) -> None:
    managed.configure("skillpack-check", "skillpack-check-all")
    assert managed.call(managed.runner, "install").returncode == 0
    managed.write("skills/b/SKILL.md", b"broken")
    commit = (judge("git"), "commit", "-q", "-m", "x")
    stopped = managed.call(*commit, "-a")
    assert stopped.returncode == 1
    assert "frontmatter-missing" in stopped.stdout
    managed.write("README.md", b"new\n")
    partial = managed.call(*commit, "README.md")
    assert partial.returncode == 0, "the broken file is no part of this commit\n" + partial.stdout


def test_a_skill_that_differs_from_the_lock_stops_the_commit(managed: Managed) -> None:
    managed.configure("skillpack-lock")
    assert managed.run().returncode != 0, "there is no lock yet"
    locked = managed.call(sys.executable, "-m", "skillpack", "lock", "--all", PYTHONPATH=str(PROJECT))
    assert locked.returncode == 0, locked.stderr
    managed.commit()
    assert managed.run().returncode == 0
    managed.write("skills/a/scripts/run.py", b"print(1)\n")
    managed.git("add", "-A")
    changed = managed.run()
    assert changed.returncode == 1
    assert "skills/a: scripts/run.py: changed" in changed.stdout


def test_what_can_be_fixed_is_fixed_where_git_tracks_it(managed: Managed) -> None:
    managed.configure("skillpack-fix")
    broken = b"---\nname: b\ndescription: Use when: asked\n---\n"
    managed.write("skills/b/SKILL.md", broken)
    managed.git("add", "-A")
    managed.write("skills/untracked/SKILL.md", broken)
    assert managed.run().returncode == 1, "the file was changed"
    assert b'"Use when: asked"' in (managed.root / "skills/b/SKILL.md").read_bytes()
    assert (managed.root / "skills/untracked/SKILL.md").read_bytes() == broken
    managed.git("add", "skills/b")
    assert managed.run().returncode == 0


@pytest.mark.parametrize(
    "name",
    [*ATTACKS, *(pytest.param(name, marks=pytest.mark.slow) for name in names_like_options() if name not in ATTACKS)],
)
def test_a_tracked_file_with_the_name_of_an_option_does_not_turn_the_hook_green(managed: Managed, name: str) -> None:
    managed.configure("skillpack-check")
    managed.write("evil.toml", b'[rules]\ndescription-too-long = "off"\n')
    managed.write("skills/b/SKILL.md", b"---\nname: b\ndescription: " + b"x" * 1025 + b"\n---\n")
    managed.write(name, b"")
    managed.git("add", "-A")
    for arguments in ((), ("--all-files",)):
        result = managed.run(*arguments)
        assert result.returncode == 1, result.stdout
        assert "skills/b/SKILL.md:3:14: error[description-too-long]: " in result.stdout
        assert f"error: {name}: this file has the name of an option; rename it" in result.stdout


@pytest.mark.parametrize(
    ("format", "expected"),
    [("github", "file=skills/b/SKILL.md"), ("json", '"rule": "frontmatter-missing"')],
)
def test_the_format_can_be_chosen(managed: Managed, format: str, expected: str) -> None:
    managed.configure("skillpack-check-all")
    managed.write("skills/b/SKILL.md", b"broken")
    config = managed.root / ".pre-commit-config.yaml"
    config.write_text(config.read_text("utf-8").replace("--all", f"--all --output-format {format}", 1), "utf-8")
    managed.git("add", "-A")
    assert expected in managed.run().stdout


def test_this_repository_uses_its_own_hooks_on_its_fixtures(managed: Managed) -> None:
    shutil.copytree(PROJECT / "fixtures" / "skills", managed.root / "fixtures" / "skills")
    shutil.copy(PROJECT / ".pre-commit-config.yaml", managed.root)
    managed.write(".venv/bin/python", f'#!/bin/sh\nexec "{sys.executable}" "$@"\n'.encode())
    (managed.root / ".venv/bin/python").chmod(0o755)
    managed.write(".git/info/exclude", b".venv\n")
    managed.commit()
    result = managed.run("--all-files")
    assert result.returncode == 0, result.stdout
    managed.write("fixtures/skills/hello/SKILL.md", b"broken")
    managed.git("add", "-A")
    assert managed.run("--all-files").returncode == 1


@pytest.mark.parametrize("runner", ["pre-commit", "prek"])
def test_the_hooks_are_well_formed(runner: str) -> None:
    for command in (("validate-manifest", ".pre-commit-hooks.yaml"), ("validate-config", ".pre-commit-config.yaml")):
        assert subprocess.run([program(runner), *command], cwd=PROJECT, check=False).returncode == 0


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This project as a repository of its own, with the wheels it needs beside it."""
    root = tmp_path_factory.mktemp("published")
    source = root / "skillpack"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml"):
        shutil.copy(PROJECT / name, source)
    shutil.copytree(PROJECT / "skillpack", source / "skillpack", ignore=shutil.ignore_patterns("__pycache__"))
    git = (judge("git"), "-c", "user.name=t", "-c", "user.email=t@example.com")
    for command in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "x"), ("tag", "v1")):
        subprocess.run([*git, *command], cwd=source, check=True)
    wheels = [sys.executable, "-m", "pip", "wheel", "-q", "-w", str(root / "wheels"), str(source), "hatchling>=1.27"]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    if subprocess.run(wheels, env=environment, check=False).returncode != 0:
        missing("the wheels that skillpack needs cannot be had")
    for own in (root / "wheels").glob("skillpack-*.whl"):
        own.unlink()
    return root


def offline(published: Path) -> dict[str, str]:
    wheels = str(published / "wheels")
    uv = {"UV_OFFLINE": "1", "UV_NO_INDEX": "1", "UV_FIND_LINKS": wheels}
    return {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": wheels, "PYTHONPATH": "", **uv}


@pytest.mark.slow
def test_a_repository_by_its_address_is_installed_offline_and_runs(managed: Managed, published: Path) -> None:
    _needs_uv(managed)
    hooks = [{"id": "skillpack-check"}, {"id": "skillpack-check-all"}]
    config = {"repos": [{"repo": f"file://{published / 'skillpack'}", "rev": "v1", "hooks": hooks}]}
    managed.write(".pre-commit-config.yaml", yaml.safe_dump(config).encode())
    managed.commit()
    result = managed.run("--all-files", **offline(published))
    assert result.returncode == 0, result.stdout
    managed.write("skills/b/SKILL.md", b"broken")
    managed.git("add", "-A")
    result = managed.run(**offline(published))
    assert result.returncode == 1
    assert result.stdout.count("skills/b/SKILL.md:1:1: error[frontmatter-missing]: ") == 2


@pytest.mark.slow
def test_try_repo_runs_a_hook(managed: Managed, published: Path) -> None:
    _needs_uv(managed)
    managed.write("skills/b/SKILL.md", b"broken")
    managed.commit()
    command = (managed.runner, "try-repo", str(published / "skillpack"), "skillpack-check", "--all-files")
    result = managed.call(*command, **offline(published))
    assert result.returncode == 1, result.stdout
    assert "skills/b/SKILL.md:1:1: error[frontmatter-missing]: " in result.stdout


def _needs_uv(managed: Managed) -> None:
    """Prek makes environments with uv, which it would download."""
    beside = Path(sys.executable).with_name("uv")
    if Path(managed.runner).stem == "prek" and not (shutil.which("uv") or beside.exists()):
        missing("uv is not installed")
