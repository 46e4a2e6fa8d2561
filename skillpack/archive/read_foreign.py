"""Read zips that other tools wrote, and report every place where two readers could see different files.

The central directory is read first, then each local header is compared with it; nothing is inflated unless both are
free of errors. Field names are those of PKWARE's APPNOTE 6.3.10. docs/reference/foreign-zips.md lists what is accepted.
"""

from __future__ import annotations

import re
import struct
import unicodedata
import zlib
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from skillpack.archive.central_directory import (
    CENTRAL_SIGNATURE,
    END_SIGNATURE,
    LOCATOR_SIGNATURE,
    ZIP64_END,
    ZIP64_LOCATOR,
    find_end,
    find_zip64,
    read_header,
)
from skillpack.archive.records import CENTRAL, DEFLATED, END, LOCAL, STORED, other_formats, refuse_unsafe
from skillpack.archive.sharing import share
from skillpack.errors import ArchiveError, require_type
from skillpack.findings import Issue, Location
from skillpack.limits import (
    FREELY_INFLATED_BYTES,
    MANIFEST,
    MAX_COMPONENT_BYTES,
    MAX_DEPTH,
    MAX_FILE_BYTES,
    MAX_FOREIGN_INFLATED_BYTES,
    MAX_INFLATION_RATIO,
    MAX_PATH_BYTES,
    MAX_ZIP_BYTES,
    MAX_ZIP_ENTRIES,
)
from skillpack.skill.tree import BytesLike
from skillpack.values import NamedTuple, replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from skillpack.archive.central_directory import EndRecord, Header, Zip64Record

_COUNTED: Final = {
    "zip-comment": "comments on the zip or on entries: {}; they are ignored",
    "zip-descriptor": "entries followed by a data descriptor: {}; each agrees with the central directory",
    "zip64-unneeded": "zip64 fields although every size fits into 32 bits: {}",
    "zip-metadata": "entries with metadata of macOS (__MACOSX, .DS_Store): {}; they are ignored",
}
"""Rules reported once, at the first place, with the number of places: a harmless habit of the writer."""

OTHER_LAYOUT: Final = "OpenAI refuses the zip; other consumers want this layout: name one, such as --target google"
"""The hint for a zip with SKILL.md at its root."""

ACCEPTED: Final = frozenset({"path-not-nfc", *_COUNTED})
"""The rules with which a zip is read; an issue of any other rule means that no content is trusted."""

_LOCAL_SIGNATURE: Final = b"PK\x03\x04"
_DESCRIPTOR_SIGNATURE: Final = b"PK\x07\x08"
_DESCRIPTOR: Final = {False: struct.Struct("<4sLLL"), True: struct.Struct("<4sLQQ")}  # True: with zip64
_NO_COUNT: Final = 0xFFFF  # stands for "see the zip64 record"
_NO_SIZE: Final = 0xFFFFFFFF

_ENCRYPTED: Final = 0x2041  # bits 0, 6 (strong) and 13 (masked headers)
_HAS_DESCRIPTOR: Final = 0x0008
_UTF8: Final = 0x0800
_KNOWN_FLAGS: Final = 0x0006 | _HAS_DESCRIPTOR | _UTF8  # bits 1 and 2 name the effort of deflate
_MAX_NEEDED: Final = 45  # 4.5 brought zip64; deflate and folders need 2.0
_AES: Final = 99

# FAT, Unix, NTFS (two numbers in use), VFAT and macOS; of the others unzip reads the attributes in its own ways
_SYSTEMS: Final = frozenset({0, 3, 10, 11, 14, 19})
# "made by" FAT, or NTFS in version 5.0: unzip 6.00 heeds the UTF-8 flag of such an entry only if it has an extra field
_READ_AS_OEM: Final = frozenset({*range(0x100), 0x0B32})
_DOS_DIRECTORY: Final = 0x10
_REGULAR, _DIRECTORY = 0o100000, 0o040000
_KINDS: Final = {
    0o010000: "a FIFO",
    0o020000: "a device",
    _DIRECTORY: "a folder",
    0o060000: "a device",
    _REGULAR: "a file",
    0o120000: "a symbolic link",
    0o140000: "a socket",
}

_ZIP64, _NTFS, _TIMES, _UNIX1, _UNIX2, _UNIX3, _UNICODE_PATH = 0x0001, 0x000A, 0x5455, 0x5855, 0x7855, 0x7875, 0x7075
_MAX_NAME_BYTES: Final = MAX_COMPONENT_BYTES + 1 + MAX_PATH_BYTES  # top folder, slash, path
_METADATA: Final = re.compile(r"__MACOSX(/|$)|(.*/)?\.DS_Store$")


