"""Apply the edits of findings to files; all other bytes stay, and so do the values of the frontmatter."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from skillpack import atomic, rules
from skillpack.bundle.patch import split_lines, unified_diff
from skillpack.errors import OutputError, SkillChangedError
from skillpack.findings import Finding, Severity
from skillpack.rules.safe_edits import apply_edits, select_compatible
from skillpack.secrets.scan import masked
from skillpack.settings import Settings
from skillpack.skill.skill import Skill
from skillpack.skill.tree import Memory, SkillFile, SkillTree, is_manifest
from skillpack.sources.directory import DiskFile, native
from skillpack.text import escaped
from skillpack.values import Value, field, replace

# Fixing one finding can uncover another: quotes first, then the byte order mark, then the line.
_MAX_ROUNDS: Final = 8


class Fix(Value):
    """The fixes of one file.

    `file` is the file as it was; `before` and `after` are its content. `rules` are the ids of the rules whose findings
    are fixed, each as often as there are findings.
    """

    __module__ = "skillpack"

    file: SkillFile
    before: bytes = field(repr=False)
    after: bytes = field(repr=False)
    rules: tuple[str, ...]

    @property
    def counts(self) -> Mapping[str, int]:
        """Rule id -> how many of its findings are fixed."""
        return {rule: self.rules.count(rule) for rule in dict.fromkeys(self.rules)}

    def diff(self, path: str) -> str:
        """Return the change as a unified diff.

        Credentials are replaced by asterisks, and bytes that are not UTF-8 by replacement characters; a diff with
        either cannot be applied.

        Args:
            path: the file's path for the lines that start with `---` and `+++`.
        """
        lines = split_lines(self.before), split_lines(self.after)
        hunks = unified_diff(*lines, (split_lines(masked(self.before)), split_lines(masked(self.after))))
        return f"--- a/{path}\n+++ b/{path}\n{hunks.decode('utf-8', 'replace')}"


def find_fixes(tree: SkillTree, settings: Settings) -> tuple[Fix, ...]:
    """Return the fixes for a skill, without writing them.

    Edits that would change a value of the frontmatter are omitted, and edits to files behind a symlink. A SKILL.md
    that is fixed ends with a line break.

    Args:
        tree: the skill.
        settings: which rules apply.
    """
    fixed, done = tree, dict[str, Fix]()
    for _ in range(_MAX_ROUNDS):
        fixes = tuple(_find_once(fixed, settings))
        for fix in fixes:
            first = done.get(fix.file.path)
            file, before, earlier = (first.file, first.before, first.rules) if first else (fix.file, fix.before, ())
            done[fix.file.path] = Fix(file=file, before=before, after=fix.after, rules=earlier + fix.rules)
        if not fixes:
            break
        fixed = apply(fixed, fixes)
    return tuple(_end_last_line(fix) for _, fix in sorted(done.items()))


def _end_last_line(fix: Fix) -> Fix:
    """Return the fix with a line break at the end of a SKILL.md, in the style of its first line."""
    if not is_manifest(fix.file.path) or fix.after.endswith(b"\n"):
        return fix
    return replace(fix, after=fix.after + (b"\r\n" if fix.after.partition(b"\n")[0].endswith(b"\r") else b"\n"))


def explain_unfixed(findings: Iterable[Finding]) -> str | None:
    """Return why none of the findings is fixed, or None if they are notes.

    Args:
        findings: those of a skill for which there are no fixes.
    """
    open_rules = dict.fromkeys(each.rule for each in findings if each.severity >= Severity.WARNING)
    groups: dict[bool, list[str]] = {True: [], False: []}
    for rule in open_rules:
        groups[rules.RULES[rule].fixable].append(rule)
    reasons = []
    if groups[True]:
        reasons.append(f"no change is sure to keep what was meant ({', '.join(groups[True])})")
    if groups[False]:
        reasons.append(f"no automatic fix exists ({', '.join(groups[False])})")
    return "; ".join(reasons) or None


def apply(tree: SkillTree, fixes: Sequence[Fix]) -> SkillTree:
    """Return the tree with the fixes applied, in memory."""
    new = {fix.file.path: SkillFile(fix.file.path, len(fix.after), Memory(fix.after)) for fix in fixes}
    return replace(tree, files=tuple(new.get(file.path, file) for file in tree.files))


def write(fix: Fix, origin: str = "") -> None:
    """Write one fixed file, completely or not at all; its mode stays.

    Args:
        fix: the fix.
        origin: the skill's directory as the caller wrote it, for messages.

    Raises:
        SkillChangedError: the file changed since it was read.
        OutputError: it could not be written; what was there is untouched.
    """
    source = fix.file.source
    assert isinstance(source, DiskFile), "only files on disk are fixed"
    shown = Path(native(origin), native(source.path))
    try:
        with source.folder() as folder:
            unchanged = source.read_in(folder) == fix.before
            if unchanged:
                atomic.replace_in(folder, shown, (fix.after,))
    except (SkillChangedError, OutputError):
        raise
    except OSError as error:
        raise SkillChangedError(f"{escaped(shown.as_posix())} can no longer be read") from error
    if not unchanged:
        raise SkillChangedError(f"{escaped(shown.as_posix())} changed while it was fixed")


def _find_once(tree: SkillTree, settings: Settings) -> Iterator[Fix]:
    skill = Skill.from_tree(tree)
    by_path: dict[str, list[Finding]] = {}
    for finding in rules.check(skill, settings):
        if finding.edits:
            by_path.setdefault(finding.location.path, []).append(finding)
    for path, findings in by_path.items():
        file = tree.file(path)
        before = file.read() if file else b""
        chosen = select_compatible(before, findings, is_manifest=file is skill.manifest)
        if file and chosen:
            yield Fix(
                file=file,
                before=before,
                after=apply_edits(before, chosen),
                rules=tuple(finding.rule for finding in chosen),
            )
