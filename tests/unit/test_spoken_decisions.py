"""Decisions in words: with a code, as an answer to a card, or a bare word that is asked back; all else is talk."""

from dataclasses import replace

import pytest

from channels.base import Traits
from channels.codec import dump, dump_refs, load
from channels.messages import Account, Address, Earlier, File, Inbound, Outbound, Quote, Ref, Text, heard, plain
from gateway.messages.pasted_codes import PastedCodes
from gateway.messages.spoken_decisions import SpokenDecisions
from governance.people.people import Role
from governance.values.verdicts import Risk
from tests.unit.commands.room import Room, account_of, asked_of, open_room

QUOTES = Traits(max_text=4000, names_quoted=True)
WORDS_ONLY = Traits(max_text=4000)


@pytest.fixture
async def room(store, dsn, tmp_path) -> Room:
    return await open_room(store, dsn, tmp_path)


class Chat:
    """Root's private chat, in which the cards of two requests of alice's stand."""

    def __init__(self, room: Room, traits: Traits = QUOTES) -> None:
        self.room = room
        parts = room.parts
        self.spoken = SpokenDecisions(
            store=room.store, approvals=parts.approvals, commands=room.commands, traits_of=lambda _: traits
        )

    async def people(self):
        self.alice, self.root = await self.room.person("alice"), await self.room.person("root", Role.ADMIN)
        return self

    async def asked(self, risk: Risk = Risk.MEDIUM, *, message: str = "m1", at: str = "root"):
        request = await self.room.request(self.alice, f"make {message}", risk=risk)
        refs = dump_refs([Ref(address=Address(channel="chat", room=at), id=message)])
        await self.room.store.fetch(
            "update nexora_outbox set state = 'done', ref = $2::jsonb where key = $1",
            f"card:{request.id}:chat:root",
            refs,
        )
        return request

    async def asked_together(self, count: int):
        asking = [asked_of(self.alice, f"rm {number}", Risk.MEDIUM) for number in range(count)]
        async with self.room.store.transaction() as work:
            requests = await self.room.parts.approvals.ask_all(work, asking)
        refs = dump_refs([Ref(address=Address(channel="chat", room="root"), id="m1")])
        await self.room.store.fetch(
            "update nexora_outbox set state = 'done', ref = $1::jsonb where key like 'card:batch:%:chat:root'", refs
        )
        return requests

    def message(self, *parts, sender: str = "root", is_direct: bool = True, at: str = "") -> Inbound:
        return replace(
            self.room.inbound(account_of(sender), "", room=at or sender, is_direct=is_direct), parts=tuple(parts)
        )

    async def hears(self, *parts, sender: str = "root", **where) -> str | None:
        person = await self.room.stage.people.identify(account_of(sender))
        return await self.spoken.answer(self.message(*parts, sender=sender, **where), person)

    def card(self, message: str = "m1", at: str = "root") -> Quote:
        return Quote(text="A card.", ref=Ref(address=Address(channel="chat", room=at), id=message))

    async def says(self, address: Address, key: str) -> None:
        """Something else that is sent."""
        await self.room.store.fetch(
            "insert into nexora_outbox (key, channel, lane, body) values ($1, 'chat', $2, $3)",
            *(key, address.key, dump(Outbound(key=key, address=address, parts=plain("Shall I go on?")))),
        )

    async def cards_again(self) -> list[Outbound]:
        rows = await self.room.store.fetch("select body from nexora_outbox where key like '%:again:%' order by id")
        return [load(Outbound, row["body"]) for row in rows]


@pytest.fixture
async def chat(room) -> Chat:
    return await Chat(room).people()


# With a code


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("批准 {0}", "approved"),
        ("同意{0}。", "approved"),
        ("approve {0}", "approved"),
        ("genehmigen {0} hier", "approved"),
        ("拒绝 {0}，太危险", "denied"),
        ("deny {0}: not on a Friday", "denied"),
    ],
)
async def test_a_word_with_the_code_of_a_request_that_waits_decides_it(chat, text, status):
    request = await chat.asked()
    said = text.format(request.code)
    stored = await border(chat).taken_out(chat.message(Text(text=said)))

    assert stored.text == said
    assert await chat.hears(Text(text=said))
    assert await chat.room.status(request) == status


def border(chat: Chat) -> PastedCodes:
    return PastedCodes(chat.room.store, chat.room.stage.people, chat.room.parts.approvals.kinds)


@pytest.mark.parametrize("text", ["批准 {0} 之前先备份一下", "approve {0} and tell bob", "批准 ZZZZ", "请批准 {0}"])
async def test_what_says_more_or_names_no_request_is_talk_and_shows_no_agent_its_code(chat, text):
    request = await chat.asked()
    said = chat.message(Text(text=text.format(request.code)))
    stored = await border(chat).taken_out(said)

    assert await chat.hears(*said.parts) is None
    assert request.code not in stored.text
    assert await chat.room.status(request) == "pending"


