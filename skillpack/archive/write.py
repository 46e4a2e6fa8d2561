"""A tree to its zip: the same bytes wherever, whenever and by however many threads they are made."""

from __future__ import annotations

import enum
import os
from collections import deque
from typing import TYPE_CHECKING, Final, Literal

from skillpack.archive.layout import (
    CENTRAL,
    DEFLATED,
    END,
    LOCAL,
    MAX_ENTRIES,
    MAX_OFFSET,
    STORED,
    Member,
    lay_out,
)
from skillpack.archive.names import entry_name, refuse_clashes
from skillpack.errors import ArchiveError, SettingsError
from skillpack.limits import MAX_FILE_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future

    from skillpack.tree import SkillFile, SkillTree

    _Batch = list[tuple[bytes, SkillFile]]
    CompressionName = Literal["deflate", "smallest", "store"]

_BATCH_BYTES: Final = 1 << 20  # a task for the pool: enough work to be worth handing over
_BATCH_FILES: Final = 64
_AHEAD_BYTES: Final = 2 * MAX_FILE_BYTES  # read or compressed, but not handed on yet
_SMALL: Final = 256 * 1024  # up to here a file is compressed to know whether it shrinks
_SAMPLE: Final = 4 * 1024
_STRIDE: Final = 64 * 1024
_WORTH_IT: Final = 0.98  # of its size: above, a sample counts as incompressible


class Compression(enum.StrEnum):
    """How the files are compressed. Each gives its own bytes; `store` gives the same ones for ever."""

    DEFLATE = "deflate"
    SMALLEST = "smallest"
    STORE = "store"

    @classmethod
    def _missing_(cls, _value: object) -> None:
        raise SettingsError(f"must be one of {', '.join(cls)}", key="compression")

    @property
    def level(self) -> int:
        """Libdeflate's level, 0 for none."""
        return {"deflate": 6, "smallest": 12, "store": 0}[self.value]


def write_zip(
    tree: SkillTree,
    name: str,
    compression: Compression | CompressionName = Compression.DEFLATE,
    threads: int | None = None,
) -> bytes:
    """Return the canonical zip of a tree.

    Args:
        tree: the files.
        name: the single top folder that all of them get.
        compression: how, as a member of Compression or its name.
        threads: how many compress at a time; as many as there are processors, up to 8, if None.

    Raises:
        ArchiveError: the name or a path has no place in a zip, or there is no file.
        SettingsError: there is no such compression, or less than one thread.
        SkillChangedError: a file is not what it was when it was judged.
        OSError: a file cannot be read.
    """
    return b"".join(lay_out(members(tree, name, compression, threads)))


def members(
    tree: SkillTree,
    name: str,
    compression: Compression | CompressionName = Compression.DEFLATE,
    threads: int | None = None,
) -> Iterator[Member]:
    """Yield the files of a tree in archive order, each as it lies in the zip, as soon as it is compressed.

    Takes and raises what write_zip does.
    """
    compression, threads = Compression(compression), thread_count(threads)
    named = [(entry_name(name, file.path), file) for file in tree.files]
    if not named:
        raise ArchiveError("there is no file to write, and a zip without one has no top folder", "manifest-missing")
    if upper_bound(tree, name) > MAX_OFFSET or len(named) > MAX_ENTRIES:
        raise ArchiveError("over 65,534 files or 4 GiB needs zip64, which a skill's zip never has", "zip64-unneeded")
    refuse_clashes(entry for entry, _ in named)
    batches = list(_batches(named))
    if len(batches) == 1 or threads == 1:
        for batch in batches:
            yield from _compress(batch, compression)
        return
    yield from _by_threads(batches, compression, threads)


def _by_threads(batches: list[_Batch], compression: Compression, threads: int) -> Iterator[Member]:
    """Yield the members in order, while threads work ahead: far enough never to idle, not so far as to fill memory."""
    from concurrent.futures import ThreadPoolExecutor

    waiting = deque((sum(file.size for _, file in batch), batch) for batch in batches)
    running: deque[tuple[int, Future[list[Member]]]] = deque()
    ahead = 0
    with ThreadPoolExecutor(threads) as pool:
        try:
            while waiting or running:
                while waiting and (not running or ahead + waiting[0][0] <= _AHEAD_BYTES):
                    size, batch = waiting.popleft()
                    running.append((size, pool.submit(_compress, batch, compression)))
                    ahead += size
                size, future = running.popleft()
                done = future.result()
                del future
                while done:  # each is let go as soon as it is handed on
                    yield done.pop(0)
                ahead -= size
        finally:
            for _, future in running:
                future.cancel()


def upper_bound(tree: SkillTree, name: str) -> int:
    """The most bytes that the zip of this tree can have, known from sizes alone: nothing ever grows."""
    top = len(name.encode("utf-8", "surrogatepass")) + 1
    headers = LOCAL.size + CENTRAL.size + 2 * top
    paths = sum(len(file.path.encode("utf-8", "surrogatepass")) for file in tree.files)
    return tree.size + len(tree.files) * headers + 2 * paths + END.size


def thread_count(threads: int | None) -> int:
    """Return how many threads compress; as many as there are processors, up to 8, if None.

    Raises:
        SettingsError: less than one.
    """
    if threads is None:
        return min(os.cpu_count() or 1, 8)
    if threads < 1:
        raise SettingsError("must be 1 or more", key="threads")
    return threads


def _batches(named: _Batch) -> Iterator[_Batch]:
    batch: _Batch = []
    size = 0
    for entry, file in named:
        if batch and (size + file.size > _BATCH_BYTES or len(batch) == _BATCH_FILES):
            yield batch
            batch, size = [], 0
        batch.append((entry, file))
        size += file.size
    if batch:
        yield batch


def _compress(batch: _Batch, compression: Compression) -> list[Member]:
    from deflate import crc32, deflate_compress

    done = []
    for entry, file in batch:
        content = file.read()
        data: bytes | bytearray = content
        method = STORED
        if compression is Compression.SMALLEST or (compression is Compression.DEFLATE and _shrinks(content)):
            packed = deflate_compress(content, compression.level)
            if len(packed) < len(content):
                data, method = packed, DEFLATED
        executable = file.source.fingerprint.executable
        done.append(Member(entry, method, crc32(content), len(content), executable, data, len(data)))
    return done


def _shrinks(content: bytes) -> bool:
    """Whether compressing the whole is worth the time: always if it is small, else if one of many places shrinks.

    A pure function of the content, or the same tree would have two zips. What it costs and what it overlooks is
    measured in docs/reference/bundle-format.
    """
    from deflate import deflate_compress

    if len(content) <= _SMALL:
        return True
    samples = (content[at : at + _SAMPLE] for at in range(0, len(content), _STRIDE))
    return any(len(deflate_compress(sample, 1)) < _WORTH_IT * len(sample) for sample in samples)
