"""A question that a server of others puts before the person for whom a call of it runs, as it stands."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from channels.codec import load
from channels.messages import Account, Address
from governance.forms.fields import AskedField, FieldKind
from governance.people.people import Person
from governance.record.transaction import Row


class QuestionState(StrEnum):
    """How a question stands. Alphabetical."""

    ACCEPTED = "accepted"
    """The person has answered it."""
    ASKED = "asked"
    CANCELLED = "cancelled"
    """The person has put it aside, or the call has ended."""
    DECLINED = "declined"
    """The person does not want to say."""
    EXPIRED = "expired"
    """Nobody answered in time."""
    LAPSED = "lapsed"
    """The call that waited for it has ended, so nobody takes an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """The call that waits for an answer, whose person alone may give it."""

    person: Person
    address: Address
    conversation: str
    call: UUID
    agent: str
    account: Account | None = None
    is_direct: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question. It has fields, or an address (`url`) that the person is to open. `step` is the next field."""

    id: UUID
    card_id: str
    code: str
    server: str
    person_id: UUID
    who: str
    agent: str
    address: Address
    conversation: str
    call: UUID
    message: str
    expires_at: datetime
    language: str
    zone: str = ""
    url: str = ""
    fields: tuple[AskedField, ...] = ()
    answers: Mapping[str, Any] = field(default_factory=dict)
    step: int = 0
    state: QuestionState = QuestionState.ASKED

    @property
    def now(self) -> AskedField | None:
        """The field that is asked for now; None once all were answered, and for an address."""
        return self.fields[self.step] if self.step < len(self.fields) else None

    @property
    def is_open(self) -> bool:
        """Whether it waits for an answer."""
        return self.state is QuestionState.ASKED

    def key(self, what: str) -> str:
        """The key of the message with its card, as it is first sent with an empty `what`."""
        return f"question:{self.id}:{what}" if what else f"question:{self.id}"


def stored_fields(fields: Sequence[AskedField]) -> str:
    """The fields as a row keeps them."""
    return json.dumps([asdict(each) for each in fields], ensure_ascii=False)


def question_of(row: Row) -> Question:
    """The question of a row of the queries `by_card`, `by_code` and `locked`."""
    return Question(
        id=row["id"],
        card_id=row["card_id"],
        code=row["code"],
        server=row["server"],
        person_id=row["user_id"],
        who=row["who"],
        agent=row["agent"],
        address=load(Address, row["address"]),
        conversation=row["conversation"],
        call=row["call_id"],
        message=row["message"],
        expires_at=row["expires_at"],
        language=row["language"],
        zone=row["zone"],
        url=row["url"],
        fields=tuple(_field_of(each) for each in json.loads(row["fields"])),
        answers=json.loads(row["answers"]),
        step=row["step"],
        state=QuestionState(row["state"]),
    )


def _field_of(stored: Mapping[str, Any]) -> AskedField:
    options = tuple((str(value), str(title)) for value, title in stored["options"])
    return AskedField(**{**stored, "kind": FieldKind(stored["kind"]), "options": options})
