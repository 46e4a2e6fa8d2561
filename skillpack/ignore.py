"""The layers of ignore rules: a path to the line that decided what happens to it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Self

from skillpack.defaults import default
from skillpack.limits import MANIFEST
from skillpack.tree import Decision, Layer, LeftOut, OddLine, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from skillpack.gitignore import Patterns
    from skillpack.settings import Settings

GITIGNORE: Final = ".gitignore"
SKILLIGNORE: Final = ".skillignore"
ALWAYS_OUT: Final = {
    **dict.fromkeys((".git", ".hg", ".svn", ".bzr", ".jj", "_darcs", "CVS"), "it belongs to a version control system"),
    SKILLIGNORE: "it says what is packed and is not packed itself",
}
UNFINISHED: Final = ".skillpack-*.tmp"
"""What a run that was killed may leave behind (atomic.py)."""


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
    def of(cls, file: str, content: bytes, within: str = "", above: str = "") -> Self:
        """Compile the content of an ignore file; its name says which layer it belongs to."""
        from skillpack.gitignore import Patterns, split_lines

        layer = Layer.SKILLIGNORE if file.endswith(SKILLIGNORE) else Layer.GITIGNORE
        return cls(layer, file, Patterns.of(split_lines(content)), within, above)

    def odd_lines(self) -> Iterator[OddLine]:
        """Yield the lines that can never match."""
        from skillpack.gitignore import line_text, shown, trouble

        for number, line in enumerate(self.patterns.lines, 1):
            if detail := trouble(line):
                yield OddLine(self.file, number, shown(line_text(line)), detail)


@dataclass(frozen=True, slots=True)
class IgnoreRules:
    """The rules that count in one folder of a skill.

    `prefix` is the folder, `""` or `a/b/`; `files` are the ignore files that count, strongest first; `closed` is the
    line that leaves the folder out, where it is entered all the same because an include names something in it.
    """

    options: Patterns | None
    defaults: bool
    prefix: str = ""
    files: tuple[IgnoreFile, ...] = ()
    closed: Decision | None = None

    @classmethod
    def of(cls, settings: Settings, above: Iterable[IgnoreFile] = ()) -> Self:
        """Return the rules that settings state.

        Args:
            settings: exclude first, then include; the last pattern that matches wins.
            above: the ignore files above the skill, the nearest first.
        """
        options = None
        if settings.patterns:
            from skillpack.gitignore import Patterns, byte_text

            options = Patterns.of([byte_text(pattern) for pattern in settings.patterns])
        return cls(options, settings.default_excludes, "", tuple(above))

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
        if decision.layer is Layer.ALWAYS or self.options is None:
            return None
        since = decision.line or 0 if decision.layer is Layer.OPTION else 0
        named = any(prefix.startswith(folder) for prefix in _included(self.options.lines[since:]))
        return replace(self, prefix=folder, closed=decision) if named else None

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
        if self.is_manifest(name, directory=directory) and winner is not None and winner.excluded:
            winner = Decision(Layer.MANIFEST, MANIFEST, name, reason="a bundle is nothing without it")
        out = winner is not None and winner.excluded
        overridden = () if winner is None else tuple(one for one in found if one.excluded is not out)
        return Verdict(f"{self.prefix}{name}" + ("/" if directory else ""), not out, winner, overridden)

    def asked(self, name: str, *, directory: bool) -> set[int]:
        """Return the numbers of the options that match an entry of this folder, from 1."""
        from skillpack.gitignore import byte_text

        path = byte_text(f"{self.prefix}{name}") + ("/" if directory else "")
        return set(self.options.matching(path)) if self.options else set()

    def _decisions(self, name: str, *, directory: bool, every: bool) -> Iterator[Decision]:
        """Yield what each layer says, the strongest first; of each file the last line alone unless all are asked."""
        path = f"{self.prefix}{name}"
        matched = f"{path}/" if directory else path
        if name in ALWAYS_OUT:
            yield Decision(Layer.ALWAYS, name, matched, reason=ALWAYS_OUT[name])
        elif name.startswith(".skillpack-") and name.endswith(".tmp"):
            yield Decision(Layer.ALWAYS, UNFINISHED, matched, reason="a run that was killed left it behind")
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
            yield Decision(Layer.DEFAULT, found.pattern, matched, reason=group.reason, group=group.name)


_Place = tuple[Layer, str | None]  # a layer, and the file


def _last_said(patterns: Patterns, subject: str, matched: str, place: _Place) -> Iterator[Decision]:
    from skillpack.gitignore import byte_text

    opinion = patterns.opinion(byte_text(subject))
    if opinion:
        yield _said(patterns, opinion.line, matched, place)


def _all_said(patterns: Patterns, subject: str, matched: str, place: _Place) -> Iterator[Decision]:
    from skillpack.gitignore import byte_text

    for number in reversed(patterns.matching(byte_text(subject))):
        yield _said(patterns, number, matched, place)


def _said(patterns: Patterns, number: int, matched: str, place: _Place) -> Decision:
    from skillpack.gitignore import line_text, shown

    layer, file = place
    return Decision(layer, shown(line_text(patterns.lines[number - 1])), matched, file, number)


def _winner(decisions: Iterable[Decision]) -> Decision | None:
    """The first opinion wins; but a negation in a .gitignore undoes only what a .gitignore did, not a default."""
    spared = None
    for decision in decisions:
        if spared is None:
            if decision.layer is not Layer.GITIGNORE or decision.excluded:
                return decision
            spared = decision
        elif decision.layer is Layer.DEFAULT:
            return decision
    return spared


def _included(lines: Iterable[str]) -> Iterator[str]:
    """Yield the literal start of each include that names a place, not only a name."""
    from skillpack.gitignore import line_text, literal_start, shown

    for line in lines:
        text = line_text(line)
        if text.startswith("!") and "/" in text.removesuffix("/"):
            yield shown(literal_start(text[1:].removeprefix("/")))


def unmatched(rules: IgnoreRules, numbers: Iterable[int], left_out: Iterable[LeftOut]) -> tuple[str, ...]:
    """Return the options of these numbers, but for excludes of what lies in a folder that is left out anyway."""
    if rules.options is None:
        return ()
    from skillpack.gitignore import line_text, literal_start, shown

    folders = tuple(entry.path for entry in left_out if entry.path.endswith("/"))
    found = []
    for number in sorted(numbers):
        line = rules.options.lines[number - 1]
        prefix = shown(literal_start(line_text(line).removeprefix("/")))
        if not (folders and prefix.startswith(folders)):
            found.append(shown(line))
    return tuple(found)


def dead_negations(files: Iterable[IgnoreFile], left_out: Mapping[str, Decision]) -> Iterator[OddLine]:
    """Yield the negations that name something in a folder which a rule of the same kind leaves out.

    Args:
        files: every ignore file that was read.
        left_out: folder, with `/` at its end -> the line that left it out.
    """
    for file in files:
        from skillpack.gitignore import line_text, literal_prefix, shown  # where there is no file, there is no need

        for number, line in enumerate(file.patterns.lines, 1):
            text = line_text(line)
            if not text.startswith("!") or "/" not in text.removesuffix("/"):
                continue
            glob = text[1:].removeprefix("/")
            named = literal_prefix(glob)
            named = named.removesuffix("/") if named == glob else named
            if not shown(named).startswith(file.above):
                continue
            path = file.within + shown(named).removeprefix(file.above)
            parents = (path[: at + 1] for at, char in enumerate(path) if char == "/")
            blocker = next((left_out[parent] for parent in parents if parent in left_out), None)
            if blocker and (blocker.layer is file.layer or file.layer is Layer.SKILLIGNORE):
                yield OddLine(file.file, number, shown(text), blocker=blocker)


def ignored_root(files: Iterable[IgnoreFile]) -> LeftOut | None:
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
        if decision and decision.excluded:
            return LeftOut(".", decision)
    return None
