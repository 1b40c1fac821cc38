"""Every setting there is, with its unit, its default and the reason for it. Reading them is `settings_sources`' work.

`config/nexora.example.yaml` shows each one; a test compares the two.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    model_validator,
)

from agents.models.providers.settings import ModelSettings
from agents.toolbox.search_engines import Engine, lack_of
from channels.base import NexoraError
from channels.mistakes import meant
from channels.options import ChannelOptions, Secret
from channels.running import catalogue
from gateway.database.pool import dsn_from
from gateway.settings.answers import AnswerSettings
from gateway.settings.catalogues import CatalogueSettings
from gateway.settings.home import HomeSettings
from gateway.settings.keys import KeySettings
from gateway.settings.locations import resolved
from gateway.settings.memory import MemorySettings
from gateway.settings.network import NetworkSettings
from gateway.settings.schedules import ScheduleSettings
from gateway.settings.stored import StoredReference
from governance.egress.addresses import AllowList

ROOT = Path(__file__).parents[2]
"""The installation: where `config/` and `migrations/` lie."""


def _postgres(url: SecretStr) -> SecretStr:
    try:
        dsn_from(url.get_secret_value())
    except NexoraError as error:
        raise ValueError(str(error)) from error
    return url


def _public_url(url: str) -> str:
    parts = urlsplit(url)
    if url and (parts.scheme not in {"http", "https"} or not parts.netloc or parts.query or parts.fragment):
        raise ValueError("must look like https://nexora.example.org")
    if parts.path.strip("/"):
        raise ValueError(
            f"must end after the host: the console and the webhooks cannot live below a path ({parts.path}); "
            "give Nexora a host name of its own, as https://nexora.example.org"
        )
    return url.rstrip("/")


def _server(server: str) -> str:
    AllowList.of([server])
    return server


Location = Annotated[Path, BeforeValidator(resolved)]
"""A path; a relative one counts from the folder of the file it is written in."""


Network = Annotated[IPv4Network | IPv6Network, BeforeValidator(ip_network)]
"""A network as 10.0.0.0/8, or one address."""


class Group(BaseModel):
    """Settings that belong together. Unknown keys are errors; nothing changes after the start."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True)


class DatabaseSettings(Group):
    """Which PostgreSQL holds everything."""

    url: Annotated[Secret, AfterValidator(_postgres)] | None = None
    """postgresql://user:password@host/name of a server, version 15 or newer. Unset: the embedded PostgreSQL, so that
    a first start needs nothing. Several gateways may share a server."""
    connections: int = Field(default=8, ge=2, le=100)
    """Most connections that one gateway opens at a time, beside four that presses, control and leases have to
    themselves. Eight keep two cores busy; the embedded server allows 40."""
    wait_seconds: int = Field(default=60, ge=0, le=3600)
    """How long a start waits for a server that does not answer yet, as after a power failure. What the server says of
    a wrong password or name ends the start at once."""


class ServerSettings(Group):
    """The one HTTP port: console, API and the channels' webhooks."""

    host: str = "127.0.0.1"
    """Address to listen on. Loopback, so that nothing is open to others before you decide it; 0.0.0.0 behind a proxy
    or in a container."""
    port: int = Field(default=8088, ge=0, le=65535)
    """TCP port; 0 takes any free one."""
    public_url: Annotated[str, AfterValidator(_public_url)] = ""
    """How people and platforms reach it from outside, for links and webhooks: a host of its own, since nothing can live
    below a path. Unset: http://host:port."""
    trusted_proxies: tuple[Network, ...] = ()
    """Networks whose X-Forwarded-For is believed, as 10.0.0.0/8. None, since anybody can send that header."""


class LogSettings(Group):
    """What is written about the work, to standard error."""

    level: Literal["debug", "error", "info", "warning"] = "info"
    """The least serious kind of event that is written."""
    format: Literal["auto", "console", "json"] = "auto"
    """auto: coloured lines on a terminal, one JSON object a line elsewhere."""


