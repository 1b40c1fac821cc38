"""What is said and recorded of a press: too late, of no use here, refused, counted. It decides nothing."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from channels.locales import say
from channels.messages import Account
from channels.times import moment
from governance.approvals.requests import Choice, Request, RequestStatus
from governance.approvals.shown.card_text import masked_text
from governance.people.people import Person
from governance.record.audit import Event, Status
from governance.values.reasons import Why


class WhyNot(StrEnum):
    """Why a decision does not count. Alphabetical."""

    ELSEWHERE = "elsewhere"
    LATE = "late"
    MISSING = "missing"
    NOT_THEIRS = "not_theirs"
    RISKY = "risky"
    STRANGER = "stranger"
    UNCONFIRMED = "unconfirmed"
    UNFIT = "unfit"

    @property
    def recorded(self) -> Why:
        """As the record has it."""
        return Why(word=f"record.refused.{self.value}")


@dataclass(frozen=True, slots=True)
class DecisionRefusal:
    """Why a decision does not count, and how that is said to whoever tried."""

    why: WhyNot
    sentence: str


def unfit(request: Request, choice: str, language: str) -> str | None:
    """Why this choice of every card is none of this request's; None when it is."""
    is_grant = choice == Choice.FOR_THIS_CONVERSATION.value
    if choice in request.agents or (choice in request.kind.choices and (request.may_be_granted or not is_grant)):
        return None
    usual = "press.no_grant" if is_grant else "press.unknown_choice"
    return say(request.kind.unfit or usual, language, code=request.code)


def late(request: Request, by: Person) -> str:
    """What became of a request that does not wait any more, to that person."""
    language = by.language
    ended: datetime = request.decided_at or request.expires_at
    at = moment(ended, language, by.time_zone)
    if request.is_lapsed:
        return say("press.late_lapsed", language, who=request.decider.said(language), at=at)
    if request.status is RequestStatus.EXPIRED:
        return say("press.late_expired", language, at=at)
    who = request.decider.said(language)
    said = say("press.late", language, status=say(f"status.{request.status.value}", language), who=who, at=at)
    if request.status is not RequestStatus.APPROVED or request.call is None or not request.call.is_end:
        return said
    why = masked_text(request.why.said(language)) if request.why else ""
    became = say(f"became.{request.call.value}", language, why=why)
    return say("language.between", language).join((said, became))


def refused_event(by: Person, account: Account, request: Request | None, why: Why) -> Event:
    """The line of the record about a press that does not count, in English and as `governance.audit` tells it."""
    return Event(
        tag="approvals:press:refused",
        actor=str(by.id),
        actor_name=by.name,
        resource=str(request.id) if request else "",
        status=Status.DENIED,
        address=f"{account.channel}:{account.id}",
        detail={"why": str(why), "said": why.stored},
    )


def decision_event(by: Person, account: Account, request: Request, choice: str, reason: str) -> Event:
    """The line of the record about what one person decided; of their own request it has a name of its own."""
    is_own = choice != Choice.DENY.value and request.requester_id == by.id
    return Event(
        tag="approvals:request:confirmed" if is_own else "approvals:request:decided",
        actor=str(by.id),
        actor_name=by.name,
        resource=str(request.id),
        address=f"{account.channel}:{account.id}",
        detail={"choice": choice, "reason": reason, "digest": request.digest},
    )
