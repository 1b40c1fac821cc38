"""A plugin from a chat to an agent: its code runs in the gateway once an admin has agreed, and no longer after that."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from governance.people.people import Role
from tests.journeys.life import until
from tests.journeys.town import Town, town
from tests.platforms import wheels


@pytest_asyncio.fixture(loop_scope="session")
async def here(dsn: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with town(dsn, tmp_path / "home") as built:
        await built.person("alice")
        await built.person("root", Role.ADMIN)
        yield built


async def test_a_plugin_sent_as_a_wheel_brings_its_tools_once_an_admin_has_pressed_and_takes_them_along(
    here: Town,
) -> None:
    [(file, content)] = wheels.wheel("nexora-tries").items()
    here.send_file("alice", file, content, "/plugin add")
    await here.hears("alice", "The admins are asked", seconds=40)
    card = await here.hears("root", "Somebody wants to install the plugin nexora-tries", seconds=40)
    assert "its code runs inside the gateway" in card.text
    assert "Risk: high" in card.text
    here.press("root", card, "Approve")
    await here.hears("alice", "root agreed", seconds=40)
    await until(lambda: "nexora-tries" in here.gateway.granting.plugins.plugins.loaded, seconds=60)

    here.model.call("nexora-tries__double", number=21)
    here.model.say("Doubled.")
    here.say("alice", "double 21")
    await here.hears("alice", "Doubled.", seconds=20)
    assert "42" in (await here.results())[-1]

    here.say("root", "/plugin list")
    assert "nexora-tries" in (await here.hears("root", "active: loaded in ", seconds=20)).text
    here.say("root", "/plugin disable nexora-tries")
    await here.hears("root", "Disabled: plugin nexora-tries", seconds=20)
    here.model.call("nexora-tries__double", number=21)
    here.model.say("Gone.")
    here.say("alice", "double 21 again")
    await here.hears("alice", "Gone.", seconds=20)
    assert "There is no tool named" in (await here.results())[-1]


async def test_a_plugin_that_does_not_start_says_why_and_nothing_else_stops(here: Town) -> None:
    [(file, content)] = wheels.wheel("nexora-breaks", code="raise RuntimeError('no weather today')").items()
    here.send_file("alice", file, content, "/plugin add")
    card = await here.hears("root", "install the plugin nexora-breaks", seconds=40)
    here.press("root", card, "Approve")
    await until(lambda: "nexora-breaks" in here.gateway.granting.plugins.plugins.problems, seconds=60)

    here.say("root", "/plugin list")
    assert "RuntimeError: no weather today" in (await here.hears("root", "does not start: ", seconds=20)).text
    here.say("root", "/plugin show nexora-breaks")

    assert "RuntimeError: no weather today" in (await here.hears("root", "State: does not start")).text
