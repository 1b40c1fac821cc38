"""Conversations in the list beside the chat: found by their words, paged, walked by keys, in view on a phone."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import expect

from channels.codec import dump
from channels.messages import Account, Address, Inbound, Ref, Text
from gateway.web.console.conversations import PAGE, ConversationLists

pytestmark = pytest.mark.browser


async def had(house, person, title, *said, ago=0):
    """A conversation of long ago with a title and words."""
    store = house.parts.store
    conversation = await ConversationLists(store).open(person, agent="ops")
    at = datetime(2026, 1, 1, tzinfo=UTC) - timedelta(minutes=ago)
    await store.fetch(
        "update nexora_conversations set title = $2, updated_at = $3 where room = $1 returning key",
        conversation.room,
        title,
        at,
    )
    for number, text in enumerate(said):
        event = f"{conversation.room}:{number:08}"
        address = Address(channel="console", room=conversation.room)
        inbound = Inbound(
            event_id=event,
            at=at,
            address=address,
            sender=Account(channel="console", id=str(person.id), name=person.shown),
            parts=(Text(text=text),),
            message=Ref(address=address, id=event),
        )
        await house.board.keep(conversation.room, f"said:{event}", dump(inbound))
    return conversation


async def titles(house, person, words="", after=""):
    page = await ConversationLists(house.parts.store).of(person, words=words, after=after)
    return [each.title for each in page.conversations], page.more


async def test_words_are_found_in_titles_and_messages_of_ones_own_alone(house):
    alice, bob = await house.person("alice"), await house.person("bob")
    await had(house, alice, "Release plan", "the freeze ends on Friday", ago=3)
    await had(house, alice, "发布计划", '周五结束冻结，"重要"的 100%_done', ago=2)
    await had(house, alice, "Lunch", "noodles", ago=1)
    await had(house, bob, "Release of Bob", "the freeze")

    assert (await titles(house, alice))[0] == ["Lunch", "发布计划", "Release plan"]
    for words, found in {
        "RELEASE friday": ["Release plan"],
        "release noodles": [],
        "计划 冻结": ["发布计划"],
        "周五": ["发布计划"],
        '"重要"': ["发布计划"],
        "0%_d": ["发布计划"],
        "%": ["发布计划"],
        "parts": [],
        "\\": [],
    }.items():
        assert (await titles(house, alice, words))[0] == found, words


async def test_pages_hold_every_conversation_once_while_new_ones_come(house):
    alice = await house.person("alice")
    for number in range(2 * PAGE + 1):
        await had(house, alice, f"number {number}", ago=number // 2)
    seen, more = await titles(house, alice)
    await had(house, alice, "new")
    while more:
        next_, more = await titles(house, alice, after=more)
        seen += next_

    assert len(seen) == len(set(seen)) == 2 * PAGE + 1
    for wrong in ("x", "1-" + "0" * 32, "9" * 18 + "-" + "f" * 32, "-1"):
        assert isinstance(await titles(house, alice, after=wrong), tuple)


async def test_the_list_is_searched_paged_and_walked_by_keys(house, seats):
    alice = await house.person("alice")
    for number in range(PAGE + 2):
        await had(house, alice, f"number {number}", ago=number)
    await had(house, alice, "Wanted", "a heron in the reeds", ago=99)
    seat = await seats("alice")
    links = seat.page.locator("#conversations li a")
    await expect(links).to_have_count(PAGE + 2)
    await expect(links.nth(1).locator("time")).not_to_contain_text("UTC")
    await seat.page.locator("a.more").click()
    await expect(links).to_have_count(PAGE + 4)
    await expect(links.nth(PAGE + 1)).to_be_focused()
    await expect(links.nth(PAGE + 2).locator("time")).not_to_contain_text("UTC")

    await seat.page.keyboard.press("g")
    await seat.page.keyboard.press("s")
    await expect(seat.page.locator("#find")).to_be_focused()
    await seat.page.keyboard.type("heron")
    await expect(links).to_have_count(1)
    await seat.page.keyboard.press("ArrowDown")
    await seat.page.keyboard.press("Enter")
    await expect(seat.page.locator(".message .words")).to_have_text("a heron in the reeds")
    await expect(links).to_have_count(1)


async def test_a_phone_opens_the_list_and_finds_in_it(house, seats):
    alice = await house.person("alice", language="zh")
    await had(house, alice, "发布计划", "周五")
    seat = await seats("alice", viewport={"width": 390, "height": 844}, has_touch=True)
    await expect(seat.page.locator("#find")).not_to_be_visible()
    await seat.page.locator(".drawer summary").tap()
    await seat.page.fill("#find", "没有的词")
    await expect(seat.page.locator("#conversations .nothing")).to_be_visible()
    await seat.page.fill("#find", "周五")
    await expect(seat.page.locator("#conversations li a")).to_contain_text(["发布计划"])

    assert await seat.page.evaluate("document.documentElement.scrollWidth") <= 390
