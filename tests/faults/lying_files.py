"""A file system in user space whose file fails, shrinks, grows or ends early: python lying_files.py MOUNT SPEC.

SPEC is a file that holds KIND:BYTE, looked at before each answer.
"""

from __future__ import annotations

import errno
import stat
import sys
from pathlib import Path
from typing import Any

import mfusepy

MANIFEST = b"---\nname: demo\ndescription: Shows how things work.\n---\n# Demo\n"
CONTENT = bytes((at * 7 + 3) % 251 for at in range(20_000))


class Lying(mfusepy.Operations):
    """`SKILL.md`, and `data.bin` whose KIND of trouble begins at BYTE."""

    use_ns = True

    def __init__(self, spec: Path) -> None:
        self.spec, self.stated = spec, ""
        self.kind, self.byte, self.looks = "", 0, 0

    def ask(self) -> None:
        stated = self.spec.read_text()
        if stated != self.stated:
            kind, _, byte = stated.partition(":")
            self.stated, self.kind, self.byte, self.looks = stated, kind, int(byte), 0

    def getattr(self, path: str, fh: int | None = None) -> dict[str, Any]:
        self.ask()
        if path == "/":
            return {"st_mode": stat.S_IFDIR | 0o755, "st_nlink": 2}
        content = {"/SKILL.md": MANIFEST, "/data.bin": CONTENT}.get(path)
        if content is None:
            raise mfusepy.FuseOSError(errno.ENOENT)
        status = {"st_mode": stat.S_IFREG | 0o644, "st_nlink": 1, "st_size": len(content), "st_mtime": 10**18}
        if path == "/data.bin":
            self.looks += 1
            if self.kind == "grows" and self.looks > 2:
                status["st_size"] = len(content) + self.byte
            if self.kind == "shrinks" and self.looks > 2:
                status["st_size"] = self.byte
            if self.kind == "touched":
                status["st_mtime"] += self.looks * 10**9
        return status

    def readdir(self, path: str, fh: int) -> list[str]:
        return [".", "..", "SKILL.md", "data.bin"]

    def read(self, path: str, size: int, offset: int, fh: int) -> bytes:
        self.ask()
        if path == "/SKILL.md":
            return MANIFEST[offset : offset + size]
        if self.kind == "fails" and offset + size > self.byte:
            raise mfusepy.FuseOSError(errno.EIO)
        if self.kind == "ends":
            return CONTENT[offset : min(offset + size, self.byte)]
        if self.kind == "drips":  # short reads are no fault: the reader has to ask again
            return CONTENT[offset : offset + max(1, min(size, self.byte))]
        return CONTENT[offset : offset + size]


if __name__ == "__main__":
    mfusepy.FUSE(
        Lying(Path(sys.argv[2])),
        sys.argv[1],
        foreground=True,
        nothreads=True,
        direct_io=True,
        attr_timeout=0,
        entry_timeout=0,
    )
