"""`python -m benchmarks.reading_floor ZIP...`: the least that reading zips can do: inflate each file and hash it.

It inflates with zlib, as skillpack's reader does, which must refuse what zlib refuses; it compares no header, name or
CRC-32, and one thread does it all.
"""

import hashlib
import struct
import sys
import zipfile
import zlib
from pathlib import Path

_LENGTHS = struct.Struct("<HH")  # of the name and the extra field, in a local header


def hash_files(path: Path) -> list[str]:
    """Return the SHA-256 of each file of a zip, in the order of its central directory."""
    data = memoryview(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
    digests = []
    for entry in entries:
        begin = entry.header_offset + 30 + sum(_LENGTHS.unpack_from(data, entry.header_offset + 26))
        packed = data[begin : begin + entry.compress_size]
        stored = entry.compress_type == zipfile.ZIP_STORED
        content = packed if stored else zlib.decompress(packed, -zlib.MAX_WBITS, entry.file_size)
        digests.append(hashlib.sha256(content).hexdigest())
    return digests


def main() -> None:
    """Print one hash for each zip, so that nothing is left undone."""
    for path in map(Path, sys.argv[1:]):
        print(hashlib.sha256("".join(hash_files(path)).encode()).hexdigest())


if __name__ == "__main__":
    main()
