"""What the API takes and gives. Bounds stand here, so that nothing beyond them reaches a query."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from agents.specs import NAME as AGENT_NAME
from channels.locales import closest, languages
from channels.times import is_zone
from governance.accounts.accounts import KnownAccount
from governance.approvals.requests import Request
from governance.approvals.shown.cards import attached
from governance.approvals.tool_grants import ToolGrant
from governance.people.agent_grants import AgentGrant
from governance.people.people import Person, Role
from governance.sign_in.sessions import Session


def _printable(text: str) -> str:
    """One line of text: control and direction characters would forge what others read."""
    if not text.isprintable():
        raise ValueError("must be printable text on one line")
    return text


def _reasonable(moment: datetime) -> datetime:
    if not 2000 <= moment.year <= 2200:  # noqa: PLR2004  # PostgreSQL and JSON agree on these years
        raise ValueError("must lie between the years 2000 and 2200")
    return moment


def _spoken(language: str) -> str:
    if language not in languages():
        raise ValueError(f"must be one of {', '.join(languages())}")
    return language


def _known_zone(name: str) -> str:
    if name and not is_zone(name):
        raise ValueError("must be the IANA name of a time zone, as Europe/Berlin, or empty")
    return name


def _listed(schema: dict[str, Any]) -> None:
    """The languages are files, looked for when the document of the API is made."""
    schema["enum"] = list(languages())


Line = Annotated[str, AfterValidator(_printable)]
SignInName = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[\w.-]+$"), AfterValidator(_printable)]
DisplayName = Annotated[Line, Field(max_length=100)]
AgentName = Annotated[str, Field(max_length=64, pattern=rf"^{AGENT_NAME.pattern}$")]
Password = Annotated[str, Field(min_length=1, max_length=1024)]
Code = Annotated[Line, Field(min_length=1, max_length=32)]
Moment = Annotated[AwareDatetime, AfterValidator(_reasonable)]
Words = Annotated[Line, Field(max_length=200)]
Limit = Annotated[int, Field(ge=1, le=200)]
Language = Annotated[str, Field(json_schema_extra=_listed), AfterValidator(_spoken)]
TimeZone = Annotated[
    str, Field(max_length=64, description="IANA name; empty: the usual one."), AfterValidator(_known_zone)
]


class Given(BaseModel):
    """What comes in: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid")


class NewPerson(Given):
    """A person to add."""

    name: SignInName
    role: Role = Role.OPERATOR
    display_name: DisplayName = ""
    language: Language | None = None
    time_zone: TimeZone = ""


class PersonChange(Given):
    """What an admin may change of a person."""

    display_name: DisplayName | None = None
    language: Language | None = None
    time_zone: TimeZone | None = None
    role: Role | None = None
    sure: bool = Field(default=False, description="Has to be true for an admin to give up their own role.")


class OwnChange(Given):
    """What everybody may change of themselves."""

    display_name: DisplayName | None = None
    language: Language | None = None
    time_zone: TimeZone | None = None


class PasswordChange(Given):
    """The password of now and the one to come."""

    current: Password
    new: Password


class CodeGiven(Given):
    """A link code as shown in chat."""

    code: Code


class AccountNamed(Given):
    """One account."""

    channel: Annotated[Line, Field(min_length=1, max_length=64)]
    id: Annotated[Line, Field(min_length=1, max_length=256)]


class NewGrant(Given):
    """An agent for a person. Without `expires_at` until it is revoked."""

    person_id: UUID
    agent: AgentName
    expires_at: Moment | None = None


class DecisionGiven(Given):
    """What is decided of a request."""

    choice: Literal["approve", "deny", "approve_for_conversation", "approve_once"]
    """`approve_once` is for requests about hosts: for the next command of that conversation alone."""
    agent: Annotated[Line, Field(max_length=64)] = ""
    """One of the request's `agents`, to approve a request that asks which of them answers in a group."""
    reason: Annotated[Line, Field(max_length=1000)] = ""
    password: Annotated[str, Field(max_length=1000)] = ""
    """One's own, to approve one's own request as the only admin."""


class PersonOut(BaseModel):
    """A person."""

    id: UUID
    name: str
    display_name: str
    role: Role
    language: Language
    time_zone: str
    active: bool
    agents: list[str]

    @classmethod
    def of(cls, person: Person) -> "PersonOut":
        """As the API shows them."""
        return cls(
            id=person.id,
            name=person.name,
            display_name=person.display_name,
            role=person.role,
            language=closest(person.language),
            time_zone=person.time_zone,
            active=person.active,
            agents=sorted(person.agents),
        )


class LinkOut(BaseModel):
    """A one-time link that sets a password. It is shown once and lasts a day."""

    link: str


class PersonCreated(LinkOut):
    """A new person and the link to hand to them."""

    person: PersonOut


class CodeOut(BaseModel):
    """What to type in chat within `expires_in_seconds`."""

    code: str
    command: str
    expires_in_seconds: int


