"""A request: what is asked of whom, about what exactly, and how it ended. Only the shape; deciding is `approvals`'."""

import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any
from uuid import UUID

import structlog

from channels.locales import say
from channels.messages import Account, Button, Fact, Tone
from governance.approvals.request_type import Known, RequestType
from governance.guard.calls import CallState
from governance.guard.script import Script, scripts_of
from governance.people.names import Acted, known_as
from governance.record.transaction import Row
from governance.values.reasons import Why, because, why, why_of
from governance.values.verdicts import Risk

_log = structlog.get_logger(__name__)

CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""What a person can type without mistaking one sign for another."""
CARD_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


class RequestStatus(StrEnum):
    """How a request stands. Alphabetical."""

    APPROVED = "approved"
    CANCELLED = "cancelled"
    DENIED = "denied"
    EXPIRED = "expired"
    PENDING = "pending"


class Choice(StrEnum):
    """What a button of a card says, as one letter, so that every platform's payload holds it. Alphabetical."""

    APPROVE = "a"
    DENY = "d"
    FOR_THIS_CONVERSATION = "s"
    ONCE = "n"
    OPEN = "o"
    WITHDRAW = "w"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request.

    `subject` is what it is about: of a tool call its tool, arguments, pattern and call id, the content of the files it
    names, whether it is given the network and for which hosts; of an admission the account, and what it has said since,
    which the digest does not cover; of a link the account and the person, who alone decides it; of a binding the room,
    and the agents by the letters that choose them; of a host the places that were blocked. `card_id` is on the buttons,
    `code` is what a person types.
    """

    id: UUID
    card_id: str
    code: str
    kind: RequestType
    requester_id: UUID | None
    requester_name: str
    subject: Mapping[str, Any]
    digest: str
    risk: Risk
    because: Why
    created_at: datetime
    expires_at: datetime
    status: RequestStatus = RequestStatus.PENDING
    requester_account: Account | None = None
    agent: str = ""
    conversation: str = ""
    decider_role: str = "admin"
    quorum: int = 1
    decided_at: datetime | None = None
    decided_by: UUID | None = None
    decider: Acted = field(default=Acted())
    choice: str = ""
    reason: str = ""
    approvals: tuple[Acted, ...] = field(default=())
    call: CallState | None = None
    """How the call stands that it is about; None for requests about something else."""
    why: Why | None = None
    """Why that call did not run, where it was approved and did not."""

    @property
    def is_pending(self) -> bool:
        """Whether it still waits for a decision."""
        return self.status is RequestStatus.PENDING

    @property
    def is_urgent(self) -> bool:
        """Whether its cards go before other messages. Those for which nobody waits never do."""
        return self.kind.is_urgent

    @property
    def is_lapsed(self) -> bool:
        """Whether it was approved, but its call could not run in time."""
        return self.status is RequestStatus.EXPIRED and bool(self.choice)

    @property
    def is_confirmed(self) -> bool:
        """Whether whoever asked for it approved it themselves, by a second step, as the only admin."""
        is_own = self.requester_id is not None and self.decided_by == self.requester_id
        return is_own and self.choice not in {"", Choice.DENY.value}

    @property
    def may_be_granted(self) -> bool:
        """Whether "for this conversation" may be chosen: never for what is critical, nor for what asks each time."""
        is_lasting = Choice.FOR_THIS_CONVERSATION in self.kind.choices and not self.subject.get("each_time")
        return is_lasting and self.risk is not Risk.CRITICAL

    @property
    def agents(self) -> Mapping[str, str]:
        """The agents from which a binding or an admission chooses, by the letter of their choice, in order."""
        found: Mapping[str, str] = self.subject.get("agents", {})
        return dict(sorted(found.items()))

    @property
    def asks_for_agent(self) -> bool:
        """Whether it is approved by choosing an agent, and not without."""
        return bool(self.agents) and Choice.APPROVE not in self.kind.choices

    @property
    def chosen_agent(self) -> str:
        """The agent that the decision of a binding or an admission chose; empty before, and where it was left open."""
        return self.agents.get(self.choice, "")

    @property
    def title(self) -> str:
        """What is asked, in a few words: the tool's name, the account's, or the room's."""
        return self.kind.title(self)

    @property
    def asker(self) -> Acted:
        """Who set it off, by which account: the requester, who first spoke in a group, or whoever asks to come in."""
        by = self.requester_name or self.subject.get("by") or self.subject.get("account_name")
        return Acted(who=str(by or self.subject.get("account_id", "")), account=self.requester_account)

    @property
    def person_id(self) -> str:
        """The person to whom an account is to be linked, who alone may say yes; empty for other kinds."""
        return str(self.subject.get("person_id", ""))

    @property
    def network(self) -> bool:
        """Whether approving it gives the command the network."""
        return bool(self.subject.get("network"))

    @property
    def trial(self) -> Mapping[str, Any] | None:
        """What the call did when it was tried, as made by `agents.turn.trials`; None for one that was not."""
        return self.subject.get("trial")

    @property
    def hosts(self) -> tuple[str, ...]:
        """The hosts that approving it lets the command reach, beside those that are listed."""
        return tuple(self.subject.get("hosts", ()))

    @property
    def contents(self) -> Mapping[str, str]:
        """The digests of the files that a command names, by their paths from the workspace."""
        found: Mapping[str, str] = self.subject.get("contents", {})
        return found

    @property
    def body(self) -> str:
        """The exact arguments, as a person reads them: the command, path or URL first, then everything else."""
        return self.kind.body(self, masked=False)

    @property
    def masked_body(self) -> str:
        """The same for others' eyes: what looks like a secret is masked, but nothing that a shell could interpret."""
        return self.kind.body(self, masked=True)

    @property
    def scripts(self) -> tuple[Script, ...]:
        """The scripts that the command runs, as they were when it was asked for."""
        return scripts_of(self.subject)

    @property
    def is_command(self) -> bool:
        """Whether a shell reads it."""
        return self.subject.get("argument") == "command"

    @property
    def arguments(self) -> str:
        """The same, under the name that lists use."""
        return self.body


