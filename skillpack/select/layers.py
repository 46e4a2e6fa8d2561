"""The layers of ignore rules: a path to the line that decided what happens to it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Self

from skillpack.errors import SettingsError
from skillpack.limits import MANIFEST, MAX_DEPTH
from skillpack.select.defaults import SECRETS, default
from skillpack.select.gitignore import Effort, Patterns, TooCostlyError
from skillpack.select.wildmatch import byte_text, excerpt, line_text, literal, literal_start, shown, split_lines
from skillpack.skill.decisions import Decision, Excluded, Layer, OddLine, Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from skillpack.settings import Settings

GITIGNORE: Final = ".gitignore"
SKILLIGNORE: Final = ".skillignore"
ALWAYS_OUT: Final = {
    **dict.fromkeys((".git", ".hg", ".svn", ".bzr", ".jj", "_darcs", "CVS"), "it belongs to a version control system"),
    SKILLIGNORE: "it says what is packed and is not packed itself",
}
UNFINISHED: Final = ".skillpack-*.tmp"
"""What a run that was killed may leave behind (atomic.py)."""


class CostlyFileError(Exception):
    """The patterns of an ignore file are too many for the paths they are asked of; the message says so.

    Args:
        file: its path relative to the skill's root.
        message: what is too much.
    """

    def __init__(self, file: str, message: str) -> None:
        super().__init__(message)
        self.file = file


@dataclass(frozen=True, slots=True)
class IgnoreFile:
    """One ignore file, compiled.

    `file` is its path relative to the skill's root; `within` the folder of the skill it lies in, `""` or `a/b/`;
    `above` is what lies between its folder and the skill's root, `skills/demo/`, where it lies above the skill.
    """

    layer: Layer
    file: str
    patterns: Patterns
    within: str = ""
    above: str = ""

    @classmethod
    def from_content(cls, file: str, content: bytes, effort: Effort, within: str = "", above: str = "") -> Self:
        """Compile the content of an ignore file; its name says which layer it belongs to.

        Raises:
            TooCostlyError: it has more patterns than may be.
        """
        layer = Layer.SKILLIGNORE if file.endswith(SKILLIGNORE) else Layer.GITIGNORE
        return cls(layer, file, Patterns.from_lines(split_lines(content), effort), within, above)

    def ineffective(self) -> Iterator[OddLine]:
        """Yield the lines that can never match."""
        for number, detail in self.patterns.troubles:
            yield OddLine(self.file, number, excerpt(self.patterns.lines[number - 1]), detail)


@dataclass(frozen=True, slots=True)
class IgnoreRules:
    """The rules that count in one folder of a skill.

    `prefix` is the folder, `""` or `a/b/`; `files` are the ignore files that count, strongest first; `closed` is the
    line that leaves the folder out, where it is entered all the same because an include names something in it;
    `reopening` are the folders, with `/` at their end, in which one does, each with the number of the last.
    """

    options: Patterns | None
    defaults: bool
    prefix: str = ""
    files: tuple[IgnoreFile, ...] = ()
    closed: Decision | None = None
    reopening: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def from_settings(cls, settings: Settings, above: Iterable[IgnoreFile] = (), effort: Effort | None = None) -> Self:
        """Return the rules that settings state.

        Args:
            settings: exclude first, then include; the last pattern that matches wins.
            above: the ignore files above the skill, the nearest first.
            effort: what matching the patterns of the settings is counted on.

        Raises:
            SettingsError: they are too many.
        """
        if not settings.patterns:
            return cls(None, settings.default_excludes, "", tuple(above))
        try:
            options = Patterns.from_lines([byte_text(pattern) for pattern in settings.patterns], effort)
        except TooCostlyError as error:
            raise _costly(None, error) from error
        return cls(options, settings.default_excludes, "", tuple(above), reopening=_reopening(options.lines))

    def beside(self, files: Iterable[IgnoreFile]) -> IgnoreRules:
        """Return the rules with the ignore files of this very folder, which are stronger than those above."""
        found = [*files, *self.files]
        layers = (Layer.SKILLIGNORE, Layer.GITIGNORE)
        return replace(self, files=tuple(file for layer in layers for file in found if file.layer is layer))

    def inside(self, name: str) -> IgnoreRules:
        """Return the rules that count in a folder here which is kept."""
        return replace(self, prefix=f"{self.prefix}{name}/", closed=None)

    def reopened(self, name: str, decision: Decision) -> IgnoreRules | None:
        """Return the rules for a folder here which is left out, if an include names something in it."""
        folder = f"{self.prefix}{name}/"
        if decision.layer is Layer.ALWAYS or folder not in self.reopening:
            return None
        closed_again = decision.layer is Layer.OPTION and (decision.line or 0) >= self.reopening[folder]
        return None if closed_again else replace(self, prefix=folder, closed=decision)

    def judge(self, name: str, *, directory: bool) -> Decision | None:
        """Return the line that decides on an entry of this folder, or None where no rule speaks of it."""
        return _winner(self._decisions(name, directory=directory, every=False))

    def is_manifest(self, name: str, *, directory: bool) -> bool:
        """Whether an entry of this folder is the manifest, which is kept whatever the rules say."""
        return not self.prefix and name == MANIFEST and not directory

    def explain(self, name: str, *, directory: bool) -> Verdict:
        """Return what becomes of an entry of this folder, and every line that said the opposite."""
        found = list(self._decisions(name, directory=directory, every=True))
        winner = _winner(found)
        if self.is_manifest(name, directory=directory) and winner is not None and winner.excludes:
            winner = Decision(
                layer=Layer.MANIFEST, pattern=MANIFEST, matched=name, reason="a bundle is nothing without it"
            )
        out = winner is not None and winner.excludes
        overridden = () if winner is None else tuple(one for one in found if one.excludes is not out)
        return Verdict(
            path=f"{self.prefix}{name}" + ("/" if directory else ""),
            included=not out,
            decided_by=winner,
            overridden=overridden,
        )

    def asked(self, name: str, among: Collection[int], *, directory: bool) -> set[int]:
        """Return the numbers of the options, of some of them, that match an entry of this folder, from 1."""
        path = byte_text(f"{self.prefix}{name}") + ("/" if directory else "")
        try:
            return set(self.options.matching(path, among)) if self.options else set()
        except TooCostlyError as error:
            raise _costly(None, error) from error

    def has_secret_name(self, path: str) -> bool:
        """Return whether the built-in patterns exclude an entry of this folder as a secret.

        In a folder that is entered although it is excluded, they may exclude any folder on the way.

        Args:
            path: relative to the skill's root, with `/` at the end of a folder's.
        """
        places = [path, *(_folders(self.prefix) if self.closed else ())]
        found = [default(place.rstrip("/"), directory=place.endswith("/")) for place in places]
        return any(each and each.group.name == SECRETS for each in found)

    def _decisions(self, name: str, *, directory: bool, every: bool) -> Iterator[Decision]:
        """Yield what each layer says, the strongest first; of each file the last line alone unless all are asked."""
        path = f"{self.prefix}{name}"
        matched = f"{path}/" if directory else path
        if name in ALWAYS_OUT:
            yield Decision(layer=Layer.ALWAYS, pattern=name, matched=matched, reason=ALWAYS_OUT[name])
        elif name.startswith(".skillpack-") and name.endswith(".tmp"):
            yield Decision(
                layer=Layer.ALWAYS, pattern=UNFINISHED, matched=matched, reason="a run that was killed left it behind"
            )
        said = _all_said if every else _last_said
        if self.options:
            yield from said(self.options, matched, matched, (Layer.OPTION, None))
        if self.closed:
            yield self.closed
            return
        for file in self.files:
            subject = file.above + matched[len(file.within) :]
            yield from said(file.patterns, subject, matched, (file.layer, file.file))
        found = default(path, directory=directory) if self.defaults else None
        if found:
            group = found.group
            yield Decision(
                layer=Layer.DEFAULT, pattern=found.pattern, matched=matched, reason=group.reason, group=group.name
            )


_Place = tuple[Layer, str | None]  # a layer, and the file


def _last_said(patterns: Patterns, subject: str, matched: str, place: _Place) -> Iterator[Decision]:
    try:
        opinion = patterns.opinion(byte_text(subject))
    except TooCostlyError as error:
        raise _costly(place[1], error) from error
    if opinion:
        yield _said(patterns, opinion.line, matched, place)


def _all_said(patterns: Patterns, subject: str, matched: str, place: _Place) -> Iterator[Decision]:
    try:
        numbers = patterns.matching(byte_text(subject))
    except TooCostlyError as error:
        raise _costly(place[1], error) from error
    for number in reversed(numbers):
        yield _said(patterns, number, matched, place)


def _costly(file: str | None, error: TooCostlyError) -> Exception:
    return CostlyFileError(file, str(error)) if file else SettingsError(str(error), key="exclude and include")


def _said(patterns: Patterns, number: int, matched: str, place: _Place) -> Decision:
    layer, file = place
    return Decision(layer=layer, pattern=excerpt(patterns.lines[number - 1]), matched=matched, file=file, line=number)


def _winner(decisions: Iterable[Decision]) -> Decision | None:
    """The first opinion wins; but a negation in a .gitignore undoes only what a .gitignore did, not a default."""
    protected = None
    for decision in decisions:
        if protected is None:
            if decision.layer is not Layer.GITIGNORE or decision.excludes:
                return decision
            protected = decision
        elif decision.layer is Layer.DEFAULT:
            return decision
    return protected


def _reopening(lines: Iterable[str]) -> dict[str, int]:
    """Return the folders that includes name something in, with `/` at their end, and the number of the last of each."""
    found: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        text = line_text(line)
        if text.startswith("!") and "/" in text.removesuffix("/"):  # one that names a place, not only a name
            start = shown(literal_start(text[1:].removeprefix("/")))
            found |= dict.fromkeys(_folders(start), number)
    return found


def _folders(path: str) -> Iterator[str]:
    """Yield the folders on the way to a path, itself if it ends in `/`, as deep as a walk may go."""
    at = 0
    for _ in range(MAX_DEPTH + 1):
        at = path.find("/", at) + 1
        if not at:
            return
        yield path[:at]


def unmatched(rules: IgnoreRules, numbers: Iterable[int], excluded: Iterable[Excluded]) -> tuple[str, ...]:
    """Return the options of these numbers, but for excludes of what lies in a folder that is left out anyway."""
    if rules.options is None:
        return ()
    folders = {entry.path for entry in excluded if entry.path.endswith("/")}
    found = []
    for number in sorted(numbers):
        line = rules.options.lines[number - 1]
        prefix = shown(literal_start(line_text(line).removeprefix("/")))
        if folders.isdisjoint(_folders(prefix)):
            found.append(shown(line))
    return tuple(found)


def dead_negations(files: Iterable[IgnoreFile], excluded: Mapping[str, Decision]) -> Iterator[OddLine]:
    """Yield the negations that name something in a folder which a rule of the same kind leaves out.

    Args:
        files: every ignore file that was read.
        excluded: folder, with `/` at its end -> the line that left it out.
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
            blocker = next((excluded[parent] for parent in _folders(path) if parent in excluded), None)
            if blocker and (blocker.layer is file.layer or file.layer is Layer.SKILLIGNORE):
                yield OddLine(file.file, number, excerpt(line), blocker=blocker)


def ignored_root(files: Iterable[IgnoreFile]) -> Excluded | None:
    """Return the line above a skill that names the skill's directory, or a folder around it.

    Args:
        files: the ignore files above the skill, the nearest first.
    """
    files = tuple(files)
    path = max((file.above for file in files), key=len, default="")
    for inner in (path[at + 1 :] for at, char in enumerate(path) if char == "/"):
        subjects = ((file, file.above.removesuffix(inner)) for file in files if len(file.above) > len(inner))
        said = (_last_said(file.patterns, subject, subject, (file.layer, file.file)) for file, subject in subjects)
        decision = next((decision for decisions in said for decision in decisions), None)
        if decision and decision.excludes:
            return Excluded(path=".", decision=decision)
    return None
