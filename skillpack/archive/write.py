"""Write the zip of a tree: the same bytes on every machine, at any time, with any number of threads."""

from __future__ import annotations

import enum
import os
import weakref
import zlib
from collections import deque
from contextlib import closing
from functools import cache
from typing import TYPE_CHECKING, Final, Literal, get_args

from skillpack.archive.records import (
    DEFLATED,
    LOCAL,
    MAX_ENTRIES,
    MAX_OFFSET,
    START_BYTES,
    STORED,
    Member,
    entry_name,
    lay_out,
    other_formats,
    refuse_clashes,
    start_of_zip,
    upper_bound,
)
from skillpack.errors import ArchiveError, SettingsError, require_type
from skillpack.limits import MAX_FILE_BYTES
from skillpack.skill.tree import SkillTree
from skillpack.targets import Layout
from skillpack.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Iterable, Iterator
    from concurrent.futures import Future, ThreadPoolExecutor

    from skillpack.skill.tree import SkillFile

CompressionName = Literal["deflate", "smallest", "store"]
"""The name of a compression."""

_BATCH_BYTES: Final = 1 << 20  # a task for the pool: enough work to be worth handing over
_BATCH_FILES: Final = 64
_LEAST_SHARED: Final = 6 * 1024  # bytes of a file, on average: threads would wait for each other with less
_AHEAD_BYTES: Final = 2 * MAX_FILE_BYTES  # read or compressed, but not handed on yet
_OFFERED_BYTES: Final = MAX_FILE_BYTES  # the same before the first is asked for
_SMALL: Final = 256 * 1024  # up to here a file is compressed to know whether it shrinks
_SAMPLE: Final = 4 * 1024
_STRIDE: Final = 64 * 1024
_WORTH_IT: Final = 0.98  # of its size: above, a sample counts as incompressible
_LEVELS: Final = {"deflate": 6, "smallest": 12, "store": 0}


class Compression(enum.StrEnum):
    """How the files are compressed. The bytes differ for each; those of `store` never change between versions."""

    __module__ = "skillpack"

    DEFLATE = "deflate"
    SMALLEST = "smallest"
    STORE = "store"

    @classmethod
    def _missing_(cls, _value: object) -> None:
        raise SettingsError(f"must be one of {', '.join(cls)}", key="compression")

    @property
    def level(self) -> int:
        """Libdeflate's level, 0 for none."""
        return _LEVELS[self]


def write_zip(
    tree: SkillTree,
    name: str,
    compression: Compression | CompressionName = Compression.DEFLATE,
    threads: int | None = None,
    *,
    layout: Layout = "folder",
) -> bytes:
    """Return the canonical zip of a tree.

    Args:
        tree: the files.
        name: the single top folder that all of them get.
        compression: how, as a member of Compression or its name.
        threads: how many compress at a time; as many as there are processors, up to 8, if None.
        layout: root for a zip without that folder, as some consumers want it; read_zip does not read such a zip.

    Raises:
        ArchiveError: the name or a path has no place in a zip, there is no file, or the zip would be another format as
            well.
        SettingsError: there is no such compression or layout, or less than one thread.
        SkillChangedError: a file is not what it was when it was judged.
        OSError: a file cannot be read.
    """
    require_type("tree", tree, SkillTree, "a SkillTree")
    require_type("name", name, str, "a string")
    if layout not in get_args(Layout):
        raise SettingsError(f"must be {' or '.join(get_args(Layout))}", key="layout")
    top = None if layout == "root" else name
    return b"".join(lay_out(Compressor(tree, top, compression, threads).members()))


write_zip.__module__ = "skillpack"


def thread_count(threads: int | None) -> int:
    """Return how many threads compress; as many as there are processors, up to 8, if None.

    Raises:
        SettingsError: less than one.
        TypeError: no whole number.
    """
    if threads is None:
        return min(os.cpu_count() or 1, 8)
    require_type("threads", threads, int, "a whole number")
    if threads < 1:
        raise SettingsError("must be 1 or more", key="threads")
    return threads