class AccountOut(BaseModel):
    """An account. Who stands behind it is empty unless it is linked."""

    channel: str
    id: str
    name: str
    state: Literal["linked", "refused", "unlinked", "waiting"]
    person_id: UUID | None = None
    person: str = ""

    @classmethod
    def of(cls, known: KnownAccount) -> "AccountOut":
        """As the API shows it."""
        account = known.account
        return cls(
            channel=account.channel,
            id=account.id,
            name=account.name,
            state=known.state,
            person_id=known.person_id,
            person=known.person,
        )


class AgentOut(BaseModel):
    """An agent. `problem` says why it cannot be used, empty when it can."""

    name: str
    description: str = ""
    problem: str = ""


class GrantOut(BaseModel):
    """A live grant of an agent."""

    person_id: UUID
    person: str
    agent: str
    granted_by: str
    granted_at: datetime
    expires_at: datetime | None

    @classmethod
    def of(cls, grant: AgentGrant) -> "GrantOut":
        """As the API shows it."""
        return cls(**{name: getattr(grant, name) for name in cls.model_fields})


class SessionOut(BaseModel):
    """A place where somebody is signed in; `current` is the one that asks."""

    id: UUID
    person_id: UUID
    person: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    address: str
    user_agent: str
    current: bool

    @classmethod
    def of(cls, session: Session, current: UUID) -> "SessionOut":
        """As the API shows it."""
        return cls(
            id=session.id,
            person_id=session.person.id,
            person=session.person.name,
            created_at=session.created_at,
            last_seen_at=session.last_seen_at,
            expires_at=session.expires_at,
            address=session.address,
            user_agent=session.user_agent,
            current=session.id == current,
        )


class RequestOut(BaseModel):
    """A request for approval."""

    id: UUID
    code: str
    kind: str
    status: str
    requester: str
    requested_on: str
    """The channel on which they asked, `console` for the console; empty where that is not known."""
    requested_as: str
    """The account of that channel by which they did."""
    agent: str
    agents: list[str]
    """From which a request about a group chooses; empty for others."""
    title: str
    arguments: str
    attached: dict[str, str]
    """What belongs to it besides: scripts that are not approved yet, and what a trial did, each under its name."""
    risk: str
    because: str
    created_at: datetime
    expires_at: datetime
    decided_by: str
    decided_on: str
    """The channel on which they decided, `console` for the console and this API; empty where nobody did."""
    decided_as: str
    """The account of that channel by which they did."""
    confirmed_by_requester: bool
    """Whether whoever asked for it approved it, as the only admin."""
    reason: str

    @classmethod
    def of(cls, request: Request) -> "RequestOut":
        """As the API shows it."""
        account, asker = request.decider.account, request.asker.account
        return cls(
            id=request.id,
            code=request.code,
            kind=request.kind.name,
            status=request.status.value,
            requester=request.requester_name,
            requested_on=asker.channel if asker else "",
            requested_as=asker.id if asker else "",
            agent=request.agent or request.chosen_agent,
            agents=list(request.agents.values()),
            title=request.title,
            arguments=request.arguments,
            attached=dict(attached(request, "en")),
            risk=request.risk.value,
            because=str(request.because),
            created_at=request.created_at,
            expires_at=request.expires_at,
            decided_by=request.decider.who,
            decided_on=account.channel if account else "",
            decided_as=account.id if account else "",
            confirmed_by_requester=request.is_confirmed,
            reason=request.reason,
        )


class OutcomeOut(BaseModel):
    """What a decision did; `changed` is false when it still needs others, or the whole text was sent first."""

    sentence: str
    changed: bool
    request: RequestOut


class ToolGrantOut(BaseModel):
    """A permission "for this conversation"."""

    code: str
    person: str
    agent: str
    conversation: str
    tool: str
    pattern: str
    granted_by: str
    granted_at: datetime
    expires_at: datetime

    @classmethod
    def of(cls, grant: ToolGrant) -> "ToolGrantOut":
        """As the API shows it."""
        return cls(
            code=grant.code,
            person=grant.person_name,
            agent=grant.agent,
            conversation=grant.conversation,
            tool=grant.tool,
            pattern=grant.pattern,
            granted_by=grant.granted_by_name,
            granted_at=grant.granted_at,
            expires_at=grant.expires_at,
        )


class LackOut(BaseModel):
    """What a channel cannot do although it is connected; `room` is empty where no room takes it."""

    cannot: Literal["begin", "cards", "fetch", "files", "rewrite", "words"]
    room: str
    lacks: str
    repair: str
    since: datetime


class ChannelOut(BaseModel):
    """How a channel is."""

    name: str
    state: Literal["down", "elsewhere", "starting", "unstarted", "up"]
    """`unstarted`: the settings of the channel keep it from starting; the reason says what is wrong."""
    reason: str
    lacking: list[LackOut]
    at: datetime | None = None
    last_error: str = ""
    reconnects: int = 0
    waiting: int = 0
    dead: int = 0
    last_in: datetime | None = None
    last_out: datetime | None = None
