"""What people call a group stands beside its id where the platform says it with the message."""

import pytest

from channels.running import catalogue
from tests.contract.drivers import Power, Room, driver_of
from tests.contract.stage import Stage

NAMED = {"dingtalk": "ops", "discord": "#", "mattermost": "ops", "telegram": "ops"}
"""The platforms that say it, with how the name of the fakes' group begins."""


@pytest.mark.parametrize("kind", sorted(set(catalogue.kinds()) - {"console"}))
async def test_a_group_is_named_and_a_private_conversation_is_not(kind: str) -> None:
    driver = driver_of(kind)
    assert driver is not None
    async with Stage(kind, driver.modes[0], driver) as stage:
        await driver.say("in private")
        if Power.GROUPS not in driver.lacks:
            await driver.say("in a group", room=Room.GROUP, mention=True)
        await stage.hears(1 if Power.GROUPS in driver.lacks else 2)
        names = {event.text: event.room_name for event in stage.heard}

    assert names.pop("in private") == ""
    for name in names.values():
        assert name.startswith(NAMED.get(kind, ""))
        assert bool(name) is (kind in NAMED)
