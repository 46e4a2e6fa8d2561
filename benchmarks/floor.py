"""`python -m benchmarks.floor SKILL OUTPUT`: the least that packing can do, without a check, a limit or an order."""

import hashlib
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import deflate
import pybase64


def work(path: Path) -> bytes:
    """Read a file, hash it, and compress it if a sample of it shrinks."""
    content = path.read_bytes()
    hashlib.sha256(content).digest()
    sample = content[:4096]
    shrinks = len(deflate.deflate_compress(sample, 1)) < 0.98 * len(sample)
    return bytes(deflate.deflate_compress(content, 6)) if shrinks else content


def main() -> None:
    """Write the base64 of all of it as JSON has it."""
    skill, output = map(Path, sys.argv[1:])
    paths = sorted(path for path in skill.rglob("*") if path.is_file())
    with ThreadPoolExecutor(os.cpu_count()) as pool, output.open("wb") as file:
        file.write(b'{"data": "')
        for packed in pool.map(work, paths):
            file.write(pybase64.b64encode(packed))
        file.write(b'", "name": %s}' % json.dumps(skill.name).encode())


if __name__ == "__main__":
    main()
