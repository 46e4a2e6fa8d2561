"""Write canonical zips, and read zips: canonical ones and those of other tools."""

from __future__ import annotations

from skillpack.archive.layout import FORMAT_VERSION, Member, upper_bound
from skillpack.archive.write import Compression, Compressor, thread_count, write_zip

__all__ = ["FORMAT_VERSION", "Compression", "Compressor", "Member", "thread_count", "upper_bound", "write_zip"]
