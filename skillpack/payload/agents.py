"""Define a model of the environment of the Agents API (beta).

Field for field the SDK's (3.57, types/beta/environment_param.py, OpenAI-hosted), without what has nothing to do with
an agent's skills: desktop, plugins, and an environment that exists already.
"""

from typing import Annotated, Any, Final, Literal

from pydantic import Discriminator, Field, SecretStr, field_serializer
from pydantic_core import PydanticCustomError

from skillpack.limits import MAX_FILES_HOSTED, MAX_SETUP_COMMANDS, MAX_SKILLS_PER_ENVIRONMENT
from skillpack.payload.models import Filled, Payload, Secret, Skill, Text
from skillpack.payload.typed_dicts import ContainerSize

WORKSPACE: Final = "/workspace"
"""The folder of a hosted environment that files are copied to."""


class HostedNetwork(Payload):
    """What a hosted environment may connect to."""

    access: Literal["enabled", "disabled", "restricted"]
    allowed_domains: tuple[Filled, ...] | None = None
    blocked_domains: tuple[Filled, ...] | None = None

    def model_post_init(self, context: Any, /) -> None:
        """Refuse domains that the API refuses: of both kinds, or where access is not restricted."""
        super().model_post_init(context)
        if self.allowed_domains and self.blocked_domains:
            raise PydanticCustomError("both_domains", "both allowed and blocked domains are given")
        if (self.allowed_domains or self.blocked_domains) and self.access != "restricted":
            raise PydanticCustomError("not_restricted", "domains need access to be restricted")


class HostedPackages(Payload):
    """The packages that are installed in a hosted environment."""

    npm: tuple[Filled, ...] | None = None
    python: tuple[Filled, ...] | None = None
    system: tuple[Filled, ...] | None = None


class SetupCommand(Payload):
    """A command that is run before the agent starts; it may hold a secret, so its repr is masked."""

    command: Text = Field(min_length=1, repr=False)
    cwd: Filled | None = None


class HostedFile(Payload):
    """An uploaded file that is copied into a hosted environment."""

    type: Literal["file_id"] = "file_id"
    file_id: Filled
    path: Filled

    def model_post_init(self, context: Any, /) -> None:
        """Refuse a path that is not an absolute one in /workspace, as the API asks for."""
        super().model_post_init(context)
        _, *parts = self.path.split("/")
        if not self.path.startswith(f"{WORKSPACE}/") or {"", ".", ".."}.intersection(parts):
            raise PydanticCustomError("not_in_workspace", "the path is not in the workspace")


class HostedEnvironment(Payload):
    """The environment of an agent that OpenAI hosts, with its keys in the order of the SDK's type."""

    type: Literal["openai_hosted"] = "openai_hosted"
    container_size: ContainerSize | None = None
    env: dict[Filled, Secret] | None = None
    files: tuple[HostedFile, ...] | None = Field(default=None, max_length=MAX_FILES_HOSTED)
    network: HostedNetwork | None = None
    packages: HostedPackages | None = None
    setup_commands: tuple[SetupCommand, ...] | None = Field(default=None, max_length=MAX_SETUP_COMMANDS)
    skills: tuple[Annotated[Skill, Discriminator("type")], ...] | None = Field(
        default=None, max_length=MAX_SKILLS_PER_ENVIRONMENT
    )

    @field_serializer("env", when_used="json")
    def _on_the_wire(self, env: dict[str, SecretStr] | None) -> dict[str, str] | None:
        return None if env is None else {name: value.get_secret_value() for name, value in env.items()}
