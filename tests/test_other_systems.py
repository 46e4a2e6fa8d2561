"""Windows and macOS as pyfakefs plays them, and users who may not read everything.

What is compared is what the same skill gives on the disk that the tests run on.
"""

from __future__ import annotations

import errno
import importlib
import io
import json
import ntpath
import os
import pkgutil
import posixpath
import signal
import stat
import time
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

import click
import pytest
from pyfakefs.fake_filesystem import FakeFilesystem, OSType
from pyfakefs.fake_filesystem_unittest import Patcher
from pyfakefs.fake_os import FakeOsModule
from pyfakefs.fake_scandir import DirEntry
from pyfakefs.helpers import get_uid, set_uid

import skillpack
from skillpack import (
    NotASkillError,
    RejectedError,
    Report,
    Severity,
    SkillChangedError,
    atomic,
    check,
    pack,
    to_sarif,
)
from skillpack.api import Builder
from skillpack.cli import main
from skillpack.discover import find_skills_below
from skillpack.findings import Finding, Location
from skillpack.select.walk import walk
from skillpack.settings import Settings
from skillpack.sources import directory as disk
from skillpack.sources import run_git as git
from tests.conftest import MANIFEST
from tests.hostile import SENTINEL, assert_fit_for_a_terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from skillpack import Bundle

# what is imported on a fake disk would keep its fake modules
for module in pkgutil.walk_packages(skillpack.__path__, "skillpack."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)

PATH_OPTIONS: Final = [
    parameter.type
    for name in ("zip", "check", "unpack")
    for parameter in importlib.import_module(f"skillpack.cli.commands.{name}").command.params
    if isinstance(parameter.type, click.Path)
]
RELATIVE: Final[dict[str, Callable[[str, str], str]]] = {"/": posixpath.relpath, "\\": ntpath.relpath}  # the real ones
SOMEBODY: Final = 4711
FILES: Final = {
    "SKILL.md": MANIFEST,
    "references/notes.md": b"notes\n",
    "references/deep/er.md": b"deeper\n",
    "references/caf\xe9.md": b"coffee\n",
    "scripts/run": b"#!/bin/sh\necho run\n",
    "scripts/program": b"\x7fELF of a kind",
    "scripts/plain.sh": b"echo no first line\n",
}

FEW_FILES: Final = {"SKILL.md": MANIFEST, "references/notes.md": b"notes\n"}


class Kernel(FakeOsModule):
    """The fake `os`, but opening a file that is there leaves its mode and times alone, as every system does."""

    def open(self, path: Any, flags: int, mode: int | None = None, *, dir_fd: int | None = None) -> int:
        if flags & os.O_CREAT:
            return super().open(path, flags, mode, dir_fd=dir_fd)
        self.__dict__["chmod"] = lambda *_, **__: None
        try:
            return super().open(path, flags, mode, dir_fd=dir_fd)
        finally:
            del self.__dict__["chmod"]


class Windows(Kernel):
    """The same without what CPython has on POSIX only."""

    name = "nt"
    absent: Final = frozenset(
        {"O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_DIRECTORY", "O_NOCTTY", "fchmod", "geteuid", "getuid", "mkfifo"}
    )

    def __getattribute__(self, name: str) -> Any:
        if name in Windows.absent:
            raise AttributeError(name)
        return super().__getattribute__(name)

    def __getattr__(self, name: str) -> Any:
        if name in Windows.absent:
            raise AttributeError(name)
        return super().__getattr__(name)


@dataclass(frozen=True)
class System:
    """A machine with a skill in the folder `demo` of its working directory, and files beside it."""

    fs: FakeFilesystem
    home: Path

    @property
    def root(self) -> Path:
        return self.home / "demo"

    def write(self, path: str, content: bytes = b"x") -> Path:
        place = self.home / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
        return place

    def link(self, path: str, target: str) -> None:
        (self.home / path).parent.mkdir(parents=True, exist_ok=True)
        (self.home / path).unlink(missing_ok=True)
        os.symlink(target.replace("/", os.sep), self.home / path)  # noqa: PTH211

    def written(self) -> list[str]:
        """The names in the working directory that the test did not put there."""
        return sorted(path.name for path in self.home.iterdir() if path.name not in ("demo", "outside"))


