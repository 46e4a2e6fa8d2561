"""What other programs extract from many zips: a tree for each zip and each of seven readers."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import unicodedata
import zipfile
from typing import TYPE_CHECKING, Final

from skillpack.archive.read_foreign import read_foreign
from tests.judges import judge
from tests.oracles.zip_readers import node_modules

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

Tree = dict[str, str] | str
"""Path of a file in NFC -> SHA-256 of its content; or why a reader extracted nothing or not everything."""

# one program a reader: it leaves what it extracts from N.zip in the folder N, and its words in N.log where it fails;
# 1 is unzip's exit code for a warning after everything was extracted
_SHELL: Final = {
    "unzip": '{ unzip -q -o "$zip" -d "$name" || [ $? = 1 ]; }',
    "7z": '7z x -y -bd -o"$name" "$zip"',
    "bsdtar": 'bsdtar -x -f "$zip" -C "$name"',
}
_LOOP: Final = """
for zip in "$0"/*.zip; do
  name=$(basename "$zip" .zip); mkdir -p "$name"
  COMMAND >"$name.log" 2>&1 </dev/null && rm "$name.log" || echo "exit $?" >>"$name.log"
done
"""

_NODE: Final = """
const yauzl = require("yauzl"), JSZip = require("jszip"), { createHash } = require("crypto"), fs = require("fs");
const sha256 = (data) => createHash("sha256").update(data).digest("hex");
const read = (stream) => new Promise((done, fail) => {
  const chunks = [];
  stream.on("error", fail);
  stream.on("data", (chunk) => chunks.push(chunk));
  stream.on("end", () => done(Buffer.concat(chunks)));
});
const byYauzl = (data) => new Promise((done, fail) => {
  const found = [];
  yauzl.fromBuffer(data, { lazyEntries: true, strictFileNames: true }, (error, zip) => {
    if (error) return fail(error);
    zip.on("error", fail);
    zip.on("end", () => done(found));
    zip.on("entry", (entry) => {
      if (entry.fileName.endsWith("/")) return zip.readEntry();
      zip.openReadStream(entry, (error, stream) => {
        if (error) return fail(error);
        read(stream).then((content) => { found.push([entry.fileName, sha256(content)]); zip.readEntry(); }, fail);
      });
    });
    zip.readEntry();
  });
});
const byJszip = async (data) => {
  const zip = await JSZip.loadAsync(data, { checkCRC32: true });
  const files = Object.keys(zip.files).map((name) => zip.files[name]).filter((file) => !file.dir);
  return Promise.all(files.map(async (file) => [file.name, sha256(await file.async("nodebuffer"))]));
};
(async () => {
  const answers = {};
  for (const path of JSON.parse(fs.readFileSync(0, "utf8"))) {
    const data = fs.readFileSync(path), answer = {};
    for (const [reader, extract] of [["yauzl", byYauzl], ["jszip", byJszip]])
      answer[reader] = await extract(data).catch((error) => String(error));
    answers[path] = answer;
  }
  console.log(JSON.stringify(answers));
})();
"""


def trees(zips: Sequence[bytes], folder: Path) -> list[dict[str, Tree]]:
    """Extract each zip with every reader, ours included.

    Args:
        zips: any number of them.
        folder: an empty one, which is empty again afterwards.
    """
    source = folder / "zips"
    source.mkdir(parents=True)
    paths = [source / f"{number}.zip" for number in range(len(zips))]
    for path, data in zip(paths, zips, strict=True):
        path.write_bytes(data)
    found = [{"skillpack": _ours(data), "zipfile": _by_zipfile(path)} for path, data in zip(paths, zips, strict=True)]
    for reader, command in _SHELL.items():
        for tree, extracted in zip(found, _by_shell(reader, command, paths, folder / reader), strict=True):
            tree[reader] = extracted
    answers = _by_node(paths)
    for tree, path in zip(found, paths, strict=True):
        for reader, answer in answers[str(path)].items():
            tree[reader] = answer if isinstance(answer, str) else _normal(answer)
    shutil.rmtree(folder)
    return found


def _ours(data: bytes) -> Tree:
    reading = read_foreign(data)
    if not reading.ok:
        return "refused"
    return {entry.name: _sha256(entry.content) for entry in reading.entries if not entry.is_directory}


def _by_zipfile(path: Path) -> Tree:
    try:
        with zipfile.ZipFile(path) as archive:
            files = [info for info in archive.infolist() if not info.is_dir()]
            return _normal([(info.filename, _sha256(archive.read(info))) for info in files])
    except Exception as error:  # noqa: BLE001  # whatever it raises is its refusal
        return f"{type(error).__name__}: {error}"


def _by_shell(reader: str, command: str, paths: Sequence[Path], folder: Path) -> list[Tree]:
    judge(reader)
    folder.mkdir()
    # a UTF-8 locale: in the C locale unzip writes names with #U escapes
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    script = _LOOP.replace("COMMAND", command)
    subprocess.run(["sh", "-c", script, paths[0].parent], cwd=folder, env=environment, check=True)
    found: list[Tree] = []
    for path in paths:
        log = folder / f"{path.stem}.log"
        found.append(log.read_text("utf-8", "replace")[-300:] if log.exists() else _on_disk(folder / path.stem))
    shutil.rmtree(folder)
    return found


def _on_disk(root: Path) -> Tree:
    files = (path for path in root.rglob("*") if path.is_symlink() or not path.is_dir())
    return _normal(
        [
            (path.relative_to(root).as_posix(), _sha256(path.read_bytes()) if path.is_file() else "not a file")
            for path in files
        ]
    )


def _by_node(paths: Sequence[Path]) -> dict[str, dict[str, str | list[tuple[str, str]]]]:
    environment = {**os.environ, "NODE_PATH": str(node_modules("yauzl", "jszip"))}
    done = subprocess.run(
        [judge("node"), "-e", _NODE],
        input=json.dumps([str(path) for path in paths]).encode(),
        capture_output=True,
        check=True,
        env=environment,
    )
    answers: dict[str, dict[str, str | list[tuple[str, str]]]] = json.loads(done.stdout)
    return answers


def _normal(files: Sequence[tuple[str, str]]) -> Tree:
    return {unicodedata.normalize("NFC", name): sha256 for name, sha256 in files}


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