class Entry(NamedTuple):
    """An entry of a zip without errors, and its content, which was compared with its size and CRC-32.

    `name` is in Unicode form NFC and, for a folder, has no slash at its end; `raw_name` are the bytes in the zip.
    `offset` is that of the local header, `data` what is there, `size` the number of bytes of the content. `executable`
    is what the mode states, which a writer on Windows does not know.
    """

    name: str
    raw_name: bytes
    offset: int
    size: int
    executable: bool
    is_directory: bool
    method: int
    crc: int
    data: memoryview
    content: bytes


class Reading(NamedTuple):
    """What a zip holds, in the order of its central directory: no entries if it is refused.

    The path of an issue is the name of the entry it is about, top folder included, or `.` for the zip itself.
    `refused` are the entries of a zip that is refused for the encoding of names alone, without data and content.
    """

    entries: tuple[Entry, ...]
    issues: tuple[Issue, ...]
    refused: tuple[Entry, ...] = ()

    @property
    def ok(self) -> bool:
        """True if no issue refuses the zip."""
        return all(issue.rule_id in ACCEPTED for issue in self.issues)


def read_foreign(data: BytesLike) -> Reading:
    """Read a zip that any tool may have written.

    Args:
        data: the whole zip.

    Returns:
        Its entries and every deviation, in the order of the bytes. Never raises for what the bytes hold.

    Raises:
        TypeError: `data` is not bytes.
    """
    require_type("data", data, BytesLike, "the bytes of a zip")
    data = bytes(data)
    log = _Log()
    records: list[_Record] = []
    entries: list[Entry] = []
    try:
        records = _read_headers(data, log)
        if not log.failed:
            entries = _read_contents(data, records, log)
    except ArchiveError as error:  # nothing after this place can be located
        log.add(error.rule, error.offset, error.message)
    issues = log.issues()
    if not log.failed:
        return Reading(tuple(entries), issues)
    if any(issue.rule_id not in {"zip-name-encoding", *ACCEPTED} for issue in issues):
        return Reading((), issues)
    return Reading((), issues, tuple(_entry(record, memoryview(b""), b"") for record in records))


def top_folder(entries: Iterable[Entry]) -> str | Issue:
    """Return the name of the one folder that a skill's zip has at its root, or why it has none.

    Metadata of macOS next to that folder is ignored.

    Args:
        entries: those of a zip without errors.
    """
    files = [entry for entry in entries if not entry.is_directory and not is_metadata(entry.name)]
    if not files:
        return Issue("manifest-missing", Location(), "the zip holds no files")
    loose = [entry for entry in files if "/" not in entry.name]
    if manifest := next((entry for entry in loose if _is_manifest(entry.name)), None):
        message = "SKILL.md is at the root of the zip, not in one top folder"
        return Issue("zip-several-roots", _place(manifest), message, hint=OTHER_LAYOUT)
    if loose:
        return Issue("zip-several-roots", _place(loose[0]), "a file is at the root of the zip, not in one top folder")
    first = {entry.name.partition("/")[0]: entry for entry in reversed(files)}
    if len(first) > 1:
        other = sorted(first.values(), key=lambda entry: entry.offset)[1]
        return Issue("zip-several-roots", _place(other), f"the zip has {len(first)} top folders, not one")
    (top,) = first
    manifests = {entry.name.count("/"): entry for entry in files if _is_manifest(entry.name)}
    if not manifests or 1 in manifests:
        return top
    depth = min(manifests)
    plural = "one folder" if depth == 2 else f"{depth - 1} folders"
    skill = manifests[depth].name.split("/")[-2]
    hint = f"zip the folder {skill} itself: skillpack zip"
    return Issue("manifest-missing", _place(manifests[depth]), f"SKILL.md is {plural} too deep", hint=hint)


def is_metadata(name: str) -> bool:
    """Return whether macOS added the entry: a file under `__MACOSX` or a `.DS_Store`.

    Args:
        name: the name of an entry.
    """
    return _METADATA.match(name) is not None


def _place(entry: Entry) -> Location:
    return Location(entry.name, offset=entry.offset)


def _is_manifest(name: str) -> bool:
    return name.rpartition("/")[2].casefold() == MANIFEST.casefold()


