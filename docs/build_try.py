"""Build the checker of the page "Try it in a browser" in build/try: `python docs/build_try.py`, or `make try`.

The checker is Pyodide, from npm, and skillpack with what it needs, from the package index that pip uses.
docs/try/lock.json has the version and the SHA-256 of each; `python docs/build_try.py --update` writes the newest.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[1]
SOURCES: Final = ROOT / "docs" / "try"
LOCK: Final = SOURCES / "lock.json"
BUILT: Final = ROOT / "build" / "try"
WITHOUT_A_WHEEL: Final = frozenset({"deflate", "jsonschema", "pybase64"})
PLATFORM: Final = (  # of PyYAML, which has no wheel for WebAssembly, the Python files in that for Linux are used
    *("--platform", "pyemscripten_2026_0_wasm32", "--platform", "manylinux2014_x86_64"),
    *("--implementation", "cp", "--python-version", "314", "--abi", "cp314", "--only-binary", ":all:"),
)
OTHER_SYSTEMS: Final = "x86_64-linux-gnu.so"
PAGE: Final = ("page.js", "page.css")
RUNTIME: Final = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json")


def build(folder: Path = BUILT) -> None:
    """Write the checker to a folder, in one below it that its contents name, and about.json, which names that."""
    shutil.rmtree(folder, ignore_errors=True)
    with TemporaryDirectory() as temporary:
        made = Path(temporary) / "made"
        made.mkdir()
        unpack_runtime(made)
        install(Path(temporary) / "packages")
        write_zip(Path(temporary) / "packages", made / "skillpack.zip")
        shutil.copy(SOURCES / "worker.mjs", made)
        size = sum(file.stat().st_size for file in made.iterdir())
        for name in PAGE:
            shutil.copy(SOURCES / name, made)
        digests = [hashlib.sha256(file.read_bytes()).digest() for file in sorted(made.iterdir())]
        name = hashlib.sha256(b"".join(digests)).hexdigest()[:12]  # no cache mixes the files of two versions
        shutil.copytree(made, folder / "static" / "try" / name)
    (folder / "about.json").write_text(json.dumps({"folder": f"_static/try/{name}/", "bytes": size}), "utf-8")
    print(f"the checker is in {folder}: {size:,} bytes to load")


def unpack_runtime(folder: Path) -> None:
    """Write the files of Pyodide that a browser loads."""
    locked = json.loads(LOCK.read_text("utf-8"))["npm"]["pyodide"]
    with TemporaryDirectory() as temporary:
        archive = download_runtime(locked["version"], Path(temporary))
        if hashlib.sha256(archive.read_bytes()).hexdigest() != locked["sha256"]:
            sys.exit(f"{archive.name} does not have the SHA-256 in {LOCK}")
        with tarfile.open(archive) as files:
            for name in RUNTIME:
                file = files.extractfile(f"package/{name}")
                assert file
                (folder / name).write_bytes(file.read())


def download_runtime(version: str, folder: Path) -> Path:
    """Return the archive of a version of Pyodide."""
    subprocess.run(["npm", "pack", "--silent", f"pyodide@{version}"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return next(folder.glob("*.tgz"))


def install(folder: Path) -> None:
    """Write skillpack and what it needs to a folder, as far as there is a wheel."""
    pip = [sys.executable, "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--no-compile"]
    pip += ["--no-deps", "--target", str(folder), *PLATFORM]
    with TemporaryDirectory() as temporary:
        locked = json.loads(LOCK.read_text("utf-8"))["pypi"].items()
        lines = [f"{name}=={package['version']} --hash=sha256:{package['sha256']}\n" for name, package in locked]
        requirements = Path(temporary) / "requirements.txt"
        requirements.write_text("".join(lines), "utf-8")
        subprocess.run([*pip, "--require-hashes", "--requirement", requirements], check=True)
        command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "--directory", temporary]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
        (wheel,) = Path(temporary).glob("*.whl")
        with zipfile.ZipFile(wheel) as files:  # pip would add the path of the wheel here
            files.extractall(folder)
    for file in folder.rglob(f"*{OTHER_SYSTEMS}"):
        file.unlink()
    shutil.rmtree(folder / "bin", ignore_errors=True)


def write_zip(folder: Path, path: Path) -> None:
    """Write the files below a folder to a zip, in order and without their times and modes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for file in sorted(each for each in folder.rglob("*") if each.is_file()):
            entry = zipfile.ZipInfo(file.relative_to(folder).as_posix())
            archive.writestr(entry, file.read_bytes(), zipfile.ZIP_DEFLATED, 9)


def requirements() -> dict[str, str]:
    """Return the requirement of each dependency that a checker has, by its name."""
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    named = {re.split("[<>=]", requirement)[0]: requirement for requirement in listed}
    return {name: requirement for name, requirement in named.items() if name not in WITHOUT_A_WHEEL}


def update() -> None:
    """Write the newest versions into the lock: of Pyodide, and of the dependencies within their bounds."""
    shown = subprocess.run(["npm", "view", "pyodide", "version"], check=True, capture_output=True, text=True)
    with TemporaryDirectory() as temporary:
        version = shown.stdout.strip()
        digest = hashlib.sha256(download_runtime(version, Path(temporary)).read_bytes()).hexdigest()
        report = Path(temporary) / "report.json"
        pip = [sys.executable, "-m", "pip", "install", "-qq", "--dry-run", "--ignore-installed", "--report", report]
        command = [*pip, "--target", temporary, *PLATFORM, *requirements().values()]
        subprocess.run(command, check=True)
        found: list[dict[str, Any]] = json.loads(report.read_text("utf-8"))["install"]
    packages = {
        package["metadata"]["name"].lower().replace("_", "-"): {
            "version": package["metadata"]["version"],
            "sha256": package["download_info"]["archive_info"]["hashes"]["sha256"],
        }
        for package in found
    }
    locked = {"npm": {"pyodide": {"version": version, "sha256": digest}}, "pypi": dict(sorted(packages.items()))}
    LOCK.write_text(json.dumps(locked, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    if sys.argv[1:] == ["--update"]:
        update()
    build()
