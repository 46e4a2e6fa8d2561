"""What works where `deflate`, `pybase64` and `jsonschema` cannot be imported, as under WebAssembly."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest

from tests.samples import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SKILLS: Final = [str(path) for path in sorted((ROOT / "fixtures" / "skills").iterdir()) if path.is_dir()]
PDF_FORMS: Final = str(ROOT / "fixtures" / "skills" / "pdf-forms")
COMPILED: Final = ("deflate", "pybase64")
ALL: Final = (*COMPILED, "jsonschema")
_BLOCKED: Final = """
import sys
sys.modules.update(dict.fromkeys(sys.argv.pop(1).split(",")))
from skillpack.cli import main
sys.exit(main())
"""


def run(*arguments: str, blocked: Sequence[str], cwd: Path) -> subprocess.CompletedProcess[bytes]:
    start = ("-c", _BLOCKED, ",".join(blocked)) if blocked else ("-m", "skillpack")
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
        ("manifest", "--as", "json", "--compression", "store", PDF_FORMS),
    ],
    ids=lambda arguments: " ".join(arguments[:3]).replace(str(ROOT), ""),
)
def test_a_command_prints_the_same_bytes_without_them(arguments: tuple[str, ...], tmp_path: Path) -> None:
    with_them, without = (run(*arguments, blocked=blocked, cwd=tmp_path) for blocked in ((), ALL))
    assert with_them.returncode == 0
    assert (without.returncode, without.stdout, without.stderr) == (0, with_them.stdout, with_them.stderr)


@pytest.mark.parametrize("compression", ["deflate", "store"])
def test_a_bundle_of_either_compression_is_checked_without_them(compression: str, tmp_path: Path) -> None:
    for command, name in (("pack", "bundle.json"), ("zip", "bundle.zip")):
        run(command, PDF_FORMS, "-o", name, "--compression", compression, blocked=(), cwd=tmp_path)
        done = run("check", name, blocked=COMPILED, cwd=tmp_path)
        assert (done.returncode, done.stdout, done.stderr) == (0, b"1 skill checked: no problems found\n", b"")


@pytest.mark.parametrize("data", ["QUJD=", "QUJD\\n", "QR==", "QUI", "!!!!", ""])
def test_broken_base64_is_reported_alike(data: str, tmp_path: Path) -> None:
    source = f'{{"type":"base64","media_type":"application/zip","data":"{data}"}}'
    body = f'{{"type":"inline","name":"a","description":"b","source":{source}}}'
    (tmp_path / "body.json").write_text(body, "utf-8")
    with_them, without = (run("check", "body.json", blocked=blocked, cwd=tmp_path) for blocked in ((), COMPILED))
    assert with_them.returncode == 1
    assert (without.returncode, without.stdout, without.stderr) == (1, with_them.stdout, with_them.stderr)


@pytest.mark.parametrize(
    "arguments",
    [
        ("pack", PDF_FORMS),
        ("zip", PDF_FORMS),
        ("digest", "-v", PDF_FORMS),
        ("size", PDF_FORMS),
    ],
)
def test_what_needs_the_compressor_ends_with_a_message_that_names_the_way_out(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    done = run(*arguments, blocked=COMPILED, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == (
        b"error: compression needs the package deflate, which is not installed; use --compression store"
    )
    assert run(*arguments, "--compression", "store", blocked=COMPILED, cwd=tmp_path).returncode == 0


def test_a_lock_is_the_same_and_one_that_needs_the_compressor_is_refused(tmp_path: Path) -> None:
    locks = []
    for blocked in ((), ALL):
        folder = tmp_path / str(len(blocked))
        shutil.copytree(PDF_FORMS, folder / "pdf-forms")
        done = run("lock", "--compression", "store", "pdf-forms", blocked=blocked, cwd=folder)
        assert done.returncode == 0
        locks.append((folder / "skillpack.lock").read_bytes())
    assert locks[0] == locks[1]
    (folder / "skillpack.lock").unlink()
    done = run("lock", "pdf-forms", blocked=ALL, cwd=folder)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith(b"error: compression needs the package deflate")
    assert not (folder / "skillpack.lock").exists()


NOTE: Final = (
    b"body.json: note[payload-schema-skipped]: "
    b"only the models of skillpack judge this body: jsonschema, which applies the API's schema, is missing\n"
)


def problems_of(body: object, tmp_path: Path) -> tuple[int, list[bytes]]:
    """Check a body where no compiled package can be imported, and return the exit code and the lines of findings."""
    (tmp_path / "body.json").write_text(json.dumps(body), "utf-8")
    done = run("check", "body.json", blocked=ALL, cwd=tmp_path)
    assert b"Traceback" not in done.stdout + done.stderr
    lines = done.stdout.splitlines(keepends=True)
    return done.returncode, [line for line in lines if line.startswith(b"body.json")]


@pytest.mark.parametrize("command", ["pack", "container", "shell"])
def test_a_sound_body_has_only_the_note_that_the_schema_was_not_applied(command: str, tmp_path: Path) -> None:
    name = ("--name", "forms") if command == "container" else ()
    printed = run(command, PDF_FORMS, *name, "--compression", "store", blocked=ALL, cwd=tmp_path)
    assert problems_of(json.loads(printed.stdout), tmp_path) == (0, [NOTE])


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"name": "c", "skills": [], "memory_limit": "4gb"}, "/memory_limit"),
        ({"name": "c", "skill": [], "file_ids": ["f"], "memory_limit": "4g"}, "/skill"),
        ({"name": 1, "skills": [], "memory_limit": "4g"}, "/name"),
        ({"type": "inline", "name": "n", "source": {"data": ""}}, "/description"),
        ({"type": "shell", "environment": {"type": "container_auto", "skils": []}}, "/environment/skils"),
        ({"type": "shell", "environment": {"type": "container_reference"}}, "/environment/container_id"),
        ({"tools": [{"type": "shell", "environment": {"type": "container_auto", "memory_limit": 4}}]}, "/tools/0/env"),
        ({"name": "c", "skills": [{"type": "inline", "name": "n"}]}, "/skills/0/"),
    ],
)
def test_the_models_judge_a_body_where_the_schema_cannot_be_applied(body: object, place: str, tmp_path: Path) -> None:
    code, problems = problems_of(body, tmp_path)
    assert code == 1
    assert NOTE in problems
    assert any(
        line.startswith(f"body.json at {place}".encode()) and b"error[payload-schema]" in line for line in problems
    )


@pytest.mark.parametrize(
    "body",
    [
        {"type": "shell", "environment": {"type": "local", "skills": "x"}},
        {"type": "openai_hosted", "skills": [1]},
        {"skills": [{"type": "inline"}], "setup_commands": 1},
        {"tools": [{"type": "shell", "environment": 3}, {"type": "shell"}]},
        [{"type": "container_auto", "skills": {}}],
    ],
)
def test_a_body_of_any_shape_is_read_to_its_end_where_the_schema_cannot_be_applied(
    body: object, tmp_path: Path
) -> None:
    code, problems = problems_of(body, tmp_path)
    assert code in (0, 1)
    assert NOTE in problems
