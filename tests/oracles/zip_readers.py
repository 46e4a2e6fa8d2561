"""Read a zip with six other readers: zipfile, unzip, 7z, bsdtar, and yauzl and jszip of Node.js."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.judges import judge, missing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from skillpack import SkillTree

Found = dict[str, tuple[str, bool]]
"""Name of an entry -> SHA-256 of what comes out of it, and whether it comes out executable."""

_YAUZL: Final = """
const yauzl = require("yauzl"), { createHash } = require("crypto"), found = {};
yauzl.open(process.argv[1], { lazyEntries: true, strictFileNames: true, validateEntrySizes: true }, (error, zip) => {
  if (error) throw error;
  zip.on("error", (error) => { throw error; });
  zip.on("entry", (entry) => zip.openReadStream(entry, (error, stream) => {
    if (error) throw error;
    const hash = createHash("sha256");
    stream.on("error", (error) => { throw error; });
    stream.on("data", (chunk) => hash.update(chunk));
    stream.on("end", () => {
      found[entry.fileName] = [hash.digest("hex"), Boolean((entry.externalFileAttributes >>> 16) & 0o111)];
      zip.readEntry();
    });
  }));
  zip.on("end", () => console.log(JSON.stringify(found)));
  zip.readEntry();
});
"""

_JSZIP: Final = """
const JSZip = require("jszip"), { createHash } = require("crypto"), data = require("fs").readFileSync(process.argv[1]);
JSZip.loadAsync(data, { checkCRC32: true }).then(async (zip) => {
  const found = {};
  for (const file of Object.keys(zip.files).map((name) => zip.files[name]).filter((file) => !file.dir)) {
    const hash = createHash("sha256").update(await file.async("nodebuffer"));
    found[file.name] = [hash.digest("hex"), Boolean(file.unixPermissions & 0o111)];
  }
  console.log(JSON.stringify(found));
});
"""


def expected(tree: SkillTree, name: str) -> Found:
    """Return what every reader must find in the zip of a tree."""
    return {f"{name}/{file.path}": (file.sha256, file.executable) for file in tree.files}


def by_zipfile(zip: Path, _folder: Path) -> Found:
    with zipfile.ZipFile(zip) as archive:
        assert archive.testzip() is None
        return {
            info.filename: (_sha256(archive.read(info)), bool(info.external_attr >> 16 & 0o111))
            for info in archive.infolist()
        }


def by_unzip(zip: Path, folder: Path) -> Found:
    _run([judge("unzip"), "-q", zip, "-d", folder])
    return _unpacked(folder)


def by_7z(zip: Path, folder: Path) -> Found:
    _run([judge("7z"), "x", "-y", f"-o{folder}", zip])
    return _unpacked(folder)


def by_bsdtar(zip: Path, folder: Path) -> Found:
    folder.mkdir()
    _run([judge("bsdtar"), "-x", "-p", "-f", zip, "-C", folder])
    return _unpacked(folder)


def by_yauzl(zip: Path, _folder: Path) -> Found:
    return _by_node(_YAUZL, zip, "yauzl")


def by_jszip(zip: Path, _folder: Path) -> Found:
    return _by_node(_JSZIP, zip, "jszip")


def node_modules(*packages: str) -> Path:
    """Return the folder of the packages that npm installed for the tests; skip the test where one is absent."""
    modules = Path(os.environ.get("NODE_JUDGES", "")) / "node_modules"
    for package in packages:
        if not (modules / package).is_dir():
            missing(f"{package} is not installed under $NODE_JUDGES")
    return modules


def _by_node(script: str, zip: Path, package: str) -> Found:
    answer = json.loads(_run([judge("node"), "-e", script, zip], {"NODE_PATH": str(node_modules(package))}))
    return {name: (sha256, executable) for name, (sha256, executable) in answer.items()}


READERS: Final[Mapping[str, Callable[[Path, Path], Found]]] = {
    "zipfile": by_zipfile,
    "unzip": by_unzip,
    "7z": by_7z,
    "bsdtar": by_bsdtar,
    "yauzl": by_yauzl,
    "jszip": by_jszip,
}


def _run(command: list[str | Path], more: Mapping[str, str] | None = None) -> bytes:
    # a UTF-8 locale: in the C locale unzip writes names with #U escapes
    environment = {**os.environ, "LC_ALL": "C.UTF-8", **(more or {})}
    done = subprocess.run(command, capture_output=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr.decode(errors="replace")[-500:]
    assert b"warning" not in (done.stdout + done.stderr).lower()
    return done.stdout


def _unpacked(folder: Path) -> Found:
    files = [path for path in folder.rglob("*") if not path.is_dir()]
    return {
        path.relative_to(folder).as_posix(): (_sha256(path.read_bytes()), bool(path.stat().st_mode & 0o100))
        for path in files
    }


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
