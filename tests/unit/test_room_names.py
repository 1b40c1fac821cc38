"""What people call a group stands beside its id where the platform says it with the message."""

import pytest

from channels.running import catalogue
from tests.contract.drivers import NamesGroups, NeedsDatabase, Power, Room, driver_of
from tests.contract.stage import Stage


@pytest.mark.parametrize("kind", catalogue.kinds())
async def test_a_group_is_named_and_a_private_conversation_is_not(kind: str) -> None:
    driver = driver_of(kind)
    assert driver is not None
    if isinstance(driver, NeedsDatabase):
        pytest.skip(f"{kind} has no platform")
    begins = driver.group_name if isinstance(driver, NamesGroups) else ""
    async with Stage(kind, driver.modes[0], driver) as stage:
        await driver.say("in private")
        if Power.GROUPS not in driver.lacks:
            await driver.say("in a group", room=Room.GROUP, mention=True)
        await stage.hears(1 if Power.GROUPS in driver.lacks else 2)
        names = {event.text: event.room_name for event in stage.heard}

    assert names.pop("in private") == ""
    for name in names.values():
        assert name.startswith(begins)
        assert bool(name) is bool(begins)
