"""Compare two skills: the fields of their frontmatter and their files."""

import json
from collections.abc import Iterable, Iterator
from typing import Any, Final, Literal

from skillpack.bundle.pairs import pair_files
from skillpack.bundle.patch import PatchedFile, count_lines, git_patch, split_lines, unified_diff
from skillpack.frontmatter.nodes import Fields, Items, Node, Text
from skillpack.secrets.budget import Budget
from skillpack.secrets.scan import masked
from skillpack.skill.skill import Skill
from skillpack.skill.tree import SkillFile
from skillpack.values import Value

MAX_TEXT_BYTES: Final = 1 << 20
"""The size up to which the lines of a changed file are compared."""

MAX_TEXT_LINES: Final = 100_000
"""The lines of a changed file, before and after together, up to which they are compared."""

MAX_CALL_BYTES: Final = 8 << 20
MAX_CALL_LINES: Final = 300_000
"""The bytes and lines that are compared in one call, over all files and skills, before and after together."""

READ_BY_MODELS: Final = ("name", "description")
"""The fields that a model sees of every skill, whether it uses the skill or not."""

Change = Literal["added", "removed", "renamed", "changed"]
"""What happened to a file; a renamed one has the same content."""


class FieldDiff(Value):
    """A field of the frontmatter that differs: its `key`, and its text `before` and `after`, None where it is absent.

    The key of a nested field is `metadata.version`; a list is JSON.
    """

    __module__ = "skillpack"

    key: str
    before: str | None
    after: str | None


class FileDiff(Value):
    """A file that differs: how it was `before` and is `after`, None where it is absent.

    A file that is absent at one path and new at another with the same content is one renamed file.
    """

    __module__ = "skillpack"

    before: SkillFile | None
    after: SkillFile | None

    @property
    def path(self) -> str:
        """The path after the change, or before it if the file is removed."""
        file = self.after or self.before
        assert file, "one of them is there"
        return file.path

    @property
    def change(self) -> Change:
        """What happened: added, removed, renamed or changed."""
        if self.before is None:
            return "added"
        if self.after is None:
            return "removed"
        return "changed" if self.before.path == self.after.path else "renamed"

    @property
    def new_script(self) -> bool:
        """True if the file is added and executable."""
        return self.before is None and self.after is not None and self.after.executable

    @property
    def newly_executable(self) -> bool:
        """True if the file was there and is executable only now."""
        both = self.before is not None and self.after is not None
        return both and self.after.executable and not self.before.executable  # type: ignore[union-attr]

    def text(self) -> str | None:
        """Return the hunks of a unified diff, or None for a file that is binary or too large to compare.

        Too large is one over 1 MiB, or with over 100,000 lines before and after together.
        Credentials are replaced by asterisks, and bytes that are not UTF-8 by replacement characters.

        Raises:
            SkillChangedError: a file changed since it was compared.
        """
        return _hunks(self, Budget())


class SkillDiff(Value):
    """What differs between two skills: `fields` of the frontmatter, name and description first, and `files` by path.

    `before` and `after` are the skills.
    """

    __module__ = "skillpack"

    before: Skill
    after: Skill
    fields: tuple[FieldDiff, ...]
    files: tuple[FileDiff, ...]

    @property
    def equal(self) -> bool:
        """True if both have the same files, and so the same content digest."""
        return not self.files

    @property
    def change(self) -> Literal["added", "removed", "changed"] | None:
        """What happened to the skill: added or removed if one side has no files; None if nothing differs."""
        if self.equal:
            return None
        sides = (bool(self.before.tree.files), bool(self.after.tree.files))
        return "changed" if all(sides) else "removed" if sides[0] else "added"

    def patch(self) -> bytes:
        """Return the patch for `git apply`, in the folder of the skill; nothing in it is masked.

        Raises:
            SkillChangedError: a file changed since it was compared.
        """
        return b"".join(self.iter_patch())

    def iter_patch(self, folder: str = "") -> Iterator[bytes]:
        """Yield the patch file by file.

        Args:
            folder: the skill's folder, with `/` at its end, if the patch is applied elsewhere.
        """
        changes: dict[str, tuple[SkillFile | None, SkillFile | None]] = {}
        for each in self.files:
            if each.change == "renamed" and each.before:
                changes[each.before.path] = (each.before, None)
                changes[each.path] = (None, each.after)
            else:
                changes[each.path] = (each.before, each.after)
        for path in sorted(changes, key=_order):
            before, after = map(_content, changes[path])
            yield git_patch(folder + path, before, after)