class _Log:
    """The issues so far, those of _COUNTED rules with the number of their places."""

    def __init__(self) -> None:
        self.failed = False
        self._issues: list[Issue] = []
        self._counts: dict[str, int] = {}

    def add(self, rule: str, offset: int | None, message: str, path: str = "") -> None:
        self._issues.append(Issue(rule, Location(path or ".", offset=offset), message))
        self.failed = self.failed or rule not in ACCEPTED

    def count(self, rule: str, offset: int, path: str = "") -> None:
        if rule not in self._counts:
            self.add(rule, offset, _COUNTED[rule], path)
        self._counts[rule] = self._counts.get(rule, 0) + 1

    def issues(self) -> tuple[Issue, ...]:
        counted = (
            replace(issue, message=issue.message.format(f"{self._counts[issue.rule_id]:,}"))
            if issue.rule_id in self._counts
            else issue
            for issue in self._issues
        )
        return tuple(sorted(counted, key=lambda issue: (issue.location.offset or 0, issue.rule_id)))


class _End(NamedTuple):
    """What the end records state: how many entries, and the bytes of the central directory."""

    entries: int
    begin: int
    end: int


class _Record(NamedTuple):
    """An entry as the central directory states it, at byte `at`."""

    at: int
    made_by: int
    needed: int
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    raw_name: bytes
    attributes: int
    offset: int
    name: str = ""
    begin: int = 0  # of the data, once the local header is read

    @property
    def is_directory(self) -> bool:
        return self.raw_name.endswith(b"/")


def _read_headers(data: bytes, log: _Log) -> list[_Record]:
    """Return the entries, those without a readable local header excluded."""
    end = _find_end(data, log)
    for offset, message in other_formats(data):
        log.add("zip-not-a-zip", offset, message)
    records = list(_read_directory(data, end, log))
    _check_names(records, log)
    _check_sizes(len(data), records, log)
    placed, spans = [], []
    for record in records:
        local = _read_local(data, record, end.begin, log)
        if local is not None:
            placed.append(record._replace(begin=local[0]))
            spans.append((record.offset, local[1], record.name))
    if len(placed) == len(records):
        _check_spans(spans, end.begin, log)
    return placed


# --- end records -----------------------------------------------------------------------------------------------


def _find_end(data: bytes, log: _Log) -> _End:
    if len(data) > MAX_ZIP_BYTES:
        raise ArchiveError(f"the zip has {len(data):,} bytes; the API accepts {MAX_ZIP_BYTES:,}", "zip-too-large")
    end = find_end(data)
    if end is None:
        what = "not a zip" if data[:2] != b"PK" else "not a whole zip: it may have been cut off"
        raise ArchiveError(f"{what}; there is no end of central directory record", "zip-not-a-zip", len(data))
    at, count, length, begin = end.at, end.entries, end.length, end.begin
    _demand_only_end(data, end)
    if end.comment:
        log.count("zip-comment", at + END.size)
    if end.disk or end.first_disk or end.here != count:
        raise ArchiveError("the end record is that of a zip split over several files", "zip-end-records", at + 4)
    limit = at
    if wide := find_zip64(data, end):
        _check_zip64_end(data, wide, end)
        limit, count, length, begin = wide.at, wide.entries, wide.length, wide.begin
        log.count("zip64-unneeded", limit)
    elif count == _NO_COUNT or _NO_SIZE in (length, begin):
        raise ArchiveError("the end record refers to a zip64 record, which is missing", "zip-end-records", at)
    _demand_no_gap(data, begin, length, limit)
    if not count:
        raise ArchiveError("the zip has no entries", "zip-not-a-zip", at + 10)
    if count > MAX_ZIP_ENTRIES:
        message = f"the zip has {count:,} entries; at most {MAX_ZIP_ENTRIES:,} are read"
        raise ArchiveError(message, "zip-bomb", at + 10)
    return _End(count, begin, limit)


def _demand_only_end(data: bytes, end: EndRecord) -> None:
    """Refuse bytes after the last end record, and an earlier one whose comment would hold it."""
    earlier = max(0, len(data) - END.size - 0xFFFF)
    while (earlier := data.find(END_SIGNATURE, earlier, end.at)) >= 0:
        if earlier + END.size + int.from_bytes(data[earlier + 20 : earlier + 22], "little") == len(data):
            message = (
                "a second end of central directory record is in the comment of this one: readers choose differently"
            )
            raise ArchiveError(message, "zip-end-records", earlier)
        earlier += 1
    stop = end.at + END.size + end.comment
    if stop < len(data):
        raise ArchiveError(f"the zip ends at byte {stop:,}, but there are {len(data):,} bytes", "zip-suffix", stop)
    if stop > len(data):
        raise ArchiveError("the comment of the zip is cut off", "zip-not-a-zip", end.at + 20)


