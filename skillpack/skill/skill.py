"""Read a tree as a skill: its files, and the frontmatter of its SKILL.md."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Self

from skillpack.arguments import demand
from skillpack.errors import SkillChangedError
from skillpack.findings import Issue, Location
from skillpack.frontmatter import Frontmatter, read
from skillpack.limits import MANIFEST, MAX_FILE_BYTES
from skillpack.skill.tree import SkillTree, is_manifest

if TYPE_CHECKING:
    from skillpack.skill.tree import SkillFile


@dataclass(frozen=True, slots=True)
class Skill:
    """What the rules check. Broken frontmatter is a value here, not an exception.

    `tree` holds the files, and `manifest` is the SKILL.md among them, if there is one; `content` holds its bytes,
    empty if there is none. `frontmatter` is what they state, or else `issues` are the problems with them, and
    `intended` is what was most likely meant. If `unread`, there are so many files that no rule checks the content of
    any but the SKILL.md.
    """

    tree: SkillTree
    manifest: SkillFile | None
    content: bytes = field(repr=False)
    frontmatter: Frontmatter | None
    issues: tuple[Issue, ...] = ()
    intended: Frontmatter | None = field(default=None, repr=False)
    unread: bool = False

    @classmethod
    def from_tree(cls, tree: SkillTree) -> Self:
        """Return a tree as a skill, with the frontmatter of its SKILL.md or of the one file spelled like it.

        Args:
            tree: the files, for example of Builder.tree.
        """
        demand("tree", tree, SkillTree, "a SkillTree")
        manifest = _manifest(tree)
        if manifest is None or manifest.size > MAX_FILE_BYTES:
            return cls(tree, manifest, b"", None)
        try:
            content = manifest.read()
        except (OSError, SkillChangedError):  # the rule that reads every file reports it
            return cls(tree, manifest, b"", None)
        reading = read(content)
        issues = tuple(_about(manifest.path, issue) for issue in reading.issues)
        return cls(tree, manifest, content, reading.frontmatter, issues, reading.intended)

    @property
    def name(self) -> str:
        """The name, or an empty string if there is none."""
        return (self.frontmatter and self.frontmatter.name) or ""

    @property
    def description(self) -> str:
        """The description exactly as YAML reads it, or an empty string if there is none."""
        return (self.frontmatter and self.frontmatter.description) or ""

    @property
    def said(self) -> Frontmatter | None:
        """The frontmatter, or what was most likely meant where it cannot be read: for rules, never for packing."""
        return self.frontmatter or self.intended

    def demand_name(self) -> None:
        """Make sure that a skill without errors has a name, as packing requires one.

        Raises:
            SkillChangedError: the manifest could not be read at first, but could when the rules read it again.
        """
        if not self.name:
            raise SkillChangedError(f"{MANIFEST} changed while it was read")

    def at(self, key: str) -> Location:
        """Return the place of a field's value, or of the frontmatter if there is no such field.

        Args:
            key: the field's name, as in the SKILL.md.
        """
        path = self.manifest.path if self.manifest else MANIFEST
        said = self.said
        found = said.fields.get(key) if said else None
        if found is None:
            return Location(path, 1, 1)
        span = found.value.span
        return Location(path, span.line, span.column, span.end_line, span.end_column)


def _about(path: str, issue: Issue) -> Issue:
    """Return an issue of SKILL.md as one of the file that is spelled like it."""
    if path == issue.location.path:
        return issue
    edits = tuple(replace(edit, path=path) for edit in issue.edits)
    return issue._replace(location=replace(issue.location, path=path), edits=edits)


def _manifest(tree: SkillTree) -> SkillFile | None:
    exact = tree.file(MANIFEST)
    if exact:
        return exact
    return next((file for file in tree.files if is_manifest(file.path)), None)