def by_conversation(requests: Iterable[Request]) -> list[list[Request]]:
    """Calls of one conversation together, kind by kind; every other request alone. The oldest group first."""
    groups: dict[object, list[Request]] = {}
    for request in requests:
        is_of_call = request.kind.is_of_call and request.conversation
        groups.setdefault(request.conversation if is_of_call else request.id, []).append(request)
    return [sorted(group, key=lambda each: (each.title, each.created_at)) for group in groups.values()]


def reserved_choices() -> frozenset[str]:
    """The letters that mean the same on every card."""
    return frozenset(choice.value for choice in Choice)


def new_code(length: int = 4) -> str:
    """A code that a person types. It is no secret: who may decide is looked up, never what was typed."""
    return "".join(secrets.choice(CODE_LETTERS) for _ in range(length))


def new_card_id() -> str:
    """The 16 unguessable characters on a card's buttons, 82 bits."""
    return "".join(secrets.choice(CARD_LETTERS) for _ in range(16))


def acted(row: Row) -> Acted:
    """Who decided, and by which account, of a row with the columns that begin with `decider_`."""
    return Acted(
        who=known_as(row["decider_name"] or "", row["decider_display"] or ""), account=account_in(row, "decider")
    )


def account_in(row: Row, whose: str) -> Account | None:
    """The account in the columns that begin so; None where it is not known."""
    if not row[f"{whose}_channel"]:
        return None
    name = row[f"{whose}_account_name"] or ""
    return Account(channel=row[f"{whose}_channel"], id=row[f"{whose}_account"], name=name)


def columns_of(account: Account | None) -> tuple[str, str, str]:
    """An account as the columns of a request hold it."""
    return (account.channel, account.id, account.name) if account else ("", "", "")


def told_of(account: Account | None) -> dict[str, str]:
    """By which account somebody acted, as a line of the record tells it whose place is a conversation."""
    return {"on": account.channel, "as": account.id} if account else {}


@cache
def unknown_kind(name: str) -> RequestType:
    """What stands for a kind that was not assembled here; that there are such requests is logged once.

    Nobody here knows what approving it would mean, so it can only be denied or withdrawn.
    """
    _log.warning("requests_of_unknown_kind", kind=name, hint="a newer version or an extension made them")
    return RequestType(
        name=name,
        title=lambda _: name,
        about=_asker_and_risk,
        details=lambda request, language: (
            Fact(label=say("fact.warning", language), value=request.because.said(language)),
        ),
        buttons=lambda _, language: (
            Button(choice=Choice.DENY.value, label=say("button.deny", language), tone=Tone.DANGER, takes_reason=True),
        ),
        choices=frozenset({Choice.DENY}),
        asks=lambda request, language: say("card.unknown_kind", language, title=request.title),
        in_words=lambda request, language: say("fallback.unknown_kind", language, code=request.code),
        unfit="press.unknown_kind",
        is_known=False,
    )


def _asker_and_risk(request: Request, language: str) -> tuple[Fact, ...]:
    return (
        Fact(label=say("fact.for", language), value=request.asker.said(language)),
        Fact(label=say("fact.risk", language), value=say(f"risk.{request.risk.value}", language)),
    )


def requests_of(rows: Iterable[Row], kinds: Known) -> list[Request]:
    """The requests of these rows."""
    return [request_of(row, kinds) for row in rows]


def request_of(row: Row, kinds: Known) -> Request:
    """The request of a row of the queries `find`, `pending` and `recent`.

    Of one whose kind is none of these, what it is about is not read: nobody here knows what it means.
    """
    kind = kinds.get(row["kind"]) or unknown_kind(row["kind"])
    return Request(
        id=row["id"],
        card_id=row["card_id"],
        code=row["code"],
        kind=kind,
        status=RequestStatus(row["status"]),
        requester_id=row["requester_id"],
        requester_name=row["requester_name"],
        requester_account=account_in(row, "requester"),
        agent=row["agent"],
        conversation=row["conversation"],
        subject=json.loads(row["subject"]) if kind.is_known else {},
        digest=row["digest"],
        risk=Risk(row["risk"]),
        because=(why_of(row["because"]) or because("")) if kind.is_known else why("why.unknown_kind"),
        decider_role=row["decider_role"],
        quorum=row["quorum"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        decided_at=row["decided_at"],
        decided_by=row["decided_by"],
        decider=acted(row),
        choice=row["choice"] or "",
        reason=row["reason"],
        call=CallState(row["call_state"]) if row["call_state"] else None,
        why=why_of(row["call_why"]),
    )