def _check_zip64_end(data: bytes, wide: Zip64Record, end: EndRecord) -> None:
    """Refuse a zip64 record that some readers do not use, or that contradicts the end record.

    Raises:
        ArchiveError: the first problem.
    """
    at, plain = wide.at, (end.entries, end.length, end.begin)
    if end.entries != _NO_COUNT and _NO_SIZE not in plain[1:]:
        message = "a zip64 record that the end record does not refer to: jszip takes it for bytes before the zip"
        raise ArchiveError(message, "zip-end-records", max(0, at))
    if (second := data.find(LOCATOR_SIGNATURE, at + ZIP64_END.size + ZIP64_LOCATOR.size)) >= 0:
        message = "a second zip64 locator is in the comment: jszip uses the last one"
        raise ArchiveError(message, "zip-end-records", second)
    if at < 0 or wide.locator != (0, at, 1) or wide.signature != b"PK\x06\x06":
        message = "the zip64 locator does not lead to a zip64 record of 56 bytes just before it"
        raise ArchiveError(message, "zip-end-records", max(0, at + ZIP64_END.size))
    if wide.size != ZIP64_END.size - 12 or wide.disk or wide.first_disk or wide.here != wide.entries:
        raise ArchiveError("the zip64 record has data of its own or is split over files", "zip-end-records", at + 4)
    for number, (value, short) in enumerate(zip((wide.entries, wide.length, wide.begin), plain, strict=True)):
        if short not in (value, _NO_SIZE if number else _NO_COUNT):
            message = f"the zip64 record states {value:,} where the end record states {short:,}"
            raise ArchiveError(message, "zip-end-records", at + 32 + 8 * number)


def _demand_no_gap(data: bytes, begin: int, length: int, limit: int) -> None:
    if begin + length == limit:
        return
    before = limit - length - begin
    if before > 0 and data[limit - length : limit - length + 4] == CENTRAL_SIGNATURE:
        raise ArchiveError(f"the zip starts at byte {before:,}: its offsets are too small by as many", "zip-prefix", 0)
    message = f"the central directory is said to end at byte {begin + length:,}, but the end record is at {limit:,}"
    raise ArchiveError(message, "zip-gap" if before > 0 else "zip-end-records", min(begin + length, limit))


# --- central directory -----------------------------------------------------------------------------------------


def _read_directory(data: bytes, end: _End, log: _Log) -> Iterable[_Record]:
    at = end.begin
    for number in range(end.entries):
        header = read_header(data, at, end.end)
        if header is None:
            message = f"the central directory holds {number:,} entries, but the end record states {end.entries:,}"
            raise ArchiveError(message, "zip-count", at)
        if header.stop > end.end:
            raise ArchiveError("an entry reaches beyond the central directory", "zip-count", at + 28)
        yield _read_entry(header, log)
        at = header.stop
    if at != end.end:
        message = f"the central directory goes on after the last of its {end.entries:,} entries"
        raise ArchiveError(message, "zip-count", at)


def _read_entry(header: Header, log: _Log) -> _Record:
    """Return what a header of the central directory states, and report what readers could interpret differently."""
    at, flags, raw = header.at, header.flags, header.name
    name_end = at + CENTRAL.size + len(raw)
    name = _decode(raw, flags, at, log)
    fields = _read_extra(header.extra, name_end, log, name, local=False)
    size, packed, offset = _widen(fields, (header.size, header.packed, header.offset), name_end, log, name)
    record = _Record(
        *(at, header.made_by, header.needed, flags, header.method, header.crc, packed, size, raw),
        *(header.attributes, offset, name),
    )
    _check_unicode_path(fields, record, name_end, log)
    if header.made_by in _READ_AS_OEM and not header.extra and flags & _UTF8 and not raw.isascii():
        message = "unzip reads the name as cp437: it is not ASCII, and made on FAT or NTFS without an extra field"
        log.add("zip-name-encoding", at + CENTRAL.size, message, name)
    if header.comment:
        log.count("zip-comment", name_end + len(header.extra), name)
    if header.disk:
        log.add("zip-end-records", at + 34, "the entry is said to be in another file of a split zip", name)
    _check_method(record, log)
    _check_kind(record, log)
    if is_metadata(name):
        log.count("zip-metadata", at, name)
    return record