def contents_as_text(file: FileDiff) -> tuple[bytes, bytes] | None:
    """Return a file before and after, or None if it is renamed, binary or too large, and has no text to show.

    Raises:
        SkillChangedError: the file changed since it was compared.
    """
    sides = (file.before, file.after)
    if file.change == "renamed" or any(side and side.size > MAX_TEXT_BYTES for side in sides):
        return None
    before, after = (side.read() if side else b"" for side in sides)
    binary = b"\0" in before or b"\0" in after
    return None if binary or count_lines(before) + count_lines(after) > MAX_TEXT_LINES else (before, after)


class TextBudget:
    """Chooses the files whose lines are shown: those of all comparisons of a call share one budget."""

    def __init__(self, lines: int = MAX_CALL_LINES, size: int = MAX_CALL_BYTES) -> None:
        self._lines, self._bytes = lines, size
        self._search = Budget()

    def choose(self, files: Iterable[FileDiff]) -> frozenset[str]:
        """Return the paths of the files whose lines are shown, in order as long as there is budget for a file.

        Args:
            files: of one comparison.

        Raises:
            SkillChangedError: a file changed since it was compared.
        """
        return frozenset(file.path for file in files if self._take(file))

    def text(self, file: FileDiff) -> str | None:
        """Return what FileDiff.text does; after very many places that look like credentials, masked from the next on.

        Args:
            file: one of those chosen.

        Raises:
            SkillChangedError: the file changed since it was compared.
        """
        return _hunks(file, self._search)

    def _take(self, file: FileDiff) -> bool:
        sides = [each for each in (file.before, file.after) if each]
        size = sum(each.size for each in sides)
        if size > self._bytes or self._lines <= 0:
            return False
        contents = contents_as_text(file)
        lines = sum(map(count_lines, contents or ()))
        if contents is None or lines > self._lines:
            return False
        self._lines -= lines
        self._bytes -= size
        return True


def _hunks(file: FileDiff, search: Budget) -> str | None:
    contents = contents_as_text(file)
    if contents is None:
        return None
    before, after = contents
    shown = split_lines(masked(before, search)), split_lines(masked(after, search))
    return unified_diff(split_lines(before), split_lines(after), shown).decode("utf-8", "replace")


def compare(before: Skill, after: Skill) -> SkillDiff:
    """Return what differs between two skills.

    Args:
        before: one skill.
        after: the other one.

    Raises:
        SkillChangedError: a file changed while it was read.
        OSError: a file cannot be read.
    """
    pairs = pair_files(before.tree.files, after.tree.files)
    files = (FileDiff(before=old, after=new) for old, new in pairs)
    return SkillDiff(
        before=before,
        after=after,
        fields=tuple(_compare_fields(before, after)),
        files=tuple(sorted(files, key=lambda each: _order(each.path))),
    )


def _content(file: SkillFile | None) -> PatchedFile | None:
    return None if file is None else PatchedFile(file.read(), file.executable)


def _order(path: str) -> bytes:
    return path.encode("utf-8", "surrogatepass")


def _compare_fields(before: Skill, after: Skill) -> Iterator[FieldDiff]:
    old, new = _fields(before), _fields(after)
    for key in dict.fromkeys((*READ_BY_MODELS, *old, *new)):
        if old.get(key) != new.get(key):
            yield FieldDiff(key=key, before=old.get(key), after=new.get(key))


def _fields(skill: Skill) -> dict[str, str]:
    found = skill.frontmatter
    return dict(_flatten(found.fields, "")) if found else {}


def _flatten(fields: Fields, above: str) -> Iterable[tuple[str, str]]:
    for field in fields.entries:
        key = f"{above}{field.key.value}"
        if isinstance(field.value, Fields) and field.value.entries:
            yield from _flatten(field.value, f"{key}.")
        else:
            yield key, field.value.value if isinstance(field.value, Text) else json.dumps(_plain(field.value))


def _plain(node: Node) -> Any:
    if isinstance(node, Text):
        return node.value
    if isinstance(node, Items):
        return [_plain(value) for value in node.values]
    return {field.key.value: _plain(field.value) for field in node.entries}
