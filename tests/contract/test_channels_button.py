"""The button that ends an answer while it grows, on every platform that can show one there."""

from channels.base import BearsStop, ShowsProgress
from channels.messages import STOP, Stop, plain
from tests.contract.asked import needs, rooms
from tests.contract.drivers import Power, Room
from tests.contract.stage import Stage


@needs(Power.LIVE_BUTTON)
async def test_an_answer_bears_the_button_that_ends_it_while_it_grows_and_no_longer(stage: Stage) -> None:
    stop, pressed = Stop(id="0123456789abcdef", label="Stop"), 0
    assert isinstance(stage.channel, ShowsProgress)
    for room in rooms(stage.driver):
        home = await stage.home(room)
        event = stage.heard[-1]
        live = await stage.channel.open_live(home, event.sender, event.message)
        assert isinstance(live, BearsStop)
        live.bear(stop)
        await live.show("half of it")
        shown = await stage.driver.hear(0, room=room)
        if shown and shown[0].buttons:
            assert shown[0].buttons == ("Stop",)
            by = stage.driver.alice if room is Room.DIRECT else stage.driver.bob
            await stage.driver.press(shown[0].id, "Stop", room=room, by=by)
            await stage.until(lambda: any(event.press is not None for event in stage.heard))
            press = next(event.press for event in stage.heard if event.press is not None)
            assert (press.id, press.choice) == (stop.id, STOP)
            pressed += 1
        replaces = await live.close()
        await stage.send(home, parts=plain("all of it"), replaces=replaces, answers=event.message)
        seen = await stage.driver.hear(room=room)

        assert [(each.text, each.buttons) for each in seen] == [("all of it", ())]
    assert pressed
