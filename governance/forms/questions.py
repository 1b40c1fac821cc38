"""Questions of servers: put before the one person for whom a call runs, answered by them alone, and waited for.

The call waits for the answer in its gateway; the press or the words may be handled by another, so that all that is
answered stands in the database and is announced. Nothing of it decides anything: it is what a person tells a server.
"""

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from channels.codec import dump
from channels.locales import say
from channels.messages import Account, Address, Outbound, notice
from channels.text.grammar import is_word
from governance.approvals.requests import new_card_id, new_code
from governance.forms import card as cards
from governance.forms.fields import AskedField, FieldKind, ValueWrong, read_value, shown_value
from governance.forms.question import Question, QuestionState, Waiting, question_of, stored_fields
from governance.people.names import known_as
from governance.people.people import Person
from governance.record.audit import Event, Status
from governance.record.commits import Committed
from governance.record.transaction import Row, Store, Transaction, load_queries
from governance.values.reasons import Why

QUERIES = load_queries(Path(__file__).with_suffix(".sql"))
ANSWER_SECONDS = 600.0
LOOK_SECONDS = 5.0
"""The answer is looked for so often, should nobody announce it."""
KEPT = timedelta(days=7)
_WORD = "question:"
_ENDS = {cards.CANCEL: QuestionState.CANCELLED, cards.DECLINE: QuestionState.DECLINED}
_WORDS = {cards.CANCEL: "put_aside", cards.DECLINE: "decline", cards.SEND: "send", cards.SKIP: "leave_out"}
"""What may be typed in the place of a button."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionAnswer:
    """What became of a question: accepted with its values, declined, or not answered."""

    state: QuestionState
    values: Mapping[str, Any]


class ServerQuestions:
    """All of them, on this gateway."""

    def __init__(self, store: Store, *, seconds: float = ANSWER_SECONDS) -> None:
        self._store = store
        self._seconds = seconds
        self._waits: dict[str, asyncio.Event] = {}

    # Asking

    async def ask(
        self, waiting: Waiting, server: str, message: str, *, fields: tuple[AskedField, ...] = (), url: str = ""
    ) -> QuestionAnswer:
        """Put it before the person, and wait for what they answer. Raises DatabaseAway."""
        question = await self._open(waiting, server, message, fields, url)
        answered = self._waits[str(question.id)] = asyncio.Event()
        try:
            async with asyncio.timeout(self._seconds):
                while await self._waits_still(question.id, answered):
                    with suppress(TimeoutError):
                        await asyncio.wait_for(answered.wait(), LOOK_SECONDS)
        except TimeoutError:
            await self._end(question.id, QuestionState.EXPIRED)
        except asyncio.CancelledError:
            await asyncio.shield(self._end(question.id, QuestionState.LAPSED))
            raise
        finally:
            del self._waits[str(question.id)]
        return await self._take(question.id)

    async def _waits_still(self, question_id: UUID, answered: asyncio.Event) -> bool:
        """Whether nobody has answered; what is announced from here on is heard."""
        answered.clear()
        row = await self._row("by_id", question_id)
        return row is not None and row["state"] == QuestionState.ASKED.value

    async def _open(
        self, waiting: Waiting, server: str, message: str, fields: tuple[AskedField, ...], url: str
    ) -> Question:
        now, person = self._store.now(), waiting.person
        async with self._store.transaction() as work:
            for length in (4, 4, 5, 6, 8):
                question = Question(
                    id=uuid4(),
                    card_id=new_card_id(),
                    code=new_code(length),
                    server=server,
                    person_id=person.id,
                    who=person.label,
                    agent=waiting.agent,
                    address=waiting.address,
                    conversation=waiting.conversation,
                    call=waiting.call,
                    message=message,
                    expires_at=now + timedelta(seconds=self._seconds),
                    language=person.language,
                    zone=person.time_zone if waiting.is_direct else "",
                    url=url,
                    fields=fields,
                )
                if await work.fetchval(QUERIES["open"], *_columns(question), now, question.expires_at) is not None:
                    break
            else:
                raise RuntimeError("no free code for a question after five tries")
            _send(work, question, "")
            work.record(_event(question, "asked", person.id, person.name, Status.OK))
        return question

    async def _take(self, question_id: UUID) -> QuestionAnswer:
        """What was answered, which is kept no longer."""
        async with self._store.transaction() as work:
            row = await _locked(work, question_id)
            if row is None:
                return QuestionAnswer(state=QuestionState.CANCELLED, values={})
            await work.execute(QUERIES["take"], question_id, self._store.now())
            await work.execute(QUERIES["forget"], self._store.now() - KEPT)
        question = question_of(row)
        return QuestionAnswer(state=question.state, values=question.answers)

    async def tell(self, waiting: Waiting, key: str, server: str, reason: Why) -> None:
        """Say where the call runs that a server wanted something which nobody is asked, and why."""
        language = waiting.person.language
        sentence = say("form.not_asked", language, server=server, why=reason.said(language))
        async with self._store.transaction() as work:
            work.send(
                Outbound(key=f"not asked:{key}", address=waiting.address, parts=notice(sentence)),
                urgent=True,
                apart=waiting.person.id,
            )
            work.record(
                Event(
                    tag="agents:question:not_asked",
                    actor=str(waiting.person.id),
                    actor_name=waiting.person.name,
                    resource=server,
                    status=Status.DENIED,
                    address=waiting.conversation,
                    detail={"because": str(reason), "call": str(waiting.call), "agent": waiting.agent},
                )
            )

    # Hearing

    def hear_commit(self, committed: Committed) -> None:
        """This gateway has committed something."""
        for word in committed.told:
            self.hear(word)

    def hear(self, what: str) -> bool:
        """A gateway announces something; whether it was about a question."""
        if what.startswith(_WORD):
            if (answered := self._waits.get(what.removeprefix(_WORD))) is not None:
                answered.set()
            return True
        if not what:
            for answered in self._waits.values():
                answered.set()
        return False

    # Answering

    async def card_of_code(self, code: str) -> str | None:
        """The id of the card of the open question of that code. Raises DatabaseAway."""
        row = await self._row("by_code", code.upper())
        return None if row is None else str(row["card_id"])

    async def card_answered(self, channel: str, message: str) -> str | None:
        """The id of the card that was sent as that message. Raises DatabaseAway."""
        row = await self._row("answered", channel, message)
        return None if row is None else str(row["card_id"])

    async def pressed(
        self, by: Person, account: Account, card_id: str, choice: str, *, typed: str, at: Address
    ) -> str | None:
        """What is said to a press on the card of a question; None where it is the card of something else."""
        return await self._answer(by, account, card_id, at, choice=choice, typed=typed)

    async def said(self, by: Person, account: Account, card_id: str, typed: str, at: Address) -> str | None:
        """What is said to words that answer a card; None where it is no open question's."""
        choice = next((each for each, word in _WORDS.items() if is_word(typed, word)), "")
        return await self._answer(by, account, card_id, at, choice=choice, typed=typed)

    async def _answer(
        self, by: Person, account: Account, card_id: str, at: Address, *, choice: str, typed: str
    ) -> str | None:
        row = await self._row("by_card", card_id)
        if row is None:
            return None
        async with self._store.transaction() as work:
            row = await _locked(work, row["id"])
            if row is None:
                return None
            question = question_of(row)
            if sentence := self._turned_away(work, question, by, account, at):
                return sentence
            if question.is_open and not row["is_awaited"]:
                await self._ended(work, question, QuestionState.LAPSED)
            if not question.is_open or not row["is_awaited"]:
                return say("form.late", by.language)
            return await self._taken(work, question, by, choice, typed)

    def _turned_away(
        self, work: Transaction, question: Question, by: Person, account: Account, at: Address
    ) -> str | None:
        """Why they may not answer that there, which the record says; None where they may."""
        is_theirs = by.id == question.person_id
        is_here = (at.channel, at.room) == (question.address.channel, question.address.room)
        if is_theirs and is_here:
            return None
        word = "form.not_here" if is_theirs else "form.not_yours"
        event = _event(question, "refused", by.id, by.name, Status.DENIED)
        detail = {**event.detail, "said": word, "on": account.channel, "as": account.id}
        work.record(replace(event, detail=detail))
        return say(word, by.language, who=question.who)

    async def _taken(self, work: Transaction, question: Question, by: Person, choice: str, typed: str) -> str:
        """Do what was chosen or said, and what is said to it; a press is answered by the card itself."""
        state, field = _ENDS.get(choice), question.now
        if choice == cards.SEND and field is None:
            state = QuestionState.ACCEPTED
        if state is not None:
            await self._ended(work, question, state)
            return say(f"form.said.{state.value}", by.language) if typed else ""
        if choice == cards.AGAIN and field is None and question.fields:
            await self._stepped(work, question, {}, 0)
            return ""
        if field is None or (choice == cards.TYPE and not typed):
            return cards.how_to_answer(question)
        return await self._entered(work, question, by.language, choice, typed)

    async def _entered(self, work: Transaction, question: Question, language: str, choice: str, typed: str) -> str:
        """Take a value of the field that is asked for now, and go on to the next."""
        field = question.fields[question.step]
        try:
            is_left_out, value = _value_of(field, choice, typed)
        except ValueWrong as wrong:
            return say("form.wrong", language, why=wrong.why.said(language), code=question.code)
        answers = dict(question.answers) if is_left_out else {**question.answers, field.name: value}
        await self._stepped(work, question, answers, question.step + 1)
        if is_left_out or (choice and choice != cards.TYPE):
            return ""
        return say("form.said.value", language, field=field.shown, value=shown_value(field, value, language))

    async def _stepped(self, work: Transaction, question: Question, answers: Mapping[str, Any], step: int) -> None:
        """Go on to the next field; a form of one field ends with its answer, a longer one once it was looked at."""
        question = replace(question, answers=answers, step=step)
        changes = await work.fetchval(QUERIES["step"], question.id, json.dumps(answers, ensure_ascii=False), step)
        if step == 1 == len(question.fields):
            await self._ended(work, question, QuestionState.ACCEPTED)
        else:
            _send(work, question, str(changes))

    # Ends

    async def _ended(self, work: Transaction, question: Question, state: QuestionState) -> None:
        changes = await work.fetchval(QUERIES["end"], question.id, state.value, self._store.now())
        question = replace(question, state=state)
        _send(work, question, str(changes))
        status = Status.OK if state is QuestionState.ACCEPTED else Status.DENIED
        work.record(_event(question, "ended", question.person_id, question.who, status))
        work.announce(f"{_WORD}{question.id}")

    async def _end(self, question_id: UUID, state: QuestionState) -> None:
        """End one that nobody has answered yet."""
        async with self._store.transaction() as work:
            row = await _locked(work, question_id)
            if row is not None and row["state"] == QuestionState.ASKED.value:
                await self._ended(work, question_of(row), state)

    async def tidy(self) -> int:
        """End the questions whose call has ended, as after a crash, so that no card promises what nobody does."""
        now = self._store.now()
        rows = await self._store.fetch(QUERIES["forlorn"], now - timedelta(seconds=2 * LOOK_SECONDS))
        for each in rows:
            async with self._store.transaction() as work:
                row = await _locked(work, each["id"])
                if row is not None and row["taken_at"] is None:
                    await self._ended(work, question_of(row), QuestionState.LAPSED)
                    await work.execute(QUERIES["take"], each["id"], now)
        return len(rows)

    async def _row(self, query: str, *about: Any) -> Row | None:
        return await self._store.fetchrow(QUERIES[query], *about)