@pytest.fixture(scope="module", autouse=True)  # and imports what the others need before their disk is a fake
def on_this_disk(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    root = tmp_path_factory.mktemp("real") / "demo"
    for path, content in FILES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
    return pack(root)


def relative(path: str, start: str = ".") -> str:
    """What os.path.relpath gives on the system that is played; that of pyfakefs asks the real working directory."""
    here = os.getcwd()  # noqa: PTH109
    return RELATIVE[os.sep](os.path.join(here, path), os.path.join(here, start))  # noqa: PTH118


@contextmanager
def machine(kind: OSType, files: Mapping[str, bytes] = FILES) -> Iterator[System]:
    """Play a system; the fixture of pyfakefs would last until pytest, too, has nothing but the fake disk."""
    before = get_uid()
    with Patcher() as patcher, pytest.MonkeyPatch.context() as patch:
        assert patcher.fs
        patcher.fs.os = kind
        set_uid(0)  # only then may links be made on Windows
        os.__class__ = Windows if kind is OSType.WINDOWS else Kernel  # type: ignore[assignment]
        if kind is OSType.WINDOWS:  # what was decided when the modules were imported
            patch.setattr(disk, "BY_DESCRIPTOR", False)
            patch.setattr(disk, "_READ", os.O_RDONLY)
            patch.setattr(atomic, "_WRITE", os.O_WRONLY)
            patch.setattr(atomic, "_CREATE", os.O_WRONLY | os.O_CREAT | os.O_EXCL)
            patch.delattr(signal, "SIGHUP")
        patch.setattr(os.path, "relpath", relative)
        for parameter in PATH_OPTIONS:  # they hold the class that was Path when the options were made
            patch.setattr(parameter, "type", Path)
        for name in ("GITHUB_ACTIONS", "PRE_COMMIT", "FORCE_COLOR"):
            patch.delenv(name, raising=False)
        system = System(patcher.fs, Path("C:\\work" if kind is OSType.WINDOWS else "/home/somebody"))
        for path, content in files.items():
            system.write(f"demo/{path}", content)
        system.write("outside/secret.txt", SENTINEL.encode())
        os.chdir(system.home)
        try:
            yield system
        finally:
            set_uid(before)


both = pytest.mark.parametrize("kind", [OSType.WINDOWS, OSType.MACOS], ids=["windows", "macos"])


def members(zip: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(zip)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize("kind", OSType)
def test_the_bundle_is_the_one_of_this_disk(kind: OSType, on_this_disk: Bundle) -> None:
    with machine(kind):
        bundle = pack("demo")
    assert bundle.zip == on_this_disk.zip
    assert bundle.skill.tree.digest == on_this_disk.skill.tree.digest
    assert bundle.report.findings == on_this_disk.report.findings
    assert list(members(bundle.zip)) == [f"demo/{path}" for path in sorted(FILES, key=str.encode)]
    programs = [file.path for file in bundle.skill.tree.files if file.executable]
    assert programs == ["scripts/program", "scripts/run"]


def link(target: str, path: str = "demo/link") -> Callable[[System], object]:
    return lambda system: system.link(path, target)


def chain(system: System) -> None:
    system.link("demo/up", "..")
    system.link("demo/link", "up/outside/secret.txt")


def other_drive(system: System) -> None:
    if system.fs.is_windows_fs:
        system.fs.add_mount_point("D:")
        system.fs.create_file("D:\\secret.txt", contents=SENTINEL)
        system.link("demo/link", "D:/secret.txt")
    else:
        system.fs.add_mount_point("/Volumes/other")
        system.fs.create_file("/Volumes/other/secret.txt", contents=SENTINEL)
        system.link("demo/link", "/Volumes/other/secret.txt")


def mounted(system: System) -> None:
    system.fs.add_mount_point(str(system.root / "share"))
    system.write("demo/share/notes.md")


def case_sensitive(system: System) -> None:
    """Windows and macOS can have such folders and disks."""
    system.fs.is_case_sensitive = True
    system.write("demo/A.txt")
    system.write("demo/a.txt")


def file(path: str, content: bytes = b"x") -> Callable[[System], object]:
    return lambda system: system.write(f"demo/{path}", content)


KINDS: Final[dict[str, tuple[Callable[[System], object], str]]] = {
    "link to a file outside": (link("../outside/secret.txt"), "link-escapes"),
    "link to a file outside in other case": (link("../OUTSIDE/Secret.TXT"), "link-escapes"),
    "link in a folder to a file outside": (link("../../outside/secret.txt", "demo/references/x"), "link-escapes"),
    "absolute link into the skill": (
        lambda system: system.link("demo/link", str(system.root / "SKILL.md")),
        "link-escapes",
    ),
    "link to another drive": (other_drive, "link-escapes"),
    "link to a folder outside": (link("../outside"), "link-escapes"),
    "link over a link to outside": (chain, "link-escapes"),
    "manifest is a link to outside": (link("../outside/secret.txt", "demo/SKILL.md"), "link-escapes"),
    "link to a folder": (link("references"), "link-to-directory"),
    "dangling link": (link("nowhere"), "link-broken"),
    "link to itself": (link("link"), "link-broken"),
    "link to a file inside": (link("references/notes.md"), "link-copied"),
    "link as .gitignore": (link("../outside/secret.txt", "demo/.gitignore"), "ignore-file-invalid"),
    "mounted folder": (mounted, "mount-crossed"),
    "names equal but for case": (case_sensitive, "path-collision"),
    "names equal after case folding": (
        lambda system: (system.write("demo/stra\xdfe"), system.write("demo/STRASSE")),
        "path-collision",
    ),
    "name in the long Unicode form": (file("the\u0301.md"), "path-not-nfc"),
    "name that Windows reserves": (file("aux.md"), "path-not-portable"),
    "right-to-left override in a name": (file("run\u202egpj.sh"), "path-invisible"),
    "file over the limit": (
        lambda system: system.fs.create_file(system.root / "huge", st_size=5 << 30),
        "file-too-large",
    ),
    "second manifest": (file("references/skill.md"), "manifest-duplicate"),
    "repository inside": (file("vendor/.git/config"), "nested-repository"),
}


# the kinds where macOS is not what Windows is: links that root need not make, names, disks
ON_MACOS: Final = (
    "link in a folder to a file outside",
    "link to a file outside in other case",
    "link to another drive",
    "link over a link to outside",
    "link to a file inside",
    "mounted folder",
    "names equal but for case",
    "names equal after case folding",
    "name in the long Unicode form",
)


def own(system: System, user: int) -> None:
    """Make everything a user's, and be that user."""
    for folder, _, names in os.walk(system.home):
        for path in (folder, *(os.path.join(folder, name) for name in names)):  # noqa: PTH118
            os.chown(path, user, user)
    set_uid(user)


@dataclass(frozen=True)
class Told:
    """What library, command line and hook say of a skill, gathered on the fake disk."""

    rules: frozenset[str]
    ok: bool
    zip: bytes
    codes: tuple[int, int]
    shown: str
    written: tuple[str, ...]


def told(system: System, patch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Told:
    report = check("demo")
    try:
        zip = pack("demo").zip
    except RejectedError:
        zip = b""
    command = main(["zip", "demo", "-o", "out.zip"])
    tracked = [
        path.relative_to(system.home)
        for folder, folders, names in os.walk(system.root)
        for path in (Path(folder, name) for name in (*folders, *names))
        if path.is_symlink() or path.is_file()
    ]
    listed = b"\0".join(path.as_posix().encode() for path in tracked)
    answers = {"rev-parse": b"\n", "ls-files": listed}  # there is no git on the fake disk
    patch.setattr(git, "run", lambda command, *_, **__: answers[command])
    hook = main(["check", "--hook", "--output-format", "concise", *map(str, tracked)])
    said = capsys.readouterr()
    rules = frozenset(finding.rule for finding in report)
    return Told(rules, report.ok, zip, (command, hook), said.out + said.err, tuple(system.written()))


NOT_ON_WINDOWS: Final = "link in a folder to a file outside"
"""pyfakefs does not resolve one if a path to it is written with both separators, as Windows does."""
CASES: Final = [(OSType.WINDOWS, name) for name in KINDS if name != NOT_ON_WINDOWS] + [
    (OSType.MACOS, name) for name in ON_MACOS
]


@pytest.mark.parametrize(("kind", "name"), CASES)
def test_library_command_line_and_hook_tell_and_let_nothing_out(
    kind: OSType, name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make, rule = KINDS[name]
    with machine(kind, FEW_FILES) as system:
        make(system)
        given = told(system, monkeypatch, capsys)
    assert rule in given.rules
    assert f"[{rule}]" in given.shown
    assert given.codes == ((0, 0) if given.ok else (1, 1))
    assert given.written == (("out.zip",) if given.ok else ())
    packed = members(given.zip) if given.ok else {}
    assert all(SENTINEL.encode() not in content for content in packed.values())
    assert not any("\\" in path for path in packed)
    assert_fit_for_a_terminal(given.shown)


def test_a_junction_is_refused_as_the_way_out_that_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def as_windows_has_it(entry: DirEntry, follow_symlinks: bool = True) -> object:  # noqa: FBT001, FBT002
        status = real(entry, follow_symlinks=follow_symlinks)
        return SimpleNamespace(st_reparse_tag=0xA0000003) if entry.name == "junction" else status

    real: Callable[..., object] = DirEntry.stat
    unread: list[object] = []
    with machine(OSType.WINDOWS) as system:
        system.write("demo/junction/secret.txt", SENTINEL.encode())
        system.write("demo/junction/inner/SKILL.md", MANIFEST)
        if_it_were_a_folder = [file.path for file in Builder().walk("demo").files]
        monkeypatch.setattr(DirEntry, "stat", as_windows_has_it)
        errors = [(error.rule, error.location.path) for error in check("demo").errors]
        skills = find_skills_below(["."], lambda _path, error: unread.append(error))
    assert "junction/secret.txt" in if_it_were_a_folder
    assert errors == [("link-escapes", "junction")]
    assert (skills, unread) == (["demo"], [])


@pytest.mark.parametrize("exchange", ["link", "file", "nothing"])
def test_what_is_exchanged_after_the_scan_is_not_read_although_links_cannot_be_refused(exchange: str) -> None:
    with machine(OSType.WINDOWS) as system:
        path = system.write("demo/a.txt", SENTINEL.encode().lower())
        tree = Builder().walk("demo")
        path.unlink()
        if exchange == "link":
            system.link("demo/a.txt", "../outside/secret.txt")
        elif exchange == "file":
            system.write("demo/a.txt", SENTINEL.encode())
        taken = tree.file("a.txt")
        assert taken
        with pytest.raises(SkillChangedError):
            taken.read()


@pytest.mark.parametrize("given", ["demo", "demo\\", ".\\demo", "C:\\work\\demo", "c:/WORK/Demo"])
def test_a_path_as_windows_writes_it_is_taken(
    given: str, on_this_disk: Bundle, capsys: pytest.CaptureFixture[str]
) -> None:
    with machine(OSType.WINDOWS):
        code = main(["zip", given, "-o", "C:\\work\\out.zip"])
        written = Path("out.zip").read_bytes()
    assert (code, written) == (0, on_this_disk.zip)
    assert "\\" not in capsys.readouterr().err


@both
def test_the_output_is_replaced_whole_and_never_packed_into_itself(kind: OSType, on_this_disk: Bundle) -> None:
    with machine(kind) as system:
        old = system.write("demo/Out.zip", on_this_disk.zip)
        codes = [main(["zip", "-q", "demo", "-o", name]) for name in ("demo/out.ZIP", "demo/Out.zip")]
        content = old.read_bytes()
        names = {path.name.casefold() for path in system.root.iterdir()}
    assert codes == [0, 0]
    assert content == on_this_disk.zip
    assert names == {"skill.md", "references", "scripts", "out.zip"}


def test_a_target_that_another_program_holds_open_stays_as_it_was(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def held(_self: object, source: str, target: str, **_: object) -> None:
        raise PermissionError(errno.EACCES, "The process cannot access the file", str(target))

    with machine(OSType.WINDOWS) as system:
        system.write("out.zip", b"old")
        monkeypatch.setattr(FakeOsModule, "replace", held)
        code = main(["zip", "-q", "demo", "-o", "out.zip"])
        assert system.written() == ["out.zip"]
        assert (system.home / "out.zip").read_bytes() == b"old"
    said = capsys.readouterr()
    assert code == 2
    assert said.err.count("\n") == 1
    assert "cannot write" in said.err


def test_a_device_is_written_to_and_stays_although_windows_has_none_of_the_flags(on_this_disk: Bundle) -> None:
    def lstat(self: FakeOsModule, path: Any, **options: Any) -> Any:  # pyfakefs has no device that is seen as one
        status = real(self, path, **options)
        if PureWindowsPath(path).name == "nul":
            status.st_mode = stat.S_IFCHR | 0o666
        return status

    real = FakeOsModule.lstat
    with machine(OSType.WINDOWS) as system, pytest.MonkeyPatch.context() as patch:
        device = system.write("nul").stat().st_ino
        patch.setattr(FakeOsModule, "lstat", lstat)
        assert main(["zip", "-q", "demo", "-o", "nul"]) == 0
        assert (system.written(), Path("nul").stat().st_ino) == (["nul"], device)
        assert Path("nul").read_bytes() == on_this_disk.zip


def test_what_a_killed_run_left_is_swept_on_windows() -> None:
    with machine(OSType.WINDOWS) as system:
        left = system.write(f".skillpack-{'0' * 16}.tmp")
        os.utime(left, (time.time() - 7200,) * 2)
        assert main(["zip", "-q", "demo", "-o", "out.zip"]) == 0
        assert system.written() == ["out.zip"]


# who may do what: root may do everything, so each is somebody else


@pytest.mark.parametrize("kind", [OSType.LINUX, OSType.MACOS], ids=["linux", "macos"])
@pytest.mark.parametrize(
    ("path", "mode", "place"),
    [
        ("references/notes.md", 0o000, "references/notes.md"),
        ("SKILL.md", 0o000, "SKILL.md"),
        ("references", 0o311, "references"),
        (".gitignore", 0o000, ".gitignore"),
    ],
)
def test_what_may_not_be_read_is_told_at_its_place(
    kind: OSType, path: str, mode: int, place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with machine(kind) as system:
        system.write("demo/.gitignore", b"*.log\n")
        own(system, SOMEBODY)
        (system.root / path).chmod(mode)
        errors = [(error.rule, error.location.path.rstrip("/")) for error in check("demo").errors]
        code = main(["zip", "demo", "-o", "out.zip"])
        assert system.written() == []
    said = capsys.readouterr().err
    assert errors == [("file-unreadable", place)]
    assert code == 1
    assert "[file-unreadable]" in said
    assert_fit_for_a_terminal(said)


def test_a_skill_that_may_not_be_listed_is_the_callers_trouble(capsys: pytest.CaptureFixture[str]) -> None:
    with machine(OSType.LINUX) as system:
        own(system, SOMEBODY)
        system.root.chmod(0o311)
        with pytest.raises(NotASkillError, match="permission denied"):
            check("demo")
        assert main(["check", "demo"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_folder_that_may_not_be_written_is_left_as_it_was(capsys: pytest.CaptureFixture[str]) -> None:
    with machine(OSType.LINUX) as system:
        system.write("results/out.zip", b"old")
        own(system, SOMEBODY)
        (system.home / "results").chmod(0o555)
        code = main(["zip", "-q", "demo", "-o", "results/out.zip"])
        assert sorted(os.listdir("results")) == ["out.zip"]  # noqa: PTH208
        assert (system.home / "results/out.zip").read_bytes() == b"old"
    assert (code, capsys.readouterr().err.count("\n")) == (2, 1)


@both
def test_an_output_in_the_skill_is_known_by_a_name_in_other_case(
    kind: OSType, capsys: pytest.CaptureFixture[str]
) -> None:
    with machine(kind, FEW_FILES) as system:
        code = main(["zip", "demo", "-o", str(Path("DEMO", "References", "Notes.MD"))])
        included = (system.root / "references" / "notes.md").read_bytes()
        again = [main(["zip", "demo", "-o", str(Path(name))]) for name in ("demo/out.zip", "DEMO/OUT.zip")]
        written = (system.root / "out.zip").read_bytes()
    assert (code, included) == (2, b"notes\n")
    assert "it is in the skill" in capsys.readouterr().err
    assert again == [0, 0]
    assert set(members(written)) == {f"demo/{path}" for path in FEW_FILES}


# other drives, which no relative path leads to


@contextmanager
def two_drives() -> Iterator[System]:
    """Play Windows with the skill on C: and nothing on D: but settings and a folder for results."""
    with machine(OSType.WINDOWS, FEW_FILES) as system:
        system.fs.add_mount_point("D:")
        system.fs.create_file("D:\\skillpack.toml", contents='[[overrides]]\nskills = ["demo"]\n[overrides.rules]\n')
        system.fs.create_dir("D:\\results")
        yield system


@pytest.mark.parametrize(
    ("arguments", "result"),
    [
        (["zip", "demo", "-o", "D:\\results\\out.zip"], "D:\\results\\out.zip"),
        (["zip", "demo", "-o", "D:/results/out.zip"], "D:\\results\\out.zip"),
        (["zip", "demo", "--output-dir", "D:\\results"], "D:\\results\\demo.zip"),
        (["zip", "demo", "--config", "D:\\skillpack.toml", "-o", "out.zip"], "out.zip"),
        (["zip", "C:demo", "-o", "out.zip"], "out.zip"),
        (["zip", "--all", "C:\\work\\demo", "-o", "D:out.zip"], "D:\\out.zip"),
    ],
)
def test_results_and_settings_may_be_on_another_drive(
    arguments: list[str], result: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with two_drives():
        code = main([*arguments, "-q"])
        again = main([*arguments, "-q"])  # now the result is there
        written = Path(result).read_bytes()
    assert (code, again, capsys.readouterr().err) == (0, 0, "")
    assert set(members(written)) == {f"demo/{path}" for path in FEW_FILES}


@pytest.mark.parametrize(
    ("here", "path"),
    [
        ("C:\\work", "C:\\work\\demo\\SKILL.md"),
        ("C:\\work", "C:demo\\SKILL.md"),
        ("C:\\work", "demo\\references\\notes.md"),
        ("D:\\results", "C:\\work\\demo\\SKILL.md"),
        ("D:\\results", "C:\\work"),
    ],
)
def test_check_takes_paths_of_any_drive(here: str, path: str, capsys: pytest.CaptureFixture[str]) -> None:
    with two_drives():
        os.chdir(here)
        code = main(["check", path, "--config", "D:\\skillpack.toml"])
    assert (code, capsys.readouterr().out) == (0, "1 skill checked: no problems found\n")


def test_an_output_on_another_drive_is_no_file_of_the_skill() -> None:
    with two_drives():
        tree = walk(disk.Directory(Path("demo")), Settings(), never=[Path("D:\\results\\out.zip")])
    assert {file.path for file in tree.files} == set(FEW_FILES)


def test_the_hook_takes_files_of_another_drive_for_files_outside_of_skills(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with two_drives():
        answers = {"rev-parse": b"\n", "ls-files": b"demo/SKILL.md\0demo/references/notes.md"}
        monkeypatch.setattr(git, "run", lambda command, *_, **__: answers[command])
        codes = [main(["check", "--hook", *files]) for files in (["D:\\x.md"], ["D:\\x.md", "demo\\SKILL.md"])]
        codes.append(main(["check", "--hook", "--all", "D:\\results"]))
    assert codes == [0, 0, 0]
    assert capsys.readouterr().out == "1 skill checked: no problems found\n"


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (["demo*"], ["demo", "demo2"]),
        (["C:\\work\\d*2"], ["C:/work/demo2"]),
        (["demo[2]"], ["demo[2]"]),
        (["demo2", "de?o"], ["demo2", "demo"]),
    ],
)
def test_wildcards_are_expanded_where_the_shell_does_not(
    given: list[str], found: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with machine(OSType.WINDOWS, FEW_FILES) as system:
        for name in ("demo2", "demo[2]") if "demo[2]" in given else ("demo2",):
            system.write(f"{name}/SKILL.md", MANIFEST)
        main(["check", "--output-format", "json", *given])
    printed = json.loads(capsys.readouterr().out)
    assert [skill["path"] for skill in printed["skills"]] == found


def test_wildcards_that_match_nothing_are_paths_that_do_not_exist(capsys: pytest.CaptureFixture[str]) -> None:
    for kind, path in ((OSType.WINDOWS, "nothing*"), (OSType.LINUX, "demo*")):
        with machine(kind, FEW_FILES):
            assert main(["check", path]) == 2
        assert capsys.readouterr().err == f"error: {path} does not exist\n"


def test_a_pattern_of_an_option_is_not_expanded(capsys: pytest.CaptureFixture[str]) -> None:
    with machine(OSType.WINDOWS, FEW_FILES) as system:
        system.write("x.md")
        assert main(["files", "demo", "--exclude", "*.md", "--include", "SKILL.md"]) == 0
    assert "notes.md" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("skill", "uri", "base"),
    [
        ("C:/work/a demo", "file:///C:/work/a%20demo/SKILL.md", None),
        ("//server/share/demo", "file://server/share/demo/SKILL.md", None),
        ("demo", "demo/SKILL.md", "%SRCROOT%"),
    ],
)
def test_a_file_of_another_drive_has_an_absolute_address_in_sarif(skill: str, uri: str, base: str | None) -> None:
    with machine(OSType.WINDOWS):
        finding = Finding(
            rule="of-a-caller", severity=Severity.WARNING, location=Location("SKILL.md"), message="x", skill=skill
        )
        (result,) = to_sarif(Report(findings=(finding,)))["runs"][0]["results"]
    artifact = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert (artifact["uri"], artifact.get("uriBaseId")) == (uri, base)


def test_a_skill_with_the_name_of_a_device_is_reported_before_windows_cannot_unpack_it() -> None:
    manifest = MANIFEST.replace(b"name: demo", b"name: aux")
    with machine(OSType.LINUX, {"SKILL.md": manifest}):
        found = {finding.rule: finding.message for finding in check("demo")}
    assert "Windows reserves" in found["path-not-portable"]


@pytest.mark.parametrize("canonical", [True, False])
@pytest.mark.parametrize("kind", OSType)
def test_of_a_zip_with_names_that_differ_in_case_only_nothing_is_written(
    kind: OSType, *, canonical: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """Such a zip can be canonical, and read_zip returns its tree: a system may have both files."""
    files = {"SKILL.md": MANIFEST, "a.txt": b"1", "A.txt": b"2"}
    data = skillpack.write_zip(skillpack.SkillTree.from_files(files), "demo")
    rule = "path-collision"
    if not canonical:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            for path, content in files.items():
                archive.writestr(f"demo/{path}", content)
        data, rule = file.getvalue(), "zip-duplicate"
    with machine(kind, {}) as system:
        Path("two.zip").write_bytes(data)
        assert [finding.rule for finding in check("two.zip").errors] == [rule]
        assert main(["check", "two.zip"]) == 1
        assert main(["unpack", "two.zip", "-d", "out"]) == 1
        if canonical:
            tree = skillpack.read_zip(data)
            assert {file.path for file in tree.files} == files.keys()
            with pytest.raises(RejectedError, match="the same name on systems that ignore case"):
                skillpack.write_tree(tree, "out")
        assert not os.path.lexists(system.root / "out")
    assert capsys.readouterr().out.count(f"[{rule}]") == 1