class AgentSettings(Group):
    """The pool of agents. Each agent is a file in the folder."""

    folder: Location = ROOT / "config" / "agents"
    """One YAML file for each agent, named after it; read when the agent is first used."""
    default: str = "assistant"
    """The agent that answers where nobody has chosen one."""
    ask_in_groups: bool = True
    """Ask the admins, once for each group, which agent answers in it, so that nobody has to know of /bind."""
    max_active: int = Field(default=20, ge=1)
    """Agents kept warm at a time; beyond it the least recently used one is let go. Twenty fit into 100 MB."""
    idle_seconds: float = Field(default=3600, gt=0)
    """Seconds after which an unused agent is let go."""


class BusSettings(Group):
    """The durable queue between channels and agents."""

    lane_cap: int = Field(default=200, ge=1)
    """Messages that may wait in one conversation; beyond it the sender is told. A backlog of thousands makes each
    claim slow."""
    at_once: int = Field(default=64, ge=1, le=1000)
    """Conversations that one gateway answers at a time; who has to wait longer than a moment is told their place."""
    tries: int = Field(default=5, ge=1)
    """How often a message is worked on before it is put aside as dead, visible to admins."""
    lease_seconds: float = Field(default=10, ge=1)
    """How long a gateway that has gone silent keeps its messages from the others. Ten seconds, so that a turn goes on
    elsewhere before anybody asks; shorter, a database that is slow for a moment costs turns that are begun anew."""
    message_ttl_seconds: float = Field(default=86_400, gt=0)
    """An answer older than this is not sent any more, so that a recovery never floods a room. One day."""


class ApprovalSettings(Group):
    """What people decide. How long a question stands is said by the policy, by its risk."""

    policy: Location = ROOT / "config" / "policy.yaml"
    """The file with the rules: what is allowed, refused or asked."""
    grant_seconds: float = Field(default=8 * 3600, gt=0, le=14 * 86_400)
    """How long "for this conversation" lasts. A working day, at most 14 days."""
    run_within_seconds: float = Field(default=900, gt=0, le=86_400)
    """How long after its approval a call may still begin. Fifteen minutes, so that nothing happens unexpectedly after
    an outage."""


class EgressSettings(Group):
    """What agents may fetch besides public web pages, and how much commands with a network may send and fetch."""

    allow: tuple[Annotated[str, AfterValidator(_server)], ...] = ()
    """Inner servers, each as host:port, such as wiki.corp:443 or [fd00::5]:8080; for the tool fetch_url and for sources
    of capabilities, never for commands. None, since whoever talks to an agent reaches what it reaches. The record says
    at each start what is listed."""
    secrets: dict[str, Secret] = {}
    """Secrets by name, which the proxy of a command adds to requests where an agent's file says so. The command and the
    model never see them."""
    up_megabytes: int = Field(default=64, ge=1, le=100_000)
    """Most that one command with a network may send, to all hosts together. Enough for a push, too little for a copy of
    everything."""
    down_megabytes: int = Field(default=512, ge=1, le=100_000)
    """Most that one command with a network may fetch, from all hosts together."""


class SandboxSettings(Group):
    """How the commands of agents are contained."""

    level: Literal["approval", "auto", "bubblewrap", "landlock"] = "auto"
    """auto: the strongest one this machine offers. approval: no containment, every command asks."""
    timeout_seconds: float = Field(default=120, gt=0, le=3600)
    """A command is stopped with its children after this time, unless its call asks for another."""
    longest_seconds: float = Field(default=600, gt=0, le=3600)
    """The most that a call may ask for; never less than `timeout_seconds`."""
    background_seconds: float = Field(default=3600, gt=0, le=86_400)
    """A command in the background is stopped after this time."""
    background_commands: int = Field(default=8, ge=0)
    """So many commands run in the background of this gateway at one time, three in one conversation."""
    memory_megabytes: int = Field(default=1024, ge=64)
    """Most memory of one process of a command."""
    output_kilobytes: int = Field(default=4096, ge=1)
    """Most that is kept of one command's output, in a file of the workspace; of more, beginning and end. A model is
    shown 16,000 characters, and where the rest is."""
    niceness: int = Field(default=10, ge=0, le=19)
    """How far commands stand back behind the gateway and its database when both want the processor; 0: not at all."""
    call_megabytes: int = Field(default=1024, ge=1)
    """Most that one command may write into its workspace. Beyond it is stopped, and nothing of it is taken over."""
    call_files: int = Field(default=50_000, ge=10)
    """Most files that one command may make."""
    workspace_megabytes: int = Field(default=4096, ge=1)
    """Most that one workspace may hold."""
    workspace_files: int = Field(default=200_000, ge=10)
    """Most files that one workspace may hold."""
    person_megabytes: int = Field(default=10_240, ge=1)
    """Most that all workspaces of one person may hold together."""
    reserve_megabytes: int = Field(default=1024, ge=0)
    """So much stays free on the disks of the workspaces and of the embedded database; below it nothing is written."""
    undo_megabytes: int = Field(default=1024, ge=0)
    """Most that is kept of each person for undoing; the oldest goes first. How long: cleanup.undo_days."""


