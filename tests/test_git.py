"""A repository whose config names programs, in every form in which one can arrive, must not get any of them run."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import pytest

from skillpack.discover import Tracked
from skillpack.errors import NotASkillError
from skillpack.select.walk import walk
from skillpack.settings import Settings
from skillpack.sources import run_git as git
from skillpack.sources.git import GitSource
from skillpack.sources.git_revision import GitRevision
from tests.judges import judge

if TYPE_CHECKING:
    from collections.abc import Callable

IDENTITY: Final = ("-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "protocol.file.allow=always")
LIST: Final = ("ls-files", "-z", "--cached")
PROMISOR: Final = {
    "core.repositoryFormatVersion": "1",
    "extensions.partialClone": "evil",
    "remote.evil.promisor": "true",
    "remote.evil.url": ".",
}
MEANS: Final[dict[str, dict[str, str]]] = {
    "fsmonitor": {"core.fsmonitor": "PROGRAM"},
    "uploadpack": {**PROMISOR, "remote.evil.uploadpack": "PROGRAM"},
    "remote that is a command": {**PROMISOR, "remote.evil.url": "ext::PROGRAM", "protocol.ext.allow": "always"},
    "sshCommand": {**PROMISOR, "remote.evil.url": "ssh://host/path", "core.sshCommand": "PROGRAM"},
}


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A program that leaves a file `ran` beside itself."""
    path = tmp_path / "program"
    path.write_text(f"#!/bin/sh\ntouch '{tmp_path}/ran'\n", "utf-8")
    path.chmod(0o755)
    return path


def started(program: Path, call: Callable[[], object]) -> bool:
    """Return whether a call started the program."""
    ran = program.with_name("ran")
    ran.unlink(missing_ok=True)
    call()
    return ran.exists()


def naive(cwd: Path, *arguments: str) -> str:
    done = subprocess.run([judge("git"), *IDENTITY, *arguments], cwd=cwd, capture_output=True, text=True, check=False)
    return done.stdout


def checked(cwd: Path, *arguments: str) -> str:
    command = [judge("git"), *IDENTITY, *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=True).stdout


def _origin(root: Path) -> Path:
    origin = root / "origin"
    for path in ("skills/a/SKILL.md", "other/deep/file", "README.md"):
        (origin / path).parent.mkdir(parents=True, exist_ok=True)
        (origin / path).write_text(path, "utf-8")
    checked(origin, "init", "-q", "-b", "main")
    checked(origin, "add", "-A")
    checked(origin, "commit", "-q", "-m", "x")
    return origin


def _clone(root: Path) -> Path:
    checked(root, "clone", "-q", str(_origin(root)), "clone")
    return root / "clone"


def _worktree(root: Path) -> Path:
    checked(_origin(root), "worktree", "add", "-q", "-b", "other", str(root / "worktree"))
    return root / "worktree"


def _submodule(root: Path) -> Path:
    origin = _origin(root)
    checked(root, "init", "-q", "outer")
    checked(root / "outer", "submodule", "--quiet", "add", str(origin), "module")
    return root / "outer" / "module"


def _unpacked(root: Path) -> Path:
    archive = shutil.make_archive(str(root / "packed"), "tar", _clone(root))
    shutil.unpack_archive(archive, root / "unpacked")
    return root / "unpacked"


def _bare_of_tracked_files(root: Path) -> Path:
    """Return a folder of a harmless clone that git takes for a bare repository, because of the files tracked there."""
    (root / "inner").mkdir()
    hidden = _clone(root / "inner")
    _expand_on_read(hidden)
    outer = _clone(root)
    shutil.copytree(hidden / ".git", outer / "docs")
    (outer / "docs" / "refs" / "keep").touch()
    checked(outer, "add", "-A")
    checked(outer, "commit", "-q", "-m", "docs")
    checked(root, "clone", "-q", str(outer), "again")
    inside = root / "again" / "docs"
    checked(root, "config", "--file", str(inside / "config"), "core.worktree", ".")
    return inside


PLACES: Final[dict[str, Callable[[Path], Path]]] = {
    "clone": _clone,
    "worktree": _worktree,
    "submodule": _submodule,
    "unpacked .git": _unpacked,
    "bare repository of tracked files": _bare_of_tracked_files,
}


def _expand_on_read(repository: Path) -> None:
    """Make the index name a folder that is missing from the objects, so that reading it would fetch."""
    checked(repository, "status")  # so that the index knows the files, also of an unpacked repository, as unchanged
    checked(repository, "sparse-checkout", "set", "--cone", "--sparse-index", "skills")
    tree = checked(repository, "rev-parse", "HEAD:other").strip()
    common = checked(repository, "rev-parse", "--path-format=absolute", "--git-common-dir").strip()
    (Path(common) / "objects" / tree[:2] / tree[2:]).unlink()


