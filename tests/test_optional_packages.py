"""What works where `deflate` and `pybase64` cannot be imported, as under WebAssembly."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest

from tests.samples import ROOT

if TYPE_CHECKING:
    from pathlib import Path

SKILLS: Final = [str(path) for path in sorted((ROOT / "fixtures" / "skills").iterdir()) if path.is_dir()]
PDF_FORMS: Final = str(ROOT / "fixtures" / "skills" / "pdf-forms")
_BLOCKED: Final = """
import sys
sys.modules.update({"deflate": None, "pybase64": None})
from skillpack.cli import main
sys.exit(main())
"""


def run(*arguments: str, blocked: bool, cwd: Path) -> subprocess.CompletedProcess[bytes]:
    start = ("-c", _BLOCKED) if blocked else ("-m", "skillpack")
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, *start, *arguments], cwd=cwd, env=environment, capture_output=True, check=False
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", *SKILLS),
        ("check", "--output-format", "json", *SKILLS),
        ("digest", *SKILLS),
        ("digest", "-v", "--compression", "store", PDF_FORMS),
        *(("pack", "--compression", "store", skill) for skill in SKILLS),
        ("zip", "--compression", "store", PDF_FORMS),
        ("container", "--name", "forms", "--compression", "store", *SKILLS),
        ("shell", "--compression", "store", *SKILLS),
        ("files", PDF_FORMS),
    ],
    ids=lambda arguments: " ".join(arguments[:3]).replace(str(ROOT), ""),
)
def test_a_command_prints_the_same_bytes_without_them(arguments: tuple[str, ...], tmp_path: Path) -> None:
    with_them, without = (run(*arguments, blocked=blocked, cwd=tmp_path) for blocked in (False, True))
    assert with_them.returncode == 0
    assert (without.returncode, without.stdout, without.stderr) == (0, with_them.stdout, with_them.stderr)


@pytest.mark.parametrize("compression", ["deflate", "store"])
def test_a_bundle_of_either_compression_is_checked_without_them(compression: str, tmp_path: Path) -> None:
    for command, name in (("pack", "bundle.json"), ("zip", "bundle.zip")):
        run(command, PDF_FORMS, "-o", name, "--compression", compression, blocked=False, cwd=tmp_path)
        done = run("check", name, blocked=True, cwd=tmp_path)
        assert (done.returncode, done.stdout, done.stderr) == (0, b"1 skill checked: no problems found\n", b"")


@pytest.mark.parametrize("data", ["QUJD=", "QUJD\\n", "QR==", "QUI", "!!!!", ""])
def test_broken_base64_is_reported_alike(data: str, tmp_path: Path) -> None:
    source = f'{{"type":"base64","media_type":"application/zip","data":"{data}"}}'
    body = f'{{"type":"inline","name":"a","description":"b","source":{source}}}'
    (tmp_path / "body.json").write_text(body, "utf-8")
    with_them, without = (run("check", "body.json", blocked=blocked, cwd=tmp_path) for blocked in (False, True))
    assert with_them.returncode == 1
    assert (without.returncode, without.stdout, without.stderr) == (1, with_them.stdout, with_them.stderr)


@pytest.mark.parametrize("arguments", [("pack", PDF_FORMS), ("zip", PDF_FORMS), ("digest", "-v", PDF_FORMS)])
def test_what_needs_the_compressor_ends_with_a_message_that_names_the_way_out(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    done = run(*arguments, blocked=True, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == (
        b"error: compression needs the package deflate, which is not installed; use --compression store"
    )
    assert run(*arguments, "--compression", "store", blocked=True, cwd=tmp_path).returncode == 0
