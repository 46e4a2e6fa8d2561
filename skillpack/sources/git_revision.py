"""Name a skill in a revision of a git repository."""

import os

from skillpack.errors import require_type
from skillpack.values import Value


class GitRevision(Value, kw_only=False):
    """A skill in a revision of a git repository.

    Args:
        repository: a folder of the repository.
        revision: a commit, branch, tag or tree, as `git rev-parse` takes it.
        path: of the skill's folder, relative to the root of the repository; empty if the repository is the skill.
    """

    __module__ = "skillpack"

    repository: str | os.PathLike[str]
    revision: str = "HEAD"
    path: str = ""

    def __post_init__(self) -> None:
        require_type("repository", self.repository, str | os.PathLike, "a path")
        require_type("revision", self.revision, str, "a string")
        require_type("path", self.path, str, "a string")
