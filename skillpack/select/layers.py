"""Decide which line of which layer of ignore rules excludes or includes a path."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Self

from skillpack.errors import SettingsError
from skillpack.findings import Issue, Location
from skillpack.limits import MANIFEST, MAX_DEPTH
from skillpack.select.defaults import SECRETS, default
from skillpack.select.gitignore import Patterns
from skillpack.select.wildmatch import (
    byte_text,
    escape_glob,
    excerpt,
    line_text,
    literal,
    literal_start,
    shown,
    split_lines,
)
from skillpack.settings import patterns_of
from skillpack.skill.decisions import Decision, Excluded, Layer, Verdict, describe_line
from skillpack.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from skillpack.settings import Settings
    from skillpack.sources.walk_budget import WalkBudget, WalkLimitError

GITIGNORE: Final = ".gitignore"
SKILLIGNORE: Final = ".skillignore"
ALWAYS_OUT: Final = {
    **dict.fromkeys((".git", ".hg", ".svn", ".bzr", ".jj", "_darcs", "CVS"), "it belongs to a version control system"),
    SKILLIGNORE: "it selects what is packed and is not packed itself",
}
UNFINISHED: Final = ".skillpack-*.tmp"
"""What a killed run may leave behind (atomic.py)."""


class IgnoreFile(NamedTuple):
    """One ignore file, compiled.

    `file` is its path relative to the skill's root; `within` the folder of the skill that contains it, `""` or `a/b/`;
    `above` is the path from its folder to the skill's root, `skills/demo/`, if it is above the skill.
    """

    layer: Layer
    file: str
    patterns: Patterns
    within: str = ""
    above: str = ""

    @classmethod
    def from_content(cls, file: str, content: bytes, budget: WalkBudget, within: str = "", above: str = "") -> Self:
        """Compile the content of an ignore file, whose name determines its layer.

        Raises:
            WalkLimitError: it exceeds a limit.
        """
        layer = Layer.SKILLIGNORE if file.endswith(SKILLIGNORE) else Layer.GITIGNORE
        return cls(layer, file, Patterns(split_lines(content), budget, file), within, above)

    def malformed(self) -> Iterator[Issue]:
        """Yield an issue for each line that can never match."""
        for number, reason in self.patterns.malformed:
            place = Location(self.file, line=number, column=1)
            yield Issue("ignore-malformed-line", place, f"the line never matches: {reason}")


class IgnoreRules(NamedTuple):
    """The rules that apply in one folder of a skill.

    `prefix` is the folder, `""` or `a/b/`; `files` are the ignore files that apply, strongest first; `closed` is the
    line that excludes the folder, if it is entered nevertheless because an include names something in it;
    `reopening` maps such folders, with `/` at their end, to the number of the last include that names something in it.
    """

    options: Patterns | None
    defaults: bool
    prefix: str = ""
    files: tuple[IgnoreFile, ...] = ()
    closed: Decision | None = None
    reopening: Mapping[str, int] = {}

    @classmethod
    def from_settings(cls, settings: Settings, above: Iterable[IgnoreFile], budget: WalkBudget) -> Self:
        """Return the rules of the settings.

        Args:
            settings: exclude first, then include; the last pattern that matches wins.
            above: the ignore files above the skill, the nearest first.
            budget: what matching the patterns of the settings is counted on.

        Raises:
            WalkLimitError: they exceed a limit.
        """
        if not patterns_of(settings):
            return cls(None, settings.default_excludes, "", tuple(above))
        options = Patterns([byte_text(pattern) for pattern in patterns_of(settings)], budget)
        return cls(options, settings.default_excludes, "", tuple(above), reopening=_find_reopened(options.lines))

    def add_files(self, files: Iterable[IgnoreFile]) -> IgnoreRules:
        """Return the rules with the ignore files of this folder, which are stronger than those above."""
        found = [*files, *self.files]
        layers = (Layer.SKILLIGNORE, Layer.GITIGNORE)
        return self._replace(files=tuple(file for layer in layers for file in found if file.layer is layer))

    def enter(self, name: str) -> IgnoreRules:
        """Return the rules that apply in an included folder here."""
        return self._replace(prefix=f"{self.prefix}{name}/", closed=None)

    def reopen(self, name: str, decision: Decision) -> IgnoreRules | None:
        """Return the rules for an excluded folder here, if an include names something in it."""
        folder = f"{self.prefix}{name}/"
        if decision.layer is Layer.ALWAYS or folder not in self.reopening:
            return None
        closed_again = decision.layer is Layer.OPTION and (decision.line or 0) >= self.reopening[folder]
        return None if closed_again else self._replace(prefix=folder, closed=decision)

    def judge(self, name: str, *, directory: bool) -> Decision | None:
        """Return the line that decides on an entry of this folder, or None if no rule matches it."""
        return _strongest(self._decisions(name, directory=directory, every=False))

    def is_manifest(self, name: str, *, directory: bool) -> bool:
        """Return whether an entry of this folder is the manifest, which is packed whatever the rules are."""
        return not self.prefix and name == MANIFEST and not directory

    def explain(self, name: str, *, directory: bool) -> Verdict:
        """Return whether an entry of this folder is packed, and every line that decided the opposite."""
        found = list(self._decisions(name, directory=directory, every=True))
        winner = _strongest(found)
        if self.is_manifest(name, directory=directory) and winner is not None and winner.excludes:
            winner = Decision(layer=Layer.MANIFEST, pattern=MANIFEST, matched=name, reason="a skill must have it")
        out = winner is not None and winner.excludes
        overridden = () if winner is None else tuple(one for one in found if one.excludes is not out)
        return Verdict(
            path=f"{self.prefix}{name}" + ("/" if directory else ""),
            included=not out,
            decided_by=winner,
            overridden=overridden,
        )

    def match_options(self, name: str, among: Collection[int], *, directory: bool) -> set[int]:
        """Return which of some options, by their numbers from 1, match an entry of this folder."""
        path = byte_text(f"{self.prefix}{name}") + ("/" if directory else "")
        return set(self.options.matching(path, among)) if self.options else set()

    def has_secret_name(self, path: str) -> bool:
        """Return whether the built-in patterns exclude an entry of this folder as a secret.

        In a folder that is entered although it is excluded, they may exclude any folder on the way.

        Args:
            path: relative to the skill's root, with `/` at the end of a folder's.
        """
        places = [path, *(_folders_to(self.prefix) if self.closed else ())]
        found = [default(place.rstrip("/"), directory=place.endswith("/")) for place in places]
        return any(each and each.group.name == SECRETS for each in found)

    def _decisions(self, name: str, *, directory: bool, every: bool) -> Iterator[Decision]:
        """Yield the decisions of each layer, the strongest first; of each file only the last line unless `every`."""
        path = f"{self.prefix}{name}"
        matched = f"{path}/" if directory else path
        if name in ALWAYS_OUT:
            yield Decision(layer=Layer.ALWAYS, pattern=name, matched=matched, reason=ALWAYS_OUT[name])
        elif name.startswith(".skillpack-") and name.endswith(".tmp"):
            yield Decision(
                layer=Layer.ALWAYS, pattern=UNFINISHED, matched=matched, reason="a killed run left it behind"
            )
        if self.options:
            yield from _match(self.options, matched, matched, Layer.OPTION, None, every=every)
        if self.closed:
            yield self.closed
            return
        for file in self.files:
            subject = file.above + matched[len(file.within) :]
            yield from _match(file.patterns, subject, matched, file.layer, file.file, every=every)
        found = default(path, directory=directory) if self.defaults else None
        if found:
            group = found.group
            yield Decision(
                layer=Layer.DEFAULT, pattern=found.pattern, matched=matched, reason=group.reason, group=group.name
            )


def _match(  # noqa: PLR0913 - three are the place of the patterns
    patterns: Patterns, subject: str, matched: str, layer: Layer, file: str | None, *, every: bool
) -> Iterator[Decision]:
    """Yield a decision for each line that matches, the last first; only for the last unless `every`."""
    if every:
        numbers = patterns.matching(byte_text(subject))[::-1]
    else:
        last = patterns.last_match(byte_text(subject))
        numbers = [last.line] if last else []
    for number in numbers:
        yield Decision(
            layer=layer, pattern=excerpt(patterns.lines[number - 1]), matched=matched, file=file, line=number
        )


def _strongest(decisions: Iterable[Decision]) -> Decision | None:
    """Return the first decision; but a negation in a .gitignore overrides only a .gitignore, not a default."""
    protected = None
    for decision in decisions:
        if protected is None:
            if decision.layer is not Layer.GITIGNORE or decision.excludes:
                return decision
            protected = decision
        elif decision.layer is Layer.DEFAULT:
            return decision
    return protected


def _find_reopened(lines: Iterable[str]) -> dict[str, int]:
    """Return the folders in which includes name something, with `/` at their end -> the number of the last include."""
    found: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        text = line_text(line)
        if text.startswith("!") and "/" in text.removesuffix("/"):  # one with a path, not only a name
            start = shown(literal_start(text[1:].removeprefix("/")))
            found |= dict.fromkeys(_folders_to(start), number)
    return found


def _folders_to(path: str) -> Iterator[str]:
    """Yield the folders on the way to a path, itself if it ends in `/`, as deep as a walk may go."""
    at = 0
    for _ in range(MAX_DEPTH + 1):
        at = path.find("/", at) + 1
        if not at:
            return
        yield path[:at]


def find_unmatched(rules: IgnoreRules, numbers: Iterable[int], excluded: Iterable[Excluded]) -> tuple[str, ...]:
    """Return the options of these numbers, except excludes of something in a folder that is excluded anyway."""
    if rules.options is None:
        return ()
    folders = {entry.path for entry in excluded if entry.path.endswith("/")}
    found = []
    for number in sorted(numbers):
        line = rules.options.lines[number - 1]
        prefix = shown(literal_start(line_text(line).removeprefix("/")))
        if folders.isdisjoint(_folders_to(prefix)):
            found.append(shown(line))
    return tuple(found)


def find_dead_negations(files: Iterable[IgnoreFile], excluded: Mapping[str, Decision]) -> Iterator[Issue]:
    """Yield an issue for each negation that names something in a folder which a rule of the same kind excludes.

    Args:
        files: every ignore file that was read.
        excluded: folder, with `/` at its end -> the line that excludes it.
    """
    for file in files:
        for number, line in enumerate(file.patterns.lines, 1):
            text = line_text(line)
            if not text.startswith("!") or "/" not in text.removesuffix("/"):
                continue
            glob = text[1:].removeprefix("/")
            exact = literal(glob)
            named = literal_start(glob) if exact is None else exact.removesuffix("/")
            if not shown(named).startswith(file.above):
                continue
            path = file.within + shown(named).removeprefix(file.above)
            blocker = next((excluded[parent] for parent in _folders_to(path) if parent in excluded), None)
            if blocker and (blocker.layer is file.layer or file.layer is Layer.SKILLIGNORE):
                yield _describe_dead_negation(Location(file.file, line=number, column=1), blocker)


def _describe_dead_negation(place: Location, blocker: Decision) -> Issue:
    message = f"the line has no effect: {describe_line(blocker)} excludes the whole folder {blocker.matched}"
    pattern = escape_glob(blocker.matched)
    hint = f"add !{pattern} before it, or write {pattern}* there instead of the folder"
    return Issue("ignore-dead-negation", place, message, hint=hint)


def find_ignored_root(files: Iterable[IgnoreFile]) -> Excluded | None:
    """Return the line above a skill that names the skill's directory, or a folder around it.

    Args:
        files: the ignore files above the skill, the nearest first.
    """
    files = tuple(files)
    path = max((file.above for file in files), key=len, default="")
    for inner in (path[at + 1 :] for at, char in enumerate(path) if char == "/"):
        subjects = ((file, file.above.removesuffix(inner)) for file in files if len(file.above) > len(inner))
        matches = (_match(file.patterns, at, at, file.layer, file.file, every=False) for file, at in subjects)
        decision = next((decision for decisions in matches for decision in decisions), None)
        if decision and decision.excludes:
            return Excluded(path=".", decision=decision)
    return None


def describe_limit(error: WalkLimitError) -> Issue:
    """Return the issue that a walk, or its ignore files, exceed a limit.

    Raises:
        SettingsError: the patterns of the settings exceed it.
    """
    if error.rule_id == "walk-too-long":
        return Issue("walk-too-long", Location(), f"{error}; the walk was stopped there")
    if not error.file:
        raise SettingsError(str(error), key="exclude and include") from error
    return Issue("ignore-too-costly", Location(error.file), str(error))
