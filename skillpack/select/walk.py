"""Walk a source and select the files that are packed: never outside the skill, symbolic links not followed."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from skillpack.atomic import TEMPORARY
from skillpack.errors import NotASkillError, SkillChangedError
from skillpack.findings import Issue, Location, order_of_place
from skillpack.limits import MANIFEST, MAX_DEPTH
from skillpack.select.hardlinks import find_hard_links
from skillpack.select.ignore_files import Reader
from skillpack.select.layers import (
    GITIGNORE,
    SKILLIGNORE,
    IgnoreRules,
    describe_limit,
    find_dead_negations,
    find_ignored_root,
    find_unmatched,
)
from skillpack.settings import patterns_of
from skillpack.skill.decisions import Decision, Excluded, Layer, describe_error, note_not_nfc
from skillpack.skill.tree import Selection, SkillFile, SkillTree, nfc
from skillpack.sources.directory import portable
from skillpack.sources.links import Links, describe_escape, status_at
from skillpack.sources.source import FILE, JUNCTION
from skillpack.sources.walk_budget import WalkBudget, WalkLimitError
from skillpack.text import os_error, relative_path

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from skillpack.select.ignore_files import Found
    from skillpack.select.layers import IgnoreFile
    from skillpack.settings import Settings
    from skillpack.sources.source import Entry, Folder, Source, Status


def walk(
    source: Source, settings: Settings, only: Collection[str] | None = None, never: Collection[Path] = ()
) -> SkillTree:
    """Return the tree of a skill. Sizes are known from the scan; only ignore files are read.

    Args:
        source: where its files are.
        settings: which ignore rules apply.
        only: paths relative to the skill's root; if given, no other file is in the tree.
        never: files on disk that are not packed whatever the rules are: the output of this call.

    Raises:
        NotASkillError: the skill's folder cannot be listed.
        SettingsError: the patterns of the settings exceed a limit.
    """
    return _Walk(source, settings, only, never).run()


class _Walk:
    """One walk: what was found so far."""

    def __init__(
        self, source: Source, settings: Settings, only: Collection[str] | None, never: Collection[Path]
    ) -> None:
        self._source, self._settings = source, settings
        self._budget = WalkBudget()
        self._links = Links(source, self._budget)
        self._reader = Reader(source, self._budget, gitignore=settings.gitignore)
        self._only = None if only is None else frozenset(only)
        self._outputs = _Outputs(source.location, never)
        self._unmatched = set(range(1, 1 + len(patterns_of(settings))))
        self._ignore_files: list[IgnoreFile] = []
        self._symlinks: list[tuple[str, str, Status]] = []
        self._aliased: dict[str, tuple[int, int]] = {}
        self._secret_names: dict[str, str] = {}
        self._files: list[SkillFile] = []
        self._excluded: dict[str, Decision] = {}
        self._protected: list[Excluded] = []
        self._rejected: list[Issue] = []
        self._notes: list[Issue] = [*source.notes]

    def run(self) -> SkillTree:
        """Walk the whole skill, unless it or its ignore rules exceed a limit."""
        unmatched: tuple[str, ...] = ()
        try:
            above = self._reader.read_above()
            self._add_ignore_files(above)
            rules = IgnoreRules.from_settings(self._settings, above.files, self._budget)
            root = find_ignored_root(above.files)
            self._protected += [root] if root else []
            self._walk_folders(rules)
            self._add_symlinks()
            unmatched = find_unmatched(rules, self._unmatched, self._list_excluded())
        except WalkLimitError as error:  # what the rest of the rules would decide is unknown
            self._rejected.append(describe_limit(error))
            self._add_manifest()
        return self._tree(unmatched)

    def _tree(self, unmatched: tuple[str, ...]) -> SkillTree:
        notes = [
            *self._notes,
            *find_hard_links(self._source, self._aliased, self._excluded),
            *self._find_included_secrets(),
            *(issue for file in self._ignore_files for issue in file.malformed()),
            *find_dead_negations(self._ignore_files, self._excluded),
        ]
        selection = Selection(
            excluded=self._list_excluded(),
            rejected=tuple(sorted(self._rejected, key=lambda issue: order_of_place(issue.location))),
            notes=tuple(sorted(notes, key=lambda issue: order_of_place(issue.location))),
            protected=tuple(self._protected),
            unmatched=unmatched,
            tracked_excluded=tuple(self._find_tracked()),
        )
        directory = self._source.parts[-1] if self._source.parts else ""
        return SkillTree(tuple(self._files), directory, self._source.origin, selection)

    def _list_excluded(self) -> tuple[Excluded, ...]:
        return tuple(Excluded(path=path, decision=self._excluded[path]) for path in sorted(self._excluded))

    def _walk_folders(self, rules: IgnoreRules) -> None:
        waiting = [rules]
        while waiting:
            rules = waiting.pop()
            try:
                waiting += self._walk_folder(rules)
            except (OSError, SkillChangedError) as error:
                if not rules.prefix:
                    message = f"{self._source.origin} cannot be listed: {os_error(error)}"
                    raise NotASkillError(message) from error
                self._reject(describe_error(rules.prefix.rstrip("/"), error))

    def _walk_folder(self, rules: IgnoreRules) -> list[IgnoreRules]:
        """Select the entries of a folder; return the rules of the folders in it to enter."""
        self._budget.spend("entries", 1 + rules.prefix.count("/"))
        place = Location(rules.prefix.rstrip("/"))
        with self._source.open_folder(rules.prefix) as folder:
            if folder.mounted:
                self._note_mount(place.path)
            entries = []
            for entry in folder.entries():
                self._budget.spend("entries")
                entries.append(entry)
            entries.sort(key=lambda entry: (entry.name != MANIFEST, entry.name))  # first, in case a limit is exceeded
            names = {entry.name for entry in entries}
            if rules.prefix and ".git" in names:
                self._notes.append(Issue("nested-repository", place, "the folder is a git repository of its own"))
            rules = self._read_ignore_files(rules, folder, names)
            return [inner for entry in entries if (inner := self._select(entry, rules))]

    def _note_mount(self, path: str) -> None:
        message = "this is a mount point: its content is stored elsewhere"
        self._notes.append(Issue("mount-crossed", Location(path), message))

    def _reject(self, issue: Issue) -> None:
        self._rejected.append(issue)
        self._budget.spend("rejected")

    def _read_ignore_files(self, rules: IgnoreRules, folder: Folder, names: Collection[str]) -> IgnoreRules:
        """Read the ignore files of a folder; those of an excluded one, entered nevertheless, do not apply."""
        if rules.closed or not {GITIGNORE, SKILLIGNORE} & set(names):
            return rules
        found = self._reader.read_folder(folder, rules.prefix)
        self._add_ignore_files(found)
        return rules.add_files(found.files)

    def _add_ignore_files(self, found: Found) -> None:
        self._ignore_files += found.files
        self._notes += found.notes
        self._rejected += found.unread

    def _select(self, entry: Entry, rules: IgnoreRules) -> IgnoreRules | None:
        """Decide on one entry; return the rules of a folder to enter."""
        name, directory = entry.name, entry.is_folder
        path = rules.prefix + name
        if self._unmatched:
            self._unmatched -= rules.match_options(name, self._unmatched, directory=directory)
        decision = rules.judge(name, directory=directory)
        reopened = None
        if decision and decision.excludes:
            reopened = rules.reopen(name, decision) if directory else None
            if rules.is_manifest(name, directory=directory):
                self._protected.append(Excluded(path=path, decision=decision))
            elif reopened is None:
                self._excluded[f"{path}/" if directory else path] = decision
                return None
        try:
            problem = find_name_problem(path) or (find_folder_problem(path, entry.status()) if directory else None)
            if problem:
                self._reject(problem)
            elif directory:
                if not reopened:
                    self._note_secret_name(f"{path}/", decision, rules)
                return reopened or rules.enter(name)
            else:
                self._note_secret_name(path, decision, rules)
                if self._only is None or path in self._only:
                    self._select_file(path, entry.status())
        except (OSError, SkillChangedError) as error:
            self._reject(describe_error(path, error))
        return None

    def _select_file(self, path: str, status: Status) -> None:
        found = self._links.resolve(path, status)
        name = path.rpartition("/")[2]
        if isinstance(found, Issue):
            self._reject(found)
        elif self._outputs.hold(path, found.status) or TEMPORARY.fullmatch(name):
            self._excluded[path] = Decision(
                layer=Layer.ALWAYS, pattern=name, matched=path, reason="skillpack writes it"
            )
        elif found.path == path:
            self._add(path, path, found.status)
        else:  # its target may still be excluded
            self._symlinks.append((path, found.path, found.status))

    def _add_symlinks(self) -> None:
        """Add each symlink as a copy, except those to excluded files, which would be packed under another name."""
        for path, target, status in self._symlinks:
            decision = self._find_decision(target)
            if decision:
                self._excluded[path] = decision
            else:
                message = f"the symlink is packed as a copy of {target}"
                self._notes.append(Issue("link-copied", Location(path), message))
                self._add(path, target, status)

    def _add(self, path: str, target: str, status: Status) -> None:
        self._budget.spend("entries")
        if status.aliased and status.identity:
            self._aliased[path] = status.identity
        if status.mounted:
            self._note_mount(path)
        packed_path = nfc(path)
        if path != packed_path:
            self._notes.append(note_not_nfc(packed_path))
        content = self._source.content(target, status)
        self._files.append(
            SkillFile(  # by name, which is quicker
                path=packed_path, size=status.size, source=content, mode_executable=status.executable
            )
        )

    def _add_manifest(self) -> None:
        """Add the manifest, which no rule excludes, if the walk stopped before it: what is in it is checked."""
        if any(file.path == MANIFEST for file in self._files) or (self._only and MANIFEST not in self._only):
            return
        with suppress(OSError, SkillChangedError):
            status = status_at(self._source, MANIFEST)
            if status.kind == FILE:
                content = self._source.content(MANIFEST, status)
                self._files.append(SkillFile(MANIFEST, status.size, content, mode_executable=status.executable))

    def _find_decision(self, path: str) -> Decision | None:
        """Return the line that excludes a path, or a folder on the way to it."""
        places = (*(path[: at + 1] for at, char in enumerate(path) if char == "/"), path)
        return next((self._excluded[place] for place in places if place in self._excluded), None)

    def _note_secret_name(self, path: str, decision: Decision | None, rules: IgnoreRules) -> None:
        if (decision or not rules.defaults) and rules.has_secret_name(path):
            self._secret_names[path] = _describe_include(decision, rules)

    def _find_included_secrets(self) -> Iterator[Issue]:
        """Yield the packed files, and their folders, whose names the built-in patterns exclude as secrets."""
        packed = {file.path for file in self._files} if self._secret_names else set()
        packed |= {path[: at + 1] for path in packed for at, char in enumerate(path) if char == "/"}
        for path, included_by in self._secret_names.items():
            if nfc(path) in packed:
                message = f"{included_by} includes this name, which the built-in patterns exclude as a secret"
                yield Issue("safety-rule-lowered", Location(nfc(path).rstrip("/")), message)

    def _find_tracked(self) -> Iterator[Excluded]:
        for path in sorted(self._only or ()):
            decision = self._find_decision(path)
            if decision:
                yield Excluded(path=path, decision=decision)


def find_name_problem(path: str) -> Issue | None:
    """Return the issue with a path whose name is not Unicode, which no zip could hold, or is not one on any disk."""
    name = path.rpartition("/")[2]
    if name in ("", ".", "..") or "\0" in name:
        return Issue("path-unsafe", Location(path), "no file system has a file of this name")
    if path.isascii():
        return None
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        return Issue("path-not-utf8", Location(path), "the file's name is not UTF-8")
    return None


def find_folder_problem(path: str, status: Status) -> Issue | None:
    """Return the issue with a folder that is not entered: it is a junction, or too deep."""
    if status.kind == JUNCTION:
        return describe_escape(path)
    if path.count("/") >= MAX_DEPTH:
        return Issue("path-too-deep", Location(path), f"the folder is over {MAX_DEPTH} folders deep")
    return None


def _describe_include(decision: Decision | None, rules: IgnoreRules) -> str:
    """Return what includes a name that the built-in patterns would exclude, for a message."""
    if decision is None or not rules.defaults:
        return "default-excludes = false"
    if decision.layer is Layer.OPTION:
        return f"include {decision.pattern.removeprefix('!')}"
    return f"{decision.file}:{decision.line} ({decision.pattern})"


class _Outputs:
    """The files that a call writes, by their paths and by what is there now."""

    def __init__(self, root: str | None, files: Collection[Path]) -> None:
        self._paths: frozenset[str] = frozenset()
        self._identities: frozenset[tuple[int, int]] = frozenset()
        if root is not None and files:
            places = (os.path.join(os.path.realpath(file.parent), file.name) for file in files)
            self._paths = frozenset(portable(relative_path(place, root)) for place in places)
            found = [os.lstat(file) for file in files if os.path.lexists(file)]
            self._identities = frozenset((status.st_dev, status.st_ino) for status in found)

    def hold(self, path: str, status: Status) -> bool:
        """Return whether a file found at a path is one of them."""
        return path in self._paths or status.identity in self._identities
