"""Check files that are not what their author meant to pack: results of skillpack, and what a checkout changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from skillpack.findings import Issue, Location, Severity
from skillpack.rules.engine import Content, rule
from skillpack.secrets.scan import clip
from skillpack.select.wildmatch import line_for
from skillpack.sources.directory import DiskFile
from skillpack.text import plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    from skillpack.skill.skill import Skill

_LFS: Final = b"version https://git-lfs.github.com/spec/"
_LFS_BYTES: Final = 1024
"""No pointer is larger (Git LFS specification)."""

_ZIP_IN_BASE64: Final = b'"data":"UEsDB'


@rule(Content, when=lambda file: file.start == _LFS[:2])
def lfs_pointer(content: Content) -> Iterator[Issue]:
    if len(content.content) < _LFS_BYTES and content.content.startswith(_LFS) and b"\noid " in content.content:
        message = "the file is a pointer of Git LFS: its content was not downloaded"
        yield Issue("lfs-pointer", Location(content.file.path, line=1), message)


@rule(Content, when=lambda file: file.line)
def symlink_as_text(content: Content) -> Iterator[Issue]:
    target = _as_target(content.content)
    if target is None:
        return
    path, source = content.file.path, content.file.source
    is_symlink = content.once_for_skill(_read_index).get(path)
    if is_symlink is False:
        return
    if is_symlink:
        message, severity = "the file is a symlink that was checked out as text", None
    elif isinstance(source, DiskFile) and "/" in target and not target.startswith("/") and source.leads_to(target):
        message, severity = "the file looks like a symlink that was checked out as text", Severity.WARNING
    else:
        return
    yield Issue("symlink-as-text", Location(path), f"{message}: {clip(target, 200)}", severity=severity)


def _as_target(content: bytes) -> str | None:
    """Return the target that a file would have if it were a symlink, or None for what git never writes as one."""
    text = content.decode("utf-8", "replace")
    return text if text.isprintable() else None


def _read_index(skill: Skill) -> dict[str, bool]:
    """Return what the index has of the skill's files; nothing if they are not on disk."""
    from skillpack.sources.checkout import read_index

    folder = _folder_of(skill)
    return read_index(folder) if folder else {}


@rule(Content, when=lambda file: file.returns)
def line_endings_changed(content: Content) -> Iterator[Issue]:
    if b"\0" in content.content[:8000] or b"\r\n" not in content.content:
        return
    changed = content.once_for_skill(_find_changed)
    if changed and content.file.path == changed[0]:
        files = plural(len(changed), "file")
        message = f"{files} with CRLF line endings that are LF in git: another checkout gives another digest"
        yield Issue("line-endings-changed", Location(content.file.path), message)


def _find_changed(skill: Skill) -> list[str]:
    """Return the packed files whose line endings a checkout changed, in archive order."""
    from skillpack.sources.checkout import find_changed_line_endings

    folder = _folder_of(skill)
    changed = find_changed_line_endings(folder) if folder else frozenset[str]()
    return [file.path for file in skill.tree.files if file.path in changed]


def _folder_of(skill: Skill) -> str | None:
    """Return the folder of a skill on disk, or None for one that is elsewhere."""
    sources = (file.source for file in skill.tree.files)
    on_disk = next((source for source in sources if isinstance(source, DiskFile)), None)
    return on_disk.root.path if on_disk else None


@rule(Content, when=lambda file: file.mode_executable)
def exec_bit_lost(content: Content) -> Iterator[Issue]:
    manifest = content.skill.manifest
    usual = manifest is not None and manifest.mode_executable is False  # else the file system gives all files the bit
    if usual and not content.file.executable:
        message = "the file has mode 755, but no `#!` line: it is not executable in the bundle"
        yield Issue("exec-bit-lost", Location(content.file.path), message)


@rule(Content, when=lambda file: file.start in (b"PK", b'{"'))
def packed_output(content: Content) -> Iterator[Issue]:
    if kind := _kind_of_result(content.content):
        hint = f"delete it, or add {line_for(content.file.path)} to .skillignore"
        yield Issue("packed-output", Location(content.file.path), f"the file is {kind} that skillpack wrote", hint=hint)


@rule(Content, when=lambda file: file.start == b"PK")
def bundle_inside(content: Content) -> Iterator[Issue]:
    from io import BytesIO

    from skillpack.sources.zip import holds_manifest

    if holds_manifest(BytesIO(content.content)) and not _kind_of_result(content.content):
        hint = f"add {line_for(content.file.path)} to .skillignore, unless the skill is about zips of skills"
        yield Issue("bundle-inside", Location(content.file.path), "the file is a zip with a SKILL.md in it", hint=hint)


def _kind_of_result(content: bytes) -> str | None:
    if content.startswith(b"PK"):
        from skillpack.archive.read_canonical import is_bundle

        return "a zip" if is_bundle(content) else None
    if not content.startswith(b'{"') or _ZIP_IN_BASE64 not in content:
        return None
    from skillpack.sources.request_body import looks_like_payload

    return "a request body" if looks_like_payload(content) else None
