"""What is sent: calling nobody, once, whole, and privately where it must be."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from channels.base import ChannelDown, FileTooLarge, MessageRefused, RateLimited
from channels.messages import Account, Address, File, Ref
from tests.platforms.discord.town import ALICE, APP, BOB, BOT, CAROL, CLOSED, GROUP, PRIVATE, Message
from tests.unit.discord.bench import ALICE_HERE, BOB_HERE, CARD, DIRECT, ROOM, Bench
from tests.unit.discord.test_discord_hearing import pressed

MUTE = {"parse": [], "replied_user": False}


async def test_every_call_that_shows_words_calls_nobody_and_previews_nothing(bench: Bench):
    async with bench.listening():
        asked = await bench.say("@everyone?")
        [event] = [bench.heard[0] for _ in await bench.hears()]
        ref = await bench.send(text="@everyone <@2003>", answers=event.message)
        await bench.send(text="@here", replaces=ref)
        live = await bench.channel.open_live(DIRECT, ALICE_HERE, None)
        await live.show("@everyone")
        await live.show("@everyone again")
        await pressed(bench)
        await bench.until(lambda: len(bench.heard) == 2)
        await bench.send(text="@everyone", only_for=ALICE_HERE, receipt=bench.heard[1].press.receipt)
    bodies = [body for method, path, body in bench.fake.requests if "messages" in path or "/webhooks/" in path]

    assert asked.id == event.message.id
    assert len(bodies) == 6
    assert all(body["allowed_mentions"] == MUTE for body in bodies)
    assert all(body["flags"] & 4 for body in bodies)


async def test_a_repeat_within_minutes_is_the_same_message(bench: Bench):
    first = await bench.send(text="once", key="key-1")
    again = await bench.send(text="once", key="key-1", may_repeat=True)
    other = await bench.send(text="once", key="key-2")

    assert first == again != other
    assert [message.content for message in bench.fake.town.messages] == ["once", "once"]
    assert all(len(body["nonce"]) <= 25 and body["enforce_nonce"] for _, body in bench.called("POST", "/messages"))


async def test_words_that_outgrow_a_message_by_escaping_are_sent_whole(bench: Bench):
    ref = await bench.send(text="x " + "||" * 940)
    sent = bench.fake.town.messages

    assert len(sent) == 2
    assert ref.id == sent[0].id
    assert "".join(message.content for message in sent).replace("\\", "") == "x " + "||" * 940


async def test_an_answer_to_a_message_that_is_gone_is_sent_all_the_same(bench: Bench):
    ref = await bench.send(text="well", answers=Ref(address=DIRECT, id="123"))

    assert bench.fake.town.find(PRIVATE[ALICE], ref.id).answers == ""


async def test_where_the_bot_may_not_quote_it_answers_without(bench: Bench):
    bench.fake.lets_quote = False
    said = await bench.say("hello")
    ref = await bench.send(text="well", answers=Ref(address=DIRECT, id=said.id))

    assert bench.fake.town.find(PRIVATE[ALICE], ref.id).content == "well"


async def test_an_answer_elsewhere_quotes_nothing(bench: Bench):
    said = await bench.say("in private")
    await bench.send(ROOM, text="in public", answers=Ref(address=DIRECT, id=said.id))

    assert "message_reference" not in bench.called("POST", f"/channels/{GROUP}/messages")[0][1]


async def test_an_edit_of_a_message_that_somebody_removed_becomes_a_new_one(bench: Bench):
    ref = await bench.send(text="the beginning")
    bench.fake.town.messages.clear()
    again = await bench.send(text="all of it", replaces=ref, key="key-9")

    assert again != ref
    assert bench.fake.town.find(PRIVATE[ALICE], again.id).content == "all of it"


async def test_an_edit_of_somebody_elses_message_is_refused_in_discords_words(bench: Bench):
    said = await bench.say("mine")

    with pytest.raises(MessageRefused, match="Cannot edit a message authored by another user"):
        await bench.send(text="yours", replaces=Ref(address=DIRECT, id=said.id))


async def test_a_growing_answer_that_cannot_go_on_says_so(bench: Bench):
    live = await bench.channel.open_live(DIRECT, ALICE_HERE, None, Ref(address=DIRECT, id="123"))

    with pytest.raises(MessageRefused):
        await live.show("more")


async def test_a_growing_answer_costs_no_call_for_what_is_shown_already(bench: Bench):
    live = await bench.channel.open_live(DIRECT, ALICE_HERE, None)
    for text in ("", "  ", "one", "one", "one two"):
        await live.show(text)
    await live.show("|" * 1900)

    assert bench.fake.calls["messages"] == 3
    assert await live.close() == live.standing()


# Private answers


async def test_a_private_answer_stands_below_the_press_for_the_presser_alone(bench: Bench):
    async with bench.listening():
        await pressed(bench, person=BOB, channel=GROUP)
        await bench.until(lambda: bench.heard)
        ref = await bench.send(ROOM, text="You may not.", only_for=BOB_HERE, receipt=bench.heard[0].press.receipt)
    [whisper] = [message for message in bench.fake.town.messages if message.only_for]

    assert ref.id == ""
    assert (whisper.only_for, whisper.channel, whisper.content) == (BOB, GROUP, "You may not.")
    with pytest.raises(MessageRefused):
        await bench.send(ROOM, text="Or may you?", replaces=ref)


async def test_a_private_answer_that_comes_before_the_press_is_taken_waits_for_it(bench: Bench):
    async with bench.listening():
        answers = []

        async def at_once(inbound):
            answers.append(
                asyncio.create_task(
                    bench.send(ROOM, text="No.", only_for=BOB_HERE, receipt=inbound.press.receipt), name="answer"
                )
            )

        bench.receive, receive = at_once, bench.receive
        channel = bench.build()
        bench.channel = channel
        async with bench.listening(channel):
            await pressed(bench, person=BOB, channel=GROUP)
            await bench.until(lambda: any(message.only_for for message in bench.fake.town.messages))
        bench.receive = receive
        await asyncio.gather(*answers)

    assert bench.called("POST", "/users/@me/channels") == []


async def test_a_press_that_is_too_old_is_answered_in_a_direct_message(bench: Bench):
    async with bench.listening():
        await pressed(bench, person=BOB, channel=GROUP)
        await bench.until(lambda: bench.heard)
        bench.ahead = timedelta(minutes=15)
        ref = await bench.send(ROOM, text="Too late.", only_for=BOB_HERE, receipt=bench.heard[0].press.receipt)

    assert ref.address == Address(channel="discord", room=PRIVATE[BOB])
    assert bench.called("POST", "/webhooks/") == []


async def test_a_press_that_discord_knows_no_more_is_answered_in_a_direct_message(bench: Bench):
    async with bench.listening():
        interaction = await pressed(bench, person=BOB, channel=GROUP)
        await bench.until(lambda: bench.heard)
        interaction.is_alive = False
        ref = await bench.send(ROOM, text="Hm.", only_for=BOB_HERE, receipt=bench.heard[0].press.receipt)

    assert ref.address.room == PRIVATE[BOB]


async def test_a_private_room_is_asked_for_once_and_refused_where_there_is_none(bench: Bench):
    first = await bench.channel.direct_room(BOB_HERE)
    again = await bench.channel.direct_room(BOB_HERE)

    assert first == again == Address(channel="discord", room=PRIVATE[BOB])
    assert len(bench.called("POST", "/users/@me/channels")) == 1
    with pytest.raises(MessageRefused, match="Cannot send messages to this user"):
        await bench.channel.direct_room(Account(channel="discord", id=CAROL))


# The slash command


async def commanded(bench: Bench, words="what is up", channel=GROUP):
    interaction = await bench.fake.command(channel, ALICE, words)
    await bench.until(lambda: interaction.taken)
    return interaction, bench.heard[-1]


async def test_a_slash_command_is_heard_and_answered_in_its_place(bench: Bench):
    async with bench.listening():
        interaction, event = await commanded(bench)
        ref = await bench.send(ROOM, text="all is well", answers=event.message)
        await bench.send(ROOM, text="all is very well", replaces=ref, answers=event.message)

    assert (event.text, event.sender.id, event.to_me, event.is_direct) == ("what is up", ALICE, True, False)
    assert interaction.taken == 5
    assert interaction.original.id == ref.id
    assert interaction.original.content == "all is very well"


async def test_a_slash_command_without_words_asks_for_help(bench: Bench):
    async with bench.listening():
        _, event = await commanded(bench, "")

    assert event.text == "/help"


async def test_where_the_bot_may_not_speak_a_command_is_answered_all_the_same(bench: Bench):
    closed = Address(channel="discord", room=CLOSED)
    async with bench.listening():
        _, event = await commanded(bench, channel=CLOSED)
        live = await bench.channel.open_live(closed, ALICE_HERE, event.message)
        await live.show("one")
        await live.show("one two")
        await bench.send(closed, text="one two three", replaces=await live.close())
        await bench.send(closed, text="and more")

    assert [m.content for m in bench.fake.town.messages if m.channel == CLOSED] == ["one two three", "and more"]


async def test_a_command_that_discord_knows_no_more_is_answered_by_a_message(bench: Bench):
    async with bench.listening():
        interaction, event = await commanded(bench)
        interaction.is_alive = False
        await bench.send(ROOM, text="after all", answers=event.message)

    assert bench.fake.town.messages[-1].content == "after all"


async def test_a_command_is_answered_in_its_place_also_after_a_failure(bench: Bench):
    async with bench.listening():
        interaction, event = await commanded(bench)
        bench.fake.faults.append((500, {}))
        with pytest.raises(ChannelDown):
            await bench.send(ROOM, text="well", answers=event.message)
        await bench.send(ROOM, text="well", answers=event.message)

    assert interaction.original.content == "well"


async def test_a_command_that_is_too_old_is_answered_by_a_message(bench: Bench):
    async with bench.listening():
        interaction, event = await commanded(bench)
        bench.ahead = timedelta(minutes=15)
        await bench.send(ROOM, text="late", answers=event.message)

    assert interaction.original is None
    assert bench.fake.town.messages[-1].content == "late"


async def test_the_command_is_registered_once_and_never_touches_others(bench: Bench):
    bench.fake.commands = [{"name": "other", "type": 1, "description": "x", "options": []}]
    for _ in range(2):
        channel = bench.build(command="nexora")
        async with bench.listening(channel):
            await bench.until(lambda: bench.called("GET", "/commands"))
            await bench.until(lambda: len(bench.fake.commands) == 2)

    assert len(bench.called("POST", f"/applications/{APP}/commands")) == 1
    assert [command["name"] for command in bench.fake.commands] == ["other", "nexora"]


# Files


def report(tmp_path, name="report.txt", content=b"all is well"):
    path = tmp_path / "report"
    path.write_bytes(content)
    return File(name=name, media_type="text/plain", size=len(content), locator=str(path))


async def test_a_name_cannot_break_out_of_its_field(bench: Bench, tmp_path):
    name = 'a"\r\nX-Evil: 1\r\n\\..//b.txt'
    await bench.send(parts=(report(tmp_path, name),))
    [message] = bench.fake.town.messages

    assert message.attachments[0]["filename"] == "a___X-Evil: 1___..__b.txt"


async def test_a_file_that_cannot_be_read_is_refused(bench: Bench, tmp_path):
    gone = File(name="gone.txt", media_type="text/plain", size=3, locator=str(tmp_path / "gone"))

    with pytest.raises(MessageRefused, match=r"cannot read gone\.txt"):
        await bench.send(parts=(gone,))


async def test_a_file_that_discord_finds_too_large_is_refused_in_its_words(bench: Bench, tmp_path):
    with pytest.raises(MessageRefused, match="Request entity too large"):
        await bench.send(parts=(report(tmp_path, content=b"x" * (10 * 2**20 + 1)),))


async def sent_to_us(bench: Bench, content=b"the bytes") -> File:
    async with bench.listening():
        attachment = bench.fake.attach("notes.txt", content, "text/plain")
        await bench.say("read", attachments=[attachment])
        await bench.hears()
    return bench.heard[0].files[0]


async def test_an_address_that_has_expired_is_signed_anew(bench: Bench):
    file = await sent_to_us(bench)
    bench.fake.town.gone = set(bench.fake.town.files)

    assert await bench.channel.fetch(file, 100) == b"the bytes"
    assert len(bench.called("POST", "/attachments/refresh-urls")) == 1


async def test_a_file_that_is_larger_than_it_said_is_not_read_to_the_end(bench: Bench):
    file = replace(await sent_to_us(bench, b"x" * 2_000_000), size=0)

    with pytest.raises(FileTooLarge):
        await bench.channel.fetch(file, 1000)


@pytest.mark.parametrize(
    "url",
    [
        "http://cdn.discordapp.com/a",
        "https://evil.org/a",
        "file:///etc/passwd",
        "https://cdn.discordapp.com.evil.org/a",
        "https://[x",
        "",
    ],
)
async def test_a_file_is_fetched_from_discord_alone(bench: Bench, url):
    with pytest.raises(MessageRefused, match="does not lie with Discord"):
        await bench.channel.fetch(File(name="a", media_type="x/y", size=0, locator=url), 100)


# Trouble


async def test_a_limit_of_the_whole_bot_is_told_apart_from_one_of_a_room(bench: Bench):
    bench.fake.faults.append((429, {"message": "slow", "retry_after": 0.25, "global": True}))
    with pytest.raises(RateLimited) as everywhere:
        await bench.send(text="x")
    bench.fake.faults.append((429, {"message": "slow", "retry_after": 1.5, "global": False}))
    with pytest.raises(RateLimited) as here:
        await bench.send(text="x")

    assert (everywhere.value.whole_bot, everywhere.value.retry_after_seconds) == (True, 0.25)
    assert (here.value.whole_bot, here.value.retry_after_seconds) == (False, 1.5)


@pytest.mark.parametrize("code", [30046, 20016])
async def test_rates_with_numbers_of_their_own_are_waits_and_no_refusals(bench: Bench, code):
    bench.fake.faults.append((400, {"message": "later", "code": code, "retry_after": 3}))
    with pytest.raises(RateLimited) as caught:
        await bench.send(text="x")

    assert (caught.value.whole_bot, caught.value.retry_after_seconds) == (False, 3)


async def test_the_wall_before_discord_shuts_out_the_whole_bot(bench: Bench):
    bench.fake.faults.append((429, {}))
    with pytest.raises(RateLimited) as caught:
        await bench.send(text="x")

    assert caught.value.whole_bot


async def test_a_refusal_names_the_field_and_discords_number(bench: Bench):
    with pytest.raises(MessageRefused, match=r"Missing Access \(50001\)"):
        await bench.send(Address(channel="discord", room=CLOSED), text="x")
    with pytest.raises(MessageRefused, match="nothing to send"):
        await bench.send()


async def test_a_broken_answer_is_a_channel_that_is_down(bench: Bench):
    bench.fake.faults.append((502, {}))
    with pytest.raises(ChannelDown, match="502"):
        await bench.send(text="x")


async def test_a_card_that_was_asked_in_words_is_rewritten_to_a_card(bench: Bench):
    ref = await bench.send(card=CARD)
    await bench.send(text="never mind", replaces=ref)
    message: Message = bench.fake.town.find(PRIVATE[ALICE], ref.id)

    assert (message.content, message.components, message.author) == ("never mind", [], BOT)