def _decode(raw: bytes, flags: int, at: int, log: _Log) -> str:
    """Return the name in NFC, without the slash at the end of a folder's; one that is not Unicode with U+FFFD."""
    at += CENTRAL.size
    raw = raw.removesuffix(b"/")
    if len(raw) > _MAX_NAME_BYTES:
        log.add("path-too-long", at, f"the entry's name has {len(raw):,} bytes")
        return raw[:MAX_COMPONENT_BYTES].decode(errors="replace")
    if flags & _UTF8 or raw.isascii():
        try:
            name = raw.decode()
        except UnicodeDecodeError as error:
            log.add("path-not-utf8", at + error.start, "the entry's name is not UTF-8, although its flag is set")
            return raw.decode(errors="replace")
    else:
        name, message = _decode_unmarked(raw)
        log.add("zip-name-encoding", at, message, name)
    nfc = unicodedata.normalize("NFC", name)
    if nfc != name:
        log.add("path-not-nfc", at, "the name is not in Unicode form NFC; it is read in that form", nfc)
    return nfc


def _decode_unmarked(raw: bytes) -> tuple[str, str]:
    """Return a name without the flag for UTF-8, as UTF-8 if it is that, else as cp437, and what is wrong with it."""
    other = raw.decode("cp437")
    try:
        name = raw.decode()
    except UnicodeDecodeError:
        return other, "the name is not ASCII and not marked as UTF-8: it is cp437 to some readers, UTF-8 to others"
    shown = unicodedata.normalize("NFC", other)
    return name, f"the name is not marked as UTF-8: readers that take it for cp437 see {shown[-60:]}"


def _check_method(record: _Record, log: _Log) -> None:
    at, name = record.at, record.name
    encrypted = record.flags & _ENCRYPTED or record.method == _AES  # which adds bytes, and may hide the CRC-32
    if encrypted:
        log.add("zip-encrypted", at + 8, "the entry is encrypted", name)
    elif record.method not in (STORED, DEFLATED):
        log.add("zip-method", at + 10, f"compression method {record.method} is neither stored nor deflate", name)
    if unknown := record.flags & ~_KNOWN_FLAGS & ~_ENCRYPTED:
        log.add("zip-method", at + 8, f"general purpose flags {unknown:#06x} change how the data is read", name)
    if record.needed > _MAX_NEEDED:
        version = f"{record.needed / 10:.1f}"
        log.add("zip-method", at + 6, f"reading it needs version {version} of the zip format, above 4.5", name)
    if record.method == STORED and record.packed != record.size and not encrypted:
        message = f"a stored entry has {record.packed:,} bytes compressed and {record.size:,} uncompressed"
        log.add("zip-data", at + 20, message, name)
    if record.size and not record.crc and not encrypted:
        log.add("zip-data", at + 16, "the CRC-32 is 0, which some readers do not check", name)


def _check_kind(record: _Record, log: _Log) -> None:
    """Report what is neither a regular file nor a folder, to any reader."""
    place, mode = record.at + 38, record.attributes >> 16
    kind = mode & 0o170000
    problems = []
    if record.made_by >> 8 not in _SYSTEMS:
        problems.append(f"made on system {record.made_by >> 8}, whose file attributes readers interpret differently")
    if kind not in (0, _DIRECTORY if record.is_directory else _REGULAR):
        named = "a folder" if record.is_directory else "a file"
        problems.append(f"the mode is that of {_KINDS.get(kind, f'type {kind:o}')}, the name that of {named}")
    elif not record.is_directory and record.attributes & _DOS_DIRECTORY:
        problems.append("the attributes are those of a folder, the name that of a file")
    if record.attributes & 0x0448:  # of DOS and Windows: volume label, device, reparse point
        problems.append("the attributes are those of a volume label, a device or a link")
    if mode & 0o6000 and not record.is_directory:
        problems.append("the mode sets the user or group id of the process (setuid, setgid)")
    if record.is_directory and (record.size or record.packed) and not _is_empty(record):
        problems.append(f"a folder has {max(record.size, record.packed):,} bytes of data")
    for problem in problems:
        log.add("zip-entry-kind", place, problem, record.name)


def _is_empty(record: _Record) -> bool:
    """Return whether a folder has the two bytes to which no content is deflated, as Java and Python's zipfile write."""
    return (record.method, record.size, record.packed) == (DEFLATED, 0, 2)