async def test_who_may_not_decide_only_talks_and_their_own_they_may_withdraw(chat):
    request = await chat.asked()

    assert await chat.hears(Text(text=f"批准 {request.code}"), sender="alice") is None
    assert await chat.hears(Text(text=f"撤回 {request.code} 吧"), sender="alice") is None
    assert await chat.hears(Text(text=f"撤回 {request.code}"), sender="alice")
    assert await chat.room.status(request) == "cancelled"


# As an answer to a card


@pytest.mark.parametrize(
    ("text", "status", "reason"),
    [
        ("同意", "approved", ""),
        ("批准！", "approved", ""),
        ("Approve", "approved", ""),
        ("驳回", "denied", ""),
        ("拒绝 先备份，再来", "denied", "先备份，再来"),
        ("Ablehnen: zu früh", "denied", "zu früh"),
    ],
)
@pytest.mark.parametrize("risk", [Risk.LOW, Risk.MEDIUM])
async def test_a_deciding_word_that_answers_a_card_is_a_press_on_it(chat, text, status, reason, risk):
    first, last = await chat.asked(risk), await chat.asked(message="m2")

    assert await chat.hears(chat.card(), Text(text=text))
    found = await chat.room.parts.approvals.get(first.id)
    assert (found.status.value, found.reason) == (status, reason)
    assert await chat.room.status(last) == "pending"
    assert "approvals:request:decided" in await chat.room.stage.tags()


@pytest.mark.parametrize("risk", [Risk.HIGH, Risk.CRITICAL])
async def test_a_word_decides_nothing_of_high_risk_and_the_card_comes_again(chat, risk):
    request = await chat.asked(risk)
    said = await chat.hears(chat.card(), Text(text="同意"))
    [again] = await chat.cards_again()

    assert f"`/approve {request.code}`" in said
    assert (again.card.id, again.only_for) == (request.card_id, account_of("root"))
    assert again.card.buttons
    assert (await chat.room.stage.last_event("approvals:press:refused"))["resource"] == str(request.id)
    assert await chat.room.status(request) == "pending"


async def test_the_gate_is_that_of_a_press(chat):
    await chat.room.person("ada", Role.ADMIN)
    request = await chat.asked(at="elsewhere")
    own = await chat.room.request(chat.root, risk=Risk.LOW)
    await chat.room.store.fetch(
        "update nexora_outbox set state = 'done', ref = $2::jsonb where key like $1",
        f"card:{own.id}:%",
        dump_refs([Ref(address=Address(channel="chat", room="root"), id="m9")]),
    )

    assert await chat.hears(chat.card(at="elsewhere"), Text(text="同意")) is None
    assert "somebody else has to decide it" in await chat.hears(chat.card("m9"), Text(text="同意"))
    assert await chat.hears(Text(text="同意")) is None
    assert await chat.hears(chat.card(), Text(text="同意"), sender="alice", at="root") is None
    assert [await chat.room.status(each) for each in (request, own)] == ["pending", "pending"]


async def test_a_card_that_has_ended_says_how(chat):
    request = await chat.asked()
    await chat.hears(chat.card(), Text(text="同意"))

    assert (await chat.hears(chat.card(), Text(text="拒绝"))).startswith("Already approved by root")
    assert await chat.room.status(request) == "approved"


@pytest.mark.parametrize("text", ["OK", "好的", "no"])
async def test_an_everyday_word_that_answers_a_card_is_asked_back(chat, text):
    request = await chat.asked()

    assert request.code in await chat.hears(chat.card(), Text(text=text))
    assert len(await chat.cards_again()) == 1
    assert await chat.room.status(request) == "pending"


async def test_where_a_platform_names_no_message_words_are_asked_back(room):
    chat = await Chat(room, WORDS_ONLY).people()
    request = await chat.asked()

    assert (await chat.hears(Quote(text="ops wants to run shell"), Text(text="同意"))).startswith(
        "Do you mean to approve"
    )
    assert await chat.hears(chat.card(), Text(text="拒绝 太危险")) is None
    assert await chat.room.status(request) == "pending"


async def test_the_beginning_of_a_thread_is_answered_until_something_else_is_said_in_the_thread(chat):
    request = await chat.asked()
    thread = Address(channel="chat", room="root", thread="m1")
    said = replace(chat.message(chat.card(), Text(text="同意")), address=thread)
    await chat.says(replace(thread, thread="m2"), "reply:1")

    assert await chat.spoken.request_named(said) is not None
    await chat.says(thread, "reply:2")
    assert await chat.spoken.request_named(said) is None
    assert await chat.spoken.answer(said, chat.root) is None
    assert await chat.room.status(request) == "pending"


