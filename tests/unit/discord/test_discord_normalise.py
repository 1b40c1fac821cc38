"""What is made of messages and presses as Discord tells them."""

from datetime import UTC, datetime

import pytest

from channels.discord.normalise import Me, RoomPlace, moment, normalise_message, normalise_press, snowflake
from channels.messages import Address, FileKind, Mention, Quote, Text
from tests.platforms.discord.town import ALICE, BOB, BOT, BOT_ROLE, GROUP, OTHER_BOT, Message, Town, user

ME = Me(channel="discord", id=BOT, application="9001", roles={BOT_ROLE})
PLACE = RoomPlace(address=Address(channel="discord", room=GROUP), is_direct=False)
NUMBER = "1300000000000000000"


def told(content="hello", **given):
    town = Town()
    message = Message(id=NUMBER, channel=GROUP, author=given.pop("by", ALICE), content=content, **given)
    return town.told(message, with_content=True)


def heard(content="hello", **given):
    return normalise_message(told(content, **given), ME, PLACE)


def test_who_spoke_is_the_id_that_discord_vouches_for_and_the_name_the_server_shows():
    message = told()
    message["member"]["nick"] = "Al"

    sender = normalise_message(message, ME, PLACE).sender

    assert (sender.id, sender.name) == (ALICE, "Al")
    assert heard().sender.name == "Alice"


def test_a_message_of_the_history_is_the_same_event_as_the_one_told():
    town = Town()
    message = Message(id=NUMBER, channel=GROUP, author=ALICE, content="hello")

    live = normalise_message(town.told(message, with_content=True), ME, PLACE)
    later = normalise_message(town.shown(message), ME, PLACE)

    assert live == later


def test_an_id_tells_its_moment_and_back():
    at = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)

    assert moment(str(snowflake(at))) == at
    assert moment("175928847299117063").isoformat(timespec="milliseconds") == "2016-04-30T11:18:25.796+00:00"


@pytest.mark.parametrize("mark", [f"<@{BOT}>", f"<@!{BOT}>", f"<@&{BOT_ROLE}>"])
def test_the_bot_or_the_role_of_its_name_mentioned_is_the_bot(mark):
    event = heard(f"{mark} what is up")

    assert event.to_me
    assert event.text == "what is up"
    assert [part.is_me for part in event.parts if isinstance(part, Mention)] == [True]


def test_somebody_else_mentioned_is_shown_by_name_and_other_roles_stay_words():
    event = heard(f"ask <@{BOB}> or <@&77> in <#88>")

    assert not event.to_me
    assert event.text == "ask @Bob or <@&77> in <#88>"


def test_emoji_and_commands_read_as_people_see_them():
    assert heard("<:ship:123> <a:wave:9> </run it:77> <t:1>").text == ":ship: :wave: /run it <t:1>"


def test_a_message_that_calls_everybody_is_not_for_the_bot():
    assert not heard("@everyone lunch", extra={"mention_everyone": True}).to_me


def test_an_answer_to_the_bot_is_for_it_and_carries_what_is_answered():
    asked = {"id": "5", "author": user(BOT), "content": f"shall I, <@{ALICE}>?"}
    event = heard("yes", type=19, extra={"referenced_message": asked, "message_reference": {"type": 0}})
    [quote] = [part for part in event.parts if isinstance(part, Quote)]

    assert event.to_me
    assert event.text == "yes"
    assert (quote.text, quote.author.id, quote.ref.id) == ("shall I, ?", BOT, "5")


def test_a_forwarded_message_arrives_as_a_quote():
    forwarded = {"message_reference": {"type": 1}, "message_snapshots": [{"message": {"content": "the news"}}]}

    assert heard("", extra=forwarded).parts == (Quote(text="the news"),)


PICTURE = {"id": "77", "filename": "graph.png", "content_type": "image/png", "size": 10, "url": "https://cdn.example/g"}
LOG = {"id": "78", "filename": "x.log", "content_type": "text/plain", "size": 10, "url": "https://cdn.example/l"}