class OnboardingSettings(Group):
    """How channels are set up by a code."""

    hosts: dict[str, Annotated[str, AfterValidator(_public_url)]] = {}
    """Other addresses than the platforms' own at which apps are made by a code (`nexora channel add`, *Channels*), by
    the name of the host: a mirror of your own, or a test."""

    @model_validator(mode="after")
    def _names_hosts_that_there_are(self) -> Self:
        known = catalogue.set_up_hosts() if self.hosts else {}
        if unknown := sorted(self.hosts.keys() - known.keys()):
            raise ValueError(f"knows no {unknown[0]}; {meant(unknown[0], known, 'known hosts:')}")
        return self


class SearchSettings(Group):
    """The search engine behind the tool web_search. Without one, agents have no such tool."""

    engine: Literal["none", "bocha", "brave", "searxng", "tavily"] = "none"
    """searxng is a server of your own, which must list json among its search.formats; the others are services."""
    url: str | None = None
    """Where it is asked. searxng needs it, as https://search.corp.example/search; the others have their own."""
    key: Secret | None = None
    """The key of a service."""

    @property
    def asked(self) -> Engine | None:
        """The engine; None without one."""
        key = self.key.get_secret_value() if self.key else ""
        return None if self.engine == "none" else Engine(kind=self.engine, url=self.url or "", key=key)

    @model_validator(mode="after")
    def _has_what_it_needs(self) -> Self:
        if (engine := self.asked) and (lack := lack_of(engine)):
            raise ValueError(f"{self.engine} needs search.{lack}")
        return self


class SkillSettings(Group):
    """What agents may read up and run for a task."""

    without: tuple[str, ...] = ()
    """Names of skills that no agent is offered, those of the release among them: documents, charts, web-search."""


