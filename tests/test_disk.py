from __future__ import annotations

import errno
import importlib
import os
import pickle
import shutil
import subprocess
import threading
import time
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from skillpack import NotASkillError, RejectedError, Settings, SkillChangedError, check, pack
from skillpack.api import Builder
from skillpack.select.ignore_files import Reader
from skillpack.skill.digest import Fingerprint
from skillpack.skill.tree import SkillFile, SkillTree
from skillpack.sources import directory as disk
from skillpack.sources.directory import Directory, DiskFile, Root, _leads_on, identity, read_scanned
from skillpack.sources.links import status_at
from skillpack.sources.walk_budget import WalkBudget
from tests.bounds import processor_time
from tests.conftest import MANIFEST, stream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import MakeSkill


@pytest.fixture(params=[True, False], ids=["by descriptor", "by path"])
def by_descriptor(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Both ways into a folder; the second is the one that Windows has."""
    monkeypatch.setattr(disk, "BY_DESCRIPTOR", request.param)
    return bool(request.param)


def file_of(path: Path) -> DiskFile:
    return DiskFile(path.name, identity(path.lstat()), Root.from_path(str(path.parent)))


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_file_gives_the_same_bytes_again_and_again(tmp_path: Path, by_descriptor: object) -> None:
    path = tmp_path / "a"
    for content in (b"", b"x", b"hello" * 100_000):
        path.write_bytes(content)
        file = file_of(path)
        assert file.read() == file.read() == content
        assert pickle.loads(pickle.dumps(file)).read() == content


@pytest.mark.parametrize(
    "change",
    [
        lambda path: path.write_bytes(b"longer than before"),
        lambda path: path.write_bytes(b""),
        lambda path: path.unlink(),
        lambda path: (path.unlink(), path.mkdir()),
        lambda path: [path.unlink(), subprocess.run(["mkfifo", path], check=True)],
        lambda path: (path.unlink(), path.symlink_to("/etc/hostname")),
        lambda path: (path.unlink(), path.symlink_to("other")),
    ],
)
def test_a_file_that_is_another_since_the_scan_is_refused_without_waiting(
    tmp_path: Path, change: Callable[[Path], object]
) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"before")
    (tmp_path / "other").write_bytes(b"before")
    file = file_of(path)
    change(path)
    with pytest.raises(SkillChangedError):
        file.read()


def test_a_file_that_was_only_touched_is_read_once_more(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"same")
    file = file_of(path)
    path.write_bytes(b"size")
    os.utime(path, ns=(1, 1))
    assert file.read() == b"size"
    os.utime(path, ns=(2, 2))
    assert file.read() == b"size"
    path.write_bytes(b"anew")
    with pytest.raises(SkillChangedError, match="after it was judged"):
        file.read()


def test_a_folder_that_became_a_link_is_not_entered(make_skill: MakeSkill, tmp_path: Path) -> None:
    root = make_skill({"folder/a.txt": "mine"})
    tree = Builder().walk(root)
    outside = tmp_path / "outside"
    outside.mkdir()
    shutil.copy2(root / "folder/a.txt", outside / "a.txt")  # the same size and time
    (outside / "a.txt").write_bytes(b"your")
    (root / "folder").rename(tmp_path / "away")
    (root / "folder").symlink_to(outside)
    file = tree.file("folder/a.txt")
    assert file is not None
    with pytest.raises(SkillChangedError):
        file.read()
    naive = (root / "folder/a.txt").read_bytes()
    assert naive == b"your"


def test_a_root_that_was_exchanged_is_not_read_again(make_skill: MakeSkill, tmp_path: Path) -> None:
    root = make_skill({"folder/a.txt": "mine"})
    tree = Builder().walk(root)
    root.rename(tmp_path / "away")
    other = make_skill({"folder/a.txt": "your"})
    assert other == root
    with pytest.raises(SkillChangedError):
        tree.files[-1].read()


def test_what_lies_at_a_path_is_asked_of_no_folder_that_became_a_link(make_skill: MakeSkill, tmp_path: Path) -> None:
    root = make_skill({"folder/a.txt": "mine"})
    source = Directory(root)
    assert status_at(source, "folder/a.txt").size == len("mine")
    outside = make_skill({"a.txt": "from outside"}, name="outside")
    (root / "folder").rename(tmp_path / "away")
    (root / "folder").symlink_to(outside)
    with pytest.raises(OSError, match="folder"):
        status_at(source, "folder/a.txt")
    assert os.lstat(root / "folder/a.txt").st_size == len("from outside"), "by its path it leads out"


def swapping(folder: Path, outside: Path, stop: threading.Event) -> Iterator[None]:
    away = folder.with_name("away")
    while not stop.is_set():
        folder.rename(away)
        folder.symlink_to(outside)
        yield
        folder.unlink()
        away.rename(folder)
        yield


def test_a_folder_that_is_exchanged_for_a_link_all_the_time_never_lets_anything_out(
    make_skill: MakeSkill, tmp_path: Path
) -> None:
    root = make_skill({"folder/a.txt": "mine", "folder/b/c.txt": "mine"})
    outside = tmp_path / "outside"
    (outside / "b").mkdir(parents=True)
    for path in ("a.txt", "b/c.txt", "secret.txt"):
        (outside / path).write_text("SENTINEL")
    stop = threading.Event()

    def swap() -> None:
        for _ in swapping(root / "folder", outside, stop):
            time.sleep(0.0002)

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        for _ in range(500):
            try:
                bundle = pack(root)
            except (RejectedError, SkillChangedError, NotASkillError):
                continue
            assert all(b"SENTINEL" not in file.read() for file in bundle.skill.tree.files if file.path == "SKILL.md")
            assert b"SENTINEL" not in bundle.zip
            assert bundle.skill.tree.file("folder/secret.txt") is None
    finally:
        stop.set()
        thread.join()


def exchanging(monkeypatch: pytest.MonkeyPatch, module: str, name: str, exchange: Callable[[], object]) -> None:
    """Let an exchange happen right after the first call of a function."""
    real = getattr(importlib.import_module(module), name)
    left = [exchange]

    def called(*arguments: object, **options: object) -> object:
        found = real(*arguments, **options)
        while left:
            left.pop()()
        return found

    monkeypatch.setattr(f"{module}.{name}", called)


def to_link(path: Path, outside: Path) -> Callable[[], object]:
    def exchange() -> None:
        path.rename(path.with_name("away"))
        path.symlink_to(outside)

    return exchange


@pytest.mark.parametrize(("part", "prefix"), [("demo/folder", "folder/"), ("demo/folder/b", "folder/b/")])
def test_ignore_files_are_those_of_the_folder_that_is_open(
    make_skill: MakeSkill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str, prefix: str
) -> None:
    root = make_skill({f"{prefix}a.txt": "mine", f"{prefix}.gitignore": "*.log\n"}, name="above/demo")
    outside = make_skill({f"{prefix}.gitignore": "*.txt\n"}, name="outside/demo")
    exchange = to_link(tmp_path / "above" / part, outside.parent / part)
    reader = Reader(Directory(root), WalkBudget(), gitignore=True)
    with reader.source.open_folder(prefix) as folder:
        exchanging(monkeypatch, "skillpack.sources.directory", "status_in", exchange)
        (found,) = reader.read_folder(folder, prefix).files
    assert found.patterns.lines == ("*.log",)
    assert (root / prefix / ".gitignore").read_text() == "*.txt\n", "by its path it leads out"


def test_ignore_files_above_are_those_of_the_folders_that_the_skill_lies_in(
    make_skill: MakeSkill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make_skill({"a.txt": "mine"}, name="repository/above/demo")
    outside = make_skill({"a.txt": "yours"}, name="outside/demo").parent
    (tmp_path / "repository/.git").mkdir()
    for place, rule in ((tmp_path / "repository", "*.tmp"), (root.parent, "*.log"), (outside, "*.txt")):
        (place / ".gitignore").write_text(f"{rule}\n")
    reader = Reader(Directory(root), WalkBudget(), gitignore=True)
    exchanging(monkeypatch, "skillpack.select.ignore_files", "_is_repository", to_link(root.parent, outside))
    found = reader.read_above().files
    assert [(file.file, file.patterns.lines) for file in found] == [
        ("../.gitignore", ("*.log",)),
        ("../../.gitignore", ("*.tmp",)),
    ]
    assert (root.parent / ".gitignore").read_text() == "*.txt\n", "by its path it leads out"


@contextmanager
def waiting_writer(fifo: Path) -> Iterator[Callable[[], bool]]:
    """Wait to write to a FIFO; yield whether the wait is over."""
    thread = threading.Thread(target=lambda: os.close(os.open(fifo, os.O_WRONLY)))
    thread.start()
    try:
        yield lambda: not thread.is_alive()
    finally:
        while thread.is_alive():
            os.close(os.open(fifo, os.O_RDONLY | os.O_NONBLOCK))
            thread.join(0.01)


def test_a_fifo_that_took_the_place_of_a_file_is_not_opened(tmp_path: Path, by_descriptor: object) -> None:
    path, fifo = tmp_path / "a", tmp_path / "fifo"
    os.mkfifo(fifo)
    path.write_bytes(b"")
    file = file_of(path)
    fifo.rename(path)
    with waiting_writer(path) as is_woken:
        for _ in range(100):
            with pytest.raises(SkillChangedError):
                file.read()
        assert not is_woken()
        while not is_woken():
            os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK))


@pytest.mark.skipif(not hasattr(os, "O_PATH"), reason="only O_PATH can tell in time")
def test_a_fifo_that_comes_at_the_last_moment_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, fifo = tmp_path / "a", tmp_path / "fifo"
    path.write_bytes(b"mine")
    os.mkfifo(fifo)
    with waiting_writer(fifo) as is_woken:
        exchanging(
            monkeypatch, "skillpack.sources.directory", "_is_scanned", lambda: path.with_name("link").replace(path)
        )
        os.link(fifo, path.with_name("link"))
        assert read_scanned(str(path), identity(path.lstat())) is None, "its last name has gone meanwhile"
        assert path.is_fifo()
        assert not is_woken()


@pytest.mark.skipif(not hasattr(os, "O_PATH"), reason="only O_PATH needs /proc")
@pytest.mark.parametrize("error", [PermissionError(errno.EACCES, "as Emscripten's /proc"), FileNotFoundError()])
def test_files_are_read_where_proc_does_not_lead_from_a_descriptor_to_its_file(
    make_skill: MakeSkill, monkeypatch: pytest.MonkeyPatch, error: OSError
) -> None:
    root = make_skill({"a.txt": "a"})
    digest = check(root).findings, str(pack(root).digest)

    def without_proc(call: Callable[..., Any]) -> Callable[..., Any]:
        def called(path: Any, *arguments: Any, **options: Any) -> Any:
            if str(path).startswith("/proc/self/fd/"):
                raise error
            return call(path, *arguments, **options)

        return called

    monkeypatch.setattr("skillpack.sources.directory._leads_on", cache(_leads_on.__wrapped__))
    for name in ("open", "stat"):
        monkeypatch.setattr(os, name, without_proc(getattr(os, name)))
    assert (check(root).findings, str(pack(root).digest)) == digest
    (root / "a.txt").unlink()
    os.mkfifo(root / "a.txt")
    assert [finding.rule for finding in check(root).findings if finding.rule.startswith("file-")] == [
        "file-not-regular"
    ]


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="Linux alone has it")
def test_on_linux_proc_leads_from_a_descriptor_to_its_file() -> None:
    assert _leads_on.__wrapped__()


def test_a_root_below_a_link_is_refused_because_it_was_resolved_before(make_skill: MakeSkill, tmp_path: Path) -> None:
    root = make_skill({}, name="above/demo")
    assert Root.from_path(str(root)).inode == root.stat().st_ino
    to_link(root.parent, make_skill({}, name="outside/demo").parent)()
    with pytest.raises(NotASkillError, match="cannot be opened"):
        Root.from_path(str(root))


@pytest.mark.parametrize(
    ("given", "target"),
    [
        ("link", "demo"),
        ("chain", "demo"),
        ("demo", None),
        ("demo/", None),
        ("above/demo", None),
        ("demo/scripts/..", None),
    ],
)
def test_a_skill_that_is_a_link_is_noted_with_its_target(
    make_skill: MakeSkill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str, target: str | None
) -> None:
    root = make_skill({"scripts/a.txt": "a"})
    (tmp_path / "link").symlink_to("demo")
    (tmp_path / "chain").symlink_to("link")
    (tmp_path / "above").symlink_to(".")
    monkeypatch.chdir(tmp_path)
    for path in (given, tmp_path / given):
        found = [finding.message for finding in check(path) if finding.rule == "root-is-link"]
        assert found == ([f"the path is a symbolic link to {tmp_path / target}"] if target else [])
    monkeypatch.chdir(root)
    assert "root-is-link" not in {finding.rule for finding in check(".")}


def test_no_descriptor_is_left_open(make_skill: MakeSkill) -> None:
    root = make_skill({f"a/b/c/{number}.txt": "x" for number in range(100)})
    os.mkfifo(root / "a/pipe")
    (root / "a/link").symlink_to("nowhere")
    before = open_files()
    tree = Builder().walk(root)
    check(tree)
    assert open_files() == before
    assert len(tree.files) == 101


def test_the_tree_is_the_same_by_descriptor_and_by_path(make_skill: MakeSkill, monkeypatch: pytest.MonkeyPatch) -> None:
    root = make_skill({"a/b.txt": "x", "a/c/d.txt": "y", "e.txt": "z"})
    (root / "a/link").symlink_to("b.txt")
    (root / "a/out").symlink_to("../..")
    one = Builder().walk(root)
    monkeypatch.setattr(disk, "BY_DESCRIPTOR", False)
    other = Builder().walk(root)
    assert (one, one.selection.rejected, one.selection.notes, one.digest) == (
        other,
        other.selection.rejected,
        other.selection.notes,
        other.digest,
    )


def test_a_sparse_file_of_five_gibibytes_is_refused_in_no_time(make_skill: MakeSkill) -> None:
    root = make_skill()
    with (root / "huge.bin").open("wb") as file:
        file.truncate(5 << 30)
    with processor_time(2):
        assert "file-too-large" in {finding.rule for finding in check(root)}


def test_hard_links_are_noted_once(make_skill: MakeSkill, tmp_path: Path) -> None:
    root = make_skill({"b.txt": "b", "a.txt": "a"})
    for name in "ab":
        os.link(root / f"{name}.txt", tmp_path / f"{name}.outside")
    found = [finding for finding in check(root) if finding.rule == "hard-link"]
    assert [(str(finding.severity), finding.location.path) for finding in found] == [("note", "a.txt")]
    assert "2 files" in found[0].message
    assert pack(root).report.ok


def hard_links_of(root: Path) -> list[tuple[str, str, str]]:
    found = [finding for finding in check(root) if finding.rule.startswith("hard-link")]
    return [(finding.rule, finding.location.path or "", finding.message) for finding in found]


def test_a_hard_link_to_a_secret_blocks_whichever_rule_leaves_the_secret_out(make_skill: MakeSkill) -> None:
    root = make_skill(
        {".env": "a", "id_rsa": "b", ".gitignore": ".env\n", "c/notes.log": "c", ".skillignore": "*.log\n"}
    )
    os.link(root / ".env", root / "a.txt")
    os.link(root / "id_rsa", root / "c/b.txt")
    os.link(root / "c/notes.log", root / "c.txt")
    root.joinpath("link").symlink_to("a.txt")
    assert hard_links_of(root) == [
        ("hard-link-to-secret", "a.txt", "this is the same file as .env, which is excluded"),
        ("hard-link-to-left-out", "c.txt", "this is the same file as c/notes.log, which is excluded"),
        ("hard-link-to-secret", "c/b.txt", "this is the same file as id_rsa, which is excluded"),
        ("hard-link-to-secret", "link", "this is the same file as .env, which is excluded"),
    ]
    with pytest.raises(RejectedError):
        pack(root)


def test_a_hard_link_to_what_lies_in_a_folder_that_is_left_out_is_only_noted(make_skill: MakeSkill) -> None:
    root = make_skill({"build/.env": "a", ".skillignore": "build/\n"})
    os.link(root / "build/.env", root / "a.txt")
    assert hard_links_of(root) == [("hard-link", "a.txt", "1 file may also be outside the skill: hard links")]


def test_a_repository_inside_is_a_warning_and_its_git_folder_stays_out(make_skill: MakeSkill) -> None:
    root = make_skill({"vendor/x/.git/config": "[core]", "vendor/x/a.txt": "a", ".git/HEAD": "ref"})
    found = [finding.location.path for finding in check(root) if finding.rule == "nested-repository"]
    assert found == ["vendor/x"]
    assert [file.path for file in pack(root).skill.tree.files] == ["SKILL.md", "vendor/x/a.txt"]


@contextmanager
def mounted(*arguments: str | Path) -> Iterator[None]:
    if subprocess.run(["mount", *arguments], check=False, capture_output=True).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        yield
    finally:
        subprocess.run(["umount", arguments[-1]], check=True)


def mounts_of(root: Path) -> list[str | None]:
    return [finding.location.path for finding in check(root) if finding.rule == "mount-crossed"]


def test_a_mounted_folder_is_a_warning(make_skill: MakeSkill) -> None:
    root = make_skill({"share/.keep": ""})
    with mounted("-t", "tmpfs", "-o", "size=1m", "a disk\r/x", root / "share"):
        (root / "share/inner").mkdir()
        (root / "share/inner/a.txt").write_text("a")
        assert mounts_of(root) == ["share"]


@pytest.mark.parametrize("name", ["demo", "de mo", "de\\040mo", "de\tm\no", "d\r#mo", "dém\udcff"])
def test_a_folder_or_file_of_the_same_device_that_is_mounted_is_a_warning(
    make_skill: MakeSkill, tmp_path: Path, name: str
) -> None:
    root = make_skill({"sh are/.keep": "", "a.txt": "", "b.txt": "", "left-out/.keep": "", ".gitignore": "left-out/\n"})
    root = root.rename(tmp_path / name)
    outside = make_skill({"c.txt": "c"}, name="outside")
    with mounted("--bind", outside, root / "sh are"), mounted("--bind", outside / "c.txt", root / "a.txt"):
        assert sorted(map(str, mounts_of(root))) == ["a.txt", "sh are"]
        with mounted("--bind", outside, root / "left-out"):
            assert sorted(map(str, mounts_of(root))) == ["a.txt", "sh are"]


def test_a_link_to_the_skill_itself_is_a_link_to_a_folder(make_skill: MakeSkill) -> None:
    root = make_skill()
    (root / "self").symlink_to(".")
    assert "link-to-directory" in {finding.rule for finding in check(root)}


def test_what_a_killed_run_left_inside_the_skill_is_not_packed(make_skill: MakeSkill) -> None:
    root = make_skill({f".skillpack-{'0' * 16}.tmp": "half a body"})
    assert [file.path for file in pack(root).skill.tree.files] == ["SKILL.md"]


@pytest.mark.parametrize("code", [errno.EIO, errno.EACCES, errno.ESTALE, errno.ENOMEM])
def test_an_error_of_the_disk_is_a_finding_at_its_file(
    make_skill: MakeSkill, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    root = make_skill({"a.txt": "a"})
    real = os.open

    def failing(path: str, *arguments: object, **options: object) -> int:
        if str(path).endswith("a.txt"):
            raise OSError(code, os.strerror(code))
        return real(path, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", failing)
    rule = "file-changed" if code == errno.ESTALE else "file-unreadable"
    assert [(found.rule, found.location.path) for found in check(root).errors] == [(rule, "a.txt")]


class Settling:
    """A manifest that another process moves about: what it holds can be had from the second time on."""

    def __init__(self) -> None:
        self.fingerprint = Fingerprint.from_content(MANIFEST)
        self._moving = True

    def read(self) -> bytes:
        moving, self._moving = self._moving, False
        if moving:
            raise SkillChangedError("SKILL.md changed while it was read")
        return MANIFEST


def settling() -> SkillTree:
    return SkillTree((SkillFile("SKILL.md", len(MANIFEST), Settling()),), "demo")


def test_a_manifest_that_only_the_rules_could_read_is_not_packed_without_a_name() -> None:
    assert check(settling()).ok
    with pytest.raises(SkillChangedError, match=r"SKILL\.md changed"):
        pack(settling())
    with pytest.raises(SkillChangedError, match=r"SKILL\.md changed"):
        stream(settling(), print)


@pytest.mark.parametrize("kind", ["entries", "rejected", "ignore_bytes"])
def test_a_walk_stops_wherever_its_budget_ends(
    kind: str, make_skill: MakeSkill, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {f"references/{number}/page.md": "" for number in range(4)}
    root = make_skill({"SKILL.md": MANIFEST.decode(), "build/app.js": "", ".gitignore": "build/\n", **files})
    for number in range(4):
        root.joinpath(f"link{number}").symlink_to("references/1/page.md")
        os.mkfifo(root / f"fifo{number}")
    builder = Builder(Settings(exclude=("*.log",)))
    whole = builder.walk(root)
    assert whole.selection.unmatched == ("*.log",)
    stopped = []
    for left in range(60):
        monkeypatch.setattr("skillpack.select.walk.WalkBudget", lambda left=left: WalkBudget(**{kind: left}))
        tree = builder.walk(root)
        assert tree.selection.unmatched == (
            () if tree.selection.cut_short else whole.selection.unmatched
        )  # of what was not seen nothing is said
        stopped.append(tree.selection.cut_short)
        assert tree == whole if not tree.selection.cut_short else set(tree.files) <= set(whole.files)
        stop = {"walk-too-long", "ignore-too-costly"}
        assert stop & {finding.rule for finding in check(tree)} or not tree.selection.cut_short
    assert sorted(stopped, reverse=True) == stopped
    assert set(stopped) == {True, False}