# A word alone


@pytest.mark.parametrize(
    ("text", "meant"), [("同意", "approve"), ("OK", "approve"), ("通过。", "approve"), ("拒绝", "deny")]
)
async def test_a_word_alone_below_a_card_is_asked_back_with_the_card(chat, text, meant):
    await chat.asked()
    last = await chat.asked(message="m2")
    said = await chat.hears(Text(text=text))
    [again] = await chat.cards_again()

    assert said.startswith(f"Do you mean to {meant} {last.code} ")
    assert (again.card.id, again.only_for) == (last.card_id, account_of("root"))
    assert [button.choice for button in again.card.buttons][:1] == ["a"]
    assert await chat.room.status(last) == "pending"


async def test_the_card_that_came_again_is_a_copy_on_which_a_press_counts(chat):
    request = await chat.asked()
    await chat.hears(Text(text="同意"))
    refs = dump_refs([Ref(address=Address(channel="chat", room="root"), id="m7")])
    await chat.room.store.fetch(
        "update nexora_outbox set state = 'done', ref = $1::jsonb where key like '%:again:%'", refs
    )

    assert await chat.hears(chat.card("m7"), Text(text="同意")) == "Approved."
    assert await chat.room.status(request) == "approved"


async def test_a_word_alone_is_talk_where_nothing_waits_or_something_was_said_since(chat):
    assert await chat.hears(Text(text="同意")) is None
    request = await chat.asked()
    await chat.says(Address(channel="chat", room="root"), "reply:1")

    assert await chat.hears(Text(text="同意")) is None
    assert await chat.hears(Text(text="同意"), sender="alice") is None
    assert await chat.cards_again() == []
    assert await chat.room.status(request) == "pending"


async def test_a_word_alone_below_a_card_of_several_is_asked_back_with_that_card(chat):
    requests = await chat.asked_together(3)
    said = await chat.hears(Text(text="同意"))
    [again] = await chat.cards_again()

    assert said.startswith("This card asks 3 things")
    assert again.only_for == account_of("root")
    assert [button.choice for button in again.card.buttons] == ["e", "x"]
    assert all(request.code in again.card.body for request in requests)
    assert await chat.hears(Text(text="同意"), sender="alice") is None
    assert {await chat.room.status(request) for request in requests} == {"pending"}


# What never decides


async def test_what_was_heard_edited_passed_on_or_sent_with_a_file_decides_nothing(chat):
    request = await chat.asked()
    file = File(name="a.txt", media_type="text/plain", size=1, locator="1")
    earlier = Earlier(event_id="0", at=chat.room.stage.clock())
    for parts in (
        (chat.card(), heard("同意")),
        (heard(f"批准 {request.code}"),),
        (heard("同意"),),
        (Quote(text="同意"),),
        (chat.card(), Quote(text=f"/approve {request.code}")),
        (chat.card(), Text(text="同意"), file),
        (chat.card(), chat.card("m2"), Text(text="同意 了")),
    ):
        assert await chat.hears(*parts) is None
    for change in ({"corrects": earlier}, {"continues": True}):
        said = replace(chat.message(chat.card(), Text(text="同意")), **change)
        assert await chat.spoken.answer(said, chat.root) is None

    assert await chat.room.status(request) == "pending"


async def test_another_account_of_a_person_decides_only_what_was_sent_to_it(chat):
    request = await chat.asked()
    other = Account(channel="chat", id="root2", name="Root")
    said = replace(chat.message(chat.card(), Text(text="同意"), at="root", is_direct=False), sender=other)

    assert await chat.spoken.answer(said, chat.root) is None
    assert await chat.room.status(request) == "pending"


# Where it waits


async def test_what_names_its_request_waits_beside_no_answer_and_all_else_among_what_is_said(chat):
    request = await chat.asked()
    named = [
        (Text(text=f"批准 {request.code}"),),
        (chat.card(), Text(text="同意")),
        (chat.card(), Text(text="拒绝 太险")),
    ]
    talk = [
        (Text(text="同意"),),
        (chat.card(), Text(text="OK")),
        (chat.card(), Text(text="同意 了")),
        (chat.card("m9"), Text(text="同意")),
        (Text(text="批准 ZZZZ"),),
        (heard(f"批准 {request.code}"),),
    ]

    for parts in named:
        found = await chat.spoken.request_named(chat.message(*parts))
        assert found is not None
        assert found.id == request.id
    for parts in talk:
        assert await chat.spoken.request_named(chat.message(*parts)) is None
    piece = replace(chat.message(chat.card(), Text(text="同意")), album="1")
    assert await chat.spoken.request_named(piece) is None
