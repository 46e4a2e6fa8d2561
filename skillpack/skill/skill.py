"""Read the frontmatter of a skill's SKILL.md."""

from skillpack.errors import SkillChangedError, require_type
from skillpack.findings import Issue, Location
from skillpack.frontmatter import read
from skillpack.limits import MANIFEST, MAX_FILE_BYTES
from skillpack.skill.tree import SkillFile, SkillTree, is_manifest
from skillpack.values import replace


class Skill:
    """The files of a skill, with its name and description.

    `tree`, `name` and `description` are public; all other attributes are for the rules, and may change.

    Args:
        tree: the files; those of Builder.tree, for example.
    """

    # `manifest` is the SKILL.md, or the first file spelled like it, and `content` its bytes. `frontmatter` is what they
    # state; if they state nothing valid, `issues` are why, and `intended` what was most likely meant, for rules, never
    # for packing. `reading` is the first of the two that is there. `unread` is True if there are so many files that no
    # rule reads any but the SKILL.md.
    __module__ = "skillpack"
    __slots__ = ("_name", "content", "frontmatter", "intended", "issues", "manifest", "reading", "tree", "unread")

    tree: SkillTree

    def __init__(self, tree: SkillTree) -> None:
        require_type("tree", tree, SkillTree, "a SkillTree")
        self.tree = tree
        self.manifest = _manifest(tree)
        content = _content(self.manifest)
        found = None if content is None else read(content)
        self.content = content or b""
        self.frontmatter = found.frontmatter if found else None
        self.issues = (
            tuple(_about(self.manifest.path, each) for each in found.issues) if found and self.manifest else ()
        )
        self.intended = found.intended if found else None
        self.reading = self.frontmatter or self.intended
        self._name = (self.frontmatter and self.frontmatter.name) or ""
        self.unread = False

    @classmethod
    def from_tree(cls, tree: SkillTree) -> "Skill":
        """Return the skill of a tree. Its frontmatter may be missing or broken: the rules report that.

        Args:
            tree: the files; those of Builder.tree, for example.
        """
        return cls(tree)

    @property
    def name(self) -> str:
        """The name in the frontmatter, or an empty string."""
        return self._name

    @property
    def description(self) -> str:
        """The description exactly as YAML reads it, or an empty string."""
        return (self.frontmatter and self.frontmatter.description) or ""

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
        found = self.reading.fields.get(key) if self.reading else None
        if found is None:
            return Location(path, line=1, column=1)
        span = found.value.span
        return Location(path, line=span.line, column=span.column, end_line=span.end_line, end_column=span.end_column)

    def replaced(self, tree: SkillTree, *, unread: bool) -> "Skill":
        """Return the same skill with what the rules found out about its files.

        Args:
            tree: the files, and those that cannot be read among the rejected.
            unread: True if no file other than the SKILL.md is read.
        """
        import copy

        other = copy.copy(self)
        other.tree, other.unread = tree, unread
        return other

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Skill):
            return NotImplemented
        return (self.tree, self.content) == (other.tree, other.content)

    def __hash__(self) -> int:
        return hash(self.tree)

    def __repr__(self) -> str:
        return f"Skill(tree={self.tree!r})"


def _about(path: str, issue: Issue) -> Issue:
    """Return an issue of SKILL.md as one of the file that is spelled like it."""
    if path == issue.location.path:
        return issue
    edits = tuple(replace(edit, path=path) for edit in issue.edits)
    return replace(issue, location=replace(issue.location, path=path), edits=edits)


def _manifest(tree: SkillTree) -> SkillFile | None:
    exact = tree.file(MANIFEST)
    if exact:
        return exact
    return next((file for file in tree.files if is_manifest(file.path)), None)


def _content(manifest: SkillFile | None) -> bytes | None:
    if manifest is None or manifest.size > MAX_FILE_BYTES:
        return None
    try:
        return manifest.read()
    except (OSError, SkillChangedError):  # the rule that reads every file reports it
        return None
