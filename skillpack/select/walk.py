"""A directory to its tree: never outside the root, never blocking, links not followed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from skillpack.atomic import TEMPORARY
from skillpack.errors import NotASkillError, SkillChangedError
from skillpack.findings import escaped
from skillpack.limits import MANIFEST, Budget, WalkTooLongError
from skillpack.select import hardlinks
from skillpack.select.files import Reader
from skillpack.select.gitignore import Effort
from skillpack.select.layers import (
    GITIGNORE,
    SKILLIGNORE,
    CostlyFileError,
    IgnoreRules,
    dead_negations,
    ignored_root,
    unmatched,
)
from skillpack.skill.decisions import Decision, Excluded, Layer, Odd, Oddity
from skillpack.skill.tree import Selection, SkillFile, SkillTree, nfc
from skillpack.sources.directory import DiskFile, Root, identity, is_junction, native, portable
from skillpack.sources.links import Links, misnamed, reason, resolved, too_deep, unseen
from skillpack.sources.mounts import mounted_in

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import Path

    from skillpack.select.files import Found
    from skillpack.select.layers import IgnoreFile
    from skillpack.settings import Settings


def walk(
    root: Path, settings: Settings, only: Collection[str] | None = None, never: Collection[Path] = ()
) -> SkillTree:
    """Return the tree of the skill in a directory. Sizes are known from the scan; only ignore files are opened.

    Args:
        root: the skill's directory; a link to one is followed.
        settings: which ignore rules count.
        only: paths relative to the root; where given, no other file is in the tree.
        never: files that are not packed whatever the rules say: what this very call writes.

    Raises:
        NotASkillError: `root` is no directory that can be listed.
    """
    directory = directory_of(root)
    scan = _Scan(directory, settings, only, never)
    if root.name != ".." and directory != directory_of(root.parent) / root.name:
        scan.notes.append(Odd("", Oddity.ROOT_IS_LINK, portable(directory.as_posix())))
    scan.run()
    return scan.tree(portable(root.as_posix()))


def directory_of(root: Path) -> Path:
    """Return the directory of a skill, resolved.

    Raises:
        NotASkillError: it is no directory that can be opened.
    """
    try:
        directory = root.resolve(strict=True)
        if directory.is_dir():
            return directory
    except (OSError, RuntimeError, ValueError) as error:
        raise NotASkillError(f"{escaped(str(root))} cannot be opened: {reason(error)}") from error
    raise NotASkillError(f"{escaped(str(root))} is neither a directory nor a zip")


class _Scan:
    """One walk: what was found so far, and the folders still to enter."""

    def __init__(self, root: Path, settings: Settings, only: Collection[str] | None, never: Collection[Path]) -> None:
        self._disk = Root.from_path(str(root))
        self._root = self._disk.path
        self._budget = Budget()
        self._follow = Links(self._disk, self._budget)
        self._only = None if only is None else frozenset(only)
        self._never = _Outputs(self._root, never)
        effort = Effort()
        self._reader = Reader(self._disk, settings.gitignore, effort)
        self._from_above = self._reader.above()
        self._rules = IgnoreRules.from_settings(settings, self._from_above.files, effort)
        self._unasked = set(range(1, 1 + len(settings.patterns)))
        self._cut_short = False  # once this or its ignore files cost too much, nothing will be packed
        self._read: list[IgnoreFile] = []
        self._mounted = mounted_in(self._root)
        self._links: list[tuple[str, str, os.stat_result]] = []
        self._several_names: dict[str, tuple[int, int]] = {}
        self.files: list[SkillFile] = []
        self.excluded: dict[str, Decision] = {}
        self._secret_names: dict[str, str] = {}
        self.protected: list[Excluded] = []
        self.rejected: list[Odd] = []
        self.notes: list[Odd] = []

    def run(self) -> None:
        """Go through the whole directory, unless it or its ignore rules cost too much."""
        try:
            self._go()
            self._settle_links()
        except CostlyFileError as error:  # what the rest of the rules would say is not known
            self._stop(Odd(error.file, Oddity.IGNORE_TOO_COSTLY, str(error)))
        except WalkTooLongError as error:
            self._stop(Odd("", Oddity.WALK_TOO_LONG, str(error)))
        self.notes += hardlinks.oddities(self._disk, self._several_names, self.excluded)

    def _stop(self, odd: Odd) -> None:
        self.rejected.append(odd)
        self._cut_short = True

    def _go(self) -> None:
        self._keep(self._from_above)
        root = ignored_root(self._from_above.files)
        self.protected += [root] if root else []
        waiting = [(self._rules, self._disk.device)]
        while waiting:
            rules, device = waiting.pop()
            try:
                waiting += self._enter(rules, device)
            except (OSError, SkillChangedError) as error:
                if not rules.prefix:
                    raise NotASkillError(f"{escaped(self._root)} cannot be listed: {reason(error)}") from error
                self._refuse(unseen(rules.prefix.rstrip("/"), error))
            if self._cut_short:
                return

    def _enter(self, rules: IgnoreRules, device: int) -> list[tuple[IgnoreRules, int]]:
        """Put the entries of a folder where they belong; return the folders in it to enter, with its own device."""
        self._budget.look(1 + rules.prefix.count("/"))
        with self._disk.folder(rules.prefix) as folder:
            here = os.stat(folder).st_dev
            if here != device or rules.prefix.rstrip("/") in self._mounted:
                self.notes.append(Odd(rules.prefix.rstrip("/"), Oddity.MOUNT_CROSSED))
            with os.scandir(folder) as entries:
                found = sorted(self._counted(entries), key=_manifest_first)
            names = {name for name, _ in found}
            if rules.prefix and ".git" in names:
                self.notes.append(Odd(rules.prefix.rstrip("/"), Oddity.NESTED_REPOSITORY))
            rules = self._with_files(rules, folder, names)
            found = found[:1] if self._cut_short else found  # the manifest, which is always kept
            return [(inner, here) for name, entry in found if (inner := self._take_safely(name, entry, rules))]

    def _counted(self, entries: Iterable[os.DirEntry[str]]) -> Iterator[tuple[str, os.DirEntry[str]]]:
        for entry in entries:
            self._budget.look(1)
            yield portable(entry.name), entry

    def _refuse(self, odd: Odd) -> None:
        self.rejected.append(odd)
        self._budget.refuse()

    def _take_safely(self, name: str, entry: os.DirEntry[str], rules: IgnoreRules) -> IgnoreRules | None:
        try:
            return self._take(name, entry, rules)
        except SkillChangedError:
            raise
        except OSError as error:
            self._refuse(unseen(rules.prefix + name, error))
            return None

    def tree(self, origin: str) -> SkillTree:
        """Return everything that was found, in order."""
        excluded = tuple(Excluded(path=path, decision=self.excluded[path]) for path in sorted(self.excluded))
        lines = [line for file in self._read for line in file.ineffective()]
        selection = Selection(
            excluded=excluded,
            rejected=tuple(sorted(self.rejected, key=lambda entry: entry.path)),
            notes=tuple(sorted([*self.notes, *self._secrets_brought_back()], key=lambda entry: entry.path)),
            protected=tuple(self.protected),
            ineffective_lines=(*lines, *dead_negations(self._read, self.excluded)),
            unmatched=() if self._cut_short else unmatched(self._rules, self._unasked, excluded),
            tracked_excluded=tuple(self._tracked_out()),
        )
        return SkillTree(tuple(self.files), portable(os.path.basename(self._root)), origin, selection)

    def _with_files(self, rules: IgnoreRules, folder: int | str, names: Collection[str]) -> IgnoreRules:
        """Read the ignore files of a folder; those of one that is left out, and entered all the same, do not count."""
        if rules.closed or not {GITIGNORE, SKILLIGNORE} & set(names):
            return rules
        found = self._reader.in_folder(folder, rules.prefix)
        self._keep(found)
        return rules.beside(found.files)

    def _keep(self, found: Found) -> None:
        self._read += found.files
        self.notes += found.notes
        self.rejected += found.unread
        self._cut_short = self._cut_short or any(odd.oddity is Oddity.IGNORE_TOO_COSTLY for odd in found.unread)

    def _take(self, name: str, entry: os.DirEntry[str], rules: IgnoreRules) -> IgnoreRules | None:
        """Put one entry where it belongs; return the rules of a folder to enter."""
        path = rules.prefix + name
        directory = entry.is_dir(follow_symlinks=False)
        if self._unasked:
            self._unasked -= rules.asked(name, self._unasked, directory=directory)
        decision = rules.judge(name, directory=directory)
        again = None
        if decision and decision.excludes:
            again = rules.reopened(name, decision) if directory else None
            if rules.is_manifest(name, directory=directory):
                self.protected.append(Excluded(path=path, decision=decision))
            elif again is None:
                self.excluded[f"{path}/" if directory else path] = decision
                return None
        odd = misnamed(path)
        if directory and not odd:
            odd = Odd(path, Oddity.LINK_ESCAPES) if is_junction(entry) else too_deep(path)
        if odd:
            self._refuse(odd)
            return None
        if again:
            return again
        self._note_secret_name(f"{path}/" if directory else path, decision, rules)
        if directory:
            return rules.inside(name)
        if self._only is None or path in self._only:
            self._take_file(entry, path)
        return None

    def _decision_on(self, path: str) -> Decision | None:
        """Return the line that left out a path, or a folder it lies in."""
        ancestors = (path[: at + 1] for at, char in enumerate(path) if char == "/")
        found = (self.excluded.get(place) for place in (*ancestors, path))
        return next((decision for decision in found if decision), None)

    def _note_secret_name(self, path: str, decision: Decision | None, rules: IgnoreRules) -> None:
        if (decision or not rules.defaults) and rules.has_secret_name(path):
            self._secret_names[path] = _included_by(decision, rules)

    def _secrets_brought_back(self) -> Iterator[Odd]:
        """Yield the packed files, and folders of such, whose names the built-in patterns exclude as secrets."""
        packed = {file.path for file in self.files} if self._secret_names else set()
        packed |= {path[: at + 1] for path in packed for at, char in enumerate(path) if char == "/"}
        for path, included_by in self._secret_names.items():
            if nfc(path) in packed:
                yield Odd(nfc(path).rstrip("/"), Oddity.SAFETY_RULE_LOWERED, included_by)

    def _settle_links(self) -> None:
        """Take each link but those to what is left out: as a copy that would go along under another name."""
        for path, target, status in self._links:
            decision = self._decision_on(target)
            if decision:
                self.excluded[path] = decision
            else:
                self.notes.append(Odd(path, Oddity.LINK_COPIED, target))
                self._add(path, target, status)

    def _tracked_out(self) -> Iterator[Excluded]:
        for path in sorted(self._only or ()):
            decision = self._decision_on(path)
            if decision:
                yield Excluded(path=path, decision=decision)

    def _take_file(self, entry: os.DirEntry[str], path: str) -> None:
        found = resolved(self._follow, path, self._status(entry, path))
        if isinstance(found, Odd):
            self._refuse(found)
        elif self._never.hold(path, found.status) or TEMPORARY.fullmatch(entry.name):
            self.excluded[path] = Decision(
                layer=Layer.ALWAYS, pattern=entry.name, matched=path, reason="skillpack writes it"
            )
        elif found.path == path:
            self._add(path, path, found.status)
        else:  # what it leads to may yet be left out
            self._links.append((path, found.path, found.status))

    def _add(self, path: str, target: str, status: os.stat_result) -> None:
        self._budget.look(1)
        if status.st_nlink > 1:
            self._several_names[path] = status.st_dev, status.st_ino
        if target in self._mounted:
            self.notes.append(Odd(path, Oddity.MOUNT_CROSSED))
        if path != nfc(path):
            self.notes.append(Odd(nfc(path), Oddity.PATH_NOT_NFC))
        self.files.append(SkillFile(nfc(path), status.st_size, DiskFile(target, identity(status), self._disk)))

    def _status(self, entry: os.DirEntry[str], path: str) -> os.stat_result:
        if os.name == "nt":  # there the scan does not know device, inode and links
            return os.lstat(os.path.join(self._root, native(path)))
        return entry.stat(follow_symlinks=False)


def _manifest_first(named: tuple[str, object]) -> tuple[bool, str]:
    """Sort by name, but so that a walk that is cut short has not missed the manifest."""
    return named[0] != MANIFEST, named[0]


def _included_by(decision: Decision | None, rules: IgnoreRules) -> str:
    """Return what includes a name that the built-in patterns would exclude, in a few words."""
    if decision is None or not rules.defaults:
        return "default-excludes = false"
    if decision.layer is Layer.OPTION:
        return f"include {decision.pattern.removeprefix('!')}"
    return f"{decision.file}:{decision.line} ({decision.pattern})"


class _Outputs:
    """The files a call writes, by their place and by what lies there now."""

    def __init__(self, root: str, files: Collection[Path]) -> None:
        self._paths = {
            portable(os.path.relpath(os.path.join(os.path.realpath(file.parent), file.name), root).replace(os.sep, "/"))
            for file in files
        }
        self._files = [os.lstat(file) for file in files if os.path.lexists(file)]

    def hold(self, path: str, status: os.stat_result) -> bool:
        """Whether a file found under a path is one of them."""
        return path in self._paths or any(os.path.samestat(status, file) for file in self._files)