class _Packed(NamedTuple):
    """A file after compression. Without data it is stored uncompressed, and read again when it is written."""

    file: SkillFile
    method: int
    crc: int
    data: bytes | bytearray | None

    def __repr__(self) -> str:
        return f"_Packed({self.file!r})"  # without the content

    def member(self, name: bytes) -> Member:
        data = self.file.read() if self.data is None else self.data
        executable = self.file.source.fingerprint.executable
        return Member(name, self.method, self.crc, self.file.size, executable, data, len(data))


class Compressor:
    """Compresses the files of one tree, once. It reads ahead enough to keep all threads busy, within a memory limit.

    Files that are offered, while others are still judged, are compressed from then on; of those only what does not
    shrink is read a second time. Compression stops once the compressor is garbage-collected.

    Args:
        tree: the files.
        top: the folder that all of them get in the zip; None for none.
        compression: how, as a member of Compression or its name.
        threads: how many compress at a time; as many as there are processors, up to 8, if None. A tree that is too
            small to share, and small files, are compressed by the thread that asks.
        enough: for a caller that stops once the zip is known to have at most this many bytes: no file is compressed
            ahead while those that are being compressed can turn out to decide that. None if all are wanted.

    Raises:
        SettingsError: there is no such compression, or less than one thread.
    """

    def __init__(
        self,
        tree: SkillTree,
        top: str | None,
        compression: Compression | CompressionName = Compression.DEFLATE,
        threads: int | None = None,
        enough: int | None = None,
    ) -> None:
        self._tree, self._top, self._compression = tree, top, Compression(compression)
        self._to_save = None if enough is None else upper_bound(tree, top) - enough
        self._waiting = deque(_batches(tree.files))
        self._running: deque[tuple[list[SkillFile], Future[list[_Packed]]]] = deque()
        self._offered: list[bytes] = []  # the contents of the first files of the first batch that waits
        self._process = os.getpid()
        self._pool = None
        if (count := thread_count(threads)) > 1 and len(self._waiting) > 1 and self._pays(tree.files):
            from concurrent.futures import ThreadPoolExecutor

            self._pool = ThreadPoolExecutor(count)
            weakref.finalize(self, _cancel, self._pool, self._process)

    def offer(self, file: SkillFile, content: bytes) -> None:
        """Accept a file whose content is in memory; after one that is omitted or exceeds the limit, none is.

        Only for deflate: stored files gain nothing, and what `smallest` does takes too long to be done in vain.
        """
        if not self._pool or not self._waiting or self._compression is not Compression.DEFLATE:
            return
        batch = self._waiting[0]
        if batch[len(self._offered)] is file and (self._offered or self._shares_next(_OFFERED_BYTES)):
            self._offered.append(content)
            if len(self._offered) == len(batch):
                self._share(_packed_from, self._offered)
                self._offered = []

    def members(self) -> Generator[Member, None, None]:
        """Yield the files in archive order, each as soon as it is compressed. It can be iterated only once.

        Those at the start are yielded together, once it is known that the zip is no other format as well.

        Raises:
            ArchiveError: the top folder or a path has no place in a zip, there is no file, or the zip would be another
                format as well.
            SkillChangedError: a file is not what it was when it was judged.
            OSError: a file cannot be read.
        """
        with closing(self._compress()) as members:
            start: list[Member] = []
            size = 0
            while size < START_BYTES and (member := next(members, None)) is not None:
                start.append(member)
                size += member.packed_size + LOCAL.size + len(member.name)
                del member
            start = _only_a_zip(start)
            while start:
                yield start.pop(0)
            yield from members

    def _compress(self) -> Generator[Member, None, None]:
        """Yield the files in archive order, each as soon as it is compressed."""
        self._offered = []
        try:
            names = iter(self._names())
            while self._waiting or self._running:
                self._restart_after_fork()
                while self._pool and self._pays_next() and self._shares_next(_AHEAD_BYTES - self._to_be_read()):
                    self._share(_packed)
                if self._running:
                    done = self._running.popleft()[1].result()
                else:
                    done = _packed(self._waiting.popleft(), self._compression)
                if self._to_save is not None:
                    self._to_save -= _saved(done)
                while done:  # each is let go as soon as it is handed on
                    yield done.pop(0).member(next(names))
        finally:
            self.close()

    def close(self) -> None:
        """Stop: wait for the running compressions, and start no others."""
        self._restart_after_fork()
        self._waiting.clear()
        self._running.clear()
        if self._pool:
            self._pool.shutdown(cancel_futures=True)

    def _restart_after_fork(self) -> None:
        """In a forked child, compress again what the threads had: it has no threads, and their locks may be held."""
        if self._pool and os.getpid() != self._process:
            self._pool = None
            self._waiting.extendleft(batch for batch, _ in reversed(self._running))
            self._running.clear()

    def _names(self) -> list[bytes]:
        """Return the names of the entries; all are checked before the first is returned."""
        files = self._tree.files
        if not files:
            raise ArchiveError("there is no file to write, and a zip without one has no top folder", "manifest-missing")
        if upper_bound(self._tree, self._top) > MAX_OFFSET or len(files) > MAX_ENTRIES:
            message = "over 65,534 files or 4 GiB needs zip64, which a skill's zip never has"
            raise ArchiveError(message, "total-too-large")
        names = [entry_name(self._top, file.path) for file in files]
        refuse_clashes(names)
        return names

    def _pays(self, files: Collection[SkillFile]) -> bool:
        """Return whether several threads are quicker for some files: not if these are small."""
        return self._compression is Compression.SMALLEST or _size(files) >= _LEAST_SHARED * len(files)

    def _pays_next(self) -> bool:
        return bool(self._waiting) and self._pays(self._waiting[0])

    def _shares_next(self, most: int) -> bool:
        """Return whether one more batch fits in the memory limit of contents and results, and may be wanted."""
        if not self._running:
            return True
        return sum(_held(*task) for task in self._running) + _size(self._waiting[0]) <= most and not self._may_suffice()

    def _may_suffice(self) -> bool:
        """Return whether what runs can turn out to save enough; what is done has saved what it has."""
        if self._to_save is None:
            return False
        savings = (_saved(task.result()) if _is_done(task) else _size(batch) for batch, task in self._running)
        return sum(savings) >= self._to_save

    def _to_be_read(self) -> int:
        """Return the size of the largest file that is read again when it is handed on."""
        done = [task.result() for _, task in self._running if _is_done(task)]
        return max((packed.file.size for batch in done for packed in batch if packed.data is None), default=0)

    def _share(self, work: Callable[..., list[_Packed]], *contents: list[bytes]) -> None:
        """Start a thread for the first waiting batch; if the system refuses, the caller compresses them."""
        assert self._pool
        batch = self._waiting[0]
        try:
            task = self._pool.submit(work, batch, self._compression, *contents)
        except RuntimeError:
            self._pool.shutdown()
            self._pool = None
        else:
            self._running.append((self._waiting.popleft(), task))


