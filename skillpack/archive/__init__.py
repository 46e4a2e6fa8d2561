"""A tree to the one zip it has, and such a zip back to its tree."""

from __future__ import annotations

from skillpack.archive.layout import FORMAT_VERSION, Member
from skillpack.archive.write import Compression, members, thread_count, upper_bound, write_zip

__all__ = ["FORMAT_VERSION", "Compression", "Member", "members", "thread_count", "upper_bound", "write_zip"]
