"""Define the settings, with their defaults, and convert them to and from the table of a settings file."""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal, Self, cast

from skillpack.errors import SettingsError, is_list, join_errors, require_type
from skillpack.limits import MAX_CONTENTS_MIB
from skillpack.settings.schema import LEVELS, SCHEMA, dotted, find_errors
from skillpack.targets import TargetName
from skillpack.values import Value, field

__all__ = ["LEVELS", "ContainerDefaults", "Level", "Settings"]

Level = Literal["error", "warning", "note", "off"]
"""The level of a rule: the severity of its findings, or off."""


class ContainerDefaults(Value):
    """What a container gets unless the call says otherwise; `[container]` in a settings file.

    Args:
        name: the container's name.
        memory: 1g, 4g, 16g or 64g.
        expires_after: minutes after its last use, at least 1.
        allow_domains: the domains it may connect to.

    Raises:
        SettingsError: a value is not one of those allowed.
    """

    __module__ = "skillpack"

    name: str | None = None
    memory: str | None = None
    expires_after: int | None = None
    allow_domains: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if is_list(self.allow_domains):
            object.__setattr__(self, "allow_domains", tuple(self.allow_domains))
        _refuse(find_errors(_container_table(self), SCHEMA["properties"]["container"], ("container",)))


def _refuse(found: Iterable[tuple[tuple[str, ...], str]]) -> None:
    """Raise one SettingsError of all (key, what is wrong there), if there are any."""
    if errors := [SettingsError(message, key=dotted(key)) for key, message in found]:
        raise join_errors(errors)


def _container_table(container: ContainerDefaults) -> dict[str, Any]:
    stated = ((name, getattr(container, name), each) for name, each in ContainerDefaults.__value_fields__.items())
    return {name.replace("_", "-"): value for name, value, each in stated if value != each.default}


_NO_DEFAULTS: Final = ContainerDefaults()


class Settings(Value):
    """How skills are read, checked and packed. Every collection given is copied.

    Args:
        exclude: patterns of files to exclude, as in a .gitignore at the skill's root; the last match wins. One that
            starts with `!` includes, as there; settings files and the command line refuse such.
        include: patterns of files to include although another pattern excludes them.
        gitignore: False to ignore .gitignore files.
        default_excludes: False to disable the built-in ignore patterns.
        compression: deflate, smallest or store.
        max_contents: MiB of contents that are read and packed, up to 4,096; more than 128 takes time and memory.
        rules: rule id -> the level it has instead of its own. An unknown id, and a level that its rule cannot have, are
            refused by the call that checks a skill.
        targets: the consumers that the skill is for, by their names in `skillpack targets`.
        allow_secrets: path relative to the skill's root -> SHA-256 (lowercase hex) of the content that may be
            packed there although it looks like a secret.
        container: what container and write_container use unless the call says otherwise.

    Raises:
        SettingsError: a value is not one of those allowed.
        TypeError: container is not a ContainerDefaults.
    """

    __module__ = "skillpack"

    exclude: Sequence[str] = ()
    include: Sequence[str] = ()
    gitignore: bool = True
    default_excludes: bool = True
    compression: Literal["deflate", "smallest", "store"] = "deflate"
    max_contents: int = MAX_CONTENTS_MIB
    rules: Mapping[str, Level] = field(default_factory=dict, hash=False)
    targets: Sequence[TargetName] = ("openai",)
    allow_secrets: Mapping[str, str] = field(default_factory=dict, hash=False)
    container: ContainerDefaults = _NO_DEFAULTS

    def __post_init__(self) -> None:
        for name in ("exclude", "include", "targets"):
            given = getattr(self, name)
            if is_list(given):
                object.__setattr__(self, name, tuple(given))
        for name in ("rules", "allow_secrets"):
            if isinstance(given := getattr(self, name), Mapping):
                object.__setattr__(self, name, dict(given))
        require_type("container", self.container, ContainerDefaults, "ContainerDefaults")
        _refuse(find_errors(to_table(self), SCHEMA))

    @classmethod
    def find(cls, skill: str | os.PathLike[str]) -> Self:
        """Return the settings in the nearest settings file above a skill, or the defaults without one.

        Args:
            skill: the skill's directory or zip; a settings file in a skill never counts.

        Raises:
            SettingsError: the file is invalid, or another user owns it.
        """
        from skillpack.settings.file import SettingsFinder

        file = SettingsFinder().above(_text("skill", skill))
        return cls() if file is None else cls(**_from_table(file.table_of(Path(skill))))

    @classmethod
    def load(cls, file: str | os.PathLike[str], skill: str | os.PathLike[str] | None = None) -> Self:
        """Return the settings in a settings file of any owner.

        Args:
            file: a skillpack.toml, or a pyproject.toml with the table `[tool.skillpack]`.
            skill: the skill's directory or zip, which decides which overrides apply; without it none do.

        Raises:
            SettingsError: the file cannot be read, or is invalid.
        """
        from skillpack.settings.file import SettingsFinder

        place = None if skill is None else Path(_text("skill", skill))
        found = SettingsFinder(Path(_text("file", file))).nearest_to(Path())
        assert found is not None
        return cls(**_from_table(found.table if place is None else found.table_of(place)))


def patterns_of(settings: Settings) -> tuple[str, ...]:
    """Return exclude and include as lines of one ignore file; those of include come last, and so win."""
    return (*settings.exclude, *(f"!{pattern}" for pattern in settings.include))


_FLAT: Final = {name: name.replace("-", "_") for name in SCHEMA["properties"] if name not in ("container", "overrides")}


def from_table(table: Mapping[str, Any]) -> Settings:
    """Return the settings in the table of a settings file, in which find_errors found nothing."""
    return Settings(**_from_table(table))


def _text(name: str, path: object) -> str:
    """Return a path as text.

    Raises:
        TypeError, ValueError: it is not the path of a file.
    """
    require_type(name, path, str | os.PathLike, "a path")
    text = os.fspath(cast("os.PathLike[str]", path))
    require_type(name, text, str, "a path")
    try:
        possible = "\0" not in text and bool(os.fsencode(text))
    except UnicodeEncodeError:
        possible = False
    if not possible:
        raise SettingsError("is not a path that a file can have", key=name)
    return text


def _from_table(table: Mapping[str, Any]) -> dict[str, Any]:
    stated = {key.replace("-", "_"): value for key, value in table.items() if key != "overrides"}
    container = {key.replace("-", "_"): value for key, value in stated.pop("container", {}).items()}
    if "allow_domains" in container:
        container["allow_domains"] = tuple(container["allow_domains"])
    return {**stated, "container": ContainerDefaults(**container)}


def to_table(settings: Settings) -> dict[str, Any]:
    """Return settings as the table of a settings file; what is not set is not in it."""
    stated = {name: getattr(settings, attribute) for name, attribute in _FLAT.items()}
    return stated | {"container": _container_table(settings.container)}