def test_a_forwarded_message_brings_its_files_and_commands_nothing():
    inner = {"content": f"/approve 7QX4 <@{BOT}>", "attachments": [PICTURE, LOG]}
    event = heard("", extra={"message_reference": {"type": 1}, "message_snapshots": [{"message": inner}]})

    assert [file.name for file in event.files] == ["graph.png", "x.log"]
    assert event.text == ""
    assert not [part for part in event.parts if isinstance(part, Mention)]


def test_the_picture_that_is_answered_comes_along_and_other_files_stay():
    asked = {"id": "5", "author": user(ALICE), "content": "", "attachments": [PICTURE, LOG]}
    event = heard("what is wrong here?", type=19, extra={"referenced_message": asked, "message_reference": {"type": 0}})

    assert [file.name for file in event.files] == ["graph.png"]


def test_a_poll_is_told_in_words():
    poll = {
        "question": {"text": "Deploy?"},
        "answers": [{"poll_media": {"text": "yes"}}, {"poll_media": {"text": "no"}}],
    }

    assert heard("", extra={"poll": poll}).text == "📊 Deploy?\n- yes\n- no"


@pytest.mark.parametrize(
    "given",
    [{"by": OTHER_BOT}, {"by": BOT}, {"type": 7}, {"type": 18}, {"extra": {"webhook_id": "5"}}, {"content": ""}],
)
def test_bots_webhooks_notices_and_nothing_at_all_are_not_heard(given):
    assert heard(**given) is None


def test_halves_of_characters_and_zero_bytes_never_reach_the_database():
    assert heard("a\0b\ud800c").parts == (Text(text="a\ufffdb\ufffdc"),)


def test_a_voice_message_is_voice_and_an_audio_file_is_a_file():
    attachment = {
        "id": "1",
        "filename": "x.ogg",
        "size": 3,
        "url": "https://cdn.discordapp.com/x",
        "content_type": "audio/ogg; codecs=opus",
    }

    [voice] = heard("", attachments=[attachment], flags=1 << 13).files
    [file] = heard("", attachments=[attachment]).files

    assert (voice.presented_as, voice.media_type) == (FileKind.VOICE, "audio/ogg")
    assert file.presented_as is FileKind.DOCUMENT


def test_a_sticker_is_said_by_its_name():
    assert heard("", extra={"sticker_items": [{"id": "1", "name": "wave", "format_type": 1}]}).text == ":wave:"


def interaction(custom_id="ap|abcdefgh23456789|a", **given):
    message = {"id": "5"}
    return {
        "id": NUMBER,
        "type": 3,
        "token": "t",
        "member": {"user": user(BOB), "nick": "Bobby"},
        "message": message,
        "data": {"custom_id": custom_id},
        **given,
    }


def test_a_press_is_credited_to_the_member_and_never_to_anybody_the_message_names():
    event = normalise_press(interaction(message={"id": "5", "author": user(ALICE)}), ME, PLACE)

    assert (event.sender.id, event.sender.name) == (BOB, "Bobby")
    assert (event.press.id, event.press.choice, event.press.message.id) == ("abcdefgh23456789", "a", "5")


@pytest.mark.parametrize("custom_id", ["", "ap|x", "ap||a", "ap|x|ab", "xap|x|a", "ap|x|A", "ap|" + "x" * 65 + "|a"])
def test_buttons_that_are_not_ours_say_nothing(custom_id):
    assert normalise_press(interaction(custom_id), ME, PLACE) is None


@pytest.mark.parametrize("broken", [{}, {"author": {}}, {"author": {"id": "x"}, "id": "1"}, {"author": None}])
def test_what_is_no_message_is_an_error_of_the_kinds_that_are_caught(broken):
    with pytest.raises((AttributeError, KeyError, TypeError, ValueError)):
        normalise_message({"content": "x", **broken}, ME, PLACE)