def _only_a_zip(start: list[Member]) -> list[Member]:
    """Return the first files of a zip, uncompressed if their compressed data makes the zip another format as well.

    So the contents alone decide what is refused, and a check need not compress them.

    Raises:
        ArchiveError: their content does so, too.
    """
    if not any(other_formats(start_of_zip(start))):
        return start
    stored = [_stored(member) for member in start]
    for offset, message in other_formats(start_of_zip(stored)):
        raise ArchiveError(message, "zip-not-a-zip", offset)
    return stored


def _stored(member: Member) -> Member:
    if member.method == STORED:
        return member
    return member._replace(method=STORED, data=zlib.decompress(member.data, -zlib.MAX_WBITS), packed_size=member.size)


def _cancel(pool: ThreadPoolExecutor, process: int) -> None:
    """Stop a pool from starting anything more; in a forked child it has no threads, and its locks may be held."""
    if os.getpid() == process:
        pool.shutdown(wait=False, cancel_futures=True)


def _packed(batch: list[SkillFile], compression: Compression) -> list[_Packed]:
    """Read and compress the files of a batch."""
    return [_pack(file, file.read(), compression) for file in batch]


def _packed_from(batch: list[SkillFile], compression: Compression, contents: list[bytes]) -> list[_Packed]:
    """Compress contents that are in memory; large ones that do not shrink are read again when they are written."""
    packed = [_pack(file, content, compression) for file, content in zip(batch, contents, strict=True)]
    return [one._replace(data=None) if one.method == STORED and one.file.size > _SMALL else one for one in packed]