def _check_names(records: Sequence[_Record], log: _Log) -> None:
    first: dict[str, _Record] = {}
    for record in records:
        _check_name(record, log)
        other = first.setdefault(_folded(record.name), record)
        if other is not record:
            what = "the same name as" if other.name == record.name else "a name that differs only in case or form from"
            message = f"the entry has {what} the one at byte {other.at:,}"
            log.add("zip-duplicate", record.at + CENTRAL.size, message, record.name)
    for key, record in first.items():
        parent = key.rpartition("/")[0] if key.count("/") <= MAX_DEPTH + 1 else ""
        while parent:
            above = first.get(parent)
            if above is not None and not above.is_directory:
                message = f"the entry at byte {above.at:,} is a file, but would also have to be a folder"
                log.add("zip-duplicate", record.at + CENTRAL.size, message, record.name)
            parent = parent.rpartition("/")[0]


def _check_name(record: _Record, log: _Log) -> None:
    place, name = record.at + CENTRAL.size, record.name
    path = name.partition("/")[2]
    if len(path.encode()) > MAX_PATH_BYTES or path.count("/") > MAX_DEPTH:
        log.add("path-too-long", place, "a file's path is too long or too deep for some systems", name)
        return
    try:
        refuse_unsafe(name.split("/"))
    except ArchiveError as error:
        log.add(error.rule, place, error.message, name)
    if not record.is_directory and re.search(r";[0-9]*\Z", name):
        message = "a file's name ends in a semicolon and digits, which unzip drops as a version number of VMS"
        log.add("path-unsafe", place, message, name)


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name.casefold())


def _check_sizes(zip_size: int, records: Sequence[_Record], log: _Log) -> None:
    """Report a zip bomb by the sizes that the central directory states."""
    for record in records:
        if record.size > MAX_FILE_BYTES:
            message = f"the entry would inflate to {record.size:,} bytes; at most {MAX_FILE_BYTES:,} are read"
            log.add("zip-bomb", record.at + 24, message, record.name)
    total = sum(record.size for record in records)
    if total > MAX_FOREIGN_INFLATED_BYTES:
        message = f"the zip would inflate to {total:,} bytes; at most {MAX_FOREIGN_INFLATED_BYTES:,} are read"
        log.add("zip-bomb", records[0].at, message)
    elif total > FREELY_INFLATED_BYTES and total > MAX_INFLATION_RATIO * zip_size:
        message = f"the zip would inflate to {total / zip_size:.0f} times its size; at most {MAX_INFLATION_RATIO} times"
        log.add("zip-bomb", records[0].at, f"{message} is read above {FREELY_INFLATED_BYTES:,} bytes")


# --- extra fields ----------------------------------------------------------------------------------------------


def _read_extra(extra: bytes, at: int, log: _Log, name: str, *, local: bool) -> dict[int, bytes]:
    """Return the extra fields by their id; `at` is the byte of the zip where they begin."""
    fields: dict[int, bytes] = {}
    place = 0
    while place < len(extra):
        kind, length = int.from_bytes(extra[place : place + 2], "little"), extra[place + 2 : place + 4]
        value = extra[place + 4 : place + 4 + int.from_bytes(length, "little")]
        if len(length) < 2 or len(value) < int.from_bytes(length, "little"):
            log.add("zip-extra", at + place, "the extra fields end within a field", name)
            break
        problem = None if _is_expected(kind, value, local=local) else "has an unexpected form"
        if kind in fields:
            problem = "is there twice"
        elif kind not in _ACCEPTED_FIELDS:
            problem = "is not one that all readers ignore"
        if problem:
            log.add("zip-extra", at + place, f"extra field {kind:#06x} {problem}", name)
            break
        fields[kind] = value
        place += 4 + len(value)
    return fields


_ACCEPTED_FIELDS: Final = frozenset({_ZIP64, _NTFS, _TIMES, _UNIX1, _UNIX2, _UNIX3, _UNICODE_PATH})


def _is_expected(kind: int, value: bytes, *, local: bool) -> bool:
    """Return whether an accepted field has a form that its definition names; the others are judged where they count."""
    size = len(value)
    if kind == _NTFS:
        return size == 32 and value[4:8] == b"\x01\x00\x18\x00"  # one attribute: three times of eight bytes
    if kind == _TIMES:  # the central directory repeats the flags of the local header, but one time at most
        times = (value[0] & 7).bit_count() if value else 0
        return (size == 1 + 4 * times and size > 1) or (not local and size == 5 and value[0] & 1 == 1)
    if kind == _UNIX1:
        return size == 8 or (local and size == 12)
    if kind == _UNIX2:
        return size == (4 if local else 0)
    if kind == _UNIX3:  # version 1, then the user's and the group's id, each after its length
        return (size >= 3 and value[0] == 1 and size > 2 + value[1] and size == 3 + value[1] + value[2 + value[1]]) or (
            not local and not value
        )
    return True


