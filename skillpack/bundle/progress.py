"""Define how far packing has come; apart from packing.py, so that a check does not import the writer of zips."""

from skillpack.values import Value


class Progress(Value):
    """How far packing has come.

    `path` is the file just compressed, relative to the skill's root. `done` and `total` count bytes of the files'
    content, before compression.
    """

    __module__ = "skillpack"

    path: str
    done: int
    total: int
