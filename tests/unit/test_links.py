"""Whether a new account is somebody's: asked where they were before, and nothing is linked until they say yes there."""

import pytest

from channels.codec import load
from channels.messages import Account, Address, Outbound
from governance.accounts.admissions import Admissions
from governance.accounts.links import LINK
from governance.accounts.strangers import ADMISSION
from governance.approvals.call_requests import TOOL_CALL
from governance.approvals.decide import Approvals
from governance.approvals.tool_grants import ToolGrants
from governance.people.people import CONSOLE, Role, Stranger
from governance.record.transaction import Store
from tests.unit.people_stage import WEB, HandClock, Stage

PHONE = Account(channel="telegram", id="77", name="Alice A")
DESK = Account(channel="slack", id="U1", name="alice")
WHERE = Address(channel="telegram", room="77")


class Sides(Stage):
    """People and the approvals that ask them."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.admissions = Admissions(self.store, self.accounts, self.people)
        kinds = (TOOL_CALL, ADMISSION.with_effect(self.admissions.decided), LINK.with_effect(self.accounts.answered))
        self.approvals = Approvals(self.store, ToolGrants(self.store), kinds)

    async def asks(self, person):
        """The link about which somebody is asked."""
        [request] = await self.approvals.pending(person)
        return request

    async def typed_in_chat(self, person, account=PHONE):
        return await self.accounts.link_from_chat(account, await self.accounts.code_for_person(person), WHERE)

    async def typed_in_console(self, person, account=PHONE):
        code = await self.accounts.code_for_account(account)
        return await self.accounts.link_from_console(person, code, origin=WEB)

    async def answer(self, person, request, choice, *, at=DESK):
        return await self.approvals.decide(person, at, code=request.code, choice=choice)

    async def cards(self, request):
        """Where it is asked, and the labels of the buttons there."""
        sent = [each for each in await self.sent() if each.card and each.key.startswith(f"card:{request.id}")]
        return {each.address.channel: [button.label for button in each.card.buttons] for each in sent}

    async def sent(self):
        return [load(Outbound, row["body"]) for row in await self.store.fetch("select body from nexora_outbox")]

    async def said_to(self, channel):
        return " ".join(
            part.text for each in await self.sent() if each.address.channel == channel for part in each.parts
        )

    async def is_linked(self, person, account=PHONE):
        who = await self.people.identify(account)
        return not isinstance(who, Stranger) and who.id == person.id


@pytest.fixture
def sides(pool):
    clock = HandClock()
    return Sides(Store(pool, now=clock), clock)


async def test_a_code_typed_in_chat_waits_for_a_yes_in_the_console_or_in_another_chat(sides):
    alice = await sides.person("alice")
    await sides.link(DESK, alice)

    link = await sides.typed_in_chat(alice)
    request = await sides.asks(alice)

    assert set(link.asked) == {"slack", CONSOLE}
    assert await sides.people.identify(PHONE) == Stranger(state="new")
    yes_or_no = ["Yes, that is me", "No"]
    assert await sides.cards(request) == {"slack": yes_or_no, CONSOLE: yes_or_no}
    assert request.title == "Alice A (77) · telegram"
    sides.clock.move(minutes=9)
    said = await sides.answer(alice, request, "a")
    assert said.sentence.startswith("You said yes")
    assert await sides.is_linked(alice)
    assert "This account belongs to alice now" in await sides.said_to("telegram")
    assert "/unlink telegram 77" in await sides.said_to("slack")


async def test_a_no_links_nothing_and_the_account_hears_it_in_both_languages(sides):
    alice = await sides.person("alice")
    await sides.typed_in_chat(alice)
    request = await sides.asks(alice)

    said = await sides.answer(alice, request, "d", at=Account(channel=CONSOLE, id=str(alice.id)))

    assert "nothing was linked" in said.sentence
    assert await sides.people.identify(PHONE) == Stranger(state="new")
    told = await sides.said_to("telegram")
    assert "The answer was no" in told
    assert "对方已否认" in told
    assert (await sides.tags())[-2:] == ["approvals:request:decided", "approvals:request:denied"]
    assert (await sides.answer(alice, request, "a")).changed is False


async def test_no_answer_is_a_no(sides):
    alice = await sides.person("alice")
    await sides.typed_in_chat(alice)
    request = await sides.asks(alice)
    sides.clock.move(minutes=10)

    late = await sides.answer(alice, request, "a")

    assert "yes" not in late.sentence
    assert await sides.people.identify(PHONE) == Stranger(state="new")
    assert "Nobody said yes in time" in await sides.said_to("telegram")


async def test_what_the_console_asks_for_is_answered_in_a_chat_and_not_in_the_console(sides):
    alice = await sides.person("alice")
    await sides.link(DESK, alice)

    link = await sides.typed_in_console(alice)
    request = await sides.asks(alice)
    refused = await sides.answer(alice, request, "a", at=Account(channel=CONSOLE, id=str(alice.id)))

    assert link.asked == ("slack",)
    assert set(await sides.cards(request)) == {"slack"}
    assert "asked for in the console" in refused.sentence
    assert not await sides.is_linked(alice)
    assert (await sides.last_event("approvals:press:refused"))["status"] == "denied"
    await sides.answer(alice, request, "a")
    assert await sides.is_linked(alice)


async def test_nobody_else_answers_for_somebody_not_even_an_admin_or_sees_what_they_are_asked(sides):
    alice, root = await sides.person("alice"), await sides.person("root", Role.ADMIN)
    bob = await sides.person("bob")
    await sides.typed_in_chat(alice)
    request = await sides.asks(alice)

    for somebody in (root, bob):
        assert await sides.approvals.pending(somebody) == []
        for choice in ("a", "d"):
            said = await sides.answer(somebody, request, choice)
            assert said.sentence == "Only alice can answer whether that is them."

    assert not await sides.is_linked(alice)


async def test_the_first_account_of_somebody_needs_no_yes(sides):
    invited, signs_in = await sides.newcomer("alice"), await sides.person("bob")

    assert (await sides.typed_in_chat(invited)).is_done
    assert (await sides.typed_in_console(signs_in, DESK)).is_done
    assert await sides.is_linked(invited)
    assert await sides.is_linked(signs_in, DESK)


async def test_who_an_admin_says_it_is_has_to_say_so_themselves(sides):
    alice, root = await sides.person("alice"), await sides.person("root", Role.ADMIN)

    async with sides.store.transaction() as work:
        link = await sides.accounts.admit_as(work, PHONE, alice, root, address=WHERE)
    request = await sides.asks(alice)

    assert not link.is_done
    assert not await sides.is_linked(alice)
    copy = next(each for each in await sides.sent() if each.key.startswith(f"card:{request.id}"))
    assert "the admin root says so" in {fact.value for fact in copy.card.facts}
    await sides.answer(alice, request, "a", at=Account(channel=CONSOLE, id=str(alice.id)))
    assert await sides.is_linked(alice)


async def test_an_account_that_became_somebody_elses_meanwhile_is_not_taken_from_them(sides):
    alice, bob = await sides.person("alice"), await sides.newcomer("bob")
    await sides.link(DESK, alice)
    await sides.typed_in_chat(alice)
    request = await sides.asks(alice)
    await sides.link(PHONE, bob)

    await sides.answer(alice, request, "a")

    assert await sides.is_linked(bob)
    assert "somebody else's by now" in await sides.said_to("slack")


async def test_who_loses_an_account_is_told_there_and_everywhere_but_where_they_typed_it(sides):
    alice = await sides.person("alice")
    await sides.link(DESK, alice)
    await sides.link(PHONE, alice)

    await sides.accounts.unlink(PHONE, by=alice, of=alice.id, typed_at=DESK)

    told = [each for each in await sides.sent() if each.key.startswith("unlinked:")]
    assert {each.address.channel: each.only_for.id for each in told} == {"telegram": "77", CONSOLE: str(alice.id)}
    assert "parted from alice" in await sides.said_to("telegram")
    assert "The account 77 on telegram was parted from you" in await sides.said_to(CONSOLE)


async def test_somebody_who_was_shut_out_meanwhile_gains_no_account(sides):
    alice = await sides.person("alice")
    await sides.typed_in_chat(alice)
    request = await sides.asks(alice)
    await sides.people.disable(alice.id, by=None)

    await sides.answer(alice, request, "a")

    assert await sides.people.identify(PHONE) == Stranger(state="new")


async def test_a_card_speaks_the_language_of_whom_it_asks(sides):
    alice = await sides.person("alice")
    alice = await sides.people.describe(alice.id, by=None, language="zh")
    await sides.typed_in_chat(alice)

    cards = await sides.cards(await sides.asks(alice))

    assert cards == {CONSOLE: ["是，是我本人", "不是"]}