def _check_unicode_path(fields: Mapping[int, bytes], record: _Record, at: int, log: _Log) -> None:
    """Report a second name that is not the first: some readers use the one, some the other."""
    value = fields.get(_UNICODE_PATH)
    if value is None:
        return
    checked = b"\x01" + zlib.crc32(record.raw_name).to_bytes(4, "little")
    if value[:5] != checked:
        message = "the Unicode path field belongs to another name: some readers use it anyway"
        log.add("zip-unicode-path", at, message, record.name)
    elif value[5:] != record.raw_name:
        log.add("zip-unicode-path", at, "the Unicode path field holds another name than the header", record.name)
    elif record.flags & _HAS_DESCRIPTOR:
        message = "a Unicode path field together with a data descriptor, which unzip takes for overlapping entries"
        log.add("zip-unicode-path", at, message, record.name)


def _widen(fields: Mapping[int, bytes], values: tuple[int, ...], at: int, log: _Log, name: str) -> list[int]:
    """Return the values with those replaced that the zip64 field holds, in this order, for the ones too large."""
    missing = [place for place, value in enumerate(values) if value == _NO_SIZE]
    field = fields.get(_ZIP64)
    if field is None and not missing:
        return list(values)
    if field is None or len(field) != 8 * len(missing):
        found = "no zip64 field" if field is None else f"a zip64 field of {len(field)} bytes"
        message = f"the entry has {found}; its header needs one of {8 * len(missing)} bytes"
        log.add("zip-extra", at, message, name)
        return list(values)
    log.count("zip64-unneeded", at, name)
    wide = list(values)
    for place, value in zip(missing, struct.unpack(f"<{len(missing)}Q", field), strict=True):
        wide[place] = value
    return wide


# --- local headers ---------------------------------------------------------------------------------------------


def _read_local(data: bytes, record: _Record, limit: int, log: _Log) -> tuple[int, int] | None:
    """Return where the data begins and where the entry ends, or None if no entry is there; `limit` ends them all."""
    at, name = record.offset, record.name
    if at + LOCAL.size > limit or data[at : at + 4] != _LOCAL_SIGNATURE:
        message = f"there is no local header at byte {at:,}, where the central directory says"
        log.add("zip-directory-mismatch", record.at + 42, message, name)
        return None
    _, needed, flags, method, _, _, crc, packed, size, name_length, extra_length = LOCAL.unpack_from(data, at)
    name_end = at + LOCAL.size + name_length
    begin = name_end + extra_length
    if begin + record.packed > limit:
        log.add("zip-overlap", record.at + 20, "the entry's data reaches into the central directory", name)
        return None
    fields = _read_extra(data[name_end:begin], name_end, log, name, local=True)
    _check_unicode_path(fields, record, name_end, log)
    size, packed = _widen(fields, (size, packed), name_end, log, name)
    described = bool(flags & _HAS_DESCRIPTOR)
    for what, place, found, stated in (
        ("version needed", 4, needed, record.needed),
        ("flags", 6, flags, record.flags),
        ("method", 8, method, record.method),
        ("CRC-32", 14, crc, record.crc),
        ("compressed size", 18, packed, record.packed),
        ("uncompressed size", 22, size, record.size),
    ):
        deferred = described and place >= 14 and not found  # until the descriptor
        if found != stated and not deferred:
            message = f"{what}: {found:,} in the local header, {stated:,} in the central directory"
            log.add("zip-directory-mismatch", at + place, message, name)
    if data[at + LOCAL.size : name_end] != record.raw_name:
        message = "the names in the local header and in the central directory differ"
        log.add("zip-directory-mismatch", at + LOCAL.size, message, name)
    stop = begin + record.packed
    if described:
        stop = _check_descriptor(data, record._replace(begin=begin), zip64=_ZIP64 in fields, log=log)
    return begin, stop


