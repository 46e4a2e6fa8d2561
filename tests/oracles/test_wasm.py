"""The wheel under Pyodide, which is CPython for WebAssembly: the same findings, bytes and digest as here."""

from __future__ import annotations

import json
import os
import runpy
import shutil
import subprocess
import sys
from base64 import b64decode, b64encode
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.judges import judge

if TYPE_CHECKING:
    from collections.abc import Sequence

pytestmark = pytest.mark.network

ROOT: Final = Path(__file__).parents[2]
SKILLS: Final = ROOT / "fixtures" / "skills"
BUILD: Final = runpy.run_path(str(ROOT / "docs" / "build_try.py"))
PYODIDE: Final = f"pyodide@{json.loads(BUILD['LOCK'].read_text('utf-8'))['npm']['pyodide']['version']}"
COMMANDS: Final[list[list[str]]] = [
    ["check", "csv-report", "--output-format", "json"],
    ["digest", "-v", "--compression", "store", "csv-report"],
    ["pack", "--compression", "store", "csv-report"],
    ["zip", "--compression", "store", "csv-report", "-o", "-"],
    ["files", "csv-report"],
]
PROGRAM: Final = """
import { loadPyodide } from "pyodide";
const [site, skills, commands] = process.argv.slice(2);
const python = await loadPyodide({ stdout: () => undefined, stderr: () => undefined });
for (const [folder, root] of [["/site", site], ["/skills", skills]]) {
  python.FS.mkdirTree(folder);
  python.FS.mount(python.FS.filesystems.NODEFS, { root }, folder);
}
python.globals.set("commands", commands);
process.stdout.write(python.runPython(`
import base64, io, json, os, sys
sys.path.insert(0, "/site")
sys.dont_write_bytecode = True
os.chdir("/skills")
from skillpack.cli import main

def run(arguments):
    kept = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    try:
        code = main(arguments)
        return [code, *(base64.b64encode(each.buffer.getvalue()).decode() for each in (sys.stdout, sys.stderr))]
    finally:
        sys.stdout, sys.stderr = kept

json.dumps([run(arguments) for arguments in json.loads(commands)])
`));
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built wheel and what it needs, as far as there is a wheel for WebAssembly, in one folder."""
    folder = tmp_path_factory.mktemp("wasm") / "site"
    BUILD["install"](folder)
    return folder


def under_pyodide(site: Path, skills: Path, commands: Sequence[Sequence[str]], folder: Path) -> Any:
    """Run commands in a folder of skills, and return (exit code, base64 of stdout, base64 of stderr) of each."""
    node, npm = judge("node"), judge("npm")
    install = [npm, "install", "--silent", "--no-fund", "--no-audit", "--prefix", str(folder), PYODIDE]
    subprocess.run(install, check=True, capture_output=True)
    (folder / "program.mjs").write_text(PROGRAM, "utf-8")
    start = [node, "program.mjs", str(site), str(skills), json.dumps(commands)]
    done = subprocess.run(start, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def natively(skills: Path, arguments: Sequence[str]) -> list[Any]:
    command = [sys.executable, "-m", "skillpack", *arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=skills, env=environment, capture_output=True, check=False)
    return [done.returncode, *(b64encode(each).decode() for each in (done.stdout, done.stderr))]


def test_the_wheel_prints_under_pyodide_what_it_prints_here(site: Path, tmp_path: Path) -> None:
    skills, node = tmp_path / "skills", tmp_path / "node"
    shutil.copytree(SKILLS / "csv-report", skills / "csv-report")
    node.mkdir()
    packed = natively(skills, ["pack", "--compression", "store", "csv-report"])
    (skills / "body.json").write_bytes(b64decode(packed[1]))
    *found, body = under_pyodide(site, skills, [*COMMANDS, ["check", "body.json"]], node)
    assert found == [natively(skills, arguments) for arguments in COMMANDS]
    assert all(code == 0 for code, _, _ in found)
    assert body[0] == 0
    assert b64decode(body[1]).startswith(b"body.json: note[payload-schema-skipped]: ")
