"""Skills with files that are not what their author meant to pack."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

from skillpack.api import Builder
from tests.conftest import MANIFEST, make_tree
from tests.rules.made import Case, made
from tests.zip_drafts import Draft

if TYPE_CHECKING:
    from pathlib import Path

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"1" * 64 + b"\nsize 12345\n"


@made
def lfs_pointer(tmp_path: Path) -> Case:
    said = "demo/model.onnx:1: error[lfs-pointer]: the file is a pointer of Git LFS: its content was not downloaded"
    good = {"long.txt": POINTER + b"-" * 1024, "quote.md": b"It starts with:\n" + POINTER, "cut.txt": POINTER[:44]}
    return Case(make_tree({"model.onnx": POINTER}), make_tree(good), said)


@made
def packed_output(tmp_path: Path) -> Case:
    builder = Builder()
    bundle = builder.pack(make_tree())
    inline, body = (
        json.dumps(value, separators=(",", ":")).encode()
        for value in (bundle.inline_skill(), builder.container("c", [bundle]))
    )
    tool = json.dumps(builder.shell_tool([bundle]), separators=(",", ":")).encode()
    said = (
        "demo/a.zip: warning[packed-output]: the file is a zip that skillpack wrote\n"
        "demo/b.json: warning[packed-output]: the file is a request body that skillpack wrote\n"
        "demo/c.json: warning[packed-output]: the file is a request body that skillpack wrote\n"
        "demo/d.json: warning[packed-output]: the file is a request body that skillpack wrote"
    )
    good = {
        "cut.zip": bundle.zip[:-1],
        "example.json": b'{"name":"c","skills":[{"type":"skill_reference","skill_id":"s"}]}',
        "foreign.zip": Draft.of({b"demo/SKILL.md": MANIFEST}).build(),
        "other.json": b'{"data":"UEsDBA=="}',
    }
    return Case(
        make_tree({"a.zip": bundle.zip, "b.json": inline, "c.json": body, "d.json": tool}), make_tree(good), said
    )


@made
def symlink_as_text(tmp_path: Path) -> Case:
    bad, good = tmp_path / "bad", tmp_path / "good"
    for skill, content in zip((bad, good), (b"assets/guide.md", b"assets/guide.md\n"), strict=True):
        (skill / "assets").mkdir(parents=True)
        (skill / "assets" / "guide.md").write_bytes(b"# The guide\n")
        (skill / "SKILL.md").write_bytes(
            b"---\nname: demo\ndescription: Makes tables of rows. Use when asked.\n---\nText.\n"
        )
        (skill / "guide.md").write_bytes(content)
    said = "the file looks like a symlink that was checked out as text: assets/guide.md"
    return Case(bad, good, f"bad/guide.md: warning[symlink-as-text]: {said}")


@made
def bundle_inside(_tmp_path: Path) -> Case:
    zip = Draft.of({b"other/SKILL.md": MANIFEST}).build()
    inner = Builder().pack(make_tree()).zip
    good = {
        "a.zip": Draft.of({b"other/GUIDE.md": MANIFEST}).build(),
        "cut.zip": zip[:-1],
        "ours.zip": inner,
        "b.txt": b"PK",
    }
    said = "demo/a.zip: note[bundle-inside]: the file is a zip with a SKILL.md in it"
    return Case(make_tree({"a.zip": zip}), make_tree(good), said)


@made
def exec_bit_lost(tmp_path: Path) -> Case:
    bad, good = tmp_path / "bad", tmp_path / "good"
    for skill, script in ((bad, b"echo hello\n"), (good, b"#!/bin/sh\necho hello\n")):
        skill.mkdir()
        (skill / "SKILL.md").write_bytes(MANIFEST)
        (skill / "run.sh").write_bytes(script)
        (skill / "run.sh").chmod(0o755)
        (skill / "notes.txt").write_bytes(b"x\n")
    said = "the file has mode 755, but no `#!` line: it is not executable in the bundle"
    return Case(bad, good, f"bad/run.sh: note[exec-bit-lost]: {said}")


@made
def line_endings_changed(tmp_path: Path) -> Case:
    bad, good = tmp_path / "bad", tmp_path / "good"
    for skill in (bad, good):
        skill.mkdir()
        (skill / "SKILL.md").write_bytes(MANIFEST)
        (skill / "a.md").write_bytes(b"one\n")
        (skill / "own.md").write_bytes(b"two\r\n")
        subprocess.run(["git", "init", "-q", str(skill)], check=True)
        subprocess.run(["git", "-C", str(skill), "-c", "core.autocrlf=false", "add", "."], check=True)
    (bad / "a.md").write_bytes(b"one\r\n")
    said = "1 file with CRLF line endings that are LF in git: another checkout gives another digest"
    return Case(bad, good, f"bad/a.md: note[line-endings-changed]: {said}")