def _pack(file: SkillFile, content: bytes, compression: Compression) -> _Packed:
    crc = _crc32()(content)
    deflated = _deflated(content, compression)
    if deflated is None:
        return _Packed(file, STORED, crc, content)
    return _Packed(file, DEFLATED, crc, deflated)


@cache
def _crc32() -> Callable[[bytes], int]:
    """Return the fastest CRC-32 that is installed; all give the same number."""
    try:
        import deflate
    except ImportError:  # where there is no wheel of it, such as WebAssembly
        return zlib.crc32
    return deflate.crc32


@cache
def _deflate_compress() -> Callable[[bytes, int], bytearray]:
    """Return libdeflate's compressor; no other gives the same bytes.

    Raises:
        SettingsError: it is not installed.
    """
    try:
        from deflate import deflate_compress
    except ImportError as error:
        message = "compression needs the package deflate, which is not installed; use --compression store"
        raise SettingsError(message) from error
    return deflate_compress


def compressor() -> str:
    """Return the compressor and its version.

    Raises:
        SettingsError: it is not installed.
    """
    from importlib.metadata import version

    _deflate_compress()
    return f"deflate {version('deflate')}"


def _deflated(content: bytes, compression: Compression) -> bytes | bytearray | None:
    """Return the compressed content, or None if it is stored uncompressed."""
    if compression is Compression.SMALLEST or (compression is Compression.DEFLATE and _shrinks(content)):
        deflated = _deflate_compress()(content, compression.level)
        return deflated if len(deflated) < len(content) else None
    return None


def _held(batch: list[SkillFile], task: Future[list[_Packed]]) -> int:
    if _is_done(task):
        return sum(len(packed.data or b"") for packed in task.result())
    return _size(batch)


def _saved(batch: list[_Packed]) -> int:
    return sum(packed.file.size - len(packed.data) for packed in batch if packed.data is not None)


def _is_done(task: Future[list[_Packed]]) -> bool:
    return task.done() and not task.exception()


def _size(files: Iterable[SkillFile]) -> int:
    return sum(file.size for file in files)


def _batches(files: Iterable[SkillFile]) -> Iterator[list[SkillFile]]:
    batch: list[SkillFile] = []
    size = 0
    for file in files:
        if batch and (size + file.size > _BATCH_BYTES or len(batch) == _BATCH_FILES):
            yield batch
            batch, size = [], 0
        batch.append(file)
        size += file.size
    if batch:
        yield batch


def _shrinks(content: bytes) -> bool:
    """Return whether to compress the whole: always if it is small, otherwise if one of many samples of it shrinks.

    A pure function of the content, or the same tree would have two zips. What it costs and what it overlooks is
    measured in docs/reference/bundle-format.
    """
    if len(content) <= _SMALL:
        return True
    samples = (content[at : at + _SAMPLE] for at in range(0, len(content), _STRIDE))
    return any(len(_deflate_compress()(sample, 1)) < _WORTH_IT * len(sample) for sample in samples)
