"""A plugin brings a channel and a model: both answer once an admin has agreed, and end when it is taken away."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from channels.base import ChannelDown, ChannelState
from channels.messages import Account
from channels.running import catalogue
from governance.people.people import Role
from tests.journeys.life import served, until
from tests.journeys.town import Town, town
from tests.platforms.hook.packed import NAME, OFFERS
from tests.platforms.hook.server import ALICE, SECRET, TOKEN, FakeHook
from tests.platforms.wheels import wheel

CODE = (Path(__file__).parents[1] / "platforms" / "hook" / "plugin.py").read_text(encoding="utf-8")


@pytest_asyncio.fixture(loop_scope="session")
async def server() -> AsyncIterator[FakeHook]:
    fake = FakeHook()
    await fake.start()
    yield fake
    await fake.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def here(dsn: str, tmp_path: Path, server: FakeHook, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Town]:
    for name in [each for each in sys.modules if each == "nexora_hook"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "path", list(sys.path))
    door = {"kind": "hook", "url": server.base, "token": TOKEN, "signing_secret": SECRET}
    models = {"use": ["acme/fake-1"], "providers": {"acme": {"api_key": "sk-fake-0123456789"}}}
    async with town(dsn, tmp_path / "home", beside={"door": door}, models=models) as built:
        monkeypatch.setenv("ACME_BASE_URL", built.model.url)
        await built.person("root", Role.ADMIN)
        await built.person("bob")
        await built.admit("alice", Role.OPERATOR, Account(channel="door", id=ALICE), ("assistant",))
        yield built
    sys.modules.pop("nexora_hook", None)


async def agree(here: Town, code: str) -> None:
    [(file, content)] = wheel(NAME, code=code, offers=OFFERS).items()
    here.send_file("bob", file, content, "/plugin add")
    card = await here.hears("root", "install the plugin nexora-hook", seconds=90)
    assert "brings the channels hook" in card.text
    assert "brings the models of acme" in card.text
    assert "may do all that it may" in card.text
    here.press("root", card, "Approve")


async def test_a_channel_and_a_model_of_a_plugin_answer_while_it_is_there_and_say_why_not_when_it_is_gone(
    here: Town, server: FakeHook
) -> None:
    door = here.gateway.channels["door"]
    assert door.health.state is ChannelState.DOWN
    assert "no channel kind hook" in door.health.reason
    assert "没有渠道类型 hook" in door.health.reason.said("zh")  # type: ignore[attr-defined]

    await agree(here, CODE)
    await until(lambda: door.is_up, seconds=60)
    assert "hook" in catalogue.kinds()

    async with served(here.gateway) as address:
        server.hook = f"{address}/channels/door/events"
        here.model.say("Good day through the door.")
        await server.tell(ALICE, "hello")
        await server.until(lambda: any("Good day through the door." in each["text"] for each in server.said))
        assert here.gateway.choice.labels == ("acme/fake-1",)

        here.say("root", "/plugin disable nexora-hook")
        why = "the plugin nexora-hook brings this channel and is not there: disabled"
        await until(lambda: door.health.state is ChannelState.DOWN and why in door.health.reason, seconds=5)
        assert await server.call({"text": "are you there?"}) == 503

    assert "hook" not in catalogue.kinds()
    assert "is not there: disabled" in here.gateway.choice.added.lack_of("acme")
    with pytest.raises(ChannelDown):
        _ = door.channel
    here.say("root", "/channels")
    assert "nexora-hook" in (await here.hears("root", "door")).text
    assert here.gateway.channels["telegram"].is_up
