from __future__ import annotations

import zipfile
from io import BytesIO

from skillpack import read_zip, write_zip
from tests.conftest import make_tree


def test_a_zip_read_again_gives_the_same_tree() -> None:
    tree = make_tree({"scripts/run.sh": b"#!/bin/sh\n", "a.bin": bytes(range(256)) * 300})
    assert read_zip(write_zip(tree, "demo")) == tree


def test_python_reads_what_we_write() -> None:
    tree = make_tree({"notes.txt": b"hello " * 100})
    with zipfile.ZipFile(BytesIO(write_zip(tree, "demo"))) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["demo/SKILL.md", "demo/notes.txt"]
        assert archive.read("demo/notes.txt") == b"hello " * 100
