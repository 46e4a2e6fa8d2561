"""What may be set: the defaults, a settings file, the caller's own words."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from skillpack.arguments import demand
from skillpack.errors import SettingsError
from skillpack.settings.schema import LEVELS, SCHEMA, dotted, faults

__all__ = ["LEVELS", "ContainerDefaults", "Level", "Settings"]

Level = Literal["error", "warning", "note", "off"]


@dataclass(frozen=True, slots=True)
class ContainerDefaults:
    """What `skillpack container` takes where the command line says nothing.

    Args:
        name: the container's name.
        memory: 1g, 4g, 16g or 64g.
        expires_after: minutes after it was last active.
        allow_domains: the domains it may reach.
    """

    name: str | None = None
    memory: str | None = None
    expires_after: int | None = None
    allow_domains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Settings:
    """How skills are read, judged and packed. Every collection given is copied.

    Args:
        exclude: patterns of what to leave out, as in a .gitignore at the skill's root, in order, the last wins; one
            that begins with `!` keeps, as there. A settings file and the command line refuse such.
        include: patterns of what to keep all the same.
        gitignore: whether .gitignore files count.
        default_excludes: whether the built-in patterns count.
        compression: deflate, smallest or store.
        rules: rule id -> level it has instead of its own.
        target: openai, or agentskills for the strict specification.
        allow_secrets: path relative to the skill's root -> SHA-256 (lowercase hex) of the content that may be
            packed there although it looks like a secret.
        container: defaults of `skillpack container`.

    Raises:
        SettingsError: a value is none of those it may have.
        TypeError: container is no ContainerDefaults.
    """

    exclude: Collection[str] = ()
    include: Collection[str] = ()
    gitignore: bool = True
    default_excludes: bool = True
    compression: Literal["deflate", "smallest", "store"] = "deflate"
    rules: Mapping[str, Level] = field(default_factory=dict, hash=False)
    target: Literal["openai", "agentskills"] = "openai"
    allow_secrets: Mapping[str, str] = field(default_factory=dict, hash=False)
    container: ContainerDefaults = ContainerDefaults()

    def __post_init__(self) -> None:
        for name in ("exclude", "include"):
            given = getattr(self, name)
            if isinstance(given, Iterable) and not isinstance(given, str | bytes | Mapping):
                object.__setattr__(self, name, tuple(given))
        for name in ("rules", "allow_secrets"):
            if isinstance(given := getattr(self, name), Mapping):
                object.__setattr__(self, name, dict(given))
        demand("container", self.container, ContainerDefaults, "ContainerDefaults")
        found = faults(to_table(self), SCHEMA)
        if errors := [SettingsError(message, key=dotted(key)) for key, message in found]:
            raise SettingsError.joined(errors)

    @property
    def patterns(self) -> tuple[str, ...]:
        """Exclude and include as lines of one ignore file: what is included comes last, and so wins."""
        return (*self.exclude, *(f"!{pattern}" for pattern in self.include))


_FLAT: Final = {name: name.replace("-", "_") for name in SCHEMA["properties"] if name not in ("container", "overrides")}


def from_table(table: Mapping[str, Any]) -> Settings:
    """Return the settings that a table of a settings file states, which has passed `faults`."""
    stated = {key.replace("-", "_"): value for key, value in table.items() if key != "overrides"}
    container = {key.replace("-", "_"): value for key, value in stated.pop("container", {}).items()}
    if "allow_domains" in container:
        container["allow_domains"] = tuple(container["allow_domains"])
    return Settings(**stated, container=ContainerDefaults(**container))


def to_table(settings: Settings) -> dict[str, Any]:
    """Return settings as a table of a settings file states them; what is not set is not there."""
    container = {name.replace("_", "-"): getattr(settings.container, name) for name in ContainerDefaults.__slots__}
    stated = {key: value for key, value in container.items() if value not in (None, ())}
    return {name: getattr(settings, attribute) for name, attribute in _FLAT.items()} | {"container": stated}