def _value_of(field: AskedField, choice: str, typed: str) -> tuple[bool, Any]:
    """Whether the field is left out, and else its value. Raises ValueWrong."""
    if field.default is not None and choice in {cards.SKIP, cards.USE}:
        return False, field.default  # what is left out has its default (SEP-1034)
    if choice == cards.SKIP and not field.is_required:
        return True, None
    if field.kind is FieldKind.YES_NO and choice in {cards.YES, cards.NO}:
        return False, choice == cards.YES
    at = cards.OPTIONS.find(choice) if choice else -1
    if field.kind is FieldKind.CHOICE and 0 <= at < len(field.options):
        return False, field.options[at][0]
    return False, read_value(field, typed)


async def _locked(work: Transaction, question_id: UUID) -> Row | None:
    """The row, which nobody else changes until the transaction ends."""
    await work.execute(QUERIES["lock"], question_id)
    row = await work.fetchrow(QUERIES["by_id"], question_id)
    return None if row is None else {**row, "who": known_as(row["who_name"], row["who_shown"] or "")}


def _send(work: Transaction, question: Question, what: str) -> None:
    """The card as the question stands now; one after the first takes its place."""
    work.send(
        Outbound(
            key=question.key(what),
            address=question.address,
            card=cards.card_of(question),
            rewrites=question.key("") if what else "",
            in_language=question.language,
            in_zone=question.zone,
        ),
        urgent=True,
        apart=question.person_id,
    )


def _columns(question: Question) -> list[object]:
    """The values of `open` before its times, in its order."""
    return [
        question.id,
        question.card_id,
        question.code,
        question.server,
        question.person_id,
        question.agent,
        dump(question.address),
        question.conversation,
        question.call,
        question.message,
        question.url,
        stored_fields(question.fields),
        question.language,
        question.zone,
    ]


def _event(question: Question, what: str, actor: UUID, name: str, status: Status) -> Event:
    """A line of the record, which holds no value."""
    detail = {
        "agent": question.agent,
        "call": str(question.call),
        "fields": ", ".join(field.name for field in question.fields) or cards.host_of(question.url),
        "question": str(question.id),
        "state": question.state.value,
    }
    return Event(
        tag=f"agents:question:{what}",
        actor=str(actor),
        actor_name=name,
        resource=question.server,
        status=status,
        address=question.conversation,
        detail=detail,
    )