class CleanupSettings(Group):
    """After how many days files are removed from the data folder; 0 keeps them for ever.

    What a pending approval or an unsent message refers to always stays.
    """

    uploads_days: float = Field(default=2, ge=0, le=36_500)
    """Files that were left in the console and never sent. Two days: a message is not written for longer."""
    received_days: float = Field(default=30, ge=0, le=36_500)
    """Files that people sent, in `received/` of the conversation's workspace."""
    copies_days: float = Field(default=7, ge=0, le=36_500)
    """Copies of the files that agents sent, once they are sent."""
    undo_days: float = Field(default=7, ge=0, le=36_500)
    """What calls replaced or removed in workspaces, kept so that it can be undone."""
    workspaces_days: float = Field(default=180, ge=0, le=36_500)
    """Whole workspaces, counted from the last word in their conversation."""
    scratch_days: float = Field(default=7, ge=0, le=36_500)
    """The /tmp of conversations, since the last command began, and of commands whose gateway was killed; what calls did
    when they were tried, once nobody can approve it any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelSettings:
    """One connection to one platform. Without `options` it cannot start, for the reasons in `problems`.

    `groups` are the ids of the only groups in which it hears anybody; None: every group, and an empty one none.
    `unjudged` are the options of a kind that nobody knew when the settings were read: a plugin may bring it yet.
    """

    kind: str
    options: ChannelOptions | None
    unjudged: Mapping[str, Any] | None = field(default=None, repr=False)
    groups: frozenset[str] | None = None
    problems: tuple[str, ...] = ()

    @property
    def may_connect(self) -> bool:
        """Whether it is kept connected, now or once its kind is there."""
        return self.options is not None or self.unjudged is not None


class Settings(HomeSettings, Group):
    """Everything that can be set."""

    home: Location = Path("~/.nexora").expanduser()
    """The data folder: the embedded PostgreSQL, workspaces, keys. In the home folder, so that every copy of the
    program finds it."""
    shared_folder: Location | None = None
    """The folder with workspaces, uploads and files on their way out, one for all gateways on a database. Unset: the
    data folder, which is enough for one gateway."""
    database: DatabaseSettings = DatabaseSettings()
    """Which PostgreSQL holds everything."""
    keys: KeySettings = KeySettings()
    """What opens the keys in the database."""
    server: ServerSettings = ServerSettings()
    """The one HTTP port."""
    log: LogSettings = LogSettings()
    """What is written about the work."""
    channels: dict[str, Any] = Field(default={})
    """Connections by the name that people and grants use; `kind` says which platform, `groups` may name the only groups
    in which it hears anybody, the rest is that adapter's own. None: the console is always there."""
    models: ModelSettings = ModelSettings()
    """Which models answer. Unset: a provider whose key is set, else what listens on this machine, else the offline
    rehearsal model."""
    network: NetworkSettings = NetworkSettings()
    """How models and platforms are reached."""
    agents: AgentSettings = AgentSettings()
    """The pool of agents."""
    answers: AnswerSettings = AnswerSettings()
    """What stands below every answer."""
    memory: MemorySettings = MemorySettings()
    """What is remembered of conversations."""
    bus: BusSettings = BusSettings()
    """The durable queue."""
    approvals: ApprovalSettings = ApprovalSettings()
    """What people decide."""
    egress: EgressSettings = EgressSettings()
    """What agents may fetch besides public web pages."""
    catalogues: dict[Annotated[str, Field(pattern="^[a-z0-9][a-z0-9._-]{0,63}$")], CatalogueSettings] = {}
    """Signed lists of capabilities by name. What is taken from one is known by its key."""
    sandbox: SandboxSettings = SandboxSettings()
    """How commands are contained."""
    onboarding: OnboardingSettings = OnboardingSettings()
    """How channels are set up by a code."""
    search: SearchSettings = SearchSettings()
    """Where agents search the web."""
    schedules: ScheduleSettings = ScheduleSettings()
    """How often and how much may be set going later."""
    skills: SkillSettings = SkillSettings()
    """What agents are offered of the skills that come with the release."""
    cleanup: CleanupSettings = CleanupSettings()
    """When files are removed."""

    @property
    def dsn(self) -> str | None:
        """The server's address as asyncpg reads it, or None for the embedded one."""
        return dsn_from(self.database.url.get_secret_value()) if self.database.url else None

    @property
    def public_url(self) -> str:
        """Where people reach the console, without a closing slash."""
        return self.reached_at(self.server.port)

    def reached_at(self, port: int) -> str:
        """Where people reach the console that listens on this port."""
        host = f"[{self.server.host}]" if ":" in self.server.host else self.server.host
        return self.server.public_url or f"http://{host}:{port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """The settings in force, the channels that can and cannot start, and the file they came from."""

    settings: Settings
    channels: Mapping[str, ChannelSettings] = field(default_factory=dict)
    file: Path | None = None
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The environment variables that they were read with."""
    waits_for: tuple[StoredReference, ...] = ()
    """References to secrets that the database keeps, whose values are not there yet."""


VARIABLES: Mapping[str, tuple[str, ...]] = {
    "NEXORA_DB_URL": ("database", "url"),
    "NEXORA_HOME": ("home",),
    "NEXORA_HOST": ("server", "host"),
    "NEXORA_LOG": ("log", "level"),
    "NEXORA_LOG_FORMAT": ("log", "format"),
    "NEXORA_MASTER_KEY": ("keys", "master"),
    "NEXORA_PORT": ("server", "port"),
    "NEXORA_PUBLIC_URL": ("server", "public_url"),
}
"""Environment variables that set one setting each, and win over the file."""
OTHER_VARIABLES = frozenset(
    {"NEXORA_BUNDLE", "NEXORA_CONFIG", "NEXORA_PG_BIN", "NEXORA_PYTHON", "NEXORA_TEST_REQUIRE_ALL"}
)
"""Variables that are read elsewhere: which packages, file, PostgreSQL programs and Python, and which tests must run."""
