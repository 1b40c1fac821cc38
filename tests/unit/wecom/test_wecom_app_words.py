"""What a self-built app makes of words and files, whom it speaks to, and what it says of its health and settings."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import ValidationError

from channels.base import ChannelRefused, ChannelState, FetchesFiles, FileTooLarge, MessageRefused, RateLimited
from channels.messages import Address, Card, Fact, File, FileKind, plain
from channels.wecom import Options
from channels.wecom.app.adapter import TRAITS, WeComApp
from channels.wecom.app.render import fitted, markdown, words_of
from tests.contract.drivers import Fault
from tests.contract.stage import Stage
from tests.platforms.wecom.app import AES_KEY, CORP_ID, FakeApp, seal, signed
from tests.platforms.wecom.app_driver import AppDriver


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with Stage("wecom", "app", AppDriver()) as made:
        yield made


def bare(text: str) -> str:
    """The letters alone."""
    return re.sub("[`\u2060\\s]", "", text)


def fake(stage: Stage) -> FakeApp:
    assert isinstance(stage.driver, AppDriver)
    return stage.driver.fake


def test_a_card_is_shown_letter_by_letter_and_links_nowhere() -> None:
    card = Card(
        id="abcdefgh23456789",
        title="**not bold**",
        facts=(Fact(label="Agent", value="dba"),),
        body='<a href="https://x.org">a</a> @all `x`',
    )

    assert words_of(card).startswith("**not bold**\nAgent: dba\n<\u2060a href")
    assert "@\u2060all `x`" in words_of(card)


@pytest.mark.parametrize("sign", ["x", "\u5b57", "\U0001f600", "@all ", "a`\n", "```\n" + "\n" * 900 + "end\n```\n"])
def test_every_message_holds_what_the_platform_takes_and_nothing_is_lost(sign: str) -> None:
    words = sign * max(1, TRAITS.max_text // len(sign))
    pieces = list(fitted(words, markdown, TRAITS))

    assert all(len(piece.encode()) <= 2048 for piece in pieces)
    assert bare("".join(pieces)) == bare(words)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("a\n```sh\nls `x`\n\nend\n```\nb", "a\n`ls \u02cbx\u02cb`\n` `\n`end`\nb"),
        ("|a|b|\n|-|-|\n|1|22|\nafter", "`a  b`\n`1  22`\nafter"),
        (r"\*no\* and `\*code\*` and a\_b", "*\u2060no*\u2060 and `\\*code\\*` and a_b"),
        ("[x](javascript:alert(1))", "[x]\u2060(javascript:alert(1))"),
        ("```\nnever closed", "`never closed`"),
    ],
)
def test_markdown_is_brought_into_the_dialect_of_apps(written: str, shown: str) -> None:
    assert markdown(written) == shown


async def test_a_long_chinese_answer_arrives_whole(stage: Stage) -> None:
    home = await stage.home()
    sentence = "\u5b57" * 400
    words = "\n\n".join(f"{number}:{sentence}." for number in range(6))
    await stage.send(home, parts=plain(words))
    seen = await stage.driver.hear(6)

    assert "".join(each.text for each in seen).replace("\n", "") == words.replace("\n", "")


@pytest.mark.parametrize("room", ["@all", "alice|bob", "group:CHAT1", ""])
async def test_nobody_is_spoken_to_but_one_person(stage: Stage, room: str) -> None:
    with pytest.raises(MessageRefused, match="one person at a time"):
        await stage.send(Address(channel="wecom", room=room), parts=plain("hello"))
    assert fake(stage).calls == 0


async def test_a_person_who_may_not_see_the_app_is_told_of(stage: Stage) -> None:
    with pytest.raises(MessageRefused, match="81013"):
        await stage.send(Address(channel="wecom", room="mallory"), parts=plain("hello"))


async def test_a_file_keeps_its_chinese_name_and_a_gif_goes_as_a_file(stage: Stage, tmp_path: Path) -> None:
    home = await stage.home()
    (tmp_path / "a").write_bytes(b"all is well")
    (tmp_path / "b").write_bytes(b"GIF89a...")
    for name, place, looks in (("\u62a5\u544a.txt", "a", FileKind.DOCUMENT), ("b.gif", "b", FileKind.IMAGE)):
        file = File(name=name, media_type="a/b", size=9, locator=str(tmp_path / place), presented_as=looks)
        await stage.send(home, parts=(file,))
    files = [file for each in await stage.driver.hear(2) for file in each.files]

    assert [(file.name, file.presented_as) for file in files] == [
        ("\u62a5\u544a.txt", FileKind.DOCUMENT),
        ("b.gif", FileKind.DOCUMENT),
    ]


async def test_a_file_is_fetched_within_bounds_with_a_token_that_was_renewed(stage: Stage) -> None:
    await stage.driver.send_file("notes.txt", b"what was said", "text/plain")
    [event] = await stage.hears()
    [file] = event.files
    await stage.settled()
    fake(stage).expire()
    assert isinstance(stage.channel, FetchesFiles)

    assert await stage.channel.fetch(file, 13) == b"what was said"
    with pytest.raises(FileTooLarge):
        await stage.channel.fetch(file, 12)
    with pytest.raises(MessageRefused, match="invalid media_id"):
        await stage.channel.fetch(replace(file, locator="guessed"), 100)


# Health and settings


async def test_an_address_that_was_never_called_is_told_and_no_longer_once_it_was(stage: Stage) -> None:
    before = await stage.settled()
    await stage.home()
    after = await stage.settled()

    assert (before.state, after.state) == (ChannelState.UP, ChannelState.UP)
    assert f"{stage.url}/channels/wecom/events" in before.reason
    assert after.reason == ""


async def test_before_our_address_is_trusted_the_trial_of_it_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    """WeCom takes the list of trusted addresses only from those whose receiving address it could try."""
    driver = AppDriver()
    driver.fake.is_trusted = False
    async with Stage("wecom", "app", driver) as stage:
        before = [await stage.channel.probe() for _ in range(3)]
        asked = driver.fake.refused.count(60020)
        locked = seal(b"echo")
        trial = await driver.fake.get({**signed(locked), "echostr": locked})
        is_listening = not stage.listening.done()
        driver.fake.is_trusted = True
        monkeypatch.setattr(stage.channel, "_ask_after", 0.0)
        after = await stage.channel.probe()

    assert [(health.state, "60020" in health.reason) for health in before] == [(ChannelState.STARTING, True)] * 3
    assert asked <= 2
    assert (trial[0], trial[2], is_listening) == (200, "echo", True)
    assert after.state is ChannelState.UP


async def test_what_is_said_while_the_platform_takes_nothing_is_heard(stage: Stage) -> None:
    await stage.settled()
    fake(stage).is_busy = True
    health = await stage.channel.probe()
    await stage.driver.say("are you there?")
    [event] = await stage.hears()

    assert (health.state, health.reason) == (ChannelState.STARTING, "system busy (-1)")
    assert event.text == "are you there?"


async def test_without_a_public_address_the_channel_says_what_is_missing(stage: Stage) -> None:
    assert isinstance(stage.channel, WeComApp)
    options = Options.model_validate(stage.driver.options("app"))
    unreachable = WeComApp("wecom", options, replace(stage.channel._surroundings, public_url=""))
    with pytest.raises(ChannelRefused, match=r"set server\.public_url"):
        await unreachable.listen(stage.receive)
    health = await unreachable.probe()

    assert (health.state, "public_url" in health.reason) == (ChannelState.DOWN, True)


async def test_a_limit_counts_for_the_whole_app(stage: Stage) -> None:
    home = await stage.home()
    stage.driver.misbehave(Fault.RATE_LIMITED)
    with pytest.raises(RateLimited, match="45009") as caught:
        await stage.send(home, parts=plain("slowly"))

    assert caught.value.whole_bot


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({}, "mode is socket, so these are needed too: bot_id, secret"),
        ({"mode": "app", "corp_id": CORP_ID}, "needed too: agent_id, app_secret, callback_token, encoding_aes_key"),
        (
            {
                "mode": "app",
                "corp_id": CORP_ID,
                "agent_id": 1,
                "app_secret": "s",
                "callback_token": "t",
                "encoding_aes_key": AES_KEY[1:],
            },
            "43 letters and digits",
        ),
    ],
)
def test_what_a_mode_needs_is_said_in_one_sentence(given: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        Options.model_validate(given)
