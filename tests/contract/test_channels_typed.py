"""What every adapter owes to a card that names a command: typed in a group as the card says, it is heard."""

from channels.base import CommandsNeed
from channels.messages import Card
from gateway.commands import parse
from tests.contract.asked import needs
from tests.contract.drivers import Power, Room
from tests.contract.kinds import COMMAND
from tests.contract.stage import Stage

CARD = Card(id="abcdefgh23456789", title="Run a command?", body="make", note=f"Or type {COMMAND}")


@needs(Power.GROUPS)
async def test_a_command_from_a_card_is_heard_in_a_group_and_the_card_says_where_it_needs_a_mention(
    stage: Stage,
) -> None:
    is_mention_needed = stage.channel.traits.commands_need is CommandsNeed.MENTION
    await stage.driver.say(COMMAND, room=Room.GROUP, mention=is_mention_needed)
    await stage.hears()
    event = stage.heard[-1]
    await stage.send(event.address, card=CARD, answers=event.message)
    shown = "\n".join(each.text for each in await stage.driver.hear(room=Room.GROUP))

    assert parse(event.text) == ("approve", "7QX4")
    assert COMMAND in shown
    assert ("mention me before such a command" in shown) is is_mention_needed
