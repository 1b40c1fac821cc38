"""What the channel suite cannot ask of Mattermost: proofs on buttons, whispers, history, threads, dialect."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from channels.base import NOT_YET, ChannelDown, ChannelState, FileTooLarge
from channels.mattermost import render
from channels.mattermost.normalise import Me, message
from channels.messages import Button, Card, FileKind, Mention, Quote, plain
from tests.contract.drivers import Room
from tests.contract.stage import Stage
from tests.platforms.mattermost import driver
from tests.platforms.mattermost.server import ALICE, BOB, DIRECT, GROUP

ME = Me(channel="mattermost", id="bot", username="nexora")
CARD = Card(
    id="abcdefgh23456789",
    title="Run?",
    buttons=(Button(choice="a", label="Approve"), Button(choice="d", label="Deny")),
    fallback="/approve 7QX4 or /deny 7QX4 reason",
)


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with Stage("mattermost", "socket", driver()) as made:
        yield made


def fake(stage: Stage) -> Any:
    return stage.driver.fake  # type: ignore[attr-defined]


# Presses


async def test_a_press_needs_the_proof_that_only_the_server_was_given(stage: Stage) -> None:
    home = await stage.home()
    [ref] = await stage.send(home, card=CARD)
    action = fake(stage).posts[ref.id]["props"]["attachments"][0]["actions"][0]["integration"]
    right = {
        "user_id": ALICE,
        "user_name": "alice",
        "channel_id": DIRECT,
        "post_id": ref.id,
        "context": action["context"],
    }
    wrong = [
        right | {"context": action["context"] | {"choice": "d"}},
        right | {"context": action["context"] | {"card": "z" * 16}},
        right | {"context": action["context"] | {"thread": "another"}},
        right | {"channel_id": GROUP},
        right | {"context": {}},
        right | {"context": None},
    ]
    statuses = []
    for body in wrong:
        async with stage.http.post(action["url"], json=body) as answer:
            statuses.append(answer.status)
    async with stage.http.post(action["url"], json=right) as answer:
        taken = answer.status

    assert statuses == [401] * len(wrong)
    assert taken == 200
    assert [event.press.choice for event in stage.heard if event.press] == ["a"]


async def test_the_same_press_posted_twice_is_one_event(stage: Stage) -> None:
    home = await stage.home()
    [ref] = await stage.send(home, card=CARD)
    action = fake(stage).posts[ref.id]["props"]["attachments"][0]["actions"][0]["integration"]
    body = {"user_id": BOB, "channel_id": DIRECT, "post_id": ref.id, "trigger_id": "t", "context": action["context"]}
    for _ in range(2):
        async with stage.http.post(action["url"], json=body):
            pass

    assert len({event.event_id for event in stage.heard if event.press}) == 1


@pytest.mark.parametrize("body", [b"", b"[]", b"{not json", b'{"context": {"card": 7}}'])
async def test_nonsense_at_the_door_is_refused(stage: Stage, body: bytes) -> None:
    await stage.home()
    async with stage.http.post(f"{stage.url}/channels/mattermost/actions", data=body) as answer:
        assert answer.status in {400, 401}


async def test_a_press_is_answered_after_it_was_stored_and_with_a_sentence_before(stage: Stage) -> None:
    home = await stage.home()
    [ref] = await stage.send(home, card=CARD)
    stage.refuse(1)

    assert await fake(stage).press(ref.id, "Approve", ALICE) == 200
    assert fake(stage).whispered == [(ALICE, NOT_YET)]
    assert await fake(stage).press(ref.id, "Approve", ALICE) == 200
    assert fake(stage).whispered == [(ALICE, NOT_YET)]
    assert len([event for event in stage.heard if event.press]) == 1


async def test_a_press_in_a_thread_belongs_to_the_conversation_of_the_thread(stage: Stage) -> None:
    home = await stage.home(Room.GROUP)
    [ref] = await stage.send(home, card=CARD)
    await fake(stage).press(ref.id, "Deny", BOB)
    await stage.until(lambda: any(event.press for event in stage.heard))

    assert home.thread != ""
    assert stage.heard[-1].address == home


async def test_without_a_way_to_reach_us_cards_are_words_and_the_health_says_so(stage: Stage) -> None:
    stage.url = ""
    unreachable = stage.build(stage.driver.options("socket"))
    listening = asyncio.create_task(unreachable.listen(stage.receive))
    async with asyncio.timeout(5):
        while (health := await unreachable.probe()).state is ChannelState.STARTING:  # noqa: ASYNC110 -- asked, not told
            await asyncio.sleep(0.01)
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)

    assert not unreachable.traits.has_buttons
    assert health.state is ChannelState.UP
    assert "server.public_url" in health.reason


# In private


async def test_where_whispers_are_not_allowed_the_private_conversation_is_used(stage: Stage) -> None:
    fake(stage).whispers = False
    home = await stage.home(Room.GROUP)
    bob = replace(stage.heard[-1].sender, id=BOB)
    for _ in range(2):
        await stage.send(home, parts=plain("for Bob alone"), only_for=bob)

    assert await stage.driver.told(stage.driver.bob) == ["for Bob alone"] * 2
    assert fake(stage).whispered == []


# Hearing


async def test_after_a_pause_only_what_was_missed_is_asked_for(stage: Stage) -> None:
    await stage.home()
    await stage.home(Room.GROUP)
    await stage.hang_up()
    await stage.driver.say("missed in private")
    await stage.driver.say("missed in the group", room=Room.GROUP, mention=True)
    await stage.driver.say("not for us", room=Room.GROUP)
    stage.channel = stage.build(stage.driver.options("socket"))
    stage.listening = asyncio.create_task(stage.channel.listen(stage.receive))
    await stage.until(lambda: sum(event.text.startswith("missed") for event in stage.heard) == 2)
    texts = [event.text for event in stage.heard if event.to_me]

    assert sorted(texts) == ["here I am", "here I am", "missed in private", "missed in the group"]


async def test_a_thread_in_which_we_spoke_needs_no_mention(stage: Stage) -> None:
    home = await stage.home(Room.GROUP)
    await stage.driver.say("before we spoke", room=Room.GROUP, thread=home.thread)
    await stage.hears(2)
    await stage.send(home, parts=plain("here I am"))
    await stage.driver.say("after we spoke", room=Room.GROUP, thread=home.thread)
    events = await stage.hears(3)

    assert [event.to_me for event in events] == [True, False, True]
    assert len({event.address for event in events}) == 1


def post(text: str, **more: Any) -> dict[str, Any]:
    return {"id": "p1", "create_at": 1700000000000, "user_id": "alice", "channel_id": "c", "message": text, **more}


@pytest.mark.parametrize(
    ("text", "is_called"),
    [
        ("@nexora hi", True),
        ("hi @nexora, are you there?", True),
        ("@nexora.", True),
        ("@nexora2 hi", False),
        ("@nexora-staging hi", False),
        ("mail@nexora.example.org", False),
        ("nexora hi", False),
    ],
)
def test_only_the_bots_own_name_calls_it(text: str, is_called: bool) -> None:
    heard = message(ME, post(text), is_direct=False)

    assert heard is not None
    assert heard.to_me is is_called
    assert any(isinstance(part, Mention) for part in heard.parts) is is_called


@pytest.mark.parametrize(
    "more",
    [
        {"user_id": "bot"},
        {"type": "system_join_channel"},
        {"props": {"from_bot": "true"}},
        {"props": {"from_webhook": "true"}},
    ],
)
def test_bots_hooks_and_the_server_itself_are_not_heard(more: dict[str, Any]) -> None:
    assert message(ME, post("hi", **more), is_direct=True) is None


def test_an_answer_in_a_thread_carries_what_it_answers() -> None:
    heard = message(
        ME, post("yes", root_id="p0"), is_direct=True, quoted={"id": "p0", "user_id": "bot", "message": "Sure?"}
    )

    assert heard is not None
    assert heard.address.thread == "p0"
    assert [part.text for part in heard.parts if isinstance(part, Quote)] == ["Sure?"]
    assert heard.at == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)


async def test_a_file_that_is_too_large_is_not_fetched(stage: Stage) -> None:
    await stage.driver.send_media(FileKind.IMAGE, b"x" * 100)
    [event] = await stage.hears()
    with pytest.raises(FileTooLarge):
        await stage.channel.fetch(event.files[0], 99)  # type: ignore[attr-defined]


async def test_an_address_at_which_no_server_is_is_said(stage: Stage) -> None:
    given = dict(stage.driver.options("socket"))
    moved = stage.build({**given, "url": f"{given['url']}/nowhere"})
    with pytest.raises(ChannelDown, match="404"):
        await moved.listen(stage.receive)


# Saying


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("@all @here @alice", "@\u2060all @\u2060here @\u2060alice"),
        ("alice@example.org", "alice@example.org"),
        ("![x](https://evil.example/pixel.png)", "[x](https://evil.example/pixel.png)"),
        ("[x](javascript:alert(1))", "[x]\u2060(javascript:alert(1))"),
        ("&lt;", "&\u2060lt;"),
        ("a & b", "a & b"),
    ],
)
def test_nothing_that_was_written_calls_anybody_loads_or_hides_anything(text: str, shown: str) -> None:
    assert render.markdown(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "```\nx\n````\n@all\n```",
        "```\nx\n  ```\n@all\n```",
        "  ```\nc\n```\n@all\n```",
        "~~~\n```\n~~~\n@all\n```",
        "- x\n     ```\n  ```\n@all\n```",
        "> ```\n@all\n```",
        "```a`b\n@all\n```",
        "```\r\nx\r\n```\r\n@all\r\n```",
        "````\n```\n````\n@all\n```",
        "`a\n`@all`",
        "```\n@all",
    ],
)
def test_what_only_looks_like_code_calls_nobody(text: str) -> None:
    assert "@all" not in render.markdown(text)


def test_code_in_a_plain_fence_can_be_copied() -> None:
    code = "```python\n@dataclass\ndef f(): ...\n```"

    assert render.markdown(f"see\n{code}\n@all") == f"see\n{code}\n@{render.JOINER}all"