def _check_descriptor(data: bytes, record: _Record, *, zip64: bool, log: _Log) -> int:
    """Return where the data descriptor ends that follows the data."""
    shape, stop = _DESCRIPTOR[zip64], record.begin + record.packed
    found = data[stop : stop + shape.size]
    if not found.startswith(_DESCRIPTOR_SIGNATURE):
        message = "the data descriptor after the data is missing or has no signature"
        log.add("zip-directory-mismatch", stop, message, record.name)
    elif found != shape.pack(_DESCRIPTOR_SIGNATURE, record.crc, record.packed, record.size):
        message = "the CRC-32 or a size in the data descriptor is not that in the central directory"
        log.add("zip-directory-mismatch", stop + 4, message, record.name)
    else:
        log.count("zip-descriptor", stop, record.name)
    if record.method == STORED and (inside := data.find(_DESCRIPTOR_SIGNATURE, record.begin, stop)) >= 0:
        message = "stored content with the signature of a data descriptor: a reader of a stream may end the file here"
        log.add("zip-data", inside, message, record.name)
    return stop + shape.size


def _check_spans(spans: list[tuple[int, int, str]], limit: int, log: _Log) -> None:
    """Report bytes that no entry or more than one owns, from the first byte to the central directory."""
    at = 0
    for begin, stop, name in sorted(spans):
        if begin > at:
            rule = "zip-gap" if at else "zip-prefix"
            log.add(rule, at, f"the bytes from here to the entry at byte {begin:,} belong to no entry", name)
        elif begin < at:
            log.add("zip-overlap", begin, f"the entry overlaps the one before it, which ends at byte {at:,}", name)
        at = max(at, stop)
    if at < limit:
        log.add("zip-gap", at, f"the bytes from here to the central directory at byte {limit:,} belong to no entry")
    elif at > limit:
        log.add("zip-overlap", limit, "the last entry overlaps the central directory")


# --- contents --------------------------------------------------------------------------------------------------


def _read_contents(data: bytes, records: Sequence[_Record], log: _Log) -> list[Entry]:
    """Return the entries with their contents; none is held once there is an error."""
    view = memoryview(data)
    tasks = [(record, view[record.begin : record.begin + record.packed]) for record in records]
    results = share(_inflate, tasks, sum(record.size for record in records))
    entries: list[Entry] = []
    for (record, packed), (content, problem) in zip(tasks, results, strict=True):
        if problem:
            log.add("zip-data", *problem, record.name)
            entries.clear()
        elif not log.failed:
            entries.append(_entry(record, packed, content))
    _check_beginnings(entries, log)
    return entries


def _entry(record: _Record, data: memoryview, content: bytes) -> Entry:
    return Entry(
        record.name,
        record.raw_name,
        record.offset,
        record.size,
        bool(record.attributes >> 16 & 0o111) and not record.is_directory,
        record.is_directory,
        record.method,
        record.crc,
        data,
        content,
    )


def _check_beginnings(entries: Iterable[Entry], log: _Log) -> None:
    """Report a content whose beginning has the CRC-32 of the whole."""
    same_crc: dict[int, list[Entry]] = {}
    for entry in entries:
        same_crc.setdefault(entry.crc, []).append(entry)
    for group in same_crc.values():
        for shorter, longer in pairwise(sorted(group, key=lambda entry: entry.size)):
            if shorter.size < longer.size and longer.content.startswith(shorter.content):
                message = f"its first {shorter.size:,} bytes have the CRC-32 of the whole: a cut would not be noticed"
                log.add("zip-data", longer.offset + 14, message, longer.name)


def _inflate(task: tuple[_Record, memoryview]) -> tuple[bytes, tuple[int, str] | None]:
    """Return the content of an entry, inflated to at most one byte beyond its size, or where it differs and how."""
    record, data = task
    content: bytes | memoryview = data
    if record.method == DEFLATED:
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            content = inflater.decompress(data, record.size + 1)
        except zlib.error:
            return b"", (record.begin, "the data is not a deflate stream")
        if inflater.unused_data:
            place = record.begin + record.packed - len(inflater.unused_data)
            return b"", (place, "the data goes on after the last deflate block")
        if len(content) > record.size or not inflater.eof:
            cut = "the data is cut off" if len(content) <= record.size else "the data inflates to more bytes"
            return b"", (record.begin, f"{cut}: {record.size:,} are stated")
    if len(content) != record.size:
        return b"", (record.begin, f"the data inflates to {len(content):,} bytes; {record.size:,} are stated")
    if zlib.crc32(content) != record.crc:
        return b"", (record.offset + 14, "the CRC-32 is not that of the content")
    return bytes(content), None