def _config_of(repository: Path) -> Path:
    if (repository / "HEAD").exists():
        return repository / "config"
    common = checked(repository, "rev-parse", "--path-format=absolute", "--git-common-dir").strip()
    return repository / common / "config"


def _arm(config: Path, means: str, program: Path) -> None:
    for key, value in MEANS[means].items():
        checked(config.parent, "config", "--file", str(config), key, value.replace("PROGRAM", str(program)))


def _ours(cwd: Path) -> None:
    """Call git as the hook does; a refusal is fine."""
    for arguments in (("rev-parse", "--show-cdup"), LIST, ("ls-files", "-z", "--cached", "--full-name", ":/")):
        try:
            cast("Any", git.run)(*arguments, cwd=cwd)
        except git.GitError:
            continue


@pytest.mark.parametrize("means", MEANS)
@pytest.mark.parametrize("place", PLACES)
def test_listing_runs_no_program_that_a_repository_names(
    tmp_path: Path, program: Path, place: str, means: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = PLACES[place](tmp_path)
    if place != "bare repository of tracked files":
        _expand_on_read(repository)
    _arm(_config_of(repository), means, program)
    assert started(program, lambda: naive(repository, *LIST)), "the program would be run"
    assert not started(program, lambda: _ours(repository))
    monkeypatch.chdir(repository)
    assert not started(program, _listed)


def _listed() -> None:
    try:
        Tracked.from_git()
    except NotASkillError:
        return


@pytest.mark.parametrize("means", [name for name in MEANS if name != "fsmonitor"])
@pytest.mark.parametrize("missing", ["skills/a/SKILL.md", "skills/a", "skills", "README.md"])
def test_reading_a_revision_runs_no_program_where_an_object_is_missing(
    tmp_path: Path, program: Path, missing: str, means: str
) -> None:
    def read() -> None:
        with suppress(NotASkillError):
            walk(GitSource(GitRevision(repository, "HEAD", "skills/a")), Settings())

    repository = _clone(tmp_path)
    name = checked(repository, "rev-parse", f"HEAD:{missing}").strip()
    (repository / ".git/objects" / name[:2] / name[2:]).unlink()
    _arm(_config_of(repository), means, program)
    assert started(program, lambda: naive(repository, "cat-file", "-p", name)), "the program would be run"
    assert not started(program, read)


def test_an_object_that_the_repository_replaces_is_what_its_name_says(tmp_path: Path) -> None:
    repository = _clone(tmp_path)
    names = [checked(repository, "rev-parse", f"HEAD:{path}").strip() for path in ("skills/a/SKILL.md", "README.md")]
    checked(repository, "replace", *names)
    assert naive(repository, "cat-file", "-p", names[0]) == "README.md"
    (file,) = walk(GitSource(GitRevision(repository, "HEAD", "skills/a")), Settings()).files
    assert file.read() == b"skills/a/SKILL.md"


@pytest.mark.parametrize("name", ["config.worktree", "included", "included on a condition"])
def test_it_does_not_matter_which_file_the_config_is_in(tmp_path: Path, program: Path, name: str) -> None:
    repository = _clone(tmp_path)
    main = _config_of(repository)
    own = repository / ".git" / "config.worktree" if name == "config.worktree" else repository / "README.md"
    own.write_text("", "utf-8")
    _arm(own, "fsmonitor", program)
    key, value = {
        "config.worktree": ("extensions.worktreeConfig", "true"),
        "included": ("include.path", "../README.md"),
        "included on a condition": ("includeIf.onbranch:main.path", "../README.md"),
    }[name]
    checked(repository, "config", "--file", str(main), key, value)
    assert started(program, lambda: naive(repository, *LIST)), "the program would be run"
    assert git.run("ls-files", "-z", cwd=repository).split(b"\0")[0] == b"README.md"
    assert not started(program, lambda: _ours(repository))


def test_no_hook_is_run(tmp_path: Path, program: Path) -> None:
    repository = _clone(tmp_path)
    shutil.copy(program, repository / ".git" / "hooks" / "post-index-change")
    os.utime(repository / "README.md", (0, 0))
    writes = ("update-index", "--refresh")
    assert not started(program, lambda: cast("Any", git.run)(*writes, cwd=repository))
    os.utime(repository / "README.md", (1, 1))
    assert started(program, lambda: naive(repository, *writes)), "the hook would be run"


def test_a_bare_repository_is_used_only_where_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside = _bare_of_tracked_files(tmp_path)
    assert naive(inside, "rev-parse", "--git-dir") == ".\n"
    with pytest.raises(git.GitError, match="cannot use bare repository"):
        git.run("rev-parse", "--git-dir", cwd=inside)
    monkeypatch.setenv("GIT_DIR", str(inside))
    assert git.run("rev-parse", "--git-dir", cwd=inside)


def test_there_is_no_transport_and_no_prompt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = tmp_path / "git"
    shown.write_text("#!/bin/sh\nenv\ncat\n", "utf-8")  # cat would wait where stdin is a terminal
    shown.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setenv("GIT_ASKPASS", "prompt")
    environment = git.run("ls-files").decode().split("\n")
    assert {"GIT_NO_LAZY_FETCH=1", "GIT_ALLOW_PROTOCOL=:", "GIT_TERMINAL_PROMPT=0", "GIT_ASKPASS="} <= {*environment}


def test_a_git_in_the_current_folder_is_not_run(tmp_path: Path, program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = _clone(tmp_path)
    shutil.copy(program, repository / "git")
    monkeypatch.chdir(repository)
    monkeypatch.setenv("PATH", os.pathsep.join(("", ".", os.environ["PATH"])))
    assert started(program, lambda: subprocess.run(["git"], check=False)), "the file would be run"
    assert not started(program, lambda: git.run(*LIST))


@pytest.mark.parametrize("config", ["GIT_CONFIG_COUNT", "GIT_CONFIG_PARAMETERS", "GIT_CONFIG_GLOBAL"])
def test_config_in_the_environment_is_kept_and_does_not_win(
    tmp_path: Path, program: Path, config: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = _clone(tmp_path)
    (repository / "ü").touch()
    checked(repository, "add", "ü")
    settings = {"core.fsmonitor": str(program), "core.quotePath": "false"}
    for number, (key, value) in enumerate(settings.items()):
        checked(tmp_path, "config", "--file", str(tmp_path / "global"), key, value)
        monkeypatch.setenv(f"GIT_CONFIG_KEY_{number}", key)
        monkeypatch.setenv(f"GIT_CONFIG_VALUE_{number}", value)
    values = {
        "GIT_CONFIG_COUNT": str(len(settings)),
        "GIT_CONFIG_PARAMETERS": " ".join(f"'{key}={value}'" for key, value in settings.items()),
        "GIT_CONFIG_GLOBAL": str(tmp_path / "global"),
    }
    monkeypatch.setenv(config, values[config])
    assert started(program, lambda: naive(repository, *LIST)), "the program would be run"
    assert not started(program, lambda: _ours(repository))
    assert "ü" in git.run("ls-files", cwd=repository).decode().split("\n")


def test_other_git_variables_are_dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = _clone(tmp_path)
    monkeypatch.setenv("GIT_LITERAL_PATHSPECS", "1")
    monkeypatch.setenv("GIT_TRACE", str(tmp_path / "trace"))
    assert git.run("ls-files", ":/", cwd=repository)
    assert not (tmp_path / "trace").exists()
    assert not naive(repository, "ls-files", ":/")
    assert (tmp_path / "trace").exists()


def test_what_git_tells_a_hook_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = _clone(tmp_path)
    (repository / "more").touch()
    shutil.copy(repository / ".git" / "index", tmp_path / "index")
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    checked(repository, "add", "more")
    monkeypatch.chdir(repository / "skills")
    monkeypatch.setenv("GIT_DIR", "../.git")
    monkeypatch.setenv("GIT_WORK_TREE", "..")
    tracked = Tracked.from_git()
    assert tracked.top == "../"
    assert "more" in tracked.paths


def test_git_is_not_waited_for_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = tmp_path / "git"
    slow.write_text("#!/bin/sh\nexec sleep 600\n", "utf-8")
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr(git, "TIMEOUT", 0.2)
    with pytest.raises(git.GitError, match=r"^git ls-files took longer than 0\.2 s$"):
        git.run("ls-files")
    with pytest.raises(git.GitError, match=r"^git ls-tree failed$"):
        git.run_bounded("ls-tree", most=10)


def test_output_that_is_too_large_is_not_read_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    endless = tmp_path / "git"
    endless.write_text("#!/bin/sh\nexec yes\n", "utf-8")
    endless.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    with pytest.raises(git.GitError, match=r"^git ls-tree printed over 1,000,000 bytes$"):
        git.run_bounded("ls-tree", most=1_000_000)


def test_what_git_says_is_safe_to_print(tmp_path: Path) -> None:
    with pytest.raises(git.GitError) as raised:
        git.run("ls-files", "--\x1b[31m" + "x" * 1000, cwd=tmp_path)
    assert str(raised.value).isprintable()
    assert len(str(raised.value)) < 300
