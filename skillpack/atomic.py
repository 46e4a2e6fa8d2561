"""Pieces of bytes to a file that is old or new, never half."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from typing import TYPE_CHECKING

from skillpack.errors import OutputError
from skillpack.findings import escaped

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

PREFIX = ".skillpack-"
SUFFIX = ".tmp"


def replace(path: Path, pieces: Iterable[bytes | bytearray | memoryview], *, private: bool = False) -> None:
    """Write a file whole, or leave what is there untouched.

    Args:
        path: the file; a link there is replaced, not followed.
        pieces: its content.
        private: whether only its owner may read it (mode 0600).

    Raises:
        OutputError: it could not be written; what was there is untouched.
    """
    temporary = None
    try:
        descriptor, temporary = tempfile.mkstemp(SUFFIX, PREFIX, path.parent)
        with open(descriptor, "wb") as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(descriptor)
            if not private and hasattr(os, "fchmod"):
                os.fchmod(descriptor, 0o666 & ~_umask())
        os.replace(temporary, path)
        temporary = None
    except OSError as error:
        raise OutputError(f"cannot write {escaped(str(path))}: {(error.strerror or 'failed').lower()}") from error
    finally:
        if temporary is not None:
            with suppress(OSError):
                os.unlink(temporary)


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
